from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_amount, format_date, formatLang

from .dimension_views import add_dimensions


class SegmentationNextStep(models.Model):
    """What to do next for a customer: the reason with most at stake, and its figures.

    Found by a scheduled job after each run, for the customers of the run; nobody waits for it. A customer without a
    reason has no row, or an empty one as long as somebody has put it off.
    """

    _name = "segmentation.next.step"
    _inherit = ["segmentation.classified", "segmentation.queued"]
    _description = "Next Best Step"
    _order = "value desc, id"
    _rec_name = "partner_id"
    _log_access = False

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    activity_date = fields.Date(related="partner_id.activity_date_deadline", string="Next activity")
    reason = fields.Selection(
        [
            ("overdue", "Purchase overdue"),
            ("cold", "Offer going cold"),
            ("lapsing", "About to lapse"),
            ("near", "Close to a class"),
        ],
        readonly=True,
        help="The one with most at stake, when there are several.",
    )
    value = fields.Monetary(
        string="At stake",
        readonly=True,
        help="Purchase overdue: an average order of 12 months, or an average invoice where there are no orders.\n"
        "Offer going cold: the amount of the largest quotation, or the expected revenue of the largest opportunity.\n"
        "About to lapse: the better of the last two years' revenue.\n"
        "Close to a class: the amount that is lacking.",
    )
    day = fields.Date(string="Since", readonly=True, help="Day of the last purchase, of the quotation or of the stage.")
    usual_interval = fields.Float(string="Usual interval (days)", readonly=True, digits=(16, 1), aggregator=None)
    class_id = fields.Many2one(
        "segmentation.class",
        string="Class ahead",
        readonly=True,
        ondelete="cascade",
        help="To be reached, or fallen to.",
    )
    metric_id = fields.Many2one("segmentation.metric", string="Lacking", readonly=True, ondelete="cascade")
    explanation = fields.Char(compute="_compute_explanation")
    snoozed_until = fields.Date(string="Not before", readonly=True)
    is_snoozed = fields.Boolean(string="Put off", compute="_compute_is_snoozed")
    snoozed_by_id = fields.Many2one("res.users", string="Put off by", readonly=True, ondelete="set null")
    snoozed_at = fields.Datetime(string="Put off on", readonly=True)

    # A constraint, not an index: only then does the merging of contacts give way to the file that is there.
    _customer_unique = models.Constraint("UNIQUE(partner_id, company_id)", "A customer has one next step per company.")
    _by_value = models.Index("(company_id, value DESC, id) WHERE reason IS NOT NULL")
    # Deleting a class or a metric must not look through all customers.
    _class_idx = models.Index("(class_id) WHERE class_id IS NOT NULL")
    _metric_idx = models.Index("(metric_id) WHERE metric_id IS NOT NULL")

    @api.depends("snoozed_until")
    @api.depends_context("tz")
    def _compute_is_snoozed(self):
        for step in self:
            step.is_snoozed = step.snoozed_until and step.snoozed_until > fields.Date.context_today(self)

    @api.depends("reason", "value", "day", "usual_interval", "class_id", "metric_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for step in self:
            explain = getattr(step, f"_explain_{step.reason}", None)
            step.explanation = explain and explain()

    def _explain_overdue(self) -> str:
        return self.env._(
            "Buys every %(interval)s days, but not since %(day)s: %(waited)s days. An order is worth about %(value)s.",
            interval=formatLang(self.env, self.usual_interval, digits=0),
            waited=(fields.Date.context_today(self) - self.day).days,
            **self._figures(),
        )

    def _explain_cold(self) -> str:
        return self.env._("An offer of %(value)s has stood still since %(day)s.", **self._figures())

    def _explain_lapsing(self) -> str:
        days = self.company_id.segmentation_lapse_days
        figures = self._figures()
        if not self.day:
            return self.env._(
                "Falls to “%(class)s” unless it buys within %(days)s days. It bought for %(value)s in a year.",
                days=days,
                **figures,
            )
        return self.env._(
            "Last bought on %(day)s, and falls to “%(class)s” unless it buys within %(days)s days. "
            "It bought for %(value)s in a year.",
            days=days,
            **figures,
        )

    def _explain_near(self) -> str:
        return self.env._(
            "Lacks %(value)s to “%(class)s” (%(dimension)s). Measured: %(metric)s.",
            metric=self.metric_id.name,
            dimension=self.class_id.dimension_id.name,
            **self._figures(),
        )

    def _figures(self) -> dict:
        return {
            "value": format_amount(self.env, self.value, self.currency_id, trailing_zeroes=False),
            "day": format_date(self.env, self.day),
            "class": self.class_id.name or self.env._("no class"),
        }

    def _segmentation_customer(self, alias, query):
        return self._field_to_sql(alias, "partner_id", query)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "list":
            add_dimensions(self, arch, view_type, optional="hide")
        return arch, view

    # -- buttons -------------------------------------------------------------------------------

    def action_open_partner(self):
        self.ensure_one()
        return self.partner_id._get_records_action(context={})

    def action_new_quotation(self):
        """A new quotation for the customer, in the company of the step."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New quotation"),
            "res_model": "sale.order",
            "views": [(False, "form")],
            "context": {"default_partner_id": self.partner_id.id, "default_company_id": self.company_id.id},
        }

    def action_schedule_activity(self):
        """Dialog to plan an activity on the customers."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Schedule activity"),
            "res_model": "mail.activity.schedule",
            "views": [(False, "form")],
            "target": "new",
            "context": {"active_model": "res.partner", "active_ids": self.partner_id.ids},
        }

    def action_snooze(self):
        """Put the customers off for as many days as the company has set, for everybody."""
        self.check_access("read")
        for company, steps in self.grouped("company_id").items():
            # Steps are the engine's; whoever sees one may put it off.
            steps.sudo().write(
                {
                    "snoozed_until": fields.Date.context_today(self) + timedelta(days=company.segmentation_snooze_days),
                    "snoozed_by_id": self.env.uid,
                    "snoozed_at": fields.Datetime.now(),
                }
            )

    def action_wake(self):
        """Take the customers up again before their time."""
        self.check_access("read")
        # As for putting off.
        self.sudo().write({"snoozed_until": False, "snoozed_by_id": False, "snoozed_at": False})
