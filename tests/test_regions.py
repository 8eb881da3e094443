"""The standards of regions against Odoo's countries and states."""

import json
from collections import Counter
from pathlib import Path

from odoo.tests import tagged
from odoo.tools.misc import file_path

from .common import SegmentationCommon


def standard(name: str) -> dict:
    return json.loads(Path(file_path(f"partner_segmentation/data/standards/{name}.json")).read_text(encoding="utf-8"))


def classes_of(name: str) -> list[dict]:
    [dimension] = standard(name)["dimensions"]
    return dimension["classes"]


def texts(value):
    """All texts in a standard: objects with a text per language."""
    if isinstance(value, dict) and "en_US" in value:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@tagged("post_install", "-at_install")
class TestRegionStandards(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.countries = cls.env["res.country"].search([])
        cls.states = {f"CN-{cls.region._state_code(state)}": state for state in cls.china.state_ids}

    def apply(self, name: str):
        """A dimension with the classes of the standard."""
        (self.size | self.industry | self.stage).active = False
        self.region.class_ids.active = False
        classes = {}
        for values in classes_of(name):
            classes[values["code"]] = self.make_class(
                self.region,
                f"T_{values['code']}",
                parent_id=values.get("parent") and classes[values["parent"]].id,
                country_ids=self.env["res.country"].search([("code", "in", values.get("countries", []))]).ids,
                state_ids=[self.states[state].id for state in values.get("states", [])],
            )

    def placed(self, **address):
        partner = self.customer(**address)
        self.classify(partner)
        profile = self.profile(partner)
        return (profile.region_class_id.code or "").removeprefix("T_"), profile.missing_facts

    def country(self, code):
        return self.env["res.country"].search([("code", "=", code)]).id

    def test_every_country_once(self):
        for name in ("region_cn7", "region_m49", "region_default"):
            with self.subTest(name):
                named = Counter(code for cls in classes_of(name) for code in cls.get("countries", []))
                self.assertEqual(set(named.values()), {1})
                self.assertEqual(set(named), set(self.countries.mapped("code")))

    def test_every_state_of_china_once(self):
        named = Counter(state for cls in classes_of("region_cn7") for state in cls.get("states", []))
        self.assertEqual(set(named.values()), {1})
        self.assertEqual(set(named), set(self.states))

    def test_descriptions_name_the_provinces(self):
        for cls in classes_of("region_cn7"):
            if cls.get("states") and cls["code"] != "CN_HMT":
                named = cls["description"]["zh_CN"].removesuffix("。").split("、")
                full = [self.states[state].name for state in cls["states"]]
                self.assertEqual(len(named), len(full))
                for short in named:
                    self.assertTrue(any(name.startswith(short) for name in full), f"{short} {full}")

    def test_hierarchy_of_m49(self):
        """Countries are in the lowest regions only; every region is part of one that is there."""
        classes = {cls["code"]: cls for cls in classes_of("region_m49")}
        parents = {cls.get("parent") for cls in classes.values()} - {None}
        self.assertLessEqual(parents, set(classes))
        for code, cls in classes.items():
            self.assertRegex(code, r"^\d{3}$")
            self.assertEqual("countries" in cls, code not in parents, code)
        tops = {code for code, cls in classes.items() if not cls.get("parent")}
        self.assertEqual(tops, {"002", "009", "010", "019", "142", "150"})

    def test_texts_in_both_languages(self):
        for name in ("region_cn7", "region_m49", "region_default"):
            for text in texts(standard(name)):
                self.assertEqual(set(text), {"en_US", "zh_CN"})
                self.assertTrue(all(text.values()), text)

    def test_default_is_what_is_installed(self):
        installed = {
            cls.code: (cls.name, cls.sequence, cls.color, set(cls.country_ids.mapped("code")))
            for cls in self.region.class_ids
            if not cls.own_country_only
        }
        described = {
            cls["code"]: (cls["name"]["en_US"], cls["sequence"], cls["color"], set(cls["countries"]))
            for cls in classes_of("region_default")
        }
        self.assertEqual(described, installed)

    def test_customers_in_the_regions_of_china(self):
        self.apply("region_cn7")
        china = self.china.id
        self.assertEqual(self.placed(country_id=china, state_id=self.states["CN-SH"].id), ("CN_E", False))
        self.assertEqual(self.placed(country_id=china, state_id=self.states["CN-NM"].id), ("CN_N", False))
        self.assertEqual(self.placed(country_id=china, state_id=self.states["CN-HK"].id), ("CN_HMT", False))
        self.assertEqual(self.placed(country_id=self.country("HK")), ("CN_HMT", False))
        self.assertEqual(self.placed(country_id=self.country("DE")), ("ABROAD", False))
        self.assertEqual(self.placed(country_id=china), ("CHN", "state_id"))
        self.assertEqual(self.placed(), ("", "country_id"))

    def test_customers_in_the_regions_of_m49(self):
        self.apply("region_m49")
        for code, region in {"JP": "030", "SG": "035", "DE": "155", "MX": "013", "NG": "011", "AQ": "010"}.items():
            self.assertEqual(self.placed(country_id=self.country(code)), (region, False))
        self.assertEqual(self.placed(), ("", "country_id"))
