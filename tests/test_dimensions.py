from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestSize(SegmentationCommon):
    """Criteria: bounds, three-valued logic, currencies, windows."""

    def assertSize(self, code, **values):  # noqa: N802
        partner = self.customer(str(values), **values)
        self.classify(partner)
        self.assertClass(partner, self.size, code)
        return partner

    def test_bound_belongs_to_the_class(self):
        self.assertSize("L", employee_count=250)
        self.assertSize("M", employee_count=249)
        self.assertSize("M", employee_count=50)
        self.assertSize("S", employee_count=49)
        self.assertSize("L", annual_turnover=50_000_000)
        self.assertSize("M", annual_turnover=49_999_999.99)

    def test_any_criterion_is_enough(self):
        self.assertSize("L", employee_count=1, annual_turnover=50_000_000)

    def test_all_criteria_are_needed(self):
        self.size.criteria_mode = "all"
        for cls in ("large", "medium"):
            self.env.ref(f"partner_segmentation.criterion_size_{cls}_revenue_12m").unlink()
        self.assertSize("L", employee_count=250, annual_turnover=50_000_000)
        self.assertSize("M", employee_count=250, annual_turnover=49_000_000)
        self.assertSize("S", employee_count=250, annual_turnover=1)

    def test_zero_is_known(self):
        partner = self.assertSize("S", employee_count=0, annual_turnover=0)
        self.assertFalse(self.profile(partner).missing_facts.count("employee_count"))

    def test_missing_is_not_zero(self):
        partner = self.assertSize("S")
        profile = self.profile(partner)
        self.assertIs(profile.employee_count, False)
        self.assertIs(profile.annual_turnover, False)
        self.assertEqual(profile.revenue_12m, 0)
        self.assertIn("employee_count,annual_turnover", profile.missing_facts)
        self.assertIn(profile, profile.search([("employee_count", "=", False)]))
        self.assertNotIn(profile, profile.search([("employee_count", "=", 0)]))

    def test_missing_fact_that_cannot_matter_is_not_reported(self):
        partner = self.assertSize("L", employee_count=250)
        self.assertNotIn("annual_turnover", self.profile(partner).missing_facts or "")

    def test_undecided_takes_the_fallback_when_told_to(self):
        self.size.undecided = "fallback"
        self.assertSize(None)
        self.size.fallback_class_id = self.env.ref("partner_segmentation.class_size_medium")
        self.assertSize("M")
        self.assertSize("L", employee_count=250)
        self.assertSize("S", employee_count=1, annual_turnover=1)

    def test_fallback_is_not_for_those_a_missing_fact_leaves_open(self):
        small = self.env.ref("partner_segmentation.class_size_small")
        small.criterion_ids = [
            Command.create(
                {"metric_id": self.env.ref("partner_segmentation.metric_employee_count").id, "lower_bound": 5}
            )
        ]
        self.size.fallback_class_id = small
        self.assertSize(None)
        self.assertSize("S", employee_count=4, annual_turnover=1)

    def test_certain_class_is_kept_while_a_higher_one_is_open(self):
        partner = self.customer()
        self.invoice(partner, 100_000)
        self.classify(partner)
        self.assertClass(partner, self.size, "M")
        self.assertIn("employee_count", self.profile(partner).missing_facts)

    def test_revenue_is_invoices_minus_refunds(self):
        partner = self.customer(employee_count=1, annual_turnover=1)
        self.invoice(partner, 100_000)
        self.invoice(partner, 9_999_999, post=False)
        self.classify(partner)
        self.assertClass(partner, self.size, "M")
        self.invoice(partner, 0.01, move_type="out_refund")
        self.classify(partner)
        self.assertClass(partner, self.size, "S")
        self.assertAlmostEqual(self.profile(partner).revenue_12m, 99_999.99)

    def test_window_is_open_at_its_start_and_closed_at_its_end(self):
        partner = self.customer()
        self.invoice(partner, 1, day=date(2025, 6, 30))  # exactly 12 months before: out
        self.invoice(partner, 10, day=date(2025, 7, 1))
        self.invoice(partner, 100, day=date(2026, 6, 30))
        self.invoice(partner, 1000, day=date(2026, 7, 1))  # after the as-of date: out
        self.classify(partner)
        self.assertEqual(self.profile(partner).revenue_12m, 110)
        self.classify(partner, as_of=date(2026, 7, 1))
        self.assertEqual(self.profile(partner).revenue_12m, 1100)

    def test_days_are_those_of_the_company(self):
        partner = self.customer()
        self.order(partner, moment="2026-06-30 15:59:59")  # 23:59:59 in Shanghai
        self.order(partner, moment="2026-06-30 16:00:00")  # midnight of the next day
        self.classify(partner)
        self.assertEqual(self.profile(partner).orders_24m, 1)

    def test_amounts_are_compared_in_the_currency_of_the_dimension(self):
        eur = self.env.ref("base.EUR")
        eur.active = True
        self.env["res.currency.rate"].search([("currency_id", "in", (eur | self.cny).ids)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": eur.id, "rate": 0.128, "name": "2020-01-01", "company_id": self.company.id}
        )
        self.size.currency_id = eur
        self.assertSize("L", annual_turnover=50_000_000, declared_currency_id=eur.id)
        self.assertSize("M", annual_turnover=49_999_999.99, declared_currency_id=eur.id)
        self.assertSize("L", annual_turnover=390_625_000, declared_currency_id=self.cny.id)
        self.assertSize("M", annual_turnover=390_624_999, declared_currency_id=self.cny.id)

    def test_company_currency_when_the_dimension_has_none(self):
        self.size.currency_id = False
        self.assertSize("L", annual_turnover=50_000_000, declared_currency_id=self.cny.id)

    def test_unknown_rate_is_an_error_of_the_dimension_and_not_a_rate_of_one(self):
        odd = self.env["res.currency"].create({"name": "XQX", "symbol": "?"})
        self.env["res.currency.rate"].search([("currency_id", "=", self.cny.id)]).unlink()
        self.size.currency_id = odd
        partner = self.customer(employee_count=250)
        run = self.classify(partner)
        self.assertEqual(run.state, "partial")
        self.assertIn("XQX", run.error)
        self.assertClass(partner, self.size, None)
        self.assertClass(partner, self.stage, "POTENTIAL")

    def test_currency_without_rate_is_unknown_even_when_the_company_has_one(self):
        odd = self.env["res.currency"].create({"name": "XQX", "symbol": "?"})
        self.env["res.currency.rate"].create(
            {"currency_id": self.cny.id, "rate": 8, "name": "2020-01-01", "company_id": self.company.id}
        )
        partner = self.assertSize("S", annual_turnover=6_250_000, declared_currency_id=odd.id)
        self.assertIn("annual_turnover", self.profile(partner).missing_facts)

    def test_conversion_leaves_no_dust(self):
        partner = self.customer()
        for _number in range(3):
            self.order(partner).currency_rate = 3
        self.env.flush_all()
        metric = self.env.ref("partner_segmentation.metric_revenue_12m")
        fields = self.env["ir.model.fields"]
        metric.write(
            {
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "measure_field_id": fields._get("sale.order", "amount_untaxed").id,
                "date_field_id": fields._get("sale.order", "date_order").id,
                "partner_path": "partner_id.commercial_partner_id",
                "domain": "[]",
            }
        )
        self.classify(partner)
        self.assertEqual(self.profile(partner).revenue_12m, 100)

    def test_fact_in_a_currency_without_rate_is_missing(self):
        odd = self.env["res.currency"].create({"name": "XQX", "symbol": "?"})
        self.env["res.currency.rate"].search([("currency_id", "=", self.cny.id)]).unlink()
        partner = self.assertSize("S", annual_turnover=50_000_000, declared_currency_id=odd.id)
        self.assertIn("annual_turnover", self.profile(partner).missing_facts)

    def test_two_companies_come_to_different_results(self):
        other = self.setup_other_company()["company"]
        other.country_id = self.env.ref("base.de")
        partner = self.customer(country_id=self.china.id, state_id=self.env.ref("base.state_cn_GD").id)
        self.invoice(partner, 1_000_000)
        self.classify()
        self.size.currency_id = False
        self.classify(company=other)
        self.assertClass(partner, self.size, "L")
        self.assertClass(partner, self.size, "S", company=other)
        self.assertClass(partner, self.region, "CN_GD")
        self.assertClass(partner, self.region, "ASI", company=other)
        self.assertEqual(partner.with_company(self.company).size_class_id.code, "L")
        self.assertEqual(partner.with_company(other).size_class_id.code, "S")


@tagged("post_install", "-at_install")
class TestMapping(SegmentationCommon):
    def test_industries_lead_to_sectors(self):
        expected = {"C": "MFG", "G": "RTL", "J": "SVC", "A": "OTH"}
        for industry, code in expected.items():
            partner = self.customer(industry, industry_id=self.env.ref(f"base.res_partner_industry_{industry}").id)
            self.classify(partner)
            self.assertClass(partner, self.industry, code)

    def test_unmapped_industry_falls_back_and_a_missing_one_does_not(self):
        industry = self.env["res.partner.industry"].create({"name": "Space"})
        known, unknown = self.customer(industry_id=industry.id), self.customer()
        self.classify()
        self.assertClass(known, self.industry, "OTH")
        self.assertClass(unknown, self.industry, None)
        self.assertIn("industry_id", self.profile(unknown).missing_facts)
        self.industry.undecided = "fallback"
        self.classify()
        self.assertClass(unknown, self.industry, "OTH")

    def test_state_wins_over_country_in_the_own_country(self):
        partner = self.customer(country_id=self.china.id, state_id=self.env.ref("base.state_cn_GD").id)
        self.classify()
        self.assertClass(partner, self.region, "CN_GD")

    def test_own_country_without_state_is_the_country_and_reported(self):
        partner = self.customer(country_id=self.china.id)
        self.classify()
        self.assertClass(partner, self.region, "CN")
        self.assertIn("state_id", self.profile(partner).missing_facts)

    def test_other_countries_are_continents(self):
        for country, code in {"fr": "EUR", "jp": "ASI", "br": "SAM", "us": "NAM", "au": "OCE", "za": "AFR"}.items():
            partner = self.customer(country, country_id=self.env.ref(f"base.{country}").id)
            self.classify(partner)
            self.assertClass(partner, self.region, code)
            self.assertNotIn("state_id", self.profile(partner).missing_facts)

    def test_unknown_country_is_not_other(self):
        partner = self.customer()
        self.classify()
        self.assertClass(partner, self.region, None)
        self.assertIn("country_id", self.profile(partner).missing_facts)

    def test_fact_that_cannot_change_the_class_is_not_missing(self):
        """The state decides, so the country does not matter; a fact is named once."""
        guangdong = self.env.ref("base.state_cn_GD")
        partner = self.customer(state_id=guangdong.id)
        partner.country_id = False
        self.region.class_ids.filtered(lambda cls: cls.code == "AFR").industry_ids = self.env.ref(
            "base.res_partner_industry_A"
        )
        self.classify()
        self.assertClass(partner, self.region, "CN_GD")
        self.assertEqual(self.profile(partner).missing_facts, "employee_count,annual_turnover,industry_id")
        nowhere = self.customer()
        self.classify()
        self.assertEqual(self.profile(nowhere).missing_facts, "employee_count,annual_turnover,industry_id,country_id")

    def test_country_of_the_company_decides_which_states_count(self):
        partner = self.customer(country_id=self.china.id, state_id=self.env.ref("base.state_cn_GD").id)
        self.company.country_id = self.env.ref("base.de")
        self.classify()
        self.assertClass(partner, self.region, "ASI")


@tagged("post_install", "-at_install")
class TestStage(SegmentationCommon):
    def assertStage(self, partner, code):  # noqa: N802
        self.classify()
        self.assertClass(partner, self.stage, code)

    def test_from_potential_to_closed_and_back(self):
        partner = self.customer()
        self.assertStage(partner, "POTENTIAL")
        order = self.order(partner, confirm=False)
        self.assertStage(partner, "INTENT")
        order.action_confirm()
        order.date_order = "2026-06-01 12:00:00"
        self.assertStage(partner, "CLOSED")
        order._action_cancel()
        self.assertStage(partner, "POTENTIAL")

    def test_sent_quotation_is_intent(self):
        partner = self.customer()
        self.order(partner, confirm=False).state = "sent"
        self.assertStage(partner, "INTENT")

    def test_opportunity_is_intent_until_it_is_lost(self):
        partner = self.customer()
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "partner_id": partner.id, "company_id": self.company.id}
        )
        self.assertStage(partner, "INTENT")
        lead.action_set_lost()
        self.assertStage(partner, "POTENTIAL")

    def test_won_opportunity_alone_is_no_purchase(self):
        partner = self.customer()
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "partner_id": partner.id, "company_id": self.company.id}
        )
        lead.action_set_won()
        self.assertStage(partner, "POTENTIAL")

    def test_invoice_closes_and_lapses_after_24_months(self):
        partner = self.customer()
        self.invoice(partner, 10, day=date(2024, 7, 1))
        self.assertStage(partner, "CLOSED")
        self.classify(as_of=date(2026, 7, 1))
        self.assertClass(partner, self.stage, "LAPSED")

    def test_lapsed_customer_with_a_quotation_shows_intent(self):
        partner = self.customer()
        self.invoice(partner, 10, day=date(2020, 1, 1))
        self.assertStage(partner, "LAPSED")
        self.order(partner, confirm=False)
        self.assertStage(partner, "INTENT")

    def test_customer_that_drops_to_nothing(self):
        partner = self.customer(employee_count=1, annual_turnover=1)
        invoice = self.invoice(partner, 2_000_000)
        self.assertStage(partner, "CLOSED")
        self.assertClass(partner, self.size, "L")
        invoice.button_draft()
        invoice.button_cancel()
        self.assertStage(partner, "POTENTIAL")
        self.assertClass(partner, self.size, "S")
        self.assertEqual(self.profile(partner).revenue_12m, 0)

    def test_later_dimension_uses_the_class_of_an_earlier_one(self):
        key = self.make_class(self.stage, "KEY", sequence=1, domain="[('size_class_id.code', '=', 'L')]")
        large, small = self.customer(employee_count=250), self.customer(employee_count=1)
        self.classify()
        self.assertClass(large, self.stage, key.code)
        self.assertClass(small, self.stage, "POTENTIAL")

    def test_dimension_without_classes_leaves_customers_unclassified(self):
        partner = self.customer(employee_count=250)
        for dimension in (self.size, self.industry, self.stage):
            self.classify()
            self.assertTrue(dimension.class_ids)
            dimension.class_ids.active = False
            run = self.classify()
            self.assertEqual(run.state, "done", run.error)
            self.assertClass(partner, dimension, None)

    def test_archived_dimension_takes_its_classes_back(self):
        partner = self.customer(employee_count=250)
        self.classify()
        self.size.active = False
        run = self.classify()
        self.assertClass(partner, self.size, None)
        self.assertIn(self.size, run.change_ids.dimension_id)
        self.assertFalse(self.profile(partner).segmentation_code.startswith("L"))

    def test_dimension_of_other_companies(self):
        partner = self.customer(employee_count=250)
        other = self.setup_other_company()["company"]
        self.size.company_ids = [Command.set(other.ids)]
        self.classify()
        self.assertClass(partner, self.size, None)
        self.assertEqual(self.profile(partner).segmentation_code, "?-?-POTENTIAL")
