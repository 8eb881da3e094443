from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

OPEN = ("draft", "sent")


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "segmentation.touching", "segmentation.classified"]

    _segmentation_fields = frozenset(("state", "partner_id", "date_order", "order_line"))

    segmentation_recommended_ids = fields.Many2many(
        "segmentation.peer.product",
        string="Recommended products",
        compute="_compute_segmentation_recommended_ids",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends("partner_id", "company_id", "state", "order_line.product_id")
    @api.depends_context("uid")
    def _compute_segmentation_recommended_ids(self):
        Peer = self.env["segmentation.peer.product"]
        for order in self:
            is_open = order.state in OPEN and order.company_id
            order.segmentation_recommended_ids = is_open and Peer._recommended_to(
                order.partner_id, order.company_id, order.order_line.product_id._origin
            )

    def _add_recommended(self, product):
        """Add a line with one of the product, unless there is one already.

        :raise UserError: the order is no quotation any more
        """
        self.ensure_one()
        if self.state not in OPEN:
            raise UserError(
                self.env._(
                    "%(order)s is no quotation any more: products are not added. Make a new quotation.",
                    order=self.display_name,
                )
            )
        if product not in self.order_line.product_id:
            self.write({"order_line": [Command.create({"product_id": product.id})]})
