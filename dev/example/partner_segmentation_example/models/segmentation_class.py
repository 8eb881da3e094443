from odoo import fields, models


class SegmentationClass(models.Model):
    _inherit = "segmentation.class"

    tag_ids = fields.Many2many(
        "res.partner.category", string="Tags", help="A customer with any of them is in the class."
    )
