from odoo import fields, models


class SegmentationDimension(models.Model):
    _inherit = "segmentation.dimension"

    method = fields.Selection(
        selection_add=[("tag", "Tags of the contact")],
        # Without the method, customers keep their classes, and people set them.
        ondelete={"tag": lambda dimensions: dimensions.write({"method": "manual"})},
    )
