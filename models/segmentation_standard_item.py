from odoo import fields, models

from ..standards.format import MODELS


class SegmentationStandardItem(models.Model):
    """A record that a standard made or took over, and what it wrote.

    What differs from that in the database is a change of the user's, and is kept.
    """

    _name = "segmentation.standard.item"
    _description = "Record of a Standard"

    standard_id = fields.Many2one("segmentation.standard", required=True, ondelete="cascade", index=True)
    kind = fields.Selection([(kind, kind.capitalize()) for kind in MODELS], required=True)
    key = fields.Char(required=True, help="Name of the record in the file, for example SIZE/L.")
    res_id = fields.Integer(string="Record", required=True)
    written = fields.Json(help="What the standard said when it was applied.")

    _record_unique = models.UniqueIndex("(kind, res_id)", "A record belongs to one standard.")

    def _record(self):
        """The record, archived or not; empty when it has been deleted."""
        self.ensure_one()
        return self.env[MODELS[self.kind]].browse(self.res_id).exists()
