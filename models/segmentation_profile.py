from lxml.builder import E

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import LazyTranslate

from ..engine.explain import explain
from ..engine.metrics import PARTNER_COLUMNS
from ..engine.scope import Scope
from ..fields import OptionalFloat, OptionalInteger, OptionalMonetary
from .dimension_views import add_dimensions, dimensions_cache_key

_lt = LazyTranslate(__name__)

UNCLASSIFIED = _lt("Unclassified")

# Who may see what customers buy.
FIGURES = "sales_team.group_sale_salesman,account.group_account_readonly,account.group_account_invoice"


def _class_field(string: str):
    return fields.Many2one(
        "segmentation.class", string=string, readonly=True, ondelete="restrict", falsy_value_label=UNCLASSIFIED
    )


class SegmentationProfile(models.Model):
    """The customer file: metrics and classes of one customer in one company.

    Written by the engine only. A customer that left the population keeps an archived, empty file, so
    that its history stays readable.
    """

    _name = "segmentation.profile"
    _description = "Customer File"
    _order = "company_id, partner_id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    active = fields.Boolean(default=True, readonly=True)

    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    industry_id = fields.Many2one(related="partner_id.industry_id")
    country_id = fields.Many2one(related="partner_id.country_id")
    state_id = fields.Many2one(related="partner_id.state_id")

    employee_count = OptionalInteger(string="Employees", readonly=True)
    annual_turnover = OptionalMonetary(readonly=True)
    total_assets = OptionalMonetary(readonly=True)
    revenue_12m = OptionalMonetary(string="Revenue, 12 months", readonly=True, groups=FIGURES)
    revenue_prior_12m = OptionalMonetary(string="Revenue, the 12 months before", readonly=True, groups=FIGURES)
    revenue_growth = OptionalFloat(
        string="Revenue growth (%)", readonly=True, groups=FIGURES, digits=False, aggregator=None
    )
    margin_12m = OptionalMonetary(
        string="Margin, 12 months",
        readonly=True,
        groups=FIGURES,
        help="Margin of the orders confirmed in 12 months, in company currency at the rate of each order.",
    )
    average_order_12m = OptionalMonetary(
        string="Average order, 12 months", readonly=True, groups=FIGURES, aggregator="avg"
    )
    expected_revenue = OptionalMonetary(readonly=True, groups=FIGURES)
    first_purchase_date = fields.Date(string="First purchase", readonly=True, groups=FIGURES)
    days_since_purchase = OptionalInteger(
        string="Days since last purchase", readonly=True, groups=FIGURES, aggregator="avg"
    )
    days_between_purchases = OptionalFloat(readonly=True, groups=FIGURES, digits=False, aggregator="avg")
    days_to_pay = OptionalFloat(readonly=True, groups=FIGURES, digits=False, aggregator="avg")
    overdue_receivable = OptionalMonetary(readonly=True, groups=FIGURES)
    orders_12m = OptionalInteger(string="Orders, 12 months", readonly=True, groups=FIGURES)
    invoices_24m = OptionalInteger(string="Invoices, 24 months", readonly=True, groups=FIGURES)
    invoices_total = OptionalInteger(string="Invoices, ever", readonly=True, groups=FIGURES)
    orders_24m = OptionalInteger(string="Orders, 24 months", readonly=True, groups=FIGURES)
    orders_total = OptionalInteger(string="Orders, ever", readonly=True, groups=FIGURES)
    open_quotations = OptionalInteger(readonly=True, groups=FIGURES)
    open_opportunities = OptionalInteger(readonly=True, groups=FIGURES)

    size_class_id = _class_field("Size")
    industry_class_id = _class_field("Sector")
    region_class_id = _class_field("Region")
    stage_class_id = _class_field("Purchase stage")
    segmentation_code = fields.Char(readonly=True)
    missing_facts = fields.Char(
        readonly=True,
        help="Facts whose absence leaves a class open. Complete them to classify the customer for certain.",
    )

    missing_fact_names = fields.Char(string="Missing facts", compute="_compute_missing_fact_names")
    class_ids = fields.Many2many("segmentation.class", string="Classes", compute="_compute_class_ids")
    explanation = fields.Html(compute="_compute_explanation", sanitize=False)

    _partner_company_unique = models.Constraint(
        "UNIQUE(partner_id, company_id)", "A customer has one file per company."
    )
    # Contacts are grouped and searched through this index alone: by size 160 ms instead of 248 ms for 300,000.
    _company_classes_idx = models.Index(
        "(company_id, partner_id) INCLUDE (active, size_class_id, industry_class_id, region_class_id, stage_class_id)"
    )

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Add the dimensions to list and search, and the metrics that administrators made."""
        arch, view = super()._get_view(view_id, view_type, **options)
        add_dimensions(self, arch, view_type, optional="show")
        if view_type in ("list", "search"):
            for name, field in self._fields.items():
                if field.manual and field.comodel_name != "segmentation.class":
                    arch.append(E.field(name=name, **({"optional": "hide"} if view_type == "list" else {})))
                    if view_type == "search" and field.type == "many2one":
                        label = field.get_description(self.env, ["string"])["string"]
                        context = f"{{'group_by': '{name}'}}"
                        arch.append(E.filter(name=f"group_{name}", string=label, context=context))
        return arch, view

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        return super()._get_view_cache_key(view_id, view_type, **options) + dimensions_cache_key(self)

    @api.depends("missing_facts")
    @api.depends_context("lang")
    def _compute_missing_fact_names(self):
        for profile in self:
            profile.missing_fact_names = profile._fact_names(profile.missing_facts)

    def _fact_names(self, codes) -> str:
        """Names of comma-separated codes of facts, in the user's language."""
        names = {metric.code: metric.name for metric in self.env["segmentation.metric"].search([])}
        partner_fields = self.env["res.partner"]._fields
        names |= {
            name: partner_fields[name].get_description(self.env, ["string"])["string"]
            for name in PARTNER_COLUMNS.values()
        }
        return ", ".join(names[code] for code in (codes or "").split(",") if code in names)

    def _compute_class_ids(self):
        names = self.env["segmentation.dimension"].search([]).mapped("field_name")
        for profile in self:
            profile.class_ids = [Command.set([cls.id for name in names for cls in profile[name]])]

    @api.depends_context("lang", "uid")
    def _compute_explanation(self):
        for profile in self:
            profile.explanation = profile._render_explanation()

    def _render_explanation(self):
        """Classes, reasons and figures of a customer as HTML; the record may be empty."""
        return self.env["ir.qweb"]._render(
            "partner_segmentation.explanation",
            {
                "profile": self,
                "explanations": self._explain() if self.active else [],
                "figures": self._figures() if self.active else [],
            },
        )

    # -- actions -------------------------------------------------------------------------------

    def action_open_partner(self):
        self.ensure_one()
        return self.partner_id._get_records_action(context={})

    def action_view_invoices(self):
        """The posted invoices and refunds that the figures count, whatever their day."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {
            **action,
            "display_name": self.env._("Invoices of %s", self.partner_id.display_name),
            "domain": [
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "=", "posted"),
                ("commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            "context": {"default_move_type": "out_invoice", "create": False},
        }

    def action_view_class_changes(self):
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_view_class_changes()

    # -- why -----------------------------------------------------------------------------------

    def _explain(self) -> list:
        """Why the customer has its classes, one :class:`~..engine.explain.Explanation` per dimension.

        Figures the user may not see are left out of the sentences.
        """
        self.ensure_one()
        dimensions = self.env["segmentation.dimension"]._used_by(self.company_id)
        scope = Scope(self.env, self.company_id.id, self._last_run_date())
        return explain(scope, dimensions, self)

    def _figures(self) -> list[tuple[str, str]]:
        """Name and value of the customer's metrics, without those the user may not see.

        Facts that nobody has told are listed too, as not known.
        """
        self.ensure_one()
        figures = []
        for metric in self.env["segmentation.metric"].search([]):
            field = self._fields[metric.field_name]
            if not self._has_field_access(field, "read"):
                continue
            value = self[field.name]
            unknown = value is False or (field.relational and not value)
            if not unknown or metric.aggregate == "value":
                figures.append((metric.name, metric._format_value(value, self.currency_id)))
        return figures

    def _last_run_date(self):
        run = (
            self.env["segmentation.run"]
            .sudo()  # who sees the file may know of when it is
            .search([("company_id", "=", self.company_id.id), ("state", "in", ("done", "partial"))], limit=1)
        )
        return run.as_of or fields.Date.context_today(self)
