from odoo import api, models


class SegmentationRule(models.AbstractModel):
    """Part of the rules of dimensions: a change makes the classes of their customers outdated."""

    _name = "segmentation.rule"
    _inherit = ["segmentation.previewed"]
    _description = "Part of the Rules of a Dimension"

    # Fields whose change moves no customer.
    _cosmetic_fields: frozenset = frozenset()

    def _ruled_dimensions(self):
        """Dimensions whose rules the records are part of."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._ruled_dimensions()._outdate()
        return records

    def write(self, vals):
        if vals.keys() <= self._cosmetic_fields:
            return super().write(vals)
        before = self._ruled_dimensions()
        result = super().write(vals)
        (before | self._ruled_dimensions())._outdate()
        return result

    def unlink(self):
        dimensions = self._ruled_dimensions()
        result = super().unlink()
        dimensions.exists()._outdate()
        return result
