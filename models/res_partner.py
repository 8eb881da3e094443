from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL

from ..fields import OptionalInteger, OptionalMonetary
from .dimension_views import add_dimensions, dimensions_cache_key
from .segmentation_override import IN_FORCE
from .segmentation_profile import UNCLASSIFIED

FACTS = ["employee_count", "annual_turnover", "total_assets", "declared_currency_id"]
# Fields whose change can change a class.
TOUCHING = {
    *FACTS,
    "active",
    "city",
    "company_id",
    "country_id",
    "customer_rank",
    "industry_id",
    "is_company",
    "parent_id",
    "state_id",
    "supplier_rank",
    "zip",
}
GROUP = "partner_segmentation.group_user"


def search_through_profile(field_name: str):
    """Search method of a field that ``_field_to_sql`` reads from the customer file."""

    def search(self, operator, value):
        field = self._fields[field_name]
        if operator in ("child_of", "parent_of"):
            return Domain(field_name, "any", Domain("id", operator, value))
        if isinstance(value, Domain):
            comodel = self.env[field.comodel_name]
            value = comodel._search(value, active_test=False, bypass_access=operator.endswith("!"))
        return Domain.custom(
            to_sql=lambda model, alias, query: field.condition_to_sql(field_name, operator, value, model, alias, query)
        )

    return search


def _inverse_to_override(field_name: str):
    """Inverse method of a class field: a class that a person writes is an override."""

    def inverse(self):
        dimension = self.env["segmentation.dimension"].search([("field_name", "=", field_name)])
        for cls, partners in self.grouped(field_name).items():
            self.env["segmentation.override"]._set(partners, dimension, cls)

    return inverse


def class_field_attributes(field_name: str) -> dict:
    """Attributes of the field that shows a contact's class in one dimension, shipped or custom."""
    return {
        "comodel_name": "segmentation.class",
        "compute": "_compute_classes",
        "compute_sudo": True,
        "store": False,
        "copy": False,
        "readonly": False,
        "search": search_through_profile(field_name),
        "inverse": _inverse_to_override(field_name),
        "domain": [("dimension_id.field_name", "=", field_name)],
        "falsy_value_label": UNCLASSIFIED,
        "groups": GROUP,
    }


