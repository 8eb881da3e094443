"""A standard that says everything a file can say, and helpers to import, preview and export."""

import base64
import json

from ..standards.rows import Rows
from .test_standards import StandardCommon

# Where Odoo warns that two columns have the same label, as those of the same dimension for other companies do at first.
SAME_LABEL = "odoo.addons.base.models.ir_model"

VALUE = {
    "format": 1,
    "code": "VALUE_TIERS",
    "version": "1.0",
    "name": {"en_US": "Value tiers", "zh_CN": "价值分层"},
    "industries": [{"code": "TOYS", "name": {"en_US": "Toys"}, "parent": "base.res_partner_industry_C"}],
    "metrics": [
        {
            "code": "largest_invoice",
            "name": {"en_US": "Largest invoice"},
            "model": "account.move",
            "aggregate": "max",
            "measure": "amount_untaxed_signed",
            "date": "invoice_date",
            "domain": [["state", "=", "posted"]],
        }
    ],
    "dimensions": [
        {
            "code": "TIER",
            "name": {"en_US": "Tier", "zh_CN": "层级"},
            "method": "criteria",
            "hysteresis": 0.1,
            "fallback": "C",
            "classes": [
                {
                    "code": "A",
                    "name": {"en_US": "First"},
                    "criteria": [
                        {"metric": "largest_invoice", "lower_bound": 1000},
                        {"metric": "largest_invoice", "lower_bound": 500, "industries": ["TOYS"]},
                    ],
                },
                {
                    "code": "B",
                    "name": {"en_US": "Second"},
                    "parent": "A",
                    "criteria": [{"metric": "largest_invoice", "lower_bound": 10.5}],
                },
                {"code": "C", "name": {"en_US": "Third"}},
            ],
        },
        {
            "code": "PLACE",
            "name": {"en_US": "Place"},
            "method": "mapping",
            "domain": [["employee_count", ">", 3]],
            "classes": [
                {"code": "HOME", "name": {"en_US": "Home"}, "states": ["CN-GD", "US-CA"]},
                {
                    "code": "NEAR",
                    "name": {"en_US": "Near"},
                    "countries": ["CN"],
                    "zip_prefixes": ["20", "2151"],
                    "cities": ["Suzhou", "上海"],
                },
                {"code": "AWAY", "name": {"en_US": "Away"}, "countries": ["DE", "FR"], "own_country_only": True},
            ],
        },
        {
            "code": "MIX",
            "name": {"en_US": "Mix"},
            "method": "domain",
            "classes": [
                {
                    "code": "STAR",
                    "name": {"en_US": "Star"},
                    "domain": [
                        "|",
                        ["x_segmentation_tier", "in", [{"class": "TIER/A"}, {"class": "TIER/B"}]],
                        ["country_id", "=", {"record": "base.cn"}],
                    ],
                },
                {"code": "REST", "name": {"en_US": "Rest"}, "domain": []},
                {"code": "NONE", "name": {"en_US": "None"}},
            ],
        },
    ],
}


class LibraryCommon(StandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large, cls.medium, cls.small = (
            cls.env.ref(f"partner_segmentation.class_size_{name}") for name in ("large", "medium", "small")
        )

    @classmethod
    def imported(cls, data):
        """A library entry made from a file, as in the interface."""
        return cls.env["segmentation.standard"].create({"file": base64.b64encode(json.dumps(data).encode())})

    def update(self, standard, data):
        standard.file = base64.b64encode(json.dumps(data).encode())

    def rows(self, standard, companies=None):
        return Rows(standard._plan(companies)).all()

    def actions(self, standard, companies=None) -> list:
        return [(row.action, row.kind, row.name, row.what) for row in self.rows(standard, companies)]

    def bounds(self, cls) -> dict:
        return {(c.metric_id.code, ",".join(c.industry_ids.mapped("name"))): c.lower_bound for c in cls.criterion_ids}

    def exported(self, *codes) -> dict:
        """The file of some dimensions, without what a file says of itself."""
        dimensions = self.env["segmentation.dimension"].search([("code", "in", codes)])
        data = self.env["segmentation.standard"]._from_dimensions(dimensions)._data()
        return {name: data[name] for name in ("industries", "metrics", "dimensions")}
