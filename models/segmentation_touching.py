from odoo import api, models


class SegmentationTouching(models.AbstractModel):
    """Documents that mark their customer for classification when something about them changes."""

    _name = "segmentation.touching"
    _description = "Document That Touches a Customer"

    # Fields whose change can change a class.
    _segmentation_fields: frozenset = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._segmentation_touch()
        return records

    def write(self, vals):
        touches = not self._segmentation_fields.isdisjoint(vals)
        if touches:
            self._segmentation_touch()  # the customer it leaves
        result = super().write(vals)
        if touches:
            self._segmentation_touch()
        return result

    def unlink(self):
        self._segmentation_touch()
        return super().unlink()

    def _segmentation_touch(self):
        """Mark the customers of these documents."""
        # Users who may change a document need no right on the classification.
        touch = self.env["segmentation.touch"].sudo()
        for company, documents in self.sudo().grouped("company_id").items():
            touch._mark(documents.partner_id, company)
