"""Applying standards: what is made, and what of the user's is kept."""

import copy
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.misc import file_path

from ..models.segmentation_standard import FOLDER
from .standards_common import SAME_LABEL, VALUE, LibraryCommon

KEPT = ("Size › Large", "Lower Bound", "2,000,000", "1,000,000")


@tagged("post_install", "-at_install")
class TestShipped(LibraryCommon):
    def test_files_are_valid_and_say_everything_in_chinese(self):
        standards = self.env["segmentation.standard"].search([("is_shipped", "=", True)])
        self.assertEqual(len(standards), len(list(Path(file_path(FOLDER)).glob("*.json"))))

        def untranslated(value):
            if isinstance(value, dict):
                own = ["en_US" in value and "zh_CN" not in value and value]
                return [found for found in own + [f for v in value.values() for f in untranslated(v)] if found]
            return [found for v in value for found in untranslated(v)] if isinstance(value, list) else []

        for standard in standards:
            self.assertFalse(untranslated(standard._data()), standard.code)
            for dimension in standard._data()["dimensions"]:
                self.assertIn("description", dimension, standard.code)
            self.assertTrue(standard.description and standard.source, standard.code)

    def test_installation_is_as_its_standards_say(self):
        """The XML data and the files are the same; only the currency may have been fitted to the companies."""
        self.size.currency_id = self.env.ref("base.EUR")
        (self.industry | self.region | self.stage).active = True
        for code in ("SIZE_DEFAULT", "INDUSTRY_DEFAULT", "REGION_DEFAULT", "STAGE_DEFAULT"):
            standard = self.standard(code)
            self.assertEqual(standard.applied_version, "1.0")
            self.assertFalse(self.rows(standard), code)

    def test_names_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        standard = self.standard("CN_NBS_2017").with_context(lang="zh_CN")
        self.assertIn("统计上大中小微型企业划分", standard.display_name)
        standard._apply()
        micro = self.size.class_ids[-1]
        self.assertEqual(micro.with_context(lang="zh_CN").name, "微型")
        self.assertEqual(micro.with_context(lang="en_US").name, "Micro")
        self.assertEqual(self.odoo_industry("Retail").with_context(lang="zh_CN").name, "零售业")
        self.assertFalse(self.rows(standard))

    def test_language_installed_later(self):
        standard = self.standard("EU_2003_361")
        standard._apply()
        self.env["res.lang"]._activate_lang("zh_CN")
        standard._apply()
        self.assertEqual(self.size.class_ids[-1].with_context(lang="zh_CN").name, "微型")

    def test_loading_again_keeps_what_is_applied(self):
        self.standard("EU_2003_361")._apply()
        before = self.size.class_ids.criterion_ids
        self.env["segmentation.standard"]._load_shipped()
        self.assertEqual(self.size.class_ids.criterion_ids, before)
        self.assertEqual(self.standard("EU_2003_361").applied_version, "1.0")


