from psycopg2 import Error as DatabaseError

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_amount, formatLang

from ..engine.metrics import source_key, source_query, value_query
from ..engine.scope import Scope
from .domain_field import check_domain, parse_domain

NUMERIC_TYPES = ("integer", "float", "monetary")
NUMERIC_AGGREGATES = ("sum", "avg", "min", "max", "value")


class SegmentationMetric(models.Model):
    """A number about a customer; fills one column of the customer file.

    A metric aggregates documents (``sum``, ``count``) that lead to a partner by ``partner_path``,
    match ``domain`` and lie in the window; or it is a fact read from the partner (``value``).
    """

    _name = "segmentation.metric"
    _inherit = ["segmentation.column", "segmentation.rule"]
    _description = "Classification Metric"
    _order = "sequence, id"
    _cosmetic_fields = frozenset(("name", "code", "sequence"))

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    model_id = fields.Many2one(
        "ir.model",
        string="Source",
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
    aggregate = fields.Selection(
        [
            ("sum", "Sum"),
            ("count", "Number of documents"),
            ("count_distinct", "Number of different values"),
            ("avg", "Average"),
            ("min", "Smallest"),
            ("max", "Largest"),
            ("days_since", "Days since the last"),
            ("value", "Field of the customer"),
        ],
        required=True,
        default="sum",
    )
    measure_field_id = fields.Many2one(
        "ir.model.fields",
        string="Measure",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('store', '=', True)]",
        help="Number that is added up or read; not needed to count documents.",
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
    is_amount = fields.Boolean(compute="_compute_is_amount")

    _code_unique = models.Constraint(
        "UNIQUE(code)", "Another metric already has this Code: choose a Code that is not used yet."
    )
    _field_unique = models.Constraint(
        "UNIQUE(field_name)", "Another metric already fills this Column: choose a Column of its own."
    )
    _window_positive = models.Constraint(
        "CHECK(window_months >= 0)", "Window (months) must be 0 (from the beginning) or more."
    )
    _offset_positive = models.Constraint("CHECK(offset_months >= 0)", "Ends before (months) must be 0 or more.")

    @api.depends("field_name")
    def _compute_is_amount(self):
        profile_fields = self.env["segmentation.profile"]._fields
        for metric in self:
            field = profile_fields.get(metric.field_name)
            metric.is_amount = bool(field) and field.type == "monetary"

    @api.constrains("field_name")
    def _check_field_name(self):
        for metric in self:
            field = self.env["segmentation.profile"]._fields.get(metric.field_name)
            if not field or not field.store or field.type not in NUMERIC_TYPES:
                raise ValidationError(
                    self.env._(
                        "Metric “%(metric)s”: the Column “%(column)s” is not a number of the customer file. "
                        "Choose a numeric field of the model “segmentation.profile”.",
                        metric=metric.name,
                        column=metric.field_name,
                    )
                )

    @api.constrains("model_id", "aggregate", "measure_field_id", "date_field_id")
    def _check_fields(self):
        for metric in self:
            measure, date = metric.measure_field_id, metric.date_field_id
            if metric.aggregate == "days_since" and not date:
                raise ValidationError(
                    self.env._(
                        "Metric “%s”: “Days since the last” needs a Date. Choose a date field of the source.",
                        metric.name,
                    )
                )
            if metric.aggregate == "count_distinct" and not measure:
                raise ValidationError(
                    self.env._("Metric “%s”: choose the Measure whose different values are counted.", metric.name)
                )
            if metric.aggregate in NUMERIC_AGGREGATES and measure.ttype not in NUMERIC_TYPES:
                raise ValidationError(
                    self.env._(
                        "Metric “%(metric)s”: the Measure “%(measure)s” is not a number. "
                        "Choose an integer, decimal or monetary field in Measure.",
                        metric=metric.name,
                        measure=measure.field_description or "",
                    )
                )
            if metric.aggregate == "value" and metric.model_name != "res.partner":
                raise ValidationError(
                    self.env._(
                        "Metric “%(metric)s”: “Field of the customer” needs the Source “Contact”. "
                        "Choose that source, or another Aggregate.",
                        metric=metric.name,
                    )
                )
            for field in measure | date:
                if field.model_id != metric.model_id:
                    raise ValidationError(
                        self.env._(
                            "Metric “%(metric)s”: the field “%(field)s” does not belong to the Source “%(model)s”. "
                            "Choose a field of the source.",
                            metric=metric.name,
                            field=field.field_description,
                            model=metric.model_id.name,
                        )
                    )

    @api.constrains(
        "model_id", "partner_path", "domain", "aggregate", "measure_field_id", "date_field_id", "field_name"
    )
    def _check_query(self):
        """Refuse on save what the engine could not run at night, or what the user may not read."""
        for metric in self:
            model = self.sudo(False).env[metric.model_name]  # constraints run as superuser
            model.check_access("read")
            model._check_field_access(model._fields[metric.measure_field_id.name or "id"], "read")
            check_domain(metric, "domain", metric.model_name)
            if metric.aggregate != "value":
                metric._check_partner_path()
            metric._check_column_type()
            metric._check_statement()

    def _column_values(self, vals) -> dict:
        measure = self.env["ir.model.fields"].sudo().browse(vals.get("measure_field_id"))
        kind = self._result_type(vals.get("aggregate", "sum"), measure)
        currency = {"currency_field": "currency_id"} if kind == "monetary" else {}
        return {"ttype": kind, **currency}

    @staticmethod
    def _result_type(aggregate: str, measure) -> str:
        """Field type of what the metric computes."""
        if aggregate not in NUMERIC_AGGREGATES:
            return "integer"
        if aggregate == "avg" and measure.ttype == "integer":
            return "float"
        return measure.ttype or "float"

    def _check_statement(self):
        metric = self.sudo()
        scope = Scope(self.env, self.env.company.id, fields.Date.today())
        try:
            if metric.aggregate == "value":
                query = value_query(metric, scope)
            else:
                query = source_query(source_key(metric), metric, scope)
            with self.env.cr.savepoint():
                self.env.cr.execute(SQL("EXPLAIN %s", query), log_exceptions=False)
        except (ValueError, DatabaseError) as error:
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s” cannot be computed: %(error)s. Choose a stored field as Measure.",
                    metric=self.name,
                    error=str(error).partition("\n")[0],
                )
            ) from error

    def _check_column_type(self):
        """Amounts need a monetary column, decimals one that keeps them."""
        column = self.env["segmentation.profile"]._fields[self.field_name].type
        measure = self._result_type(self.aggregate, self.measure_field_id)
        fits = {"integer": ("integer", "float"), "float": ("float",), "monetary": ("monetary",)}
        if column not in fits[measure]:
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: the Column “%(column)s” does not hold what the metric computes. "
                    "Choose a Column of the same kind: number, decimal or amount.",
                    metric=self.name,
                    column=self.field_name,
                )
            )

    @api.constrains("active")
    def _check_unused(self):
        archived = self.filtered(lambda metric: not metric.active)
        dimensions = self.env["segmentation.dimension"].search([])
        for metric in archived:
            using = dimensions.filtered(lambda d, metric=metric: metric in d._used_metrics())
            if using:
                raise ValidationError(
                    self.env._(
                        "Metric “%(metric)s” is used by dimension “%(dimension)s”. Remove it there first.",
                        metric=metric.name,
                        dimension=using[0].name,
                    )
                )

    def _ruled_dimensions(self):
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        return dimensions.filtered(lambda dimension: dimension._used_metrics() & self)

    def _check_partner_path(self):
        model = self.env[self.model_name].sudo()
        for name in (self.partner_path or "").split("."):
            field = model._fields.get(name)
            if field is None or field.type != "many2one" or not field.store:
                break
            model = self.env[field.comodel_name].sudo()
        else:
            if name == "commercial_partner_id":
                return
        raise ValidationError(
            self.env._(
                "Metric “%(metric)s”: the Path to the customer “%(path)s” does not lead from “%(model)s” to a contact. "
                "Enter stored many2one fields separated by dots, for example partner_id.commercial_partner_id.",
                metric=self.name,
                path=self.partner_path or "",
                model=self.model_id.name,
            )
        )

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
        return formatLang(self.env, value, digits=0 if float(value).is_integer() else 2)
