from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "segmentation.touching"]

    _segmentation_fields = frozenset(("state", "partner_id", "date_order", "order_line"))
