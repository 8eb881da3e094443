import logging
import time

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..engine.evaluate import Evaluation
from ..engine.preview import REVENUE, Preview
from ..engine.scope import Scope
from .segmentation_change import TRIGGERS
from .segmentation_queued import CompanyBusyError
from .segmentation_run_step import StepRecorder

_logger = logging.getLogger(__name__)

LOCK_CLASS = 0x5E6  # first key of the advisory locks, the second is the company


class RunCancelledError(Exception):
    """Somebody has cancelled the run."""


class SegmentationRun(models.Model):
    """One evaluation of the customers of a company: the only entry to the engine.

    Either all of it is written or nothing, so a run that was interrupted is simply begun again.
    """

    _name = "segmentation.run"
    _inherit = ["segmentation.queued"]
    _description = "Classification Run"
    _order = "id desc"
    _scheduled_job = "cron_work"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True, index=True)
    trigger = fields.Selection(TRIGGERS, required=True, readonly=True)
    scope = fields.Selection(
        [("all", "All customers"), ("selection", "Selected customers")], required=True, default="all", readonly=True
    )
    partner_ids = fields.Many2many("res.partner", string="Selected customers", readonly=True)
    as_of = fields.Date(string="As of", readonly=True, help="Windows end with this day.")
    user_id = fields.Many2one("res.users", string="Started by", readonly=True, default=lambda self: self.env.user)
    state = fields.Selection(
        [
            ("queued", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("partial", "Partly failed"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        default="running",
        readonly=True,
        group_expand=True,
    )
    duration = fields.Float(string="Duration (s)", readonly=True, digits=(16, 2), aggregator="avg")
    customers = fields.Integer(string="Customers evaluated", readonly=True)
    created = fields.Integer(string="New customer files", readonly=True)
    changed = fields.Integer(string="Updated customer files", readonly=True)
    changes = fields.Integer(string="Class changes", readonly=True)
    change_ids = fields.One2many("segmentation.change", "run_id", string="Changes", readonly=True)
    step_ids = fields.One2many("segmentation.run.step", "run_id", string="Steps", readonly=True)
    rule_versions = fields.Json(
        readonly=True, help="Version of the rules of each dimension that was evaluated, by id of the dimension."
    )
    metric_versions = fields.Json(readonly=True, help="The same of each metric that was computed, by id of the metric.")
    population = fields.Char(readonly=True, help="Who was a customer even before trading: a domain on contacts.")

    @api.depends("create_date", "company_id")
    def _compute_display_name(self):
        for run in self:
            run.display_name = f"{run.company_id.name} {fields.Date.to_string(run.as_of) or ''} #{run.id or ''}"

    # -- start ---------------------------------------------------------------------------------

    def _classify_companies(self, trigger: str, partners=None, companies=None):
        """Evaluate the customers of each company, now and in this transaction.

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

        :raise AccessError: see :meth:`_check_may_classify`
        :raise CompanyBusyError: another run of the company is on
        """
        self._check_may_classify(partners)
        self._lock(company)
        run = self._create_run(company, trigger, partners, as_of=as_of or self._today(company))
        run._execute()
        return run.with_env(self.env)

    def _check_may_classify(self, partners):
        """Evaluating everybody is for those who set the rules, some customers for those who see classes."""
        if partners is None:
            self.env["segmentation.dimension"].check_access("write")
        else:
            self.check_access("read")
            partners.check_access("read")

    def _create_run(self, company, trigger: str, partners, **values):
        # Users start runs without write access to runs, profiles and history: these are the engine's.
        return self.sudo().create(
            {
                "company_id": company.id,
                "trigger": trigger,
                "scope": "all" if partners is None else "selection",
                "partner_ids": partners and [fields.Command.set(partners.commercial_partner_id.ids)],
                "user_id": self.env.uid,
                **values,
            }
        )

    @api.model
    def _last_complete(self, company, before=None):
        """The last run that evaluated all customers of the company; empty before the first one.

        :param before: moment that it was made before; ``None`` for the last one of all
        """
        domain = [("company_id", "=", company.id), ("scope", "=", "all"), ("state", "in", ("done", "partial"))]
        if before:
            domain.append(("create_date", "<", before))
        return self.search(domain, limit=1)

    @api.model
    def _evaluated_versions(self, company) -> dict:
        """Id of the dimension, as text → version of its rules that all customers were last evaluated by."""
        return self._last_complete(company).rule_versions or {}

    def _today(self, company):
        """Today where the company is: the same for a user elsewhere and for the scheduler."""
        # Its days are those of everybody, also of users who may not read the contact of the company.
        return fields.Date.context_today(self.with_context(tz=company.sudo().partner_id.tz or "UTC"))

    # -- execute -------------------------------------------------------------------------------

    def _update_codes(self):
        """Rebuild the segmentation codes after a class code, their order or the separator changed."""
        # Codes are those of all companies, and the engine's.
        for company in self.env["res.company"].sudo().search([]):
            # Not a record: the codes follow the stored classes, nothing is evaluated.
            self.sudo().new(
                {"company_id": company.id, "as_of": self._today(company), "scope": "all"}
            )._evaluation().update_codes()

    def _execute(self, live: bool = False):
        """Evaluate; whatever happens, the run says so and the stored classes are never half-written.

        :param live: the run is committed already: others see its progress, and can cancel it
        """
        start = time.monotonic()
        if self.scope == "all":
            self.env["segmentation.metric"]._load_optional()
            self._load_job_functions()
        recorder = StepRecorder(self)
        evaluation = self._evaluation(recorder.begin if live else None)
        try:
            with self.env.cr.savepoint():
                result = evaluation.run(self.id, self.trigger)
            recorder.end()
        except (RunCancelledError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            raise  # Odoo repeats the request, the scheduled job its run
        except UniqueViolation as error:
            # Another run wrote the file after this transaction began; Odoo repeats the request.
            raise ConcurrencyError(str(error)) from error
        except Exception as error:
            _logger.exception("Classification run %s of company %s failed", self.id, self.company_id.id)
            self._fail(str(error), duration=time.monotonic() - start)
            return
        self.write(
            {
                "state": "partial" if result.failures else "done",
                "failure_ids": self.env["segmentation.run.failure"]._commands(result.failures),
                "customers": result.customers,
                "created": result.created,
                "changed": result.changed,
                "changes": result.changes,
                "rule_versions": {
                    str(dimension.id): dimension.rule_version
                    for dimension in evaluation.dimensions
                    if dimension not in result.failures
                },
                # Without those that failed: they kept other values.
                "metric_versions": {str(metric.id): metric.rule_version for metric in evaluation.metrics},
                "population": self.company_id.segmentation_population,
                "duration": time.monotonic() - start,
            }
        )
        if self.scope == "all":
            self.env["segmentation.rules"]._record(evaluation.dimensions.with_env(self.env))
        self.env["segmentation.action"]._queue_changes(self)
        self.env["segmentation.next.step"]._queue(self)

    def _fail(self, message: str, **values):
        """Note that nothing could be evaluated."""
        self.write({**values, "state": "failed", "failure_ids": [fields.Command.create({"message": message})]})

    def _evaluation(self, on_step=None, retrospective=False) -> Evaluation:
        partner_ids = tuple(self._selected_partners().ids) if self.scope == "selection" else None
        scope = Scope(self.env, self.company_id.id, self.as_of, partner_ids, retrospective=retrospective)
        # All dimensions, because an archived one takes its classes back.
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        return self._evaluation_of(Evaluation, scope, self._metrics(), dimensions, on_step=on_step)

    def _metrics(self):
        """All metrics, because an archived one takes its values back."""
        return self.env["segmentation.metric"].with_context(active_test=False).search([])

    def _evaluation_of(self, kind, scope, metrics, dimensions, **options):
        return kind(
            scope,
            metrics,
            dimensions.with_context(active_test=True),
            scope.company._get_segmentation_population(),
            scope.company.segmentation_code_separator,
            make_classes=lambda dimension, ids: dimension._create_value_classes(ids),
            **options,
        )

    @api.model
    def _preview(self, company) -> Preview:
        """Evaluation of what has changed since all customers of the company were last evaluated."""
        last = self._last_complete(company)
        versions = last.rule_versions or {}
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        changed = dimensions.filtered(lambda d: versions.get(str(d.id)) != d.rule_version)
        everything = not last or last.population != company.segmentation_population
        metrics = self._metrics()
        if not everything:
            used = metrics.browse().union(*(dimension._used_metrics() for dimension in changed))
            metrics &= used | metrics.filtered(lambda metric: metric.field_name == REVENUE)
        return self._evaluation_of(
            Preview,
            Scope(self.env, company.id, self._today(company)),
            metrics,
            dimensions if everything else changed,
            stale=None if everything else metrics & self._metrics()._outdated(company),
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
            partners = run._selected_partners() if run.scope == "selection" else None
            runs += self._queue(run.company_id, "manual", partners)
        return runs._action_open()
