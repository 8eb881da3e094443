from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..engine.history import removal
from ..engine.metrics import PARTNER_COLUMNS
from ..engine.scope import Scope
from .segmentation_profile import FIGURES, UNCLASSIFIED

TRIGGERS = [
    ("scheduled", "Scheduled"),
    ("manual", "Started by a user"),
    ("override", "Class set by hand"),
    ("event", "Customer touched"),
    ("rule", "Rules changed"),
]

# Methods whose classes are ranked, the highest first.
RANKED = ("criteria", "share", "quantile")


def direction(dimension, source, target):
    """``"up"`` or ``"down"`` for a move between two classes of the dimension; False where there is no order."""
    if not source or not target or dimension.method not in RANKED:
        return False
    return "up" if (target.sequence, target.id) < (source.sequence, source.id) else "down"


class SegmentationChange(models.Model):
    """History: a known customer moved from one class to another."""

    _name = "segmentation.change"
    _description = "Class Change"
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, ondelete="cascade", readonly=True, index=True
    )
    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", readonly=True)
    from_class_id = fields.Many2one(
        "segmentation.class", string="From", ondelete="restrict", readonly=True, falsy_value_label=UNCLASSIFIED
    )
    to_class_id = fields.Many2one(
        "segmentation.class", string="To", ondelete="restrict", readonly=True, falsy_value_label=UNCLASSIFIED
    )
    direction = fields.Selection(
        [("up", "Up"), ("down", "Down")],
        compute="_compute_direction",
        search="_search_direction",
        help="Empty where the classes of the dimension are not ranked, or one of the two is missing.",
    )
    date = fields.Datetime(required=True, readonly=True)
    reason = fields.Selection(
        TRIGGERS,
        required=True,
        readonly=True,
        help="What started the evaluation that found the change.",
    )
    run_id = fields.Many2one("segmentation.run", ondelete="set null", readonly=True, index=True)
    evidence = fields.Json(
        readonly=True,
        groups=FIGURES,
        help="Values the class rests on, by column of the customer file; amounts in company currency.",
    )
    evidence_text = fields.Text(
        string="Values", compute="_compute_evidence_text", help="What the class rests on, as far as you may see it."
    )

    _company_date = models.Index("(company_id, date)")  # classes on a past day, removal of old history

    @api.depends("dimension_id.method", "from_class_id.sequence", "to_class_id.sequence")
    def _compute_direction(self):
        for change in self:
            change.direction = direction(change.dimension_id, change.from_class_id, change.to_class_id)

    def _search_direction(self, operator, value):
        if operator != "in":
            return NotImplemented
        field = self._fields["direction"]
        return Domain.custom(
            to_sql=lambda model, alias, query: field.condition_to_sql("direction", operator, value, model, alias, query)
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != "direction":
            return super()._field_to_sql(alias, field_expr, query)
        joined = {
            name: self._fields[name].join(self, alias, query)[1]
            for name in ("dimension_id", "from_class_id", "to_class_id")
        }
        source, target = (
            SQL("(%s, %s)", SQL.identifier(joined[name], "sequence"), SQL.identifier(joined[name], "id"))
            for name in ("from_class_id", "to_class_id")
        )
        return SQL(
            "CASE WHEN %s IN %s THEN CASE WHEN %s < %s THEN 'up' WHEN %s > %s THEN 'down' END END",
            SQL.identifier(joined["dimension_id"], "method"),
            RANKED,
            target,
            source,
            target,
            source,
        )

    @api.depends("evidence")
    @api.depends_context("lang", "uid")
    def _compute_evidence_text(self):
        metrics = self.env["segmentation.metric"]._by_column()
        for change in self:
            # Each figure is shown to those who may see it in the customer file.
            evidence = change.sudo().evidence or {}
            change.evidence_text = self._describe_evidence(evidence, change.company_id.currency_id, metrics)

    @api.model
    def _describe_evidence(self, evidence: dict, currency, metrics: dict) -> str:
        """The values that a class rests on, as far as the user may see them.

        :param evidence: column of the customer file → value
        :param currency: currency of the amounts
        :param metrics: column of the customer file → metric
        """
        profile = self.env["segmentation.profile"]
        visible = [
            name
            for name in evidence
            if name in PARTNER_COLUMNS
            or (name in profile._fields and profile._has_field_access(profile._fields[name], "read"))
        ]
        return "; ".join(self._value_text(name, evidence[name], metrics.get(name), currency) for name in visible)

    def _value_text(self, name: str, value, metric, currency) -> str:
        """One value of the evidence: the metric, class or fact with its figure or name."""
        if metric:
            label, text = metric.name, metric._format_value(value, currency)
        else:
            field = self.env["segmentation.profile"]._fields[PARTNER_COLUMNS.get(name, name)]
            label = field.get_description(self.env, ["string"])["string"]
            text = str(value or "")
            if field.type == "many2one":
                text = self.env[field.comodel_name].browse(value or []).exists().display_name
        return self.env._("%(label)s: %(value)s", label=label, value=text or self.env._("not known"))

    @api.autovacuum
    def _gc_history(self):
        """Remove the history that companies do not keep, a batch per call."""
        done, remaining = 0, False
        for company in self.env["res.company"].search([("segmentation_history_months", ">", 0)]):
            today = self.env["segmentation.run"]._today(company)
            start = today - relativedelta(months=company.segmentation_history_months)
            self.env.flush_all()
            self.env.cr.execute(removal(Scope(self.env, company.id, start), GC_UNLINK_LIMIT))
            if removed := self.env.cr.rowcount:
                # Never back: what has been removed is not known again when more is to be kept.
                company.segmentation_history_start = max(company.segmentation_history_start or start, start)
            done += removed
            remaining |= removed == GC_UNLINK_LIMIT
        self.invalidate_model()
        return done, remaining
