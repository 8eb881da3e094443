from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine.scope import Scope
from .domain_field import check_domain, parse_domain

DEFAULT_POPULATION = """[
    '|', ('customer_rank', '>', 0),
    '&', ('is_company', '=', True), ('supplier_rank', '=', 0),
]"""


class ResCompany(models.Model):
    _inherit = "res.company"

    segmentation_population = fields.Char(
        string="Customers to classify",
        default=DEFAULT_POPULATION,
        help="Contacts that are classified even before they trade with the company. Contacts with an order, "
        "opportunity or customer invoice always are; the company's own entities and users never.",
    )
    segmentation_code_separator = fields.Char(string="Separator of class codes", default="-", size=1)
    segmentation_real_time = fields.Boolean(
        string="Classify at once",
        default=True,
        help="Customers are classified within a minute after something about them has changed. Otherwise they wait for "
        "the next run of all customers.",
    )
    segmentation_history_months = fields.Integer(
        string="Months of history",
        help="Older class changes are removed, except the latest one of each customer and dimension. 0: keep all.",
    )
    segmentation_history_start = fields.Date(
        readonly=True, help="First day whose classes are still recorded. Empty: nothing has been removed yet."
    )
    segmentation_peer_columns = fields.Char(
        default="industry_class_id,region_class_id,size_class_id",
        help="Class columns of the customer file by which customers are similar, the most important first.",
    )
    segmentation_peer_months = fields.Integer(string="Months of purchases", default=24)
    segmentation_peer_run_id = fields.Many2one(
        "segmentation.run",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The run whose classes the recommended products were counted by. Empty: they are to be counted.",
    )

    @api.constrains("segmentation_history_months")
    def _check_segmentation_history_months(self):
        for company in self:
            if company.segmentation_history_months < 0:
                raise ValidationError(
                    self.env._(
                        "Months of history: %s is less than 0. Enter a number of months, or 0 to keep all.",
                        company.segmentation_history_months,
                    )
                )

    @api.constrains("segmentation_peer_months")
    def _check_segmentation_peer_months(self):
        for company in self:
            if company.segmentation_peer_months < 1:
                raise ValidationError(
                    self.env._(
                        "Months of purchases: %s is less than 1. Enter 1 or more.", company.segmentation_peer_months
                    )
                )

    @api.constrains("segmentation_population")
    def _check_segmentation_population(self):
        allowed = {
            name
            for name, field in self.env["res.partner"]._fields.items()
            if field.compute != "_compute_classes"  # who is a customer must not depend on the class
        }
        for company in self:
            check_domain(company, "segmentation_population", "res.partner", allowed)

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_segmentation_regions()
        return companies

    def write(self, vals):
        result = super().write(vals)
        if "segmentation_code_separator" in vals:
            self.env["segmentation.run"]._update_codes()
        if not vals.keys().isdisjoint(("segmentation_population", "country_id", "currency_id")):
            # Whoever may set up a company needs no right to configure the classification.
            self.env["segmentation.dimension"].sudo().search([])._outdate()
        if "country_id" in vals:
            self._create_segmentation_regions()
        if not vals.keys().isdisjoint(("segmentation_peer_columns", "segmentation_peer_months")):
            self.segmentation_peer_run_id = False
            self.env["segmentation.peer.product"]._wake()
        return result

    def _create_segmentation_regions(self):
        """Let the dimensions that map the states of the companies' own countries know these countries."""
        # Whoever may set up a company needs no right to configure the classification.
        Dimension = self.env["segmentation.dimension"].sudo()
        for dimension in Dimension.search([("method", "=", "mapping"), ("active", "in", [True, False])]):
            dimension._create_state_classes(self.filtered(dimension._applies_to).country_id)

    def _segmentation_peer_dimensions(self):
        """Dimensions that make customers similar, the most important first."""
        self.ensure_one()
        used = {dimension.field_name: dimension for dimension in self.env["segmentation.dimension"]._used_by(self)}
        columns = (self.sudo().segmentation_peer_columns or "").split(",")  # everybody may know what is compared
        return self.env["segmentation.dimension"].concat(*(used[name] for name in columns if name in used))

    def _get_segmentation_population(self):
        """Domain on ``res.partner`` of the contacts to classify."""
        self.ensure_one()
        return parse_domain(self, "segmentation_population", Domain(literal_eval(DEFAULT_POPULATION)))

    def _knows_segmentation_rate(self, currency) -> bool:
        """Whether amounts of the company can be compared with bounds in the currency."""
        self.ensure_one()
        company = self.sudo()  # everybody may know what a currency is worth
        scope = Scope(self.env, self.id, fields.Date.context_today(self))
        return scope.rate(company.currency_id, currency) is not None

    def _segmentation_rate_warning(self, currency) -> str:
        """What to do so that amounts can be compared with bounds in the currency; empty when they can."""
        if self._knows_segmentation_rate(currency):
            return ""
        return self.env._(
            "No exchange rate between %(company_currency)s and %(currency)s is known: enter one under Currencies, or "
            "choose %(company_currency)s as currency of the bounds. Otherwise customers are not compared with them.",
            company_currency=self.sudo().currency_id.name,  # no secret, as above
            currency=currency.name,
        )
