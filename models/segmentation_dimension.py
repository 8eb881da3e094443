import re
from collections import defaultdict
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SegmentationDimension(models.Model):
    """One way to classify customers; fills one class column of the customer file."""

    _name = "segmentation.dimension"
    _description = "Classification Dimension"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10, help="Order of evaluation and of the parts of the segmentation code.")
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True, help="What the dimension is for, and where its standard comes from.")
    method = fields.Selection(
        [
            ("criteria", "Lower bounds"),
            ("mapping", "Mapping of address or industry"),
            ("domain", "Conditions on the customer file"),
        ],
        required=True,
        default="criteria",
        help="Lower bounds: the highest class whose bounds are reached.\n"
        "Mapping: the class of the customer's state, country or industry; the most specific wins.\n"
        "Conditions: the first class whose condition the customer file meets.",
    )
    criteria_mode = fields.Selection(
        [("any", "Any bound of the class is enough"), ("all", "All bounds of the class are needed")],
        string="A class is reached when",
        required=True,
        default="any",
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
    field_name = fields.Char(string="Column", required=True, help="Field of the customer file that holds the class.")
    in_code = fields.Boolean(string="Part of the code", default=True)
    class_ids = fields.One2many("segmentation.class", "dimension_id", string="Classes", copy=True)
    class_count = fields.Integer(compute="_compute_class_count")

    _code_unique = models.Constraint(
        "UNIQUE(code)", "Another dimension already has this Code: choose a Code that is not used yet."
    )
    _field_unique = models.Constraint(
        "UNIQUE(field_name)", "Another dimension already fills this Column: choose a Column of its own."
    )

    @api.depends("class_ids")
    def _compute_class_count(self):
        for dimension in self:
            dimension.class_count = len(dimension.class_ids)

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

    @api.constrains("class_ids", "method")
    def _check_classes(self):
        self._check_bounds()
        self.class_ids._check_domain()

    def _check_bounds(self):
        """Bounds of a metric must be positive and fall from the highest class to the lowest."""
        for dimension in self.filtered(lambda d: d.method == "criteria"):
            by_metric = defaultdict(list)
            for criterion in dimension.class_ids.criterion_ids:
                by_metric[criterion.metric_id].append(criterion)
            for metric, criteria in by_metric.items():
                dimension._check_bounds_of(metric, criteria)

    def _check_bounds_of(self, metric, criteria):
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
        self.with_context(active_test=False).class_ids._unlink_except_used()

    def write(self, vals):
        # Classes saved together are checked together, so that bounds can be moved past each other.
        result = super(SegmentationDimension, self.with_context(segmentation_check_later=True)).write(vals)
        if not vals.keys().isdisjoint(("sequence", "in_code", "active")):
            self.env["segmentation.run"]._update_codes()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        later = self.with_context(segmentation_check_later=True)
        return super(SegmentationDimension, later).create(vals_list).with_env(self.env)

    def action_reclassify(self):
        """Evaluate all customers of the selected companies and show the runs."""
        return self.env["segmentation.run"]._classify_companies("manual")._action_open()

    def action_view_customers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_customer_action")
        return {**action, "context": {"group_by": [self.field_name]}}

    def _applies_to(self, company) -> bool:
        """Whether the dimension classifies the customers of the company."""
        self.ensure_one()
        return self.active and (not self.company_ids or company.id in self.company_ids.ids)

    def _create_state_classes(self, countries):
        """Add a class for each country, with a class below it for each of its states.

        They place customers of companies in that country only; countries that the dimension maps
        already are left alone.
        """
        self.ensure_one()
        mapped = self.class_ids.filtered("own_country_only").country_ids
        for country in countries - mapped:
            parent = self._create_own_region(country, country.code, sequence=50, country_ids=country.ids)
            for state in country.state_ids:
                code = f"{country.code}_{self._state_code(state)}"
                self._create_own_region(state, code, sequence=51, state_ids=state.ids, parent_id=parent.id)

    def _create_own_region(self, place, code: str, **values):
        """Create the class of a country or state, named as the place is in every installed language."""
        region = self.env["segmentation.class"].create(
            {
                "dimension_id": self.id,
                "name": place.name,
                "code": code,
                "color": 3,
                "own_country_only": True,
                **values,
            }
        )
        for lang, _name in self.env["res.lang"].get_installed():
            region.with_context(lang=lang).name = place.with_context(lang=lang).name
        return region

    def _state_code(self, state) -> str:
        """The state's code in letters and digits.

        China's states have a Chinese character as code; their external id ends with the ISO 3166-2 code.
        """
        code = state.code
        if not code.isascii():
            code = state.get_external_id()[state.id].rpartition("_")[2]
        code = code.removeprefix(f"{state.country_id.code}-")
        return re.sub(r"[^A-Za-z0-9]", "_", code) or str(state.id)
