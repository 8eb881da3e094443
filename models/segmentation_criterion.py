from odoo import api, fields, models

from .segmentation_dimension import CHECK_LATER

BOUND_DIGITS = (20, 4)


class SegmentationCriterion(models.Model):
    """A lower bound that a class demands of a metric.

    Bounds are lower bounds only: the next higher class is the upper end, so that classes can have
    neither gaps nor overlaps.
    """

    _name = "segmentation.criterion"
    _inherit = ["segmentation.rule"]
    _description = "Classification Criterion"
    _order = "class_id, metric_id, id"

    class_id = fields.Many2one("segmentation.class", required=True, ondelete="cascade", index=True)
    dimension_id = fields.Many2one(related="class_id.dimension_id")
    metric_id = fields.Many2one(
        "segmentation.metric",
        required=True,
        ondelete="restrict",
        domain="[('result_type', 'in', ('integer', 'float', 'monetary'))]",
    )
    lower_bound = fields.Float(
        required=True,
        digits=BOUND_DIGITS,
        help="A customer with this value or more reaches the class. Amounts are in the currency of the dimension.",
    )
    industry_ids = fields.Many2many(
        "res.partner.industry",
        string="Only for industries",
        help="Empty: for customers of all industries that no bound of the dimension names.",
    )
    alternative = fields.Integer(
        default=1,
        help="Bounds of a class with the same number are needed together, and one number is enough. "
        "For example 1 for employees; 2 for turnover and 2 for assets.",
    )
    rule = fields.Char(compute="_compute_rule")

    @api.depends("metric_id.name", "lower_bound", "dimension_id.currency_id")
    @api.depends_context("lang", "company")
    def _compute_rule(self):
        for criterion in self:
            criterion.rule = f"{criterion.metric_id.name or ''} ≥ {criterion._format_bound()}"

    @api.constrains("lower_bound", "metric_id", "class_id", "industry_ids", "alternative")
    def _check_bounds(self):
        if self.env.context.get("segmentation_check_later") is not CHECK_LATER:
            self.dimension_id._check_bounds()

    @api.constrains("metric_id")
    def _check_metric(self):
        self.metric_id._check_comparable()

    def _ruled_dimensions(self):
        return self.dimension_id

    def _row_key(self) -> tuple:
        """What a row of the grid of bounds stands for: metric, industries, alternative."""
        self.ensure_one()
        return self.metric_id.id, tuple(sorted(self.industry_ids.ids)), self.alternative

    def _alternatives(self) -> list:
        """The criteria in groups: one group is enough, of which all must hold."""
        mode = self.dimension_id.criteria_mode
        if mode == "alternatives":
            return list(self.grouped("alternative").values())
        return [self] if self and mode == "all" else list(self)

    def _describe(self, texts: dict) -> str:
        """One sentence of what is said of the criteria.

        :param texts: criterion → text; criteria without one are left out
        """
        alternatives = [
            [texts[criterion] for criterion in group if criterion in texts] for group in self._alternatives()
        ]
        together = [self.env._(" and ").join(alternative) for alternative in alternatives if alternative]
        if len(together) > 1:
            together = [
                f"({text})" if len(alternative) > 1 else text
                for text, alternative in zip(together, filter(None, alternatives), strict=True)
            ]
        return self.env._(" or ").join(together)

    def _currency(self):
        """Currency the bound is in, empty for a metric that is not an amount."""
        self.ensure_one()
        if not self.metric_id.is_amount:
            return self.env["res.currency"]
        return self.dimension_id.currency_id or self.env.company.currency_id

    def _format_bound(self) -> str:
        return self._format_value(self.lower_bound)

    def _format_value(self, value) -> str:
        """A value of the metric as text, in the currency the dimension compares in."""
        return self.metric_id._format_value(value, self._currency())

    def _message_values(self) -> dict:
        return {
            "metric": self.metric_id.name,
            "class": self.class_id.name,
            "bound": self._format_bound(),
        }
