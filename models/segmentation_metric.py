from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_amount, formatLang

from ..engine.metrics import source_query
from ..engine.scope import Scope
from .domain_field import parse_domain

NUMERIC_TYPES = ("integer", "float", "monetary")


class SegmentationMetric(models.Model):
    """A number about a customer; fills one column of the customer file.

    A metric aggregates documents (``sum``, ``count``) that lead to a partner by ``partner_path``,
    match ``domain`` and lie in the window; or it is a fact read from the partner (``value``).
    """

    _name = "segmentation.metric"
    _description = "Classification Metric"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Technical name, for example revenue_12m.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
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
        [("sum", "Sum"), ("count", "Number of documents"), ("value", "Field of the customer")],
        required=True,
        default="sum",
    )
    measure_field_id = fields.Many2one(
        "ir.model.fields",
        string="Measure",
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('ttype', 'in', ('integer', 'float', 'monetary')), ('store', '=', True)]",
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
    field_name = fields.Char(
        string="Column",
        required=True,
        help="Field of the customer file that the metric fills.",
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
            if metric.aggregate != "count" and measure.ttype not in NUMERIC_TYPES:
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

    @api.constrains("model_id", "partner_path", "domain", "aggregate", "measure_field_id", "date_field_id")
    def _check_query(self):
        """Refuse on save what the engine could not run at night."""
        for metric in self.filtered(lambda m: m.aggregate != "value"):
            metric._get_domain()
            metric._check_partner_path()
            scope = Scope(self.env, self.env.company.id, fields.Date.today())
            with self.env.cr.savepoint():
                self.env.cr.execute(SQL("EXPLAIN %s", source_query(metric.sudo(), scope)))

    def _check_partner_path(self):
        model = self.env[self.model_name].sudo()
        for name in (self.partner_path or "").split("."):
            field = model._fields.get(name)
            if field is None or field.type != "many2one" or not field.store:
                break
            model = self.env[field.comodel_name].sudo()
        else:
            if model._name == "res.partner":
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
        return parse_domain(self, "domain", self.model_name)

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
