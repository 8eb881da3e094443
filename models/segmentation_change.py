from odoo import fields, models

from .segmentation_profile import FIGURES

TRIGGERS = [
    ("scheduled", "Scheduled"),
    ("manual", "Started by a user"),
    ("override", "Class set by hand"),
    ("event", "Customer touched"),
    ("rule", "Rules changed"),
]


class SegmentationChange(models.Model):
    """History: a known customer moved from one class to another."""

    _name = "segmentation.change"
    _description = "Class Change"
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, ondelete="cascade", readonly=True, index=True
    )
    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", readonly=True)
    from_class_id = fields.Many2one("segmentation.class", string="From", ondelete="restrict", readonly=True)
    to_class_id = fields.Many2one("segmentation.class", string="To", ondelete="restrict", readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    reason = fields.Selection(
        TRIGGERS,
        required=True,
        readonly=True,
        help="What started the evaluation that found the change.",
    )
    run_id = fields.Many2one("segmentation.run", ondelete="set null", readonly=True, index=True)
    evidence = fields.Json(
        readonly=True,
        groups=FIGURES,
        help="Values the class rests on, by column of the customer file; amounts in company currency.",
    )
