import logging
from contextlib import suppress
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date

from ..health import Look, findings
from ..health.finding import WEIGHTS
from .segmentation_profile import FIGURES
from .segmentation_queued import CompanyBusyError

_logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)  # after that the menu looks again
MOST_WAITING = 1000  # customers to evaluate before a look; more wait for the scheduled job
DROP = 5  # points less than before that are worth an activity
KEEP = relativedelta(months=13)  # a year can be compared with the year before


class SegmentationHealth(models.Model):
    """What a look at the classification of a company found on a day; looking again replaces it."""

    _name = "segmentation.health"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Health Check"
    _order = "day desc, company_id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    day = fields.Date(required=True, readonly=True)
    checked_at = fields.Datetime(string="Checked at", required=True, readonly=True)
    score = fields.Integer(
        readonly=True,
        aggregator="avg",
        help="100 points, less the points of each finding, at least 0. A finding costs at most 20 points when it is "
        "serious, 10 when it is moderate and 3 when it is minor: in proportion to the customers concerned, or to "
        "their revenue where that is the larger part, and in full when it is about the rules or the jobs themselves.",
    )
    previous_score = fields.Integer(readonly=True, aggregator=None)
    has_previous = fields.Boolean(readonly=True)
    change = fields.Integer(string="Change of the score", compute="_compute_change")
    customers = fields.Integer(readonly=True)
    revenue = fields.Monetary(string="Revenue, 12 months", readonly=True, groups=FIGURES)
    finding_ids = fields.One2many("segmentation.health.finding", "health_id", string="Findings", readonly=True)
    finding_count = fields.Integer(string="Number of findings", compute="_compute_finding_count")
    serious_count = fields.Integer(string="Serious findings", compute="_compute_finding_count")

    _one_a_day = models.Constraint(
        "UNIQUE(company_id, day)", "The classification of this company is being checked already. Try again."
    )

    @api.depends("day")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for check in self:
            check.display_name = self.env._("Health check of %s", format_date(self.env, check.day))

    @api.depends("score", "previous_score")
    def _compute_change(self):
        for check in self:
            check.change = check.score - check.previous_score if check.has_previous else 0

    @api.depends("finding_ids.severity")
    def _compute_finding_count(self):
        for check in self:
            check.finding_count = len(check.finding_ids)
            check.serious_count = len(check._serious_findings())

    def _serious_findings(self):
        return self.finding_ids.filtered(lambda finding: finding.severity == "serious")

    # -- check ---------------------------------------------------------------------------------

    @api.model
    def _check(self, company):
        """Look at the classification of a company now.

        :return: the check of today, which replaces what was found earlier on the same day
        """
        # Checks are the engine's: managers read them.
        checks = self.sudo().with_company(company).with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        day = self.env["segmentation.run"]._today(company)
        before = checks.search([("company_id", "=", company.id), ("day", "<", day)], limit=1)
        values = {
            "checked_at": fields.Datetime.now(),
            "has_previous": bool(before),
            "previous_score": before.score,
            **self._look(company),
        }
        check = checks.search([("company_id", "=", company.id), ("day", "=", day)])
        if check:
            check.write(values)
        else:
            check = checks.create({"company_id": company.id, "day": day, **values})
        return check.with_env(self.env)

    @api.model
    def _look(self, company) -> dict:
        """Values of a check: totals, findings and score."""
        look = Look(company)
        customers, revenue = look.total
        found = [(finding, finding.points(customers, revenue)) for finding in findings(look)]
        ranked = sorted(
            found,
            key=lambda pair: (*self._topic_rank(found, pair[0].topic), -WEIGHTS[pair[0].severity], -pair[1]),
        )
        return {
            "customers": customers,
            "revenue": revenue,
            "score": max(0, round(100 - sum(points for _finding, points in found))),
            "finding_ids": [
                Command.clear(),
                *(
                    Command.create({"sequence": sequence, "points": points, **self._finding_values(finding)})
                    for sequence, (finding, points) in enumerate(ranked)
                ),
            ],
        }

    def _topic_rank(self, found, topic: str) -> tuple:
        """Where a topic comes: first the one with the most serious finding, then the one that costs most."""
        own = [(WEIGHTS[finding.severity], points) for finding, points in found if finding.topic == topic]
        return -max(weight for weight, _points in own), -sum(points for _weight, points in own), topic

    def _finding_values(self, finding) -> dict:
        return {
            "kind": finding.kind,
            "topic": finding.topic,
            "severity": finding.severity,
            "dimension_ids": [Command.set(finding.dimensions.ids if finding.dimensions else [])],
            "class_ids": [Command.set(finding.classes.ids if finding.classes else [])],
            "subject": finding.subject,
            "number": finding.number,
            "customers": finding.customers,
            "revenue": finding.revenue,
        }

    def _classify_waiting(self, company):
        """Evaluate the customers about whom something was told just now, so that a check sees what was mended."""
        # Nobody reads these marks; the scheduled job takes them, whatever becomes of this.
        marks = self.env["segmentation.touch"].sudo()
        waiting = marks.search([("company_id", "in", (False, company.id))], limit=MOST_WAITING).partner_id
        if waiting:
            with suppress(CompanyBusyError):
                # As the scheduled job would.
                self.env["segmentation.run"].sudo()._classify(company, "event", waiting)

    def _is_current(self) -> bool:
        """Whether the check is of just now and nobody has been evaluated since."""
        Run = self.env["segmentation.run"]
        if not self or fields.Datetime.now() - self.checked_at > FRESH:
            return False
        newer = [("company_id", "=", self.company_id.id), ("write_date", ">", self.checked_at)]
        return not Run.search_count([*newer, ("state", "in", ("done", "partial", "failed"))], limit=1)

    # -- actions -------------------------------------------------------------------------------

    @api.model
    def action_open_latest(self):
        """Show the state of the current company; look at it first when nobody has since it may have changed."""
        self.check_access("read")
        check = self.search([("company_id", "=", self.env.company.id)], limit=1)
        if not check._is_current():
            self._classify_waiting(self.env.company)
            check = self._check(self.env.company)
        return check._action_open()

    def action_check_again(self):
        self.check_access("read")
        self._classify_waiting(self.company_id)
        return self._check(self.company_id)._action_open()

    def _action_open(self) -> dict:
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_health_action")
        return {**action, "views": [(False, "form")], "res_id": self.id, "target": "main"}

    def action_view_scores(self):
        """The score of the company over time."""
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_health_action")
        return {**action, "domain": [("company_id", "=", self.company_id.id)]}

    # -- scheduled jobs ------------------------------------------------------------------------

    @api.model
    def _cron_check(self):
        """Daily job: look at every company and tell its managers when it got worse."""
        self.check_access("read")  # every user can have the server action behind a job run
        for company in self.env["res.company"].search([]):
            try:
                with self.env.cr.savepoint():
                    self._check(company)._warn()
            except Exception:
                _logger.exception("Health check of company %s failed", company.id)
            self.env["ir.cron"]._commit_progress(1)

    def _warn(self):
        """Schedule an activity for each manager of the company when the check is worse than the one before."""
        self.ensure_one()
        before = self.search([("company_id", "=", self.company_id.id), ("day", "<", self.day)], limit=1)
        if not before or not self._is_worse_than(before):
            return
        for manager in self._managers():
            check = self.with_context(lang=manager.lang)
            check.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=manager.id,
                summary=check.env._(
                    "Classification: health %(score)s, before %(previous)s",
                    score=self.score,
                    previous=before.score,
                ),
                note=Markup("<br/>").join(check._serious_findings().mapped("name")),
            )

    def _is_worse_than(self, before) -> bool:
        if before.score - self.score >= DROP:
            return True
        now, then = ({finding._key() for finding in check._serious_findings()} for check in (self, before))
        return bool(now - then)

    def _managers(self):
        """Managers of the company who have not been told yet, or have done what they were told."""
        group = self.env.ref("partner_segmentation.group_manager")
        managers = group.all_user_ids.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
        checks = self.search([("company_id", "=", self.company_id.id)])
        return managers - checks.activity_ids.user_id

    @api.autovacuum
    def _gc_old_checks(self):
        self.search([("day", "<", fields.Date.today() - KEEP)]).unlink()
