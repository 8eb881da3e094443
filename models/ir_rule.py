from odoo import models
from odoo.fields import Domain

# What is kept about a customer: their field ``partner_id`` tells which one.
ABOUT_CUSTOMERS = {
    "segmentation.profile",
    "segmentation.change",
    "segmentation.override",
    "segmentation.comparison.line",
    "segmentation.next.step",
}


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _compute_domain(self, model_name: str, mode: str = "read") -> Domain:
        """Add that what is kept about a customer is for those who may read the customer."""
        domain = super()._compute_domain(model_name, mode)
        if model_name not in ABOUT_CUSTOMERS:
            return domain
        readable = self._compute_domain("res.partner", "read")
        return domain if readable.is_true() else domain & Domain("partner_id", "any!", readable)