@tagged("post_install", "-at_install")
class TestApply(LibraryCommon):
    def test_twice_changes_nothing(self):
        for code in ("CN_NBS_2017", "EU_2003_361", "PURCHASES", "SIZE_DEFAULT"):
            standard = self.standard(code)
            standard._apply()
            criteria = self.size.class_ids.criterion_ids
            self.assertFalse(self.rows(standard), code)
            standard._apply()
            self.assertEqual(self.size.class_ids.criterion_ids, criteria, code)

    def test_another_replaces_what_the_first_made(self):
        self.standard("CN_NBS_2017")._apply()
        self.standard("EU_2003_361")._apply()
        self.assertEqual(self.size.criteria_mode, "alternatives")
        self.assertEqual(self.size.currency_id.name, "EUR")
        expected = {
            ("employee_count", ""): 250,
            ("annual_turnover", ""): 50000000.01,
            ("total_assets", ""): 43000000.01,
        }
        self.assertEqual(self.bounds(self.large), expected)
        self.assertEqual(self.size.class_ids.mapped("code"), ["L", "M", "S", "X"])
        self.assertFalse(self.standard("CN_NBS_2017").applied_version)
        self.standard("SIZE_DEFAULT")._apply()
        self.assertEqual(self.size.class_ids, self.large | self.medium | self.small)
        self.assertEqual(self.bounds(self.small), {})

    def test_class_with_customers_is_archived_and_comes_back(self):
        self.standard("EU_2003_361")._apply()
        micro = self.size.class_ids[-1]
        self.size.currency_id = False  # no rates here
        facts = {"employee_count": 1, "annual_turnover": 1.0, "total_assets": 1.0}
        partner = self.customer(declared_currency_id=self.cny.id, **facts)
        self.classify(partner)
        self.assertClass(partner, self.size, "X")
        self.assertIn(("archive", "class", "Size › Micro", ""), self.actions(self.standard("PURCHASES")))
        self.standard("PURCHASES")._apply()
        self.assertFalse(micro.active)
        self.standard("CN_NBS_2017")._apply()
        self.assertTrue(micro.active)
        self.assertIn(micro, self.size.class_ids)

    def test_unused_class_is_removed(self):
        self.standard("EU_2003_361")._apply()
        micro = self.size.class_ids[-1]
        self.standard("PURCHASES")._apply()
        self.assertFalse(micro.exists())

    def test_changes_of_the_user_are_kept(self):
        standard = self.standard("CN_NBS_2017")
        standard._apply()
        retail = self.odoo_industry("Retail")
        bound = self.large.criterion_ids.filtered(lambda c: retail in c.industry_ids and c.metric_id.is_amount)
        bound.lower_bound = 123_000_000
        self.medium.name = "Middle"
        own = self.make_class(self.size, "XL", sequence=5)
        self.small.criterion_ids.filtered(lambda c: retail in c.industry_ids).unlink()
        self.size.hysteresis = 0.2
        kept = self.actions(standard)
        self.assertEqual({action for action, *_rest in kept}, {"keep"})
        self.assertIn(("keep", "criterion", "Size › Large", "Lower Bound"), kept)
        self.assertIn(("keep", "class", "Size › Middle", "Name"), kept)
        self.assertIn(("keep", "class", "Size › XL", ""), kept)
        self.assertEqual(len([row for row in self.rows(standard) if row.now == "deleted by you"]), 2)
        standard._apply()
        self.standard("EU_2003_361")._apply()
        self.assertEqual(bound.lower_bound, 123_000_000)
        self.assertEqual(bound.class_id, self.large)
        self.assertEqual(self.medium.name, "Middle")
        self.assertTrue(own.active)
        self.assertEqual(self.size.hysteresis, 0.2)
        self.assertEqual(
            set(self.bounds(self.large)),
            {("employee_count", ""), ("annual_turnover", ""), ("total_assets", ""), ("annual_turnover", "Retail")},
        )

    def test_installed_bound_that_the_user_changed_is_kept(self):
        self.bound("large", "revenue_12m", 2_000_000)
        self.size.currency_id = self.env.ref("base.EUR")
        wizard = self.env["segmentation.apply.standard"].create({"standard_id": self.standard("PURCHASES").id})
        kept = wizard.line_ids.filtered(lambda line: line.action == "keep")
        self.assertEqual((kept.name, kept.what, kept.now, kept.then), KEPT)
        self.standard("PURCHASES")._apply()
        self.assertEqual(self.bounds(self.large), {("revenue_12m", ""): 2_000_000})

    def test_class_added_by_the_user_is_taken_over(self):
        micro = self.make_class(self.size, "X", name="Tiny", sequence=40)
        self.standard("EU_2003_361")._apply()
        self.assertEqual(self.size.class_ids[-1], micro)
        self.assertEqual(micro.name, "Tiny")

    def test_later_version(self):
        standard = self.imported(VALUE)
        standard._apply()
        tier = self.env["segmentation.dimension"].search([("code", "=", "TIER")])
        first, second, third = tier.class_ids
        second.criterion_ids.lower_bound = 77
        later = copy.deepcopy(VALUE)
        later["version"] = "2.0"
        later["dimensions"][0].pop("hysteresis")
        later["dimensions"][0]["classes"][0]["criteria"][0]["lower_bound"] = 2000
        later["dimensions"][0]["classes"][1]["criteria"][0]["lower_bound"] = 20
        later["dimensions"][0]["classes"][2]["name"]["en_US"] = "Last"
        self.update(standard, later)
        self.assertTrue(standard.has_update)
        standard._apply()
        self.assertFalse(standard.has_update)
        self.assertEqual(self.bounds(first)["largest_invoice", ""], 2000)
        self.assertEqual(second.criterion_ids.lower_bound, 77)
        self.assertEqual((third.name, tier.hysteresis, tier.fallback_class_id), ("Last", 0, third))

    def test_everything_a_file_can_say(self):
        standard = self.imported(VALUE)
        standard._apply()
        tier, place, mix = (
            self.env["segmentation.dimension"].search([("code", "=", c)]) for c in ("TIER", "PLACE", "MIX")
        )
        self.assertEqual(tier.class_ids[1].parent_id, tier.class_ids[0])
        self.assertEqual(place.class_ids[0].state_ids.country_id.mapped("code"), ["CN", "US"])
        self.assertEqual(place.domain, "[('employee_count', '>', 3)]")
        star, rest, none = mix.class_ids
        self.assertIn(str(tier.class_ids[0].id), star.domain)
        self.assertEqual((rest.domain, none.domain), ("[]", False))
        partner = self.customer(industry_id=self.odoo_industry("A").id)
        self.invoice(partner, 20)
        self.classify()
        self.assertClass(partner, tier, "B")
        self.assertClass(partner, mix, "STAR")

    def test_nothing_is_half_applied(self):
        data = copy.deepcopy(VALUE)
        data["dimensions"][2]["classes"][0]["domain"] = [["no_such_field", "=", 1]]
        standard = self.imported(data)
        with self.assertRaisesRegex(UserError, r"^dimensions\[2\]\.classes\[0\]: .*no_such_field"):
            standard._apply()
        self.assertFalse(self.env["segmentation.dimension"].search([("code", "in", ("TIER", "PLACE", "MIX"))]))
        self.assertFalse(self.env["res.partner.industry"].search([("name", "=", "Toys")]))
        self.assertFalse(standard.applied_version)

    def test_bounds_are_checked_as_a_whole(self):
        data = copy.deepcopy(VALUE)
        data["dimensions"][0]["classes"][1]["criteria"][0]["lower_bound"] = 1000
        standard = self.imported(data)
        with self.assertRaisesRegex(UserError, "must be greater"):
            standard._apply()

    def test_industry_is_found_by_its_name(self):
        shop = self.env["res.partner.industry"].create({"name": "Retail"})
        self.standard("CN_NBS_2017")._apply()
        self.assertEqual(self.odoo_industry("Retail"), shop)
        self.assertEqual(shop.parent_id, self.odoo_industry("G"))

    def test_industries_move_between_classes(self):
        self.industry.active = True
        for code in ("ISIC_4", "GBT_4754_2017", "INDUSTRY_DEFAULT", "ISIC_4"):
            self.standard(code)._apply()
            mapped = self.industry.class_ids.industry_ids
            for letter in "ABCDEFGHIJKLMNOPQRSTU":
                self.assertIn(self.odoo_industry(letter), mapped, code)
            self.assertFalse(self.rows(self.standard(code)))


