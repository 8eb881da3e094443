"""What a metric must be to be saved: the engine can run it, and its author may read what it reads."""

from psycopg2 import Error as DatabaseError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.models import MAGIC_COLUMNS
from odoo.tools import SQL, Query

from ..engine.metrics import DERIVED, FACTS, input_query
from ..engine.paths import path_fields, path_to_sql
from ..engine.relative import METHODS as RELATIVE
from ..engine.scope import Scope
from .domain_field import check_domain, is_possession
from .segmentation_metric import BASES, DAYS, NUMBERS

MEASURED = ("sum", "avg", "min", "max", "argmax", "top_share", "value")
NEEDED = {
    **dict.fromkeys(("sum", "avg", "min", "max", "count_distinct", "value"), ("measure_field_id",)),
    **dict.fromkeys(("argmax", "top_share"), ("measure_field_id", "group_path")),
    **dict.fromkeys(("days_since", "interval", "interval_deviation", "season_share"), ("date_field_id",)),
    "avg_days": ("date_field_id", "start_path"),
    **dict.fromkeys(DERIVED, ("metric_id", "base_metric_id")),
}
# Columns that hold what a metric gives.
FITTING = {
    "integer": ("integer", "float"),
    "float": ("float",),
    "monetary": ("monetary",),
    "date": ("date",),
    "many2one": ("many2one",),
}


