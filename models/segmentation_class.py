from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .domain_field import check_domain, parse_domain
from .segmentation_column import taken
from .segmentation_dimension import CHECK_LATER


class SegmentationClass(models.Model):
    """A value of a dimension, with the rule that places customers in it."""

    _name = "segmentation.class"
    _inherit = ["segmentation.rule"]
    _description = "Customer Class"
    _order = "dimension_id, sequence, id"
    _parent_store = True
    _rec_names_search = ["name", "code"]
    _cosmetic_fields = frozenset(
        (
            "name",
            "code",
            "color",
            "description",
            "parent_id",
            "criterion_ids",
            "service_ids",
            "service_description",
        )
    )

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Part of the segmentation code, for example L for large.")
    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", index=True)
    method = fields.Selection(related="dimension_id.method")
    criteria_mode = fields.Selection(related="dimension_id.criteria_mode")
    sequence = fields.Integer(help="The highest class, or the first condition to be tried, comes first.")
    active = fields.Boolean(default=True)
    color = fields.Integer()
    parent_id = fields.Many2one(
        "segmentation.class",
        string="Part of",
        ondelete="restrict",
        index=True,
        domain="[('dimension_id', '=', dimension_id), ('id', '!=', id)]",
    )
    parent_path = fields.Char(index=True)
    description = fields.Text(translate=True, help="What the class means, in words the sales team understands.")
    share = fields.Float(
        string="Cumulative share (%)",
        digits=(16, 2),
        help="The class ends where the best customers together make up this share of the total. "
        "The customer that crosses the line belongs to the class it started in.",
    )
    criterion_ids = fields.One2many("segmentation.criterion", "class_id", string="Lower bounds", copy=True)
    domain = fields.Char(
        string="Condition", help="Condition on the customer file. Empty: nobody; [] stands for everybody."
    )

    _code_unique = models.Constraint(
        "UNIQUE(dimension_id, code)",
        lambda env, diagnostics: env._(
            "Code: another class of this dimension already has “%s”. Choose a Code that is not used in the dimension.",
            taken(diagnostics),
        ),
    )

    @api.constrains("domain", "dimension_id")
    def _check_domain(self):
        for cls in self.filtered(lambda c: c.method == "domain"):
            cls.dimension_id._check_order()
            check_domain(cls, "domain", "segmentation.profile", cls.dimension_id._known_fields())

    @api.constrains("sequence", "active", "criterion_ids", "share")
    def _check_limits(self):
        # Classes saved together are checked together, by the dimension that saves them.
        if self.env.context.get("segmentation_check_later") is not CHECK_LATER:
            self.dimension_id._check_bounds()
            self.dimension_id._check_shares()

    @api.constrains("code")
    def _check_code(self):
        for cls in self:
            if not cls.code.replace("_", "").replace(".", "").isalnum():
                raise ValidationError(
                    self.env._(
                        "Class “%(class)s”: the Code “%(code)s” has characters that a code cannot have. "
                        "Use letters, digits, dots and underscores.",
                        **{"class": cls.name, "code": cls.code},
                    )
                )

    @api.constrains("parent_id", "dimension_id")
    def _check_parent(self):
        for cls in self:
            if cls.parent_id and cls.parent_id.dimension_id != cls.dimension_id:
                raise ValidationError(
                    self.env._(
                        "Class “%(class)s” cannot be part of “%(parent)s”, which belongs to another dimension. "
                        "Choose a class of the same dimension in “Part of”.",
                        **{"class": cls.name, "parent": cls.parent_id.name},
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for cls in self:
            if cls._is_used():
                raise UserError(
                    self.env._("Class “%s” has customers or a history. Archive it instead of deleting it.", cls.name)
                )

    def _is_used(self) -> bool:
        """Whether the class has customers or a history."""
        # Customers and history of companies the user does not see count as well.
        Profile = self.env["segmentation.profile"].sudo().with_context(active_test=False)
        Change = self.env["segmentation.change"].sudo()
        in_history = Domain("from_class_id", "=", self.id) | Domain("to_class_id", "=", self.id)
        held = Domain(self.dimension_id.field_name, "=", self.id)
        return bool(Profile.search_count(held, limit=1) or Change.search_count(in_history, limit=1))

    @api.model_create_multi
    def create(self, vals_list):
        last = {}
        for vals in vals_list:
            if not vals.get("sequence") and vals.get("dimension_id"):
                dimension = self.env["segmentation.dimension"].browse(vals["dimension_id"])
                known = max(dimension.with_context(active_test=False).class_ids.mapped("sequence"), default=0)
                vals["sequence"] = last[dimension.id] = last.get(dimension.id, known) + 10
        classes = super(SegmentationClass, self._checked_as_a_whole()).create(vals_list).with_env(self.env)
        classes._forget_order()
        classes._check_limits()
        return classes

    def write(self, vals):
        if "dimension_id" in vals and set(self.dimension_id.ids) != {vals["dimension_id"]}:
            raise UserError(
                self.env._("A class cannot move to another Dimension: archive it and create a new one there.")
            )
        result = super(SegmentationClass, self._checked_as_a_whole()).write(vals)
        if "sequence" in vals:
            self._forget_order()
        if not vals.keys().isdisjoint(("criterion_ids", "sequence", "active", "share")):
            self._check_limits()
        if "code" in vals and self.env.context.get("segmentation_codes_later") is not CHECK_LATER:
            self.env["segmentation.run"]._update_codes()
        return result

    def _forget_order(self):
        # The cache of a one2many keeps its order, with new lines last; the last class is the fallback.
        self.dimension_id.invalidate_recordset(["class_ids"])

    def _ruled_dimensions(self):
        return self.dimension_id

    def _checked_as_a_whole(self):
        """Environment in which bounds are not checked one by one, so that they can be moved past each other."""
        return self.with_context(segmentation_check_later=CHECK_LATER)

    def action_open(self):
        """The form of the class, where the line of a list does not tell everything."""
        return self._get_records_action()

    def action_view_customers(self):
        self.ensure_one()
        action = self.dimension_id._customer_action()
        domain = [(self.dimension_id.field_name, "child_of", self.ids)]
        if action["res_model"] == "res.partner":
            domain.append(("is_classified", "=", True))
        return {**action, "domain": domain, "context": {}}

    def _get_domain(self):
        """The condition as a domain on ``segmentation.profile``."""
        self.ensure_one()
        return parse_domain(self, "domain", empty=Domain.FALSE)