@tagged("post_install", "-at_install")
class TestCompanies(LibraryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company()["company"]
        cls.env.user.company_ids |= cls.other

    def by_company(self, company):
        """Code of the one dimension of the family that serves a company."""
        family = self.env["segmentation.dimension"].search([("code", "=like", "SIZE%")])
        return family.filtered(lambda d: d._applies_to(company)).ensure_one()

    @mute_logger(SAME_LABEL)
    def test_standard_for_one_company(self):
        standard = self.standard("EU_2003_361")
        before = self.bounds(self.large)
        self.assertIn(("change", "dimension", "Size", "Companies"), self.actions(standard, self.other))
        standard._apply(self.other)
        own = self.by_company(self.other)
        self.assertEqual(own.code, "SIZE_EU_2003_361")
        self.assertNotEqual(own.field_name, self.size.field_name)
        self.assertEqual(self.by_company(self.company), self.size)
        self.assertEqual(self.bounds(self.large), before)
        self.assertTrue(self.standard("SIZE_DEFAULT").applied_version)
        self.assertFalse(self.actions(standard, self.other), "applied twice")
        partner = self.customer(employee_count=300, declared_currency_id=self.other.currency_id.id)
        own.currency_id = False
        self.classify(partner)
        self.classify(partner, self.other)
        self.assertEqual(self.profile(partner, self.other)[own.field_name].code, "L")
        self.assertEqual(self.profile(partner)[own.field_name].code, False)
        self.assertClass(partner, self.size, "L")

    @mute_logger(SAME_LABEL)
    def test_another_for_the_same_company_takes_over(self):
        self.standard("EU_2003_361")._apply(self.other)
        own = self.by_company(self.other)
        self.standard("PURCHASES")._apply(self.other)
        self.assertEqual(self.by_company(self.other), own)
        self.assertEqual(own.criteria_mode, "any")
        self.assertFalse(self.standard("EU_2003_361").applied_version)

    @mute_logger(SAME_LABEL)
    def test_for_all_companies_afterwards(self):
        standard = self.standard("EU_2003_361")
        standard._apply(self.other)
        own = self.by_company(self.other)
        standard._apply()
        for company in (self.company, self.other):
            self.assertEqual(self.by_company(company), own)
        self.assertFalse(self.size.active)
        self.standard("PURCHASES")._apply()
        for company in (self.company, self.other):
            self.by_company(company)

    def test_all_companies_one_by_one(self):
        """The dimension itself goes on when nobody else uses it."""
        companies = self.env["res.company"].search([])
        self.standard("EU_2003_361")._apply(companies)
        self.assertEqual(self.by_company(self.company), self.size)
        self.assertFalse(self.size.company_ids)
