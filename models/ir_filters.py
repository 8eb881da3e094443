import re

from odoo import api, models
from odoo.tools import LazyTranslate

from .segmentation_column import PREFIX
from .shipped_names import translate_shipped

_lt = LazyTranslate(__name__)

NAMES = {
    "favourite_size_industry": _lt("Size by sector"),
    "favourite_abc_region": _lt("ABC by region"),
    "favourite_region_size": _lt("Region by size"),
    "favourite_stage_funnel": _lt("Purchase stages"),
    "favourite_salespeople": _lt("Salespeople by size"),
    "favourite_top_customers": _lt("Top customers"),
    "favourite_changes_by_month": _lt("Movements by month"),
    "favourite_migration": _lt("Migration between classes"),
}


class IrFilters(models.Model):
    _inherit = "ir.filters"

    @api.model
    def get_filters(self, model, *args, **kwargs):
        """Favourites of a view; ours in the user's language.

        Without those about figures the user may not see, or about dimensions that no standard has brought yet.
        """
        found = super().get_filters(model, *args, **kwargs)
        if model not in ("segmentation.profile", "segmentation.change"):
            return found
        Model = self.env[model]
        hidden = {name for name, field in Model._fields.items() if not Model._has_field_access(field, "read")}
        visible = []
        for each in found:
            words = set(re.findall(r"\w+", f"{each['context']} {each['domain']} {each['sort']}"))
            missing = {word for word in words if word.startswith(PREFIX)} - Model._fields.keys()
            if not missing and not words & hidden:
                visible.append(each)
        return translate_shipped(self.env, visible, NAMES)
