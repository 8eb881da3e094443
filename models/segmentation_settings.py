import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .segmentation_dimension import CHECK_LATER
from .segmentation_setup import company_value


class SegmentationSettings(models.Model):
    """The settings page of a company."""

    _name = "segmentation.settings"
    _inherit = ["segmentation.setup", "segmentation.previewed"]
    _description = "Settings of the Classification"

    idle_warning = fields.Char(compute="_compute_idle_warning")
    currency_id = fields.Many2one(
        "res.currency",
        string="Currency of the bounds",
        compute="_compute_currency",
        inverse="_inverse_currency_id",
        help="Amounts of customers are converted to it before they are compared. "
        "Empty: the dimensions have different ones.",
    )
    amounts = fields.Text(string="Used by", compute="_compute_currency")
    currency_warning = fields.Text(compute="_compute_currency_warning")
    dimension_ids = fields.Many2many(
        "segmentation.dimension",
        string="Parts of the code",
        compute="_compute_dimension_ids",
        inverse="_inverse_lists",
        help="In the order of the code, which is the order of evaluation.",
    )
    code_example = fields.Char(string="Example", compute="_compute_code_example")
    metric_ids = fields.Many2many(
        "segmentation.metric", string="Windows", compute="_compute_metric_ids", inverse="_inverse_lists"
    )
    window_warning = fields.Text(compute="_compute_window_warning")
    peer_dimension_ids = fields.Many2many(
        "segmentation.dimension",
        string="Same class in",
        compute="_compute_peer_dimension_ids",
        inverse="_inverse_peer_dimension_ids",
        help="In this order: where too few customers are in the same class of all of them, the last does not count. "
        "None: products that all customers buy are recommended.",
    )
    peer_months = fields.Integer(
        string="Months of purchases",
        **company_value("peer_months", "segmentation_peer_months"),
        help="How far back purchases count: posted invoices less refunds, and orders until they are invoiced.",
    )
    history_start = fields.Date(related="company_id.segmentation_history_start")

    _company_unique = models.UniqueIndex("(company_id)", "The company has settings already.")

    @api.depends("nightly", "real_time")
    def _compute_idle_warning(self):
        for settings in self:
            settings.idle_warning = not settings.nightly and (
                self.env._(
                    "Without regular runs, classes that depend on time, such as purchases of 12 months, get old."
                )
                if settings.real_time
                else self.env._("Customers are only classified when somebody starts a run: classes get old.")
            )

    # -- currency ------------------------------------------------------------------------------

    def _compute_currency(self):
        for settings in self:
            currencies = settings._dimensions_with_amounts()
            used = self.env["res.currency"].union(*currencies.values())
            settings.currency_id = used if len(used) == 1 else False
            settings.amounts = "\n".join(f"{dimension.name}: {c.name}" for dimension, c in currencies.items())

    def _inverse_currency_id(self):
        for settings in self.filtered("currency_id"):
            settings._set_currency(settings.currency_id)

    @api.depends("currency_id")
    def _compute_currency_warning(self):
        for settings in self:
            currencies = settings._dimensions_with_amounts()
            changed = [d.name for d, currency in currencies.items() if settings.currency_id not in (currency, False)]
            then = settings.currency_id or self.env["res.currency"].union(*currencies.values())
            warnings = [settings.company_id._segmentation_rate_warning(currency) for currency in then]
            if settings.currency_id and changed:
                warnings.append(
                    self.env._(
                        "The amounts in the bounds stay as they are and are in %(currency)s from now on: "
                        "check those of %(dimensions)s.",
                        currency=settings.currency_id.name,
                        dimensions=", ".join(changed),
                    )
                )
            settings.currency_warning = "\n".join(filter(None, warnings))

    # -- code ----------------------------------------------------------------------------------

    def _compute_dimension_ids(self):
        for settings in self:
            settings.dimension_ids = settings._dimensions()

    @api.depends("code_separator", "dimension_ids")
    def _compute_code_example(self):
        for settings in self:
            parts = settings.dimension_ids.filtered("in_code").sorted(lambda d: (d.sequence, d._origin.id))
            codes = [dimension._origin.class_ids[:1].code or "?" for dimension in parts]
            settings.code_example = (settings.code_separator or "").join(codes)

    # -- windows -------------------------------------------------------------------------------

    def _compute_metric_ids(self):
        for settings in self:
            settings.metric_ids = self.env["segmentation.metric"].search([("window_months", ">", 0)])

    @api.depends("metric_ids")
    def _compute_window_warning(self):
        for settings in self:
            misnamed = [
                self.env._(
                    "“%(metric)s” now covers %(months)s months: give it a name that says so, "
                    "and check the bounds that were set for the old window.",
                    metric=metric.name,
                    months=metric.window_months or 0,
                )
                for metric in settings.metric_ids
                if (said := re.findall(r"\d+", metric.name or "")) and str(metric.window_months) not in said
            ]
            settings.window_warning = "\n".join(misnamed)

    def _check_windows(self, commands):
        for _command, metric_id, values in commands:
            if values.get("window_months", 1) < 1:
                raise UserError(
                    self.env._(
                        "“%(metric)s”: Window (months): %(months)s is less than 1. Enter 1 or more; "
                        "a metric without a window is set up under Metrics.",
                        metric=self.env["segmentation.metric"].browse(metric_id).name,
                        months=values["window_months"],
                    )
                )

    # -- recommended products ------------------------------------------------------------------

    @api.depends("company_id.segmentation_peer_columns")
    def _compute_peer_dimension_ids(self):
        for settings in self:
            settings.peer_dimension_ids = settings.company_id._segmentation_peer_dimensions()

    def _inverse_peer_dimension_ids(self):
        for settings in self:
            columns = ",".join(settings.peer_dimension_ids.mapped("field_name"))
            # Who sets the rules may not change companies, but decides this of those they work for.
            settings.company_id.sudo().segmentation_peer_columns = columns

    def _check_peer_months(self):
        if self.peer_months < 1:
            return self.env._("Months of purchases: %s is less than 1. Enter 1 or more.", self.peer_months)
        return None

    # -- save ----------------------------------------------------------------------------------

    def _inverse_lists(self):
        """The records in the lists are written by themselves; what is listed cannot be changed."""

    def write(self, vals):
        for name in ("dimension_ids", "metric_ids"):
            if name in vals:
                # Editing a row is all that the lists are for.
                vals = {**vals, name: [command for command in vals[name] if command[0] == Command.UPDATE]}
        self._check_windows(vals.get("metric_ids", ()))
        with self.env["segmentation.dimension"]._outdating_once() as dimensions:
            later = self.with_context(dimensions.env.context, segmentation_codes_later=CHECK_LATER)
            result = super(SegmentationSettings, later).write(vals)
        if "dimension_ids" in vals:
            self.env["segmentation.run"]._update_codes()
        return result

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for settings in self:
            # Who sets the rules need not be able to see companies.
            settings.display_name = self.env._("Settings of %s", settings.company_id.sudo().name)

    def action_set_up_again(self):
        """Begin the first steps anew."""
        self.ensure_one()
        onboarding = self.env["segmentation.onboarding"]._of_company(self.company_id)
        onboarding._begin()
        return onboarding._action_open()
