from odoo import api, fields, models

from .domain_field import parse_domain

DEFAULT_POPULATION = """[
    '|', ('customer_rank', '>', 0),
    '&', ('is_company', '=', True), ('supplier_rank', '=', 0),
]"""


class ResCompany(models.Model):
    _inherit = "res.company"

    segmentation_population = fields.Char(
        string="Customers to classify",
        default=DEFAULT_POPULATION,
        help="Contacts that are classified even before they trade with the company. Contacts with an order, "
        "opportunity or customer invoice always are; the company's own entities and users never.",
    )
    segmentation_code_separator = fields.Char(string="Separator of class codes", default="-", size=1)

    @api.constrains("segmentation_population")
    def _check_segmentation_population(self):
        for company in self:
            company._get_segmentation_population()

    def write(self, vals):
        result = super().write(vals)
        if "segmentation_code_separator" in vals:
            self.env["segmentation.run"]._update_codes()
        return result

    def _get_segmentation_population(self):
        """Domain on ``res.partner`` of the contacts to classify."""
        self.ensure_one()
        return parse_domain(self, "segmentation_population", "res.partner")
