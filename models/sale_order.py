from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "segmentation.touching", "segmentation.classified"]

    _segmentation_fields = frozenset(("state", "partner_id", "date_order", "order_line"))
