from odoo import api, fields, models
from odoo.api import SUPERUSER_ID
from odoo.tools import convert_file, format_date
from odoo.tools.misc import format_amount, formatLang

from ..engine.metrics import DERIVED, FACTS
from .domain_field import parse_domain
from .segmentation_column import taken

NUMBERS = ("integer", "float", "monetary")
DAYS = ("date", "datetime")

PERCENTAGES = {"growth", "ratio", "top_share", "interval_deviation", "season_share"}
RESULTS = {
    **dict.fromkeys(("count", "count_distinct", "days_since", "days_between"), "integer"),
    **dict.fromkeys(("interval", "avg_days", *PERCENTAGES), "float"),
    "argmax": "many2one",
    "date_after": "date",
}
# What a metric may be derived from, where that is not numbers: aggregate → field → results.
BASES = {
    "days_between": {"metric_id": ("date",), "base_metric_id": ("date",)},
    "date_after": {"metric_id": ("date",), "base_metric_id": ("integer", "float")},
}

# Module → column of the metric in ``data/optional/<module>.xml``.
OPTIONAL = {"sale_margin": "margin_12m"}


class SegmentationMetric(models.Model):
    """A number about a customer; fills one column of the customer file.

    A metric aggregates documents (``sum``, ``count``) that lead to a partner by ``partner_path``,
    match ``domain`` and lie in the window; or it is a fact read from the partner (``value``); or it is derived from
    two other metrics (``growth``, ``days_between``). Some give a day or a record instead of a number.
    """

    _name = "segmentation.metric"
    _inherit = ["segmentation.column", "segmentation.rule"]
    _description = "Classification Metric"
    _order = "sequence, id"
    _cosmetic_fields = frozenset(("name", "code", "sequence", "description", "rule_version"))

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    description = fields.Text(translate=True, help="What the metric tells, and what it leaves out.")
    aggregate = fields.Selection(
        [
            ("sum", "Sum"),
            ("count", "Number of documents"),
            ("count_distinct", "Number of different values"),
            ("avg", "Average"),
            ("min", "Smallest or earliest"),
            ("max", "Largest or latest"),
            ("days_since", "Days since the last"),
            ("interval", "Average days between"),
            ("interval_deviation", "Deviation of the days between (%)"),
            ("season_share", "Share of the strongest season (%)"),
            ("avg_days", "Average days from start to date"),
            ("argmax", "Where the sum is largest"),
            ("top_share", "Share of where the sum is largest (%)"),
            ("value", "Field of the customer"),
            ("growth", "Growth over another metric (%)"),
            ("ratio", "Percentage of another metric"),
            ("days_between", "Days since another metric"),
            ("date_after", "Date as many days later as another metric"),
        ],
        required=True,
        default="sum",
        help="Average days between: from the first to the last date, divided by the number of different days minus "
        "one; unknown with fewer than two days.\n"
        "Deviation of the days between: their standard deviation in percent of their average, small for who buys "
        "regularly; unknown with fewer than three days.\n"
        "Share of the strongest season: percentage of the days that lie in the same three calendar months in a row, if "
        "these have days in two years or more. Unknown with fewer than six days, or a first day less than 24 months "
        "ago. The window should be a number of whole years.\n"
        "Average days from start to date: every document counts once, whatever its amount.\n"
        "Where the sum is largest: the record, such as a product category, with the largest positive sum of the "
        "measure.\n"
        "Share of where the sum is largest: that sum in percent of all positive sums.\n"
        "Growth: by how many percent the metric exceeds the other one; unknown unless the other one is positive.\n"
        "Percentage: the metric in percent of the other one; unknown unless the other one is positive.\n"
        "Days since another metric: from the date of the other one to the date of the metric.\n"
        "Date as many days later: the date of the metric and the days of the other one, such as an average interval.",
    )
    result_type = fields.Selection(
        [
            ("integer", "Whole number"),
            ("float", "Decimal number"),
            ("monetary", "Amount"),
            ("date", "Date"),
            ("many2one", "Record"),
        ],
        string="Result",
        compute="_compute_result_type",
        store=True,
        precompute=True,
        help="What the metric gives. Only numbers can have bounds, shares and equal groups; conditions take all.",
    )
    model_id = fields.Many2one(
        "ir.model",
        string="Source",
        compute="_compute_model_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        ondelete="cascade",
        help="Documents that the metric is computed from.",
    )
    model_name = fields.Char(related="model_id.model")
    partner_path = fields.Char(
        string="Path to the customer",
        default="commercial_partner_id",
        help="Field of the document that leads to the commercial partner, e.g. partner_id.commercial_partner_id.",
    )
    domain = fields.Char(default="[]", help="Documents that count.")
    measure_field_id = fields.Many2one(
        "ir.model.fields",
        string="Measure",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('store', '=', True)]",
        help="Number that is added up or read; not needed to count documents. The smallest and the largest can also be "
        "taken of a date. A balance that still changes, such as an open amount, is the present one even for an "
        "as-of date in the past.",
    )
    reverse_sign = fields.Boolean(
        string="Reversed sign",
        help="Take the measure with the opposite sign: journal items hold sales as negative balances.",
    )
    group_path = fields.Char(
        string="Path to the record",
        help="Field of the document that leads to the record whose documents are added up together, "
        "e.g. product_id.categ_id of journal items for the product category.",
    )
    start_path = fields.Char(
        string="Start", help="Field of the document that days are counted from, e.g. debit_move_id.invoice_date."
    )
    date_field_id = fields.Many2one(
        "ir.model.fields",
        string="Date",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('ttype', 'in', ('date', 'datetime')), ('store', '=', True)]",
        help="Date that decides whether a document lies in the window. Documents after the as-of date never count.",
    )
    window_months = fields.Integer(string="Window (months)", help="0: from the beginning.")
    offset_months = fields.Integer(
        string="Ends before (months)", help="12 with a window of 12: the 12 months before the last 12."
    )
    offset_days = fields.Integer(
        string="Ends before (days)", help="1: the window ends with the day before the as-of date. Adds to the months."
    )
    metric_id = fields.Many2one(
        "segmentation.metric",
        ondelete="restrict",
        domain="[('id', '!=', id), ('aggregate', 'not in', ('growth', 'ratio', 'days_between', 'date_after')), "
        "('result_type', 'in', ('date',) if aggregate in ('days_between', 'date_after') "
        "else ('integer', 'float', 'monetary'))]",
        help="What grows, or what the percentage is taken of: 120 in “120 is 20 % more than 100”. Or the later date, "
        "or the date that days are added to.",
    )
    base_metric_id = fields.Many2one(
        "segmentation.metric",
        string="Metric to compare with",
        ondelete="restrict",
        domain="[('id', '!=', id), ('aggregate', 'not in', ('growth', 'ratio', 'days_between', 'date_after')), "
        "('result_type', 'in', ('date',) if aggregate == 'days_between' else ('integer', 'float') "
        "if aggregate == 'date_after' else ('integer', 'float', 'monetary'))]",
        help="What counts as 100 %: 100 in “120 is 20 % more than 100”. Or the earlier date, or the number of days.",
    )
    rule_version = fields.Integer(readonly=True, copy=False, help="Grows with every change of the definition.")
    is_amount = fields.Boolean(compute="_compute_is_amount")
    is_derived = fields.Boolean(compute="_compute_is_derived")

    _code_unique = models.Constraint(
        "UNIQUE(code)",
        lambda env, diagnostics: env._(
            "Code: another metric already has “%s”. Choose a Code that is not used yet.", taken(diagnostics)
        ),
    )
    _field_unique = models.Constraint(
        "UNIQUE(field_name)",
        lambda env, diagnostics: env._(
            "Column: another metric already fills “%s”. Choose a Column of its own.", taken(diagnostics)
        ),
    )

    @api.depends("field_name")
    def _compute_is_amount(self):
        profile_fields = self.env["segmentation.profile"]._fields
        for metric in self:
            field = profile_fields.get(metric.field_name)
            metric.is_amount = bool(field) and field.type == "monetary"

    @api.depends("aggregate")
    def _compute_is_derived(self):
        for metric in self:
            metric.is_derived = metric.aggregate in DERIVED

    @api.depends("aggregate", "measure_field_id")
    def _compute_result_type(self):
        for metric in self:
            measure = metric.measure_field_id.ttype
            if metric.aggregate in ("min", "max") and measure in DAYS:
                measure = "date"
            elif measure not in NUMBERS or (metric.aggregate == "avg" and measure == "integer"):
                measure = "float"
            metric.result_type = RESULTS.get(metric.aggregate, measure)

    @api.depends("aggregate")
    def _compute_model_id(self):
        """Facts are the contact's; what is derived is computed on the customer file."""
        profile, partner = (self.env["ir.model"]._get(name) for name in ("segmentation.profile", "res.partner"))
        for metric in self:
            if metric.aggregate in DERIVED:
                metric.model_id = profile
            elif metric.aggregate in FACTS:
                metric.model_id = partner
            else:
                metric.model_id -= profile

    def _column_values(self, vals) -> dict:
        metric = self.new(vals)
        kind = metric.result_type
        values = {"ttype": kind}
        if kind == "monetary":
            values["currency_field"] = "currency_id"
        if kind == "many2one":
            # An account or a product can be deleted although it is somebody's favourite.
            values |= {"relation": metric._path_fields("group_path")[-1].comodel_name, "on_delete": "set null"}
        return values

    @api.model
    def _by_column(self) -> dict:
        """Column of the customer file → the metric that fills it, archived ones too."""
        return {metric.field_name: metric for metric in self.with_context(active_test=False).search([])}

    def _bases(self):
        """The metrics that these are derived from."""
        return self.metric_id | self.base_metric_id

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys() <= self._cosmetic_fields:
            for metric in self:
                metric.rule_version += 1
        return result

    def _outdated(self, company):
        """Those of the metrics whose stored values were computed by other definitions than those of now."""
        evaluated = self.env["segmentation.run"]._last_complete(company).metric_versions or {}
        changed = self.filtered(lambda metric: evaluated.get(str(metric.id)) != metric.rule_version)
        return changed | self.filtered(lambda metric: metric._bases() & changed)

    def _ruled_dimensions(self):
        metrics = self | self.with_context(active_test=False).search([]).filtered(lambda metric: metric._bases() & self)
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        return dimensions.filtered(lambda dimension: dimension._used_metrics() & metrics)

    def _get_domain(self):
        self.ensure_one()
        return parse_domain(self, "domain")

    def _format_value(self, value, currency) -> str:
        """A value as text in the user's language, without decimals where it has none.

        :param currency: what an amount is in; ignored for other metrics
        """
        self.ensure_one()
        if value is None or value is False:
            return self.env._("not known")
        if self.is_amount:
            decimals = not currency.decimal_places or not currency.is_zero(value % 1)
            return format_amount(self.env, value, currency, trailing_zeroes=decimals)
        if self.result_type == "date":
            return format_date(self.env, value)
        if self.result_type == "many2one":
            return value.display_name or self.env._("not known")
        text = formatLang(self.env, value, digits=0 if float(value).is_integer() else 2)
        return self.env._("%s %%", text) if self.aggregate in PERCENTAGES else text

    @api.model
    def _optional_app(self, code: str) -> str:
        """Name of the app that a metric comes with; empty for a metric that no app brings."""
        modules = [module for module, column in OPTIONAL.items() if column == code]
        # Everybody may know which apps there are.
        return self.env["ir.module.module"].sudo().search([("name", "in", modules)]).shortdesc or ""

    @api.model
    def _load_optional(self):
        """Make the metrics of optional modules that were installed since; forget those of modules that are gone.

        A metric itself goes with its module, because it refers to a field of it.
        """
        installed = self.env["ir.module.module"]._installed()
        for module, column in OPTIONAL.items():
            if self.env.ref(f"partner_segmentation.metric_{column}", raise_if_not_found=False):
                continue
            if module in installed:
                # Shipped data is loaded as by the installer, whoever starts the evaluation that finds it missing.
                env = self.with_user(SUPERUSER_ID).env
                convert_file(env, "partner_segmentation", f"data/optional/{module}.xml", {}, "init", noupdate=True)
                env.ref(f"partner_segmentation.metric_{column}")._name_after_column()
            else:
                # All companies' files, which nobody may write but the engine.
                files = self.env["segmentation.profile"].sudo().with_context(active_test=False)
                files.search([(column, "!=", False)]).write({column: False})

    def _name_after_column(self):
        """Name the metric as its column; translations are only loaded with what the installer loads."""
        for lang, _name in self.env["res.lang"].get_installed():
            translated = self.with_context(lang=lang)
            column = translated.env["segmentation.profile"]._fields[self.field_name]
            translated.name = column.get_description(translated.env, ["string"])["string"]
