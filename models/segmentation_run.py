import logging
import time
from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..engine.evaluate import Evaluation
from ..engine.scope import Scope
from .segmentation_change import TRIGGERS

_logger = logging.getLogger(__name__)

LOCK_CLASS = 0x5E6  # first key of the advisory locks, the second is the company


class CompanyBusyError(UserError):
    """The customers of the company are being classified by somebody else."""


class SegmentationRun(models.Model):
    """One evaluation of the customers of a company: the only entry to the engine."""

    _name = "segmentation.run"
    _description = "Classification Run"
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True, index=True)
    trigger = fields.Selection(TRIGGERS, required=True, readonly=True)
    scope = fields.Selection(
        [("all", "All customers"), ("selection", "Selected customers")], required=True, default="all", readonly=True
    )
    partner_ids = fields.Many2many("res.partner", string="Selected customers", readonly=True)
    as_of = fields.Date(string="As of", required=True, readonly=True, help="Windows end with this day.")
    user_id = fields.Many2one("res.users", string="Started by", readonly=True, default=lambda self: self.env.user)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("partial", "Partly failed"), ("failed", "Failed")],
        string="Status",
        required=True,
        default="running",
        readonly=True,
    )
    duration = fields.Float(string="Duration (s)", readonly=True, digits=(16, 2), aggregator="avg")
    customers = fields.Integer(string="Customers evaluated", readonly=True)
    created = fields.Integer(string="New customer files", readonly=True)
    changed = fields.Integer(string="Updated customer files", readonly=True)
    changes = fields.Integer(string="Class changes", readonly=True)
    error = fields.Text(readonly=True)
    change_ids = fields.One2many("segmentation.change", "run_id", string="Changes", readonly=True)

    @api.depends("create_date", "company_id")
    def _compute_display_name(self):
        for run in self:
            run.display_name = f"{run.company_id.name} {fields.Date.to_string(run.as_of) or ''} #{run.id or ''}"

    # -- start ---------------------------------------------------------------------------------

    def _classify_companies(self, trigger: str, partners=None, companies=None):
        """Evaluate the customers of each company.

        :param trigger: one of the values of ``trigger``
        :param partners: ``res.partner`` records to evaluate, through their commercial entity;
            ``None`` means all customers
        :param companies: default: the companies the user has selected
        :return: the runs, one per company, whatever became of them
        """
        runs = self.browse()
        for company in companies or self.env.companies:
            runs += self._classify(company, trigger, partners)
        return runs

    def _classify(self, company, trigger: str, partners=None, as_of=None):
        """Evaluate the customers of one company and return the run that tells what happened.

        :raise AccessError: evaluating everybody is for those who set the rules, evaluating some
            customers for those who see classes
        """
        if partners is None:
            self.env["segmentation.dimension"].check_access("write")
            self.env["segmentation.metric"]._load_optional()
        else:
            self.check_access("read")
            partners.check_access("read")
        self._lock(company)
        # Users start runs without write access to runs, profiles and history: these are the engine's.
        run = self.sudo().create(
            {
                "company_id": company.id,
                "trigger": trigger,
                "scope": "all" if partners is None else "selection",
                "partner_ids": partners and [fields.Command.set(partners.commercial_partner_id.ids)],
                "as_of": as_of or self._today(company),
                "user_id": self.env.uid,
            }
        )
        run._execute()
        return run.with_env(self.env)

    def _today(self, company):
        """Today where the company is: the same for a user elsewhere and for the scheduler."""
        return fields.Date.context_today(self.with_context(tz=company.partner_id.tz or "UTC"))

    @api.model
    def _cron_classify(self):
        """Nightly job: every company, because the windows of all metrics have moved."""
        companies = self.env["res.company"].search([])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._classify_later_if_busy(company, "scheduled")
            self.env["ir.cron"]._commit_progress(1)

    def _classify_later_if_busy(self, company, trigger: str, partners=None):
        """Evaluate for a scheduled job, or have it done soon when somebody else is at it."""
        try:
            self.with_company(company)._classify(company, trigger, partners)
        except CompanyBusyError as error:
            _logger.info("Put off: %s", error)
            later = fields.Datetime.now() + timedelta(minutes=5)
            if partners is None:
                self.env.ref("partner_segmentation.cron_classify")._trigger(later)
            else:
                self.env["segmentation.touch"]._mark(partners, company)

    # -- execute -------------------------------------------------------------------------------

    def _update_codes(self):
        """Rebuild the segmentation codes after a class code, their order or the separator changed."""
        for company in self.env["res.company"].sudo().search([]):
            # Not a record: the codes follow the stored classes, nothing is evaluated.
            self.sudo().new(
                {"company_id": company.id, "as_of": self._today(company), "scope": "all"}
            )._evaluation().update_codes()

    def _execute(self):
        """Evaluate; whatever happens, the run says so and the stored classes are never half-written."""
        start = time.monotonic()
        try:
            with self.env.cr.savepoint():
                result = self._evaluation().run(self.id, self.trigger)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # Odoo repeats the request
        except UniqueViolation as error:
            # Another run wrote the file after this transaction began; Odoo repeats the request.
            raise ConcurrencyError(str(error)) from error
        except Exception as error:
            _logger.exception("Classification run %s of company %s failed", self.id, self.company_id.id)
            self.write({"state": "failed", "error": str(error), "duration": time.monotonic() - start})
            return
        self.write(
            {
                "state": "partial" if result.failures else "done",
                "error": "\n".join(result.failures.values()) or False,
                "customers": result.customers,
                "created": result.created,
                "changed": result.changed,
                "changes": result.changes,
                "duration": time.monotonic() - start,
            }
        )

    def _evaluation(self) -> Evaluation:
        partner_ids = tuple(self._selected_partners().ids) if self.scope == "selection" else None
        scope = Scope(self.env, self.company_id.id, self.as_of, partner_ids)
        # All dimensions, because an archived one takes its classes back.
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        return Evaluation(
            scope,
            self.env["segmentation.metric"].with_context(active_test=False).search([]),
            dimensions.with_context(active_test=True),
            self.company_id._get_segmentation_population(),
            self.company_id.segmentation_code_separator,
        )

    def _selected_partners(self):
        """The selected customers, archived ones too: those lose their classes."""
        return self.with_context(active_test=False).partner_ids

    def _lock(self, company):
        """Allow one run per company at a time; the lock ends with the transaction."""
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (LOCK_CLASS, company.id))
        if not self.env.cr.fetchone()[0]:
            raise CompanyBusyError(
                self.env._(
                    "Customers of %s are being classified right now. Try again when that run has ended.",
                    company.name,
                )
            )

    # -- actions -------------------------------------------------------------------------------

    def _action_open(self):
        """Action that shows the runs: the form of one, the list of several."""
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_run_action")
        if len(self) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.id}
        return {**action, "domain": [("id", "in", self.ids)]}

    def _notification(self):
        """Notification for a user who classified a few customers and stays where they are."""
        failed = self.filtered("error")
        message = self.env._(
            "%(customers)s customers evaluated, %(changes)s class changes.",
            customers=sum(self.mapped("customers")),
            changes=sum(self.mapped("changes")),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if failed else "success",
                "title": self.env._("Classification failed") if failed else self.env._("Classified"),
                "message": "\n".join(failed.mapped("error")) or message,
                "sticky": bool(failed),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_run_again(self):
        """Repeat the runs as of today."""
        runs = self.browse()
        for run in self:
            runs += self._classify(
                run.company_id, "manual", run._selected_partners() if run.scope == "selection" else None
            )
        return runs._action_open()
