from odoo import fields, models


class CustomerVisit(models.Model):
    """A document of one's own; ``segmentation.touching`` has its customer classified again within a minute."""

    _name = "example.customer.visit"
    _inherit = ["segmentation.touching"]
    _description = "Visit to a Customer"
    _segmentation_fields = frozenset(("company_id", "partner_id", "day"))

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True)
    day = fields.Date(required=True, default=fields.Date.context_today)
