from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "segmentation.touching"]

    _segmentation_fields = frozenset(("state", "partner_id"))

    def _segmentation_touch(self):
        return super(AccountMove, self.filtered(lambda move: move.is_sale_document()))._segmentation_touch()