class ResPartner(models.Model):
    _inherit = "res.partner"

    employee_count = OptionalInteger(
        string="Employees", help="Number of persons employed. Leave empty when it is not known."
    )
    annual_turnover = OptionalMonetary(
        currency_field="declared_currency_id",
        help="Turnover of the customer's last business year. Leave empty when it is not known.",
    )
    total_assets = OptionalMonetary(
        currency_field="declared_currency_id",
        help="Balance sheet total of the customer's last business year. Leave empty when it is not known.",
    )
    declared_currency_id = fields.Many2one(
        "res.currency",
        string="Declared in",
        default=lambda self: self.env.company.currency_id,
        help="Currency of the turnover and assets the customer declared.",
    )

    size_class_id = fields.Many2one(string="Size", **class_field_attributes("size_class_id"))
    industry_class_id = fields.Many2one(string="Sector", **class_field_attributes("industry_class_id"))
    region_class_id = fields.Many2one(string="Region", **class_field_attributes("region_class_id"))
    stage_class_id = fields.Many2one(string="Purchase stage", **class_field_attributes("stage_class_id"))
    segmentation_class_ids = fields.Many2many(
        "segmentation.class",
        string="Classes",
        compute="_compute_classes",
        compute_sudo=True,
        groups=GROUP,
        help="The classes in the dimensions that are part of the segmentation code.",
    )
    segmentation_code = fields.Char(
        compute="_compute_classes", compute_sudo=True, search=search_through_profile("segmentation_code"), groups=GROUP
    )
    is_classified = fields.Boolean(
        string="Has a customer file",
        compute="_compute_classes",
        compute_sudo=True,
        search="_search_is_classified",
        groups=GROUP,
        help="The customer is classified in the current company, in its own name and not as a contact of another.",
    )
    segmentation_override_count = fields.Integer(
        string="Classes set by hand", compute="_compute_segmentation_override_count", groups=GROUP
    )
    segmentation_explanation = fields.Html(
        string="Classification", compute="_compute_segmentation_explanation", sanitize=False, groups=GROUP
    )

    _employee_count_positive = models.Constraint(
        "CHECK(employee_count >= 0)", "Employees cannot be negative: enter 0 or more, or leave it empty."
    )
    _annual_turnover_positive = models.Constraint(
        "CHECK(annual_turnover >= 0)", "Annual Turnover cannot be negative: enter 0 or more, or leave it empty."
    )
    _total_assets_positive = models.Constraint(
        "CHECK(total_assets >= 0)", "Total Assets cannot be negative: enter 0 or more, or leave it empty."
    )

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        # Users who may change a contact need no right on the classification.
        self.env["segmentation.touch"].sudo()._mark(partners)
        return partners

    def write(self, vals):
        touches = not TOUCHING.isdisjoint(vals)
        if touches:
            self.env["segmentation.touch"].sudo()._mark(self.commercial_partner_id)  # as in create; who they leave
        result = super().write(vals)
        if touches:
            self.env["segmentation.touch"].sudo()._mark(self)  # as in create
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_from_comparisons(self):
        # The lines have no foreign keys, and other users have made some of them.
        self.env["segmentation.comparison.line"].sudo().search([("partner_id", "in", self.ids)]).unlink()

    def _commercial_fields(self):
        return super()._commercial_fields() + FACTS

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        add_dimensions(self, arch, view_type, optional="hide")
        return arch, view

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        return super()._get_view_cache_key(view_id, view_type, **options) + dimensions_cache_key(self)

    @api.model
    def get_empty_list_help(self, help_message):
        help_message = super().get_empty_list_help(help_message)
        if self.env.context.get("segmentation_offer_standard"):
            help_message = self.env["segmentation.standard"]._with_offer(help_message)
        return help_message

    @api.model
    def _selected_customers(self):
        """The customers of the contacts that the user selected in a list."""
        selected = self.env.context.get("active_model") == self._name
        return self.browse(self.env.context.get("active_ids", []) if selected else []).commercial_partner_id

    # -- classes, read through the customer file -----------------------------------------------

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_classes(self):
        names = [name for name in self._fields if self._is_read_through_profile(name)]
        profiles = self._segmentation_profiles(["active", "partner_id", *names])
        dimensions = self.env["segmentation.dimension"].search([])
        class_fields = [name for name in dimensions.mapped("field_name") if name in names]
        code_fields = [name for name in dimensions.filtered("in_code").mapped("field_name") if name in names]
        held = {class_id for profile in profiles.values() for name in class_fields for class_id in profile[name].ids}
        # Names of all classes in one query; each column of a list would read its own.
        self.env["segmentation.class"].browse(held).fetch(["name"])
        for partner in self:
            profile = profiles[partner.commercial_partner_id._origin]
            partner.is_classified = profile.partner_id == partner._origin and profile.active
            for name in names:
                partner[name] = profile[name]
            partner.segmentation_class_ids = [
                Command.set([class_id for name in code_fields for class_id in profile[name].ids])
            ]

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_segmentation_override_count(self):
        counts = dict(
            self.env["segmentation.override"]._read_group(
                Domain(self._override_domain()) & IN_FORCE, ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.segmentation_override_count = counts.get(partner.commercial_partner_id._origin, 0)

    def _override_domain(self) -> list:
        """Classes set by hand that the partners have in the current company."""
        customers = self.commercial_partner_id._origin
        return [("company_id", "=", self.env.company.id), ("partner_id", "in", customers.ids)]

    def _is_read_through_profile(self, field_name: str) -> bool:
        """Whether the field shows the field of the same name of the customer file."""
        field = self._fields.get(field_name)
        return (
            field is not None
            and field.compute == "_compute_classes"
            and field_name in self.env["segmentation.profile"]._fields
        )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang", "uid")
    def _compute_segmentation_explanation(self):
        profiles = self._segmentation_profiles()
        for partner in self:
            profile = profiles[partner.commercial_partner_id._origin]
            partner.segmentation_explanation = profile._render_explanation()

    def _segmentation_profiles(self, field_names=None) -> defaultdict:
        """Commercial partner → its customer file in the current company, empty when there is none.

        :param field_names: fields to read in the same query; custom ones would take one query each
        """
        Profile = self.env["segmentation.profile"]
        domain = [
            ("partner_id", "in", self.commercial_partner_id._origin.ids),
            ("company_id", "=", self.env.company.id),
        ]
        profiles = Profile.search_fetch(domain, field_names, order="id")
        return defaultdict(Profile.browse, {profile.partner_id: profile for profile in profiles})

    def _field_to_sql(self, alias, field_expr, query=None):
        if not self._is_read_through_profile(field_expr):
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        return SQL.identifier(self._join_profile(alias, query), field_expr)

    def _search_is_classified(self, operator, value):
        if operator != "in":
            return NotImplemented

        def to_sql(model, alias, query):
            profile = model._join_profile(alias, query)
            own = SQL("%s = %s", SQL.identifier(profile, "partner_id"), SQL.identifier(alias, "id"))
            return SQL("(%s AND %s) IS TRUE", own, SQL.identifier(profile, "active"))

        return Domain.custom(to_sql=to_sql)  # the ORM passes True only, and negates by itself

    def _join_profile(self, alias, query) -> str:
        """Alias of the customer file of the current company, joined to the partner's commercial entity."""
        profile = query.make_alias(alias, "segmentation_profile")
        condition = SQL(
            "%s = %s AND %s = %s",
            SQL.identifier(profile, "partner_id"),
            self._field_to_sql(alias, "commercial_partner_id", query),
            SQL.identifier(profile, "company_id"),
            self.env.company.id,
        )
        query.add_join("LEFT JOIN", profile, "segmentation_profile", condition)
        return profile

    # -- actions -------------------------------------------------------------------------------

    def action_view_overrides(self):
        return self.env["segmentation.override"]._action_list(self._override_domain())

    def action_view_class_changes(self):
        """History of the customer's classes in the current company."""
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_change_action")
        customer = self.commercial_partner_id
        return {
            **action,
            "display_name": self.env._("Class history of %s", customer.display_name),
            "domain": [("partner_id", "=", customer.id), ("company_id", "=", self.env.company.id)],
            "context": {"segmentation_one_customer": True},
        }

    def action_reclassify(self):
        """Evaluate these customers in the selected companies, on the latest data."""
        return self.env["segmentation.run"]._classify_companies("manual", self)._notification()
