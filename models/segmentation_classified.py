from odoo import api, fields, models
from odoo.tools import SQL

from .dimension_views import add_dimensions, dimensions_cache_key
from .res_partner import GROUP, search_through_profile
from .segmentation_profile import UNCLASSIFIED

READ_THROUGH_PROFILE = ("segmentation_code", "size_class_id", "industry_class_id", "region_class_id", "stage_class_id")


def _shown(string: str, field_name: str) -> dict:
    """Attributes of a field that shows what the customer file of a document's customer holds."""
    return {
        "string": string,
        "compute": "_compute_segmentation_classes",
        "compute_sudo": True,
        "search": search_through_profile(field_name),
        "groups": GROUP,
    }


def _class_field(string: str, field_name: str):
    return fields.Many2one("segmentation.class", falsy_value_label=UNCLASSIFIED, **_shown(string, field_name))


class SegmentationClassified(models.AbstractModel):
    """Documents that show the classes of their customer: those in the company of the document.

    A document without a company shows the classes in the user's.
    """

    _name = "segmentation.classified"
    _description = "Document of a Classified Customer"

    segmentation_class_ids = fields.Many2many(
        "segmentation.class",
        string="Classes",
        compute="_compute_segmentation_classes",
        compute_sudo=True,
        groups=GROUP,
        help="Classes of the customer in the dimensions that are part of the segmentation code.",
    )
    segmentation_code = fields.Char(**_shown("Segmentation code", "segmentation_code"))
    size_class_id = _class_field("Size", "size_class_id")
    industry_class_id = _class_field("Sector", "industry_class_id")
    region_class_id = _class_field("Region", "region_class_id")
    stage_class_id = _class_field("Purchase stage", "stage_class_id")

    @api.depends("partner_id", "company_id")
    @api.depends_context("company")
    def _compute_segmentation_classes(self):
        names = ("segmentation_class_ids", *READ_THROUGH_PROFILE)
        customers = self.filtered(lambda document: document._is_of_customer())
        (self - customers).update(dict.fromkeys(names, False))
        for document in customers:
            # The documents of a company share the partners' cache: all are read at once.
            partner = document.partner_id.with_company(document.company_id or self.env.company)
            document.update({name: partner[name] for name in names})

    def _is_of_customer(self) -> bool:
        """Whether the partner of the document is a customer there."""
        return True

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in READ_THROUGH_PROFILE:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        return SQL.identifier(self._join_segmentation_profile(alias, query), field_expr)

    def _join_segmentation_profile(self, alias, query) -> str:
        """Alias of the customer file of the document's company, joined to the document."""
        profile = query.make_alias(alias, "segmentation_profile")
        condition = SQL(
            "%s = %s AND %s = COALESCE(%s, %s)",
            SQL.identifier(profile, "partner_id"),
            self._segmentation_customer(alias, query),
            SQL.identifier(profile, "company_id"),
            self._field_to_sql(alias, "company_id", query),
            self.env.company.id,
        )
        query.add_join("LEFT JOIN", profile, "segmentation_profile", condition)
        return profile

    def _segmentation_customer(self, alias, query) -> SQL:
        """Commercial partner of the document, as far as it is a customer there."""
        partner = query.make_alias(alias, "segmentation_partner")
        condition = SQL("%s = %s", SQL.identifier(partner, "id"), self._field_to_sql(alias, "partner_id", query))
        query.add_join("LEFT JOIN", partner, "res_partner", condition)
        return self.env["res.partner"]._field_to_sql(partner, "commercial_partner_id", query)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "search":
            add_dimensions(self, arch, view_type)
        return arch, view

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        return super()._get_view_cache_key(view_id, view_type, **options) + dimensions_cache_key(self)
