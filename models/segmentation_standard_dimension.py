from odoo import models


class SegmentationDimension(models.Model):
    _inherit = "segmentation.dimension"

    def action_save_as_standard(self):
        """Add the dimensions to the library, from where they can be exported, and show the entry."""
        standard = self.env["segmentation.standard"]._from_dimensions(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": standard._name,
            "res_id": standard.id,
            "view_mode": "form",
        }
