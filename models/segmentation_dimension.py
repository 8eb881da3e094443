from collections import defaultdict
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.relative import METHODS as RELATIVE
from .domain_field import parse_domain
from .segmentation_column import COLUMN_MODELS, taken

# A client cannot send this very object in a context.
CHECK_LATER = object()


class SegmentationDimension(models.Model):
    """One way to classify customers; fills one class column of the customer file."""

    _name = "segmentation.dimension"
    _inherit = ["segmentation.column", "segmentation.rule"]
    _description = "Classification Dimension"
    _order = "sequence, id"
    # The classes speak for themselves.
    _cosmetic_fields = frozenset(
        (
            "name",
            "code",
            "sequence",
            "description",
            "in_code",
            "class_ids",
            "rule_version",
            "bounds",
            "service_sequence",
        )
    )
    _column_models = COLUMN_MODELS

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="Order of evaluation and of the parts of the segmentation code.")
    description = fields.Text(translate=True, help="What the dimension is for, and where its standard comes from.")
    method = fields.Selection(
        [
            ("criteria", "Lower bounds"),
            ("share", "Share of the total"),
            ("quantile", "Equal groups"),
            ("mapping", "Mapping of address, industry or preference"),
            ("domain", "Conditions on the customer file"),
            ("manual", "By hand"),
        ],
        required=True,
        default="criteria",
        help="Lower bounds: the highest class whose bounds are reached.\n"
        "Share: the best customers that together make up a share of the total, as in ABC analysis.\n"
        "Equal groups: as many customers in each class, best first.\n"
        "Mapping: the class of the customer's postal code, city, state, country or industry, the most specific wins; "
        "or the class of the record that a metric gives.\n"
        "Conditions: the first class whose condition the customer file meets.\n"
        "By hand: only people set the class.",
    )
    criteria_mode = fields.Selection(
        [
            ("any", "Any bound of the class is enough"),
            ("all", "All bounds of the class are needed"),
            ("alternatives", "All bounds of one alternative are needed"),
        ],
        string="A class is reached when",
        required=True,
        default="any",
    )
    metric_id = fields.Many2one(
        "segmentation.metric",
        ondelete="restrict",
        domain="[('result_type', 'in', ('many2one',) if method == 'mapping' else ('integer', 'float', 'monetary'))]",
        help="What customers are ranked by: shares and equal groups. For a mapping: a metric that gives a record, "
        "such as the product category bought most; the classes, one per record, are made as customers need them.",
    )
    lower_is_better = fields.Boolean(help="Rank low values first, for example days since the last purchase.")
    hysteresis = fields.Float(
        digits=(16, 4),
        help="How far below a bound a customer may fall before it loses the class, as a part of the bound. "
        "Moving up is immediate; 10 % keeps a class down to 90 % of its bound.",
    )
    domain = fields.Char(
        string="Only customers", default="[]", help="Condition on the customer file; others stay unclassified."
    )
    undecided = fields.Selection(
        [("certain", "Highest class that is certain"), ("fallback", "Fallback class")],
        string="When a fact is missing",
        required=True,
        default="certain",
        help="A missing fact, such as an unknown number of employees, can leave the class open. "
        "The customer is then listed with the missing fact, and gets either the highest class that is reached "
        "whatever the fact may be, or the fallback class.",
    )
    fallback_class_id = fields.Many2one(
        "segmentation.class",
        ondelete="restrict",
        domain="[('dimension_id', '=', id)]",
        help="Class of the customers that no rule places. Empty: they stay unclassified.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        help="Currency of the bounds. Amounts of a customer are converted to it and rounded before they are compared. "
        "Empty: the currency of the company.",
    )
    company_ids = fields.Many2many(
        "res.company", string="Companies", help="Companies that use the dimension. Empty: all."
    )
    in_code = fields.Boolean(string="Part of the code", default=True)
    class_ids = fields.One2many("segmentation.class", "dimension_id", string="Classes", copy=True)
    class_count = fields.Integer(compute="_compute_class_count")
    rule_version = fields.Integer(readonly=True, copy=False, help="Grows with every change of the rules.")
    is_outdated = fields.Boolean(
        string="Outdated",
        compute="_compute_is_outdated",
        help="The rules have changed since all customers were last evaluated by them.",
    )

    _code_unique = models.Constraint(
        "UNIQUE(code)",
        lambda env, diagnostics: env._(
            "Code: another dimension already has “%s”. Choose a Code that is not used yet.", taken(diagnostics)
        ),
    )
    _field_unique = models.Constraint(
        "UNIQUE(field_name)",
        lambda env, diagnostics: env._(
            "Column: another dimension already fills “%s”. Choose a Column of its own.", taken(diagnostics)
        ),
    )

    @api.depends("class_ids")
    def _compute_class_count(self):
        for dimension in self:
            dimension.class_count = len(dimension.class_ids)

    @api.depends("rule_version", "active", "company_ids")
    @api.depends_context("company")
    def _compute_is_outdated(self):
        company = self.env.company
        evaluated = self.env["segmentation.run"]._evaluated_versions(company)
        for dimension in self:
            current = evaluated.get(str(dimension.id)) == dimension.rule_version
            dimension.is_outdated = dimension._applies_to(company) and not current

    @api.constrains("hysteresis")
    def _check_hysteresis(self):
        for dimension in self:
            if not 0 <= dimension.hysteresis < 1:
                raise ValidationError(
                    self.env._(
                        "Hysteresis: %s %% is out of range. Enter at least 0 %% and less than 100 %%.",
                        f"{100 * dimension.hysteresis:g}",
                    )
                )

    @api.constrains("field_name")
    def _check_field_name(self):
        for dimension in self:
            field = self.env["segmentation.profile"]._fields.get(dimension.field_name)
            if not field or not field.store or field.comodel_name != "segmentation.class":
                raise ValidationError(
                    self.env._(
                        "Dimension “%(dimension)s”: the Column “%(column)s” cannot hold a class. "
                        "Choose a field of the model “segmentation.profile” that refers to a class.",
                        dimension=dimension.name,
                        column=dimension.field_name,
                    )
                )

    @api.constrains("method", "metric_id")
    def _check_metric(self):
        ranked = self.filtered(lambda d: d.method in RELATIVE)
        ranked.metric_id._check_comparable()
        for dimension in ranked.filtered(lambda d: not d.metric_id):
            raise ValidationError(
                self.env._(
                    "Dimension “%s”: shares and equal groups need a Metric to rank customers by. Choose one.",
                    dimension.name,
                )
            )

    @api.constrains("fallback_class_id")
    def _check_fallback(self):
        for dimension in self:
            if dimension.fallback_class_id and dimension.fallback_class_id.dimension_id != dimension:
                raise ValidationError(
                    self.env._(
                        "Dimension “%(dimension)s”: the Fallback class “%(class)s” belongs to another dimension. "
                        "Choose one of the classes below.",
                        **{"dimension": dimension.name, "class": dimension.fallback_class_id.name},
                    )
                )

    @api.constrains("class_ids", "method", "criteria_mode")
    def _check_classes(self):
        self._check_bounds()
        self._check_shares()

    def _check_bounds(self):
        """Bounds of a metric must be positive and fall from the highest class to the lowest.

        Bounds for different industries, or of different alternatives, have nothing to do with each other.
        """
        for dimension in self.filtered(lambda d: d.method == "criteria"):
            comparable = defaultdict(list)
            for criterion in dimension.class_ids.criterion_ids:
                alternative = dimension.criteria_mode == "alternatives" and criterion.alternative
                for industry in criterion.industry_ids or [None]:
                    comparable[criterion.metric_id, industry, alternative].append(criterion)
            for criteria in comparable.values():
                dimension._check_bounds_of(criteria)

    def _check_shares(self):
        """Shares must lie between 0 and 100 and grow from the best class to the last but one."""
        for dimension in self.filtered(lambda d: d.method == "share"):
            shares = [0.0, *dimension.class_ids[:-1].mapped("share"), 100.0]
            for cls, (before, share), after in zip(
                dimension.class_ids[:-1], pairwise(shares), shares[2:], strict=False
            ):
                if not before < share < after:
                    raise ValidationError(
                        self.env._(
                            "Class “%(class)s”: Cumulative share %(share)s %% must lie between %(before)s %% and "
                            "%(after)s %%. The last class takes the rest.",
                            **{"class": cls.name, "share": share, "before": before, "after": after},
                        )
                    )

    def _check_bounds_of(self, criteria):
        criteria.sort(key=lambda c: (c.class_id.sequence, c.class_id.id))
        for criterion in criteria:
            if criterion.lower_bound < 0:
                raise ValidationError(
                    self.env._(
                        "Lower bound of “%(metric)s” for class “%(class)s”: %(bound)s is negative. Enter 0 or more.",
                        **criterion._message_values(),
                    )
                )
        for higher, lower in pairwise(criteria):
            if higher.class_id == lower.class_id:
                raise ValidationError(
                    self.env._(
                        "Class “%(class)s” has two Lower bounds for “%(metric)s”. Keep one of them.",
                        **{"class": higher.class_id.name, "metric": higher.metric_id.name},
                    )
                )
            if higher.lower_bound <= lower.lower_bound:
                raise ValidationError(
                    self.env._(
                        "Lower bound of “%(metric)s” for class “%(class)s”: %(bound)s must be greater than "
                        "%(lower_bound)s, the bound of the lower class “%(lower_class)s”. "
                        "Raise the one, lower the other, or change the order of the classes.",
                        **higher._message_values(),
                        lower_bound=lower._format_bound(),
                        lower_class=lower.class_id.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for dimension in self.filtered(lambda dimension: not dimension.is_custom):
            if any(cls._is_used() for cls in dimension.with_context(active_test=False).class_ids):
                raise UserError(
                    self.env._(
                        "Dimension “%s” has customers or a history. Archive it instead of deleting it.", dimension.name
                    )
                )

    def _column_values(self, vals) -> dict:
        return {"ttype": "many2one", "relation": "segmentation.class", "on_delete": "set null"}

    def _forget_results(self):
        # The history belongs to the engine; it goes with the dimension it is about.
        self.env["segmentation.change"].sudo().search([("dimension_id", "in", self.ids)]).unlink()
        self.env["segmentation.override"].sudo().with_context(active_test=False).search(
            [("dimension_id", "in", self.ids)]
        ).unlink()
        self.env["segmentation.comparison.line"].sudo().search([("dimension_id", "in", self.ids)]).unlink()
        self.fallback_class_id = False

    def write(self, vals):
        # Classes saved together are checked together, so that bounds can be moved past each other.
        result = super(SegmentationDimension, self.with_context(segmentation_check_later=CHECK_LATER)).write(vals)
        in_place = self.env.context.get("segmentation_codes_later") is not CHECK_LATER
        if in_place and not vals.keys().isdisjoint(("sequence", "in_code", "active")):
            self.env["segmentation.run"]._update_codes()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        later = self.with_context(segmentation_check_later=CHECK_LATER)
        return super(SegmentationDimension, later).create(vals_list).with_env(self.env)

    def _ruled_dimensions(self):
        return self

    def _outdate(self):
        """Mark these dimensions and those that build on them as outdated, and have everybody evaluated soon."""
        # Dimensions of companies the user does not see may build on these.
        affected = self.sudo()
        for dimension in affected.with_context(active_test=False).search([]):
            if not dimension._used_columns().isdisjoint(affected.mapped("field_name")):
                affected |= dimension
        for dimension in affected:
            dimension.rule_version += 1
        if affected:
            self.env["segmentation.run"]._queue_rule_change()

    def action_reclassify(self):
        """Have all customers of the selected companies evaluated now, and show the runs."""
        return self.env["segmentation.run"]._queue(self.env.companies, "manual")._action_open()

    def action_view_customers(self):
        return {**self._customer_action(), "context": {"group_by": [self.field_name]}}

    def _customer_action(self) -> dict:
        """Action on contacts, or on customer files for a dimension that contacts have no field for."""
        self.ensure_one()
        on_contacts = self.field_name in self.env["res.partner"]._fields
        name = "segmentation_customer_action" if on_contacts else "segmentation_profile_action"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"partner_segmentation.{name}")
        if not on_contacts:
            action["views"] = [(False, "list"), (False, "pivot"), (False, "graph")]
        return action

    @api.model
    def _used_by(self, company):
        """The dimensions that classify the customers of the company, in their order."""
        return self.search([]).filtered(lambda dimension: dimension._applies_to(company))

    def _applies_to(self, company) -> bool:
        """Whether the dimension classifies the customers of the company."""
        self.ensure_one()
        return self.active and (not self.company_ids or company.id in self.company_ids.ids)

    def _used_metrics(self):
        """Metrics that the rules of the dimension look at."""
        self.ensure_one()
        metrics = self.metric_id | self.class_ids.criterion_ids.metric_id
        conditions = [("field_name", "in", list(self._used_columns()))]
        return metrics | metrics.with_context(active_test=False).search(conditions)

    def _get_domain(self):
        """The condition as a domain on ``segmentation.profile``."""
        self.ensure_one()
        return parse_domain(self, "domain")
