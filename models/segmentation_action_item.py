import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain

from .segmentation_profile import UNCLASSIFIED
from .segmentation_queued import BUSY_DELAY

_logger = logging.getLogger(__name__)

BATCH = 200
# How long to wait after each attempt but the last.
RETRY_DELAYS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
MAX_ATTEMPTS = len(RETRY_DELAYS) + 1
# An action that is run again and again for a customer brings about what it is run on.
LOOP_LIMIT = 5
LOOP_PERIOD = timedelta(days=1)


class SegmentationActionItem(models.Model):
    """An action to be run for a customer whose class has changed, and what became of it.

    The scheduled job takes up to ``BATCH`` customers of an action into one transaction. When that fails it is rolled
    back and repeated with each half of them, until only those are left that fail alone. Attempts are counted before
    they are made: not even one that takes the server down is repeated for ever.
    """

    _name = "segmentation.action.item"
    _inherit = ["segmentation.queued"]
    _description = "Action on Change, per Customer"
    _order = "id desc"
    _rec_name = "partner_id"
    _log_access = False
    _scheduled_job = "cron_actions"
    _job_size = BATCH

    action_id = fields.Many2one("segmentation.action", required=True, ondelete="cascade", readonly=True, index=True)
    change_id = fields.Many2one("segmentation.change", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, ondelete="cascade", readonly=True, index=True
    )
    customer_number = fields.Integer(
        readonly=True, help="Database id of the customer at the time of the change; another one: contacts were merged."
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    date = fields.Datetime(related="change_id.date", string="Changed on")
    from_class_id = fields.Many2one(related="change_id.from_class_id", falsy_value_label=UNCLASSIFIED)
    to_class_id = fields.Many2one(related="change_id.to_class_id", falsy_value_label=UNCLASSIFIED)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("done", "Done"),
            ("skipped", "Left out"),
            ("failed", "Failed"),
            ("stopped", "Stopped"),
        ],
        string="Status",
        required=True,
        default="waiting",
        readonly=True,
    )
    attempts = fields.Integer(readonly=True)
    not_before = fields.Datetime(string="Waits until", required=True, readonly=True)
    error = fields.Text(
        string="Reason", readonly=True, help="Why the action was not run, or how the last attempt failed."
    )
    done_at = fields.Datetime(string="Ended on", readonly=True)
    user_id = fields.Many2one("res.users", string="Run as", ondelete="set null", readonly=True)

    _once_per_change = models.UniqueIndex("(change_id, action_id)")
    _waiting = models.Index("(not_before, id) WHERE state = 'waiting'")

    # -- buttons -------------------------------------------------------------------------------

    @api.model
    def _action_list(self, domain) -> dict:
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_action_item_action")
        return {**action, "domain": domain, "context": {}}

    def action_try_again(self):
        """Have the job run again what failed or was stopped.

        :raise UserError: nothing of that is selected
        """
        self.env["segmentation.action"].check_access("write")
        self.check_access("read")
        again = self.filtered(lambda item: item.state in ("failed", "stopped"))
        if not again:
            raise UserError(self.env._("Only what failed or was stopped can be tried again. Select some of that."))
        # Results are the engine's.
        again.sudo().write({"state": "waiting", "attempts": 0, "not_before": self.env.cr.now(), "error": False})
        again._wake()

    # -- scheduled job -------------------------------------------------------------------------

    @api.model
    def _cron_work(self):
        """Run what waits, until the time of the job is used up; the scheduler repeats until nothing is left."""
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(self._due()))
        while items := self._next_batch():
            if not items._work_off():
                self._trigger_scheduled_job(fields.Datetime.now() + BUSY_DELAY)
                self.env["ir.cron"]._commit_progress(remaining=0)
                return
            if not self.env["ir.cron"]._commit_progress(len(items)):
                break
        if later := self.search([("state", "=", "waiting")], order="not_before, id", limit=1):
            self._trigger_scheduled_job(later.not_before)

    def _due(self) -> Domain:
        """What is to be run now, of these items or, where there are none, of all."""
        among = Domain("id", "in", self.ids) if self else Domain.TRUE
        return among & Domain("state", "=", "waiting") & Domain("not_before", "<=", fields.Datetime.now())

    def _next_batch(self):
        """The next items of one action and company, each customer once; one alone that was tried before."""
        first = self.search(self._due(), order="not_before, id", limit=1)
        if not first or first.attempts:
            return first
        alike = Domain("action_id", "=", first.action_id.id) & Domain("company_id", "=", first.company_id.id)
        items = self.search(self._due() & alike & Domain("attempts", "=", 0), order="not_before, id", limit=BATCH)
        return self.browse().concat(*(of_customer[0] for of_customer in items.grouped("partner_id").values()))

    def _work(self):
        """Run what is due of the items.

        :raise ConcurrencyError: somebody else is about to run them
        """
        while batch := self._next_batch():
            items = batch._lock()
            if not items:
                raise ConcurrencyError("Somebody else is about to run them")
            # The reasons are for those who set the action up.
            items = items.with_context(lang=items.action_id.user_id.lang)._leave_out()._begin()
            items._run_or_split()

    def _lock(self):
        """Those that wait still and that nobody else is at; nobody else will be until the end of the transaction."""
        items = self.try_lock_for_update(allow_referencing=True)
        return items.filtered(lambda item: item.state == "waiting")

    def _left_until(self):
        return min(self.filtered(lambda item: item.state == "waiting").mapped("not_before"), default=None)

    def _run_or_split(self):
        """Run the items in one transaction; when that fails run each half, down to those that fail alone."""
        try:
            self._run()
        except Exception as error:  # server actions may fail in any way
            self.env.cr.rollback()
            if len(self) == 1:
                self._fail(error)
                return
            middle = len(self) // 2
            for half in (self[:middle], self[middle:]):
                half._run_or_split()

    def _begin(self):
        """Count the attempt, so that what is interrupted is not begun for ever; return what may be tried."""
        worn_out = self.filtered(lambda item: item.attempts >= MAX_ATTEMPTS)
        worn_out._end(
            "failed",
            self.env._("It was interrupted %s times, for example because the server stopped.", MAX_ATTEMPTS),
        )
        items = self - worn_out
        for attempts, alike in items.grouped("attempts").items():
            delay = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)]
            alike.write(
                {
                    "attempts": attempts + 1,
                    "not_before": fields.Datetime.now() + delay,
                    "user_id": self.action_id.user_id.id,
                }
            )
        self.env["ir.cron"]._commit_progress()
        return items

    def _run(self):
        """Run the server action for the customers as the user set for it, and commit."""
        items = self._lock()  # while others ran, somebody else may have taken these
        action = items.action_id
        if not items:
            return
        action._check_may_run(items.company_id)
        if action.server_action_id:
            for part in [items] if action.server_action_id._can_run_for_many() else items:
                part._run_server_action()
        items._end("done", False)
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()  # what is put off until the commit may fail too

    def _run_server_action(self):
        action, partners = self.action_id, self.partner_id
        env = action._env_as_user(
            self.company_id,
            active_model=partners._name,
            active_id=partners[0].id,
            active_ids=partners.ids,
            segmentation_change_id=len(self) == 1 and self.change_id.id,
        )
        action.server_action_id.with_env(env).run()

    def _fail(self, error):
        """Note a failed attempt; the last one is final."""
        if not self._lock():
            return  # somebody else has run it meanwhile
        _logger.info("Action on change failed for item %s", self.id, exc_info=error)
        # Messages for users are whole; what Python says may go on with the code, which is not for everybody.
        text = str(error) if isinstance(error, UserError) else str(error).partition("\n")[0]
        text = text or type(error).__name__
        if self.attempts >= MAX_ATTEMPTS:
            self._end("failed", text)
        else:
            self.error = text
        self.env["ir.cron"]._commit_progress()

    def _end(self, state: str, reason):
        self.write({"state": state, "error": reason, "done_at": fields.Datetime.now()})

    # -- what is not run -----------------------------------------------------------------------

    def _leave_out(self):
        """End what need not or must not be run; return the rest."""
        left = self
        for state, reason, items in (
            ("skipped", self.env._("The action was switched off."), self._switched_off()),
            ("skipped", self.env._("The customer was merged with another contact."), self._merged()),
            ("skipped", self.env._("The customer is archived."), self.filtered(lambda i: not i.partner_id.active)),
            ("skipped", self.env._("An activity of this type is open already."), self._with_open_activity()),
        ):
            (items & left)._end(state, reason)
            left -= items
        loops = left._loops()
        for item in loops:
            item._end("stopped", item._loop_reason())
        return left - loops

    def _switched_off(self):
        return self.filtered(lambda item: not item.action_id.active)

    def _merged(self):
        return self.filtered(lambda item: item.partner_id.id != item.customer_number)

    def _with_open_activity(self):
        """Those whose server action would schedule an activity that waits for the customer already."""
        server_action = self.action_id.server_action_id
        if server_action.state != "next_activity":
            return self.browse()
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", self.partner_id.ids),
                ("activity_type_id", "=", server_action.activity_type_id.id),
            ]
        )
        busy = set(activities.mapped("res_id"))
        return self.filtered(lambda item: item.partner_id.id in busy)

    def _done_lately(self) -> Domain:
        """What was done for the same customers in the same company within the period in which loops are noticed."""
        return (
            Domain("state", "=", "done")
            & Domain("partner_id", "in", self.partner_id.ids)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("done_at", ">", fields.Datetime.now() - LOOP_PERIOD)
        )

    def _loops(self):
        """Those that were run so often for their customer that they must be bringing about the change themselves."""
        domain = self._done_lately() & Domain("action_id", "=", self.action_id.id)
        groups = self._read_group(domain, ["partner_id"], having=[("__count", ">=", LOOP_LIMIT)])
        often = {partner.id for (partner,) in groups}
        return self.filtered(lambda item: item.partner_id.id in often)

    def _loop_reason(self) -> str:
        actions = self.search(self._done_lately()).action_id
        return self.env._(
            "It was run %(count)s times for this customer within a day: what is done seems to change the class on "
            "which it is done. Actions that were run: %(actions)s. Change or switch off one of them.",
            count=LOOP_LIMIT,
            actions=", ".join(actions.mapped("name")),
        )
