from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    segmentation_population = fields.Char(related="company_id.segmentation_population", readonly=False)
    segmentation_code_separator = fields.Char(related="company_id.segmentation_code_separator", readonly=False)
    segmentation_history_months = fields.Integer(related="company_id.segmentation_history_months", readonly=False)
    segmentation_history_start = fields.Date(related="company_id.segmentation_history_start")
