from odoo import models


class SegmentationPreviewed(models.AbstractModel):
    """What an administrator can change and see the effect of before."""

    _name = "segmentation.previewed"
    _description = "Change with a Preview"

    def action_preview(self, values: dict | None = None) -> dict:
        """Show which customers would move if the record were written with the values; nothing is changed.

        :param values: as for ``write``, or for ``create`` on an empty recordset; nothing for what has been saved and
            not been evaluated yet
        :return: action that shows the preview, from where the change can be applied
        :raise ValidationError, AccessError: as writing the values would
        """
        return self.env["segmentation.preview"]._of(self, values or {})._action_open()

    def _apply_change(self, values: dict):
        """Carry out a change and return the record that was changed or made."""
        if not self and values:
            return self.create(values)
        self.write(values)
        return self
