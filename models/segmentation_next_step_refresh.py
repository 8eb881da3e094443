import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..engine.near import METHODS as NEAR_METHODS
from ..engine.near import is_bought
from ..engine.next_steps import FACTS, best_steps
from ..engine.scope import Scope
from .segmentation_queued import BUSY_DELAY

_logger = logging.getLogger(__name__)

FOUND = SQL.identifier("segmentation_next_step_found")
# Columns of the customer file without which nobody is found to be overdue.
HABIT = ("days_since_purchase", "days_between_purchases", "invoices_24m")


class SegmentationRun(models.Model):
    _inherit = "segmentation.run"

    next_steps_due = fields.Boolean(
        readonly=True, help="The next steps of the customers of this run are still to be found."
    )
    _next_steps_due_idx = models.Index("(id) WHERE next_steps_due")


class SegmentationNextStep(models.Model):
    """How the steps are found: after each run by a scheduled job, for the customers of the run."""

    _inherit = "segmentation.next.step"
    _scheduled_job = "cron_next_steps"

    @api.model
    def _queue(self, runs):
        """Have the steps of the customers of these runs found soon."""
        if not runs:
            return
        runs.sudo().next_steps_due = True  # runs are the engine's
        self._wake()

    @api.model
    def _queue_companies(self, companies):
        """Have all steps of the companies found anew: what makes a reason has changed."""
        Run = self.env["segmentation.run"]
        self._queue(Run.union(*(Run._last_complete(company) for company in companies)))

    @api.model
    def _cron_refresh(self):
        """Find the steps of the customers of the runs that have ended since; a company at a time."""
        due = self.env["segmentation.run"].search([("next_steps_due", "=", True)], order="id")
        by_company = due.grouped("company_id")
        self.env["ir.cron"]._commit_progress(remaining=len(by_company))
        for company, runs in by_company.items():
            try:
                self._refresh_after(company, runs)
                runs.next_steps_due = False
                self.env.flush_all()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                self.env.cr.rollback()  # somebody puts a customer off just now
                _logger.info("Next steps of company %s are put off: %s", company.id, error)
                self._wake(fields.Datetime.now() + BUSY_DELAY)
            except Exception:  # rules may fail in any way; the other companies have theirs
                self.env.cr.rollback()
                _logger.exception("Next steps of company %s cannot be found", company.id)
            self.env["ir.cron"]._commit_progress(1)

    def _refresh_after(self, company, runs):
        everybody = "all" in runs.mapped("scope")
        partners = None if everybody else runs._selected_partners()
        self._refresh(company, max(runs.mapped("as_of")), partners)

    def _refresh(self, company, as_of, partners=None):
        """Bring the steps of a company up to date; only what differs is written.

        :param partners: commercial partners; ``None`` means all
        """
        scope = Scope(self.env, company.id, as_of, partners and tuple(partners.ids))
        if partners is not None and not partners:
            return
        buying_class = scope.env["segmentation.class"].browse(self._buying_class(company).id)
        dimensions = scope.env["segmentation.dimension"].browse(self._climbed_dimensions(company).ids)
        self.env.flush_all()
        cr = self.env.cr
        if partners is None:
            # A first run fills the table just before; without statistics the joins took hours instead of seconds.
            cr.execute("ANALYZE segmentation_profile")
        cr.execute(SQL("DROP TABLE IF EXISTS %s", FOUND))
        steps = best_steps(
            scope,
            company._segmentation_terms(),
            buying_class.with_context(active_test=True),
            dimensions.with_context(active_test=True),
        )
        cr.execute(SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", FOUND, steps))
        self._write_found(company)
        self._drop_others(scope)
        self.env.invalidate_all(flush=False)

    def _write_found(self, company):
        columns = ["reason", "value", *FACTS]
        self.env.cr.execute(
            SQL(
                """INSERT INTO segmentation_next_step AS old (company_id, partner_id, %(names)s)
                   SELECT %(company)s, partner_id, %(names)s FROM %(found)s
                       ON CONFLICT (partner_id, company_id) DO UPDATE SET (%(names)s) = ROW(%(new)s)
                    WHERE (%(old)s) IS DISTINCT FROM (%(new)s)""",
                names=SQL(", ").join(map(SQL.identifier, columns)),
                old=SQL(", ").join(SQL.identifier("old", name) for name in columns),
                new=SQL(", ").join(SQL.identifier("excluded", name) for name in columns),
                company=company.id,
                found=FOUND,
            )
        )

    def _drop_others(self, scope):
        """Forget who has no reason any more; what was put off is kept, so that it stays put off."""
        gone = SQL(
            "%s AND NOT EXISTS (SELECT FROM %s AS found WHERE found.partner_id = step.partner_id)",
            scope.stored_condition,
            FOUND,
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM segmentation_next_step AS step WHERE COALESCE(snoozed_until <= %s, TRUE) AND %s",
                scope.as_of,
                gone,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE segmentation_next_step AS step SET reason = NULL, value = NULL WHERE reason IS NOT NULL AND %s",
                gone,
            )
        )

    # -- what it rests on ----------------------------------------------------------------------

    def _buying_class(self, company):
        """The shipped class of those who buy, where the company uses it."""
        cls = self.env.ref("partner_segmentation.class_stage_closed", raise_if_not_found=False)
        used = cls and cls.active and cls.dimension_id.active and cls.dimension_id._applies_to(company)
        return cls if used else self.env["segmentation.class"]

    def _climbed_dimensions(self, company):
        """Dimensions whose next class is worth reaching: those of the segmentation code."""
        return self.env["segmentation.dimension"]._used_by(company).filtered("in_code")

    @api.model
    def _needs(self, company) -> list[str]:
        """What has to be switched on so that all reasons are looked for, a sentence for each."""
        metrics = self.env["segmentation.metric"]._by_column()
        needs = [
            self.env._(
                "Purchase overdue: the metric “%s” is archived. Unarchive it under Configuration / Metrics.",
                metrics[name].name,
            )
            for name in HABIT
            if name in metrics and not metrics[name].active
        ]
        if not self._buying_class(company):
            needs.append(
                self.env._(
                    "About to lapse: the dimension “Purchase stage” or its class “Closed” is not used. Unarchive it "
                    "under Configuration / Dimensions."
                )
            )
        if not any(dimension._bounds_purchases() for dimension in self._climbed_dimensions(company)):
            needs.append(
                self.env._(
                    "Close to a class: no dimension of the segmentation code has a bound on what customers buy. Give "
                    "one such a bound, or apply the standard “ABC by revenue”."
                )
            )
        return needs

    @api.model
    def get_empty_list_help(self, help_message):
        """Say what is not looked for, as that may be why the list is empty."""
        needs = Markup().join(Markup("<p>%s</p>") % need for need in self._needs(self.env.company))
        return super().get_empty_list_help(help_message) + needs


class SegmentationDimension(models.Model):
    _inherit = "segmentation.dimension"

    def _bounds_purchases(self) -> bool:
        """Whether a customer rises by buying more."""
        metrics = self.metric_id if self.method == "share" else self.class_ids.criterion_ids.metric_id
        return self.method in NEAR_METHODS and any(map(is_bought, metrics))
