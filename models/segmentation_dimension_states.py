import re

from odoo import models


class SegmentationDimension(models.Model):
    """Classes for the states of a company's own country."""

    _inherit = "segmentation.dimension"

    def _create_state_classes(self, countries):
        """Add a class for each country, with a class below it for each of its states.

        They place customers of companies in that country only. It is the standard of the dimension that wants
        them; a dimension of another standard is left alone, and so are countries that the user has mapped.
        """
        self.ensure_one()
        item = self.env["segmentation.standard.item"].search([("kind", "=", "dimension"), ("res_id", "=", self.id)])
        if countries and item.standard_id._has_own_states(item.key):
            item.standard_id._create_own_states(countries)

    def _state_code(self, state) -> str:
        """The state's code in letters and digits.

        China's states have a Chinese character as code; their external id ends with the ISO 3166-2 code.
        """
        code = state.code
        if not code.isascii():
            code = state.get_external_id()[state.id].rpartition("_")[2]
        code = code.removeprefix(f"{state.country_id.code}-")
        return re.sub(r"[^A-Za-z0-9]", "_", code) or str(state.id)
