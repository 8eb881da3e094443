from odoo import fields, models


class SegmentationCut(models.Model):
    """The last value that belonged to a class of a relative dimension at the last full evaluation."""

    _name = "segmentation.cut"
    _description = "Cut Value"
    _order = "class_id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    class_id = fields.Many2one("segmentation.class", required=True, ondelete="cascade", readonly=True)
    value = fields.Float(required=True, digits=(20, 6), readonly=True, help="Amounts are in company currency.")

    _class_unique = models.Constraint("UNIQUE(company_id, class_id)", "A class has one cut value per company.")
