from odoo import api, fields, models

from .segmentation_profile import FIGURES


class SegmentationClass(models.Model):
    """What a class holds now, in the current company, with the classes that are part of it."""

    _inherit = "segmentation.class"

    customer_count = fields.Integer(string="Customers", compute="_compute_customer_count")
    revenue = fields.Monetary(
        string="Revenue, 12 months", compute="_compute_revenue", currency_field="company_currency_id", groups=FIGURES
    )
    company_currency_id = fields.Many2one("res.currency", compute="_compute_company_currency_id")

    @api.depends_context("company")
    def _compute_customer_count(self):
        self._sum_up("customer_count", "__count")

    @api.depends_context("company")
    def _compute_revenue(self):
        self._sum_up("revenue", "revenue_12m:sum")

    @api.depends_context("company")
    def _compute_company_currency_id(self):
        self.company_currency_id = self.env.company.currency_id

    def _sum_up(self, field_name: str, aggregate: str):
        """Set the field to the aggregate over the customer files in the class or in parts of it."""
        Profile = self.env["segmentation.profile"]
        for dimension, classes in self.grouped("dimension_id").items():
            if dimension.field_name not in Profile._fields:
                classes[field_name] = 0
                continue
            domain = [("company_id", "=", self.env.company.id), (dimension.field_name, "!=", False)]
            groups = Profile._read_group(domain, [dimension.field_name], [aggregate])
            for cls in classes:
                cls[field_name] = sum(
                    value or 0 for held, value in groups if cls.id and held.parent_path.startswith(cls.parent_path)
                )
