from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "segmentation.touching"]

    _segmentation_fields = frozenset(("state", "partner_id"))

    # Core has none on the commercial partner. One customer of 300,000 takes 48 ms with it and 463 ms
    # without; posting an invoice takes no longer.
    _segmentation_partner_idx = models.Index("(commercial_partner_id, company_id)")

    def _segmentation_touch(self):
        return super(AccountMove, self.filtered(lambda move: move.is_sale_document()))._segmentation_touch()
