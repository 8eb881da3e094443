import logging

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .segmentation_queued import BUSY_DELAY, CompanyBusyError

_logger = logging.getLogger(__name__)

BATCH = 5000


class SegmentationTouch(models.Model):
    """Customers about whom something has changed, waiting to be classified again.

    What users do only notes the customer here, in one insert at the end of their transaction; the
    scheduled job that is triggered with it classifies within a minute. Companies that do not classify at once leave
    it to the next run of all their customers.
    """

    _name = "segmentation.touch"
    _inherit = ["segmentation.queued"]
    _description = "Customer to Classify Again"
    _log_access = False
    _scheduled_job = "cron_classify_touched"

    company_id = fields.Many2one(
        "res.company", ondelete="cascade", help="Empty: all companies, as what changed is the contact itself."
    )
    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")

    @api.model
    def _mark(self, partners, company=None):
        """Note the partners' commercial entities for one company, or for all.

        Nothing is read or written before the transaction is about to be committed.
        """
        if not partners:
            return
        hooks = self.env.cr.precommit
        if "segmentation_touch" not in hooks.data:
            hooks.data["segmentation_touch"] = set()
            hooks.add(self.sudo()._insert_marked)  # by the time it runs, the user may be another
        hooks.data["segmentation_touch"].update((company.id if company else None, id_) for id_ in partners.ids)

    def _insert_marked(self):
        marked = self.env.cr.precommit.data.pop("segmentation_touch", ())
        if not marked:
            return
        values = SQL(", ").join(SQL("(%s::int4, %s::int4)", *pair) for pair in sorted(marked, key=str))
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """INSERT INTO segmentation_touch (company_id, partner_id)
                   SELECT DISTINCT marked.company_id, partner.commercial_partner_id
                     FROM (VALUES %s) AS marked(company_id, partner_id)
                     JOIN res_partner AS partner ON partner.id = marked.partner_id
                    WHERE partner.commercial_partner_id IS NOT NULL
                      AND EXISTS (SELECT FROM res_company AS company
                                   WHERE company.segmentation_real_time
                                     AND company.id = COALESCE(marked.company_id, company.id))""",
                values,
            )
        )
        if self.env.cr.rowcount:
            self._wake()

    @api.model
    def _cron_classify_touched(self):
        """Classify the touched customers, a batch per call; the scheduler repeats until none is left."""
        try:
            done, put_off = self._classify_batch()
        except (ConcurrencyError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY) as error:
            self.env.cr.rollback()  # another run wrote about the same customers; the marks are back
            _logger.info("Touched customers are put off: %s", error)
            done, put_off = 0, True
        if put_off:
            self._wake(fields.Datetime.now() + BUSY_DELAY)
        self.env["ir.cron"]._commit_progress(done, remaining=0 if put_off else self.search_count([], limit=1))

    def _classify_batch(self) -> tuple[int, bool]:
        """Number of the customers that were taken, and whether those of a company have to wait."""
        by_company = self._take(BATCH)
        put_off = False
        for company, partner_ids in by_company.items():
            partners = self.env["res.partner"].browse(partner_ids)
            try:
                self.env["segmentation.run"].with_company(company)._classify(company, "event", partners)
            except CompanyBusyError:
                put_off = True
                self.create([{"company_id": company.id, "partner_id": id_} for id_ in partner_ids])
        return sum(map(len, by_company.values())), put_off

    def _take(self, limit: int) -> dict:
        """Remove up to ``limit`` marks; company → ids of the customers they were about."""
        self.env.cr.execute(
            SQL(
                """DELETE FROM segmentation_touch
                    WHERE id IN (SELECT id FROM segmentation_touch ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING company_id, partner_id""",
                limit,
            )
        )
        marks = self.env.cr.fetchall()
        companies = self.env["res.company"].search([("segmentation_real_time", "=", True)])
        taken = {}
        for company_id, partner_id in marks:
            for company in companies & companies.browse(company_id) if company_id else companies:
                taken.setdefault(company, set()).add(partner_id)
        return {company: sorted(partner_ids) for company, partner_ids in taken.items()}
