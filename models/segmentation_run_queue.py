import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .segmentation_queued import BUSY_DELAY, CompanyBusyError
from .segmentation_run import RunCancelledError

_logger = logging.getLogger(__name__)

# An administrator changes several rules in a row; they are evaluated together.
RULE_CHANGE_DELAY = timedelta(minutes=5)
MAX_ATTEMPTS = 5


class SegmentationRun(models.Model):
    """Runs that wait: a scheduled job works them off, so that nobody has to wait for a large base."""

    _inherit = "segmentation.run"

    not_before = fields.Datetime(readonly=True, help="The run waits at least until then.")
    attempts = fields.Integer(readonly=True, help="How often the run was begun. More than once: it was interrupted.")
    progress = fields.Float(compute="_compute_progress")

    @api.depends("state", "step_ids.is_done")
    def _compute_progress(self):
        steps = len(self.env["segmentation.run.step"]._fields["name"].selection)
        for run in self:
            ended = run.state in ("done", "partial")
            run.progress = 100.0 if ended else 100.0 * len(run.step_ids.filtered("is_done")) / steps

    # -- queue ---------------------------------------------------------------------------------

    @api.model
    def _queue(self, companies, trigger: str, partners=None, delay=timedelta()):
        """Have the customers of the companies evaluated soon by the scheduled job.

        :param partners: as for :meth:`_classify`
        :param delay: how long to wait at least
        :return: the waiting runs, one per company; one that waits already is not doubled
        :raise AccessError: as for :meth:`_classify`
        """
        self._check_may_classify(partners)
        not_before = fields.Datetime.now() + delay
        runs = self.browse()
        for company in companies:
            run = self._waiting(company) if partners is None else self.browse()
            if not run:
                run = self._create_run(company, trigger, partners, state="queued")
            if not run.not_before or not delay:
                run.sudo().not_before = not_before  # runs are the engine's
                run._wake(not_before if delay else None)
            runs += run
        return runs

    def _waiting(self, company):
        """The run of all customers that waits already."""
        domain = [("company_id", "=", company.id), ("scope", "=", "all"), ("state", "=", "queued")]
        return self.search(domain, limit=1)

    @api.model
    def _queue_rule_change(self, delay=RULE_CHANGE_DELAY):
        """Have everybody evaluated again after rules were changed.

        :param delay: until their author is likely to be done
        """
        # The rules are those of all companies, whichever the user may see.
        companies = self.env["res.company"].sudo().search([])
        self.sudo()._queue(companies, "rule", delay=delay)

    def action_cancel(self):
        """Cancel what waits or runs; a run that has begun stops at its next step and leaves no trace."""
        self.env["segmentation.dimension"].check_access("write")
        self.check_access("read")
        ended = self.filtered(lambda run: run.state not in ("queued", "running"))
        if ended:
            raise UserError(self.env._("%s has ended and cannot be cancelled any more.", ended[0].display_name))
        self.sudo().state = "cancelled"  # runs are the engine's

    def _check_not_cancelled(self):
        if self.state == "cancelled":
            raise RunCancelledError

    def _classify_later_if_busy(self, company, trigger: str, partners):
        """Evaluate some customers now, or soon when somebody else is classifying those of the company."""
        try:
            self.with_company(company)._classify(company, trigger, partners)
        except CompanyBusyError as error:
            _logger.info("Put off: %s", error)
            self._queue(company, trigger, partners)

    # -- scheduled jobs ------------------------------------------------------------------------

    @api.model
    def _cron_classify(self):
        """Nightly job: every company, because the windows of all metrics have moved."""
        self._queue(self.env["res.company"].search([]), "scheduled")

    @api.model
    def _cron_work(self):
        """Work off the waiting runs, oldest first, and those that an interruption left behind.

        Those of an archived company wait until it is back.
        """
        due = Domain("state", "=", "running") | (
            Domain("state", "=", "queued") & Domain("not_before", "<=", fields.Datetime.now())
        )
        runs = self.search(due & Domain("company_id.active", "=", True), order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(runs))
        for run in runs:
            if not run._work_off():
                self._trigger_scheduled_job(fields.Datetime.now() + BUSY_DELAY)
            self.env["ir.cron"]._commit_progress(1)

    def _work(self):
        """Evaluate a waiting run.

        :raise CompanyBusyError: another run of the company is on
        """
        # As the user who started it: the error messages are for this user, and the history names them.
        run = self.with_user(self.user_id).with_context(lang=self.user_id.lang).with_company(self.company_id).sudo()
        try:
            run._lock(run.company_id)
            if run._begin():
                self.env["ir.cron"]._commit_progress()  # now others can see and cancel it
                run._lock(run.company_id)
                run._execute(live=True)
                if run.scope == "all":
                    self.env["segmentation.peer.product"]._wake()
                run._notify_user()
        except RunCancelledError:
            _logger.info("Classification run %s was cancelled", run.id)

    def _begin(self) -> bool:
        """Mark the run as running; False when it has been cancelled, or interrupted too often."""
        self.invalidate_recordset()  # it may have waited for the run before it
        if self.state not in ("queued", "running"):
            return False
        self.step_ids.unlink()
        if self.attempts >= MAX_ATTEMPTS:
            self._fail(
                self.env._(
                    "The run was interrupted %s times, for example because the server stopped or because a time limit "
                    "was reached.",
                    self.attempts,
                )
            )
            return False
        self.write({"state": "running", "attempts": self.attempts + 1, "as_of": self._today(self.company_id)})
        return True

    def _notify_user(self):
        """Tell the user who started the run or changed the rules."""
        if self.trigger != "scheduled":
            params = self._notification()["params"]
            self.user_id._bus_send(
                "simple_notification", {key: params[key] for key in ("type", "title", "message", "sticky")}
            )