class SegmentationMetric(models.Model):
    _inherit = "segmentation.metric"

    def _label(self, name: str) -> str:
        """A field of this form, as the user sees it."""
        return self._fields[name].get_description(self.env, ["string"])["string"]

    def _option(self, name: str) -> str:
        """The selected option of a field, as the user sees it."""
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

    def _uses(self, name: str) -> bool:
        """Whether the aggregate looks at the field; what the form hides may say anything."""
        if name == "date_field_id":
            return self._reads_documents()
        return name in NEEDED.get(self.aggregate, ())

    def _reads_documents(self) -> bool:
        return self.aggregate not in FACTS | DERIVED

    # -- fields --------------------------------------------------------------------------------

    @api.constrains("window_months", "offset_months", "offset_days")
    def _check_window(self):
        for metric in self:
            for name in ("window_months", "offset_months", "offset_days"):
                if metric[name] < 0:
                    raise ValidationError(
                        self.env._(
                            "“%(metric)s”: %(field)s: %(value)s is less than 0. Enter 0 or more.",
                            metric=metric.name,
                            field=self._label(name),
                            value=metric[name],
                        )
                    )

    @api.constrains("aggregate", "model_id", *(name for names in NEEDED.values() for name in names))
    def _check_fields(self):
        for metric in self:
            metric._check_needed()
            metric._check_measure()
            for name in ("measure_field_id", "date_field_id"):
                field = metric[name]
                if field and metric._uses(name) and field.model_id != metric.model_id:
                    raise ValidationError(
                        self.env._(
                            "Metric “%(metric)s”: the field “%(field)s” does not belong to the Source “%(model)s”. "
                            "Choose a field of the source.",
                            metric=metric.name,
                            field=field.field_description,
                            model=metric.model_id.name,
                        )
                    )

    def _check_needed(self):
        for name in NEEDED.get(self.aggregate, ()):
            if not self[name]:
                raise ValidationError(
                    self.env._(
                        "Metric “%(metric)s”: “%(aggregate)s” needs a %(field)s. Fill it in.",
                        metric=self.name,
                        aggregate=self._option("aggregate"),
                        field=self._label(name),
                    )
                )
        if self.aggregate in FACTS and self.model_name != "res.partner":
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: “Field of the customer” needs the Source “Contact”. "
                    "Choose that source, or another Aggregate.",
                    metric=self.name,
                )
            )

    def _check_measure(self):
        kinds = (*NUMBERS, *DAYS) if self.aggregate in ("min", "max") else NUMBERS
        if self.aggregate in MEASURED and self.measure_field_id.ttype not in kinds:
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: the Measure “%(measure)s” is not a number. "
                    "Choose an integer, decimal or monetary field in Measure; smallest and largest take dates too.",
                    metric=self.name,
                    measure=self.measure_field_id.field_description,
                )
            )

    # -- paths ---------------------------------------------------------------------------------

    def _path_fields(self, name: str) -> list:
        """Fields along one of the metric's paths.

        :raise ValidationError: the path does not lead where it must
        """
        self.ensure_one()
        try:
            found = path_fields(self.env[self.model_name], self[name] or "")
            fits = {
                "partner_path": found[-1].name == "commercial_partner_id",
                "group_path": found[-1].type == "many2one",
                "start_path": found[-1].type in DAYS,
            }
            if not fits[name]:
                raise ValueError(found[-1].name)
            # Whether the path can be computed; whether the user may read it is checked by itself.
            model = self.env[self.model_name].sudo()
            path_to_sql(model, model._table, self[name], Query(self.env, model._table))
        except ValueError as error:
            raise self._wrong_path(name) from error
        return found

    def _wrong_path(self, name: str) -> UserError:
        target, example = {
            "partner_path": (self.env._("a contact"), "partner_id.commercial_partner_id"),
            "group_path": (self.env._("a record"), "product_id.categ_id"),
            "start_path": (self.env._("a date"), "debit_move_id.invoice_date"),
        }[name]
        return ValidationError(
            self.env._(
                "Metric “%(metric)s”: the %(field)s “%(path)s” does not lead from “%(model)s” to %(target)s. "
                "Enter stored fields separated by dots, for example %(example)s.",
                metric=self.name,
                field=self._label(name),
                path=self[name] or "",
                model=self.model_id.name,
                target=target,
                example=example,
            )
        )

    # -- query ---------------------------------------------------------------------------------

    @api.constrains(
        *("active", "model_id", "partner_path", "domain", "aggregate", "measure_field_id", "date_field_id"),
        *("field_name", "group_path", "start_path", "metric_id", "base_metric_id"),
    )
    def _check_query(self):
        """Refuse on save what the engine could not run at night, or what the user may not read."""
        for metric in (self | self._derived()).filtered("active"):
            metric._check_source()
            metric._check_column()
            metric._check_statement()

    def _check_source(self):
        # Not model_name: this runs while the source is computed.
        if self.model_id.model not in self.env:
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: the Source “%(model)s” is not available. Choose another one.",
                    metric=self.name,
                    model=self.model_id.name,
                )
            )
        if self.aggregate in DERIVED:
            self._check_bases()
            return
        for name in filter(self._uses, ("measure_field_id", "date_field_id")):
            self._check_readable(self.model_name, self[name].name or "id")
        if self._reads_documents():
            self._check_not_possession()
            check_domain(self, "domain", self.model_name)
            for name in ("partner_path", *filter(self._uses, ("group_path", "start_path"))):
                self._check_path(name)

    def _check_not_possession(self):
        if any(is_possession(f) and f.comodel_name == self.model_name for f in self.env["res.users"]._fields.values()):
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: the Source “%(model)s” belongs to users alone. Choose another one.",
                    metric=self.name,
                    model=self.model_id.name,
                )
            )

    def _check_path(self, name: str):
        """Every step of the path must be the user's to read, and what it leads to."""
        for field in self._path_fields(name):
            self._check_readable(field.model_name, field.name)
            if field.comodel_name:
                self._check_readable(field.comodel_name, "id")

    def _check_readable(self, model_name: str, field_name: str):
        model = self.sudo(False).env[model_name]  # constraints run as superuser
        model.check_access("read")
        model._check_field_access(model._fields[field_name], "read")

    def _check_bases(self):
        for name in ("metric_id", "base_metric_id"):
            base = self[name]
            self._check_readable("segmentation.profile", base.field_name)
            kinds = BASES.get(self.aggregate, {}).get(name, NUMBERS)
            if base.aggregate in DERIVED or base.result_type not in kinds or not base.active:
                raise ValidationError(
                    self.env._(
                        "Metric “%(metric)s” derives from “%(base)s” (%(field)s), which is archived, derived itself, "
                        "or %(kind)s. Choose another metric there, or archive “%(metric)s” first.",
                        metric=self.name,
                        base=base.name,
                        field=self._label(name),
                        kind=self.env._("no date") if kinds == ("date",) else self.env._("no number"),
                    )
                )

    def _check_statement(self):
        scope = Scope(self.env, self.env.company.id, fields.Date.today())
        try:
            with self.env.cr.savepoint():
                # As the engine will compute it.
                statement = SQL("EXPLAIN %s", input_query(scope, self.sudo(), Domain.FALSE))
                self.env.cr.execute(statement, log_exceptions=False)
        except (ValueError, KeyError, DatabaseError) as error:
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s” cannot be computed: %(error)s. Choose a stored field as Measure.",
                    metric=self.name,
                    error=str(error).partition("\n")[0],
                )
            ) from error

    # -- column --------------------------------------------------------------------------------

    def _check_column(self):
        """Amounts need a monetary column, decimals one that keeps them, a record one for its kind."""
        column = self.env["segmentation.profile"]._fields.get(self.field_name)
        if not self._is_column(column):
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: the Column “%(column)s” is not a figure of the customer file. "
                    "Choose a numeric field of the model “segmentation.profile”, or leave it empty on a new metric.",
                    metric=self.name,
                    column=self.field_name,
                )
            )
        comodel = self._path_fields("group_path")[-1].comodel_name if self.result_type == "many2one" else None
        if column.type not in FITTING[self.result_type] or column.comodel_name != comodel:
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s”: the Column “%(column)s” does not hold what the metric computes. "
                    "Choose a Column of the same kind: number, decimal, amount, date, or record of that model.",
                    metric=self.name,
                    column=self.field_name,
                )
            )

    @staticmethod
    def _is_column(column) -> bool:
        """Whether metrics may fill the field: not what identifies or classifies the customer."""
        if column is None or not column.store or column.required or column.name in MAGIC_COLUMNS:
            return False
        kinds = {kind for kinds in FITTING.values() for kind in kinds}
        return column.type in kinds and column.comodel_name != "segmentation.class"

    # -- use -----------------------------------------------------------------------------------

    @api.constrains("aggregate", "measure_field_id")
    def _check_compared(self):
        """A metric that bounds or ranks look at must stay a number."""
        for metric in self.filtered(lambda metric: metric.result_type not in NUMBERS):
            used = Domain("metric_id", "=", metric.id)
            bounds = self.env["segmentation.criterion"].search_count(used, limit=1)
            ranks = used & Domain("method", "in", RELATIVE)
            if bounds or self.env["segmentation.dimension"].search_count(ranks, limit=1):
                metric._check_comparable()

    def _check_comparable(self):
        """Refuse metrics that are no number where customers are compared by them."""
        for metric in self.filtered(lambda metric: metric.result_type not in NUMBERS):
            raise ValidationError(
                self.env._(
                    "Metric “%(metric)s” gives no number (%(result)s): bounds, shares and equal groups cannot compare "
                    "it. Choose another Metric, or use the method “Conditions on the customer file”.",
                    metric=metric.name,
                    result=metric._option("result_type"),
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

    def _derived(self):
        """The metrics that derive from these."""
        return self.search([("aggregate", "in", list(DERIVED))]).filtered(lambda metric: metric._bases() & self)
