"""Region standards: the shipped ones, with classes for the states of own countries, and parts of countries."""

import copy

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .standards_common import SAME_LABEL, VALUE, LibraryCommon


@tagged("post_install", "-at_install")
class TestRegions(LibraryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.region.active = True
        cls.company.country_id = cls.china
        cls.guangdong = cls.env.ref("base.state_cn_GD")

    def region_class(self, code):
        return self.region.with_context(active_test=False).class_ids.filtered(lambda cls: cls.code == code)

    def apply_twice(self, code):
        """Apply a standard for all companies; a second time there is nothing to do."""
        standard = self.standard(code)
        standard._apply()
        self.assertFalse(self.rows(standard), code)
        before = self.region.class_ids
        standard._apply()
        self.assertEqual(self.region.class_ids, before)

    def test_one_after_the_other(self):
        customer, other, overridden = (
            self.customer(country_id=self.china.id, state_id=self.guangdong.id),
            self.customer(country_id=self.env.ref("base.de").id),
            self.customer(country_id=self.china.id, state_id=self.guangdong.id),
        )
        customers = customer | other | overridden
        self.classify(customers)
        state, europe = self.region_class("CN_GD"), self.region_class("EUR")
        self.assertClass(customer, self.region, "CN_GD")
        self.env["segmentation.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": overridden.id,
                "dimension_id": self.region.id,
                "class_id": europe.id,
                "reason": "Bills come from there",
            }
        )
        for code, home, away in (
            ("REGION_CN7", "CN_S", "ABROAD"),
            ("REGION_M49", "030", "155"),
            ("REGION_DEFAULT", "CN_GD", "EUR"),
        ):
            self.apply_twice(code)
            self.classify(customers)
            self.assertClass(customer, self.region, home)
            self.assertClass(other, self.region, away)
            self.assertClass(overridden, self.region, "EUR")
        self.assertEqual(self.region_class("CN_GD"), state)
        self.assertTrue(state.active)
        self.assertEqual(state.parent_id, self.region_class("CN"))
        self.assertIn("CN_SH", self.region.class_ids.mapped("code"))
        self.assertFalse([cls.code for cls in self.region.class_ids if cls.code in ("CN_S", "030")])
        history = self.env["segmentation.change"].search(
            [("partner_id", "=", customer.id), ("dimension_id", "=", self.region.id)], order="id"
        )
        self.assertEqual(history.to_class_id.mapped("code"), ["CN_S", "030", "CN_GD"])

    def test_company_in_between(self):
        """While another standard rules, a new company gets no classes of its own; afterwards it does."""
        self.apply_twice("REGION_CN7")
        spain = self.env.ref("base.es")
        company = self.env["res.company"].create({"name": "In between", "country_id": spain.id})
        self.assertFalse(self.region_class("ES"))
        customer = self.customer(country_id=spain.id, state_id=self.env.ref("base.state_es_m").id)
        self.classify(customer, company)
        self.assertEqual(self.profile(customer, company).region_class_id.code, "ABROAD")
        self.apply_twice("REGION_DEFAULT")
        self.classify(customer, company)
        self.classify(customer)
        self.assertEqual(self.profile(customer, company).region_class_id.code, "ES_M")
        self.assertEqual(self.profile(customer).region_class_id.code, "EUR")

    def test_company_made_later(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        japan = self.env.ref("base.jp")
        japan.with_context(lang="zh_CN").name = "日本"
        self.env["res.company"].create({"name": "Later", "country_id": japan.id})
        tokyo = self.region_class("JP_13")
        self.assertEqual(tokyo.parent_id, self.region_class("JP"))
        self.assertEqual(self.region_class("JP").with_context(lang="zh_CN").name, "日本")
        self.standard("REGION_CN7")._apply()
        self.assertFalse(self.region.class_ids.filtered("own_country_only"))
        self.assertFalse(tokyo.exists(), "a class without customers is removed")
        self.apply_twice("REGION_DEFAULT")
        self.assertTrue(self.region_class("JP_13").active)

    def test_what_the_user_did_is_kept(self):
        beijing, shanghai = self.region_class("CN_BJ"), self.region_class("CN_SH")
        self.region_class("CN_GD").name = "Canton"
        beijing.active = False
        shanghai.unlink()
        standard = self.standard("REGION_DEFAULT")
        self.assertEqual({action for action, *_rest in self.actions(standard)}, {"keep"})
        standard._apply()
        self.region._create_state_classes(self.china)
        self.assertEqual(self.region_class("CN_GD").name, "Canton")
        self.assertFalse(beijing.active)
        self.assertFalse(self.region_class("CN_SH"))

    def test_country_that_the_user_has_mapped(self):
        spain = self.env.ref("base.es")
        self.make_class(self.region, "HOME", country_ids=spain.ids, own_country_only=True)
        self.env["res.company"].create({"name": "Spanish", "country_id": spain.id})
        self.assertFalse(self.region_class("ES"))
        self.assertFalse([row for row in self.rows(self.standard("REGION_DEFAULT")) if row.action != "keep"])

    @mute_logger(SAME_LABEL)
    def test_standard_for_one_company(self):
        other = self.env["res.company"].create({"name": "Own standard", "country_id": self.env.ref("base.de").id})
        self.env.user.company_ids |= other
        self.standard("REGION_CN7")._apply()
        self.standard("REGION_DEFAULT")._apply(other)
        own = self.env["segmentation.dimension"].search([("code", "=", "REGION_REGION_DEFAULT")])
        self.assertEqual(own.company_ids, other)
        column = self.env["segmentation.profile"]._fields[own.field_name]
        self.assertEqual(column.get_description(self.env, ["string"])["string"], "Region (REGION_DEFAULT)")
        self.assertIn("DE_BY", own.class_ids.mapped("code"))
        self.assertNotIn("CN_GD", own.class_ids.mapped("code"))
        other.country_id = self.env.ref("base.jp")
        self.assertIn("JP_13", own.class_ids.mapped("code"))
        self.assertFalse(self.region.class_ids.filtered("own_country_only"))


@tagged("post_install", "-at_install")
class TestPartsOfCountries(LibraryCommon):
    """Postal codes and cities."""

    def setUp(self):
        super().setUp()
        only_places = {"industries": [], "metrics": [], "dimensions": VALUE["dimensions"][1:2]}
        self.data = copy.deepcopy(VALUE | only_places)
        self.home, self.near, self.away = self.data["dimensions"][0]["classes"]

    def applied(self):
        standard = self.standard("VALUE_TIERS")
        if standard:
            self.update(standard, self.data)
        else:
            standard = self.imported(self.data)
        standard._apply()
        self.assertFalse(self.rows(standard))
        return standard

    def place(self, code):
        classes = self.env["segmentation.dimension"].search([("code", "=", "PLACE")]).class_ids
        return classes.filtered(lambda cls: cls.code == code)

    def test_stored_and_placed(self):
        self.applied()
        near = self.place("NEAR")
        self.assertEqual((near.zip_prefixes, near.cities), ("20, 2151", "Suzhou, 上海"))
        values = {"country_id": self.china.id, "employee_count": 5}
        partner = self.customer(zip="200 120", **values)
        other = self.customer(zip="100000", city=" suzhou", **values)
        self.classify(partner | other)
        for customer in (partner, other):
            self.assertClass(customer, near.dimension_id, "NEAR")

    def test_shown_and_kept(self):
        standard = self.applied()
        self.near |= {"zip_prefixes": ["20"], "cities": ["Suzhou", "Wuxi"]}
        self.place("NEAR").zip_prefixes = "20, 2151, 30"
        self.update(standard, self.data)
        rows = {(row.action, row.what, row.now, row.then) for row in self.rows(standard)}
        expected = {
            ("keep", "Postal codes beginning with", "20, 2151, 30", "20"),
            ("change", "Cities", "Suzhou, 上海", "Suzhou, Wuxi"),
        }
        self.assertEqual(rows, expected)
        standard._apply()
        self.assertEqual(self.place("NEAR").zip_prefixes, "20, 2151, 30")
        self.assertEqual(self.place("NEAR").cities, "Suzhou, Wuxi")

    def test_classes_swap_their_places(self):
        self.away |= {"countries": ["DE"], "cities": ["Suzhou", "Berlin"], "own_country_only": False}
        self.applied()
        self.near["countries"], self.away["countries"] = ["DE"], ["CN"]
        self.applied()
        self.assertEqual(self.place("NEAR").country_ids.code, "DE")
        self.assertEqual(self.place("AWAY").cities, "Berlin, Suzhou")
        self.away |= {"cities": []}
        self.near |= {"countries": ["CN", "DE"]}
        self.applied()
        self.assertFalse(self.place("AWAY").cities)
        self.near |= {"countries": ["CN"], "zip_prefixes": [], "cities": []}
        self.away |= {"countries": ["CN"], "cities": ["Wuxi"]}
        self.applied()
        self.assertEqual((self.place("NEAR").rule, self.place("AWAY").rule), ("China", "China: Wuxi"))

    def test_a_country_is_needed(self):
        self.near["countries"] = []
        standard = self.imported(self.data)
        with self.assertRaisesRegex(UserError, r"^dimensions\[0\]\.classes\[1\]: .*Choose in Countries"):
            standard._apply()
