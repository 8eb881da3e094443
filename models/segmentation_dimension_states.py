import re

from odoo import models


class SegmentationDimension(models.Model):
    """Classes for the states of a company's own country."""

    _inherit = "segmentation.dimension"

    def _create_state_classes(self, countries):
        """Add a class for each country, with a class below it for each of its states.

        They place customers of companies in that country only; countries that the dimension maps
        already are left alone.
        """
        self.ensure_one()
        mapped = self.class_ids.filtered("own_country_only").country_ids
        for country in countries - mapped:
            [parent] = self._create_own_regions(
                {country: {"code": country.code, "country_ids": country.ids}}, sequence=50
            )
            states = {
                state: {"code": f"{country.code}_{self._state_code(state)}", "state_ids": state.ids}
                for state in country.state_ids
            }
            self._create_own_regions(states, sequence=51, parent_id=parent.id)

    def _create_own_regions(self, places: dict, **values):
        """Create the class of each country or state, named as the place is in every installed language."""
        common = {"dimension_id": self.id, "color": 3, "own_country_only": True, **values}
        regions = self.env["segmentation.class"].create(
            [{"name": place.name, **common, **own} for place, own in places.items()]
        )
        regions._name_after(list(places), "name")
        return regions

    def _state_code(self, state) -> str:
        """The state's code in letters and digits.

        China's states have a Chinese character as code; their external id ends with the ISO 3166-2 code.
        """
        code = state.code
        if not code.isascii():
            code = state.get_external_id()[state.id].rpartition("_")[2]
        code = code.removeprefix(f"{state.country_id.code}-")
        return re.sub(r"[^A-Za-z0-9]", "_", code) or str(state.id)
