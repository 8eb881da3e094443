from odoo import api, fields, models

from ..engine.next_steps import Terms
from .segmentation_setup import company_value

# Fields of the company that decide what is a reason, in the order of ``Terms``.
TERMS = (
    "segmentation_overdue_factor",
    "segmentation_lapse_days",
    "segmentation_near_percent",
    "segmentation_cold_days",
)


class ResCompany(models.Model):
    _inherit = "res.company"

    segmentation_overdue_factor = fields.Float(
        string="Overdue after (times the usual interval)",
        default=1.5,
        digits=(16, 2),
        help="1.5: a customer that buys every 20 days is overdue after 30.",
    )
    segmentation_lapse_days = fields.Integer(
        string="About to lapse (days)",
        default=90,
        help="Customers that would leave the class of those who buy if they bought nothing for so many days.",
    )
    segmentation_near_percent = fields.Integer(
        string="Close to a class (%)",
        default=20,
        help="Customers that lack at most this part of an amount that the next class demands, or starts at.",
    )
    segmentation_cold_days = fields.Integer(
        string="Offers go cold after (days)",
        default=30,
        help="Open quotations of that age, and opportunities that have been in their stage for so long. "
        "After a year they are not counted any more.",
    )
    segmentation_snooze_days = fields.Integer(
        string="“Not now” lasts (days)", default=14, help="For so long a customer is left out of the next steps."
    )

    def _segmentation_terms(self) -> Terms:
        """When something is a reason for a next step."""
        self.ensure_one()
        return Terms(*(self[name] for name in TERMS))

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(TERMS):
            # Whoever may set up a company needs no right on the classification.
            self.env["segmentation.next.step"].sudo()._queue_companies(self)
        return result


class SegmentationSettings(models.Model):
    _inherit = "segmentation.settings"

    overdue_factor = fields.Float(
        string="Overdue after",
        digits=(16, 2),
        **company_value("overdue_factor", "segmentation_overdue_factor"),
        help="Times the customer's usual interval. 1.5: who buys every 20 days is overdue after 30.",
    )
    lapse_days = fields.Integer(
        string="About to lapse",
        **company_value("lapse_days", "segmentation_lapse_days"),
        help="Days within which the customer has to buy so as not to leave the class of those who buy.",
    )
    near_percent = fields.Integer(
        string="Close to a class",
        **company_value("near_percent", "segmentation_near_percent"),
        help="Percentage of an amount the next class demands that is lacking at most.",
    )
    cold_days = fields.Integer(
        string="Offers go cold after",
        **company_value("cold_days", "segmentation_cold_days"),
        help="Days since the date of an open quotation, or since an opportunity has come to its stage.",
    )
    snooze_days = fields.Integer(
        string="“Not now” lasts", **company_value("snooze_days", "segmentation_snooze_days"), help="In days."
    )
    next_step_needs = fields.Text(string="Not looked for", compute="_compute_next_step_needs")

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_next_step_needs(self):
        for settings in self:
            settings.next_step_needs = "\n".join(self.env["segmentation.next.step"]._needs(settings.company_id))

    def _check_least(self, name: str, least):
        field = self._fields[name].get_description(self.env, ["string"])["string"]
        if self[name] < least:
            return self.env._(
                "%(field)s: %(value)s is less than %(least)s. Enter %(least)s or more.",
                field=field,
                value=self[name],
                least=least,
            )
        return None

    def _check_overdue_factor(self):
        return self._check_least("overdue_factor", 1)

    def _check_lapse_days(self):
        return self._check_least("lapse_days", 1)

    def _check_near_percent(self):
        if self.near_percent >= 100:
            return self.env._("Close to a class: %s %% would be everybody. Enter less than 100.", self.near_percent)
        return self._check_least("near_percent", 1)

    def _check_cold_days(self):
        return self._check_least("cold_days", 1)

    def _check_snooze_days(self):
        return self._check_least("snooze_days", 1)
