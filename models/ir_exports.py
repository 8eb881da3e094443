from odoo import api, models
from odoo.tools import LazyTranslate

from .shipped_names import translate_shipped

_lt = LazyTranslate(__name__)

NAMES = {"export_facts": _lt("Classification: facts to complete")}


class IrExports(models.Model):
    _inherit = "ir.exports"

    @api.model
    def search_read(self, *args, **kwargs):
        """Templates as the export dialog reads them; ours in the user's language."""
        return translate_shipped(self.env, super().search_read(*args, **kwargs), NAMES)
