from odoo import models

from odoo.addons.partner_segmentation.fields import OptionalInteger


class SegmentationProfile(models.Model):
    """The column that the metric fills; a metric without ``field_name`` makes a manual field of its own."""

    _inherit = "segmentation.profile"

    visits_12m = OptionalInteger(string="Visits, 12 months", readonly=True)
