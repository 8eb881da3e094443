from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestOnboarding(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["segmentation.run"].sudo().search([]).unlink()
        cls.manager = new_test_user(
            cls.env,
            "segmentation_starter",
            "partner_segmentation.group_manager,account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.small = cls.customer("Small", employee_count=3, annual_turnover=10_000)
        cls.large = cls.customer("Large", employee_count=2000, annual_turnover=5e9)
        (cls.small | cls.large).industry_id = cls.env.ref("base.res_partner_industry_C")
        cls.invoice(cls.large, 1000)
        cls.Onboarding = cls.env["segmentation.onboarding"].with_user(cls.manager)
        cls.steps = cls.Onboarding._of_company(cls.company)

    def _forget_columns(self):
        # The jobs have told other processes about the columns; those of this one are rolled back all the same.
        self.registry.registry_invalidated = True
        return super()._forget_columns()

    def choose(self, **codes):
        """Choose standards: topic=code, None for none; nothing for all other topics."""
        for line in self.steps.line_ids:
            code = codes.get(line.topic)
            line.standard_id = code and self.env["segmentation.standard"].search([("code", "=", code)])

    def chosen(self, company=None):
        lines = self.env["segmentation.onboarding.line"]._proposals(company or self.company)
        return {topic: standard.code for topic, standard in lines.items() if standard}

    def open_app(self, user):
        action = self.env.ref("partner_segmentation.segmentation_open_action").with_user(user)
        return action.with_company(self.company).run()

    # -- opening -------------------------------------------------------------------------------

    def test_managers_are_guided_until_they_have_finished(self):
        self.assertEqual(self.open_app(self.manager)["res_model"], "segmentation.onboarding")
        self.steps.action_skip()
        self.assertEqual(self.open_app(self.manager)["res_model"], "res.partner")

    def test_others_see_the_customers(self):
        self.assertEqual(self.open_app(self.salesperson)["res_model"], "res.partner")

    def test_each_company_has_its_own(self):
        other = self.setup_other_company()["company"]
        self.steps.is_finished = True
        theirs = self.env["segmentation.onboarding"]._of_company(other)
        self.assertFalse(theirs.is_finished)
        with self.assertRaises(AccessError):
            theirs.with_user(self.manager).read(["step"])

    def test_others_cannot_by_rpc(self):
        own = self.steps.with_user(self.salesperson)
        for call in (
            lambda: own.read(["step"]),
            lambda: own.write({"is_finished": True}),
            own.action_next,
            own.action_classify,
            own.action_skip,
            lambda: own.line_ids.create({"onboarding_id": own.id, "topic": "SIZE"}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                call()

    # -- standards -----------------------------------------------------------------------------

    def test_chinese_company_is_offered_the_chinese_standards(self):
        self.company.segmentation_population = [("id", "in", (self.small | self.large).ids)]
        chosen = self.chosen()
        self.assertEqual((chosen["SIZE"], chosen["REGION"]), ("CN_NBS_2017", "REGION_CN7"))
        self.assertEqual((chosen["ABC"], chosen["RFM"]), ("ABC_REVENUE", "RFM"))

    def test_official_sizes_are_not_proposed_where_they_would_place_nobody(self):
        self.company.segmentation_population = [("id", "in", (self.small | self.large).ids)]
        (self.small | self.large).employee_count = False
        chosen = self.chosen()
        self.assertEqual((chosen["SIZE"], chosen["REGION"]), ("SIZE_DEFAULT", "REGION_CN7"))

    def test_what_needs_invoices_is_offered_to_who_has_some(self):
        other = self.setup_other_company()["company"]
        self.assertNotIn("ABC", self.chosen(other))

    def test_other_companies_keep_what_was_installed(self):
        self.company.country_id = self.env.ref("base.us")
        chosen = self.chosen()
        self.assertEqual((chosen["SIZE"], chosen["REGION"]), ("SIZE_DEFAULT", "REGION_DEFAULT"))

    def test_what_is_in_use_is_proposed_again(self):
        self.env["segmentation.standard"].search([("code", "=", "PURCHASES")])._apply()
        chosen = self.chosen()
        self.assertEqual(chosen["SIZE"], "PURCHASES")
        self.assertNotIn("RFM", chosen)

    def test_a_standard_is_chosen_among_those_about_the_same(self):
        line = self.steps.line_ids.filtered(lambda line: line.topic == "SIZE")
        self.assertEqual(line.name, "Size")
        self.assertIn("EU_2003_361", line.allowed_standard_ids.mapped("code"))
        self.assertNotIn("RFM", line.allowed_standard_ids.mapped("code"))

    def test_standard_that_needs_facts_says_so(self):
        self.company.segmentation_population = [("id", "in", (self.small | self.large | self.customer()).ids)]
        self.choose(SIZE="CN_NBS_2017")
        self.assertFalse(self.steps.facts_warning, "most facts are known")
        (self.small | self.large).employee_count = False
        self.env.invalidate_all()
        self.assertIn("of 0 of 3 only", self.steps.facts_warning)
        self.assertIn("NBS", self.steps.descriptions)
        self.choose(SIZE="SIZE_DEFAULT")
        self.assertFalse(self.steps.facts_warning)

    # -- currency ------------------------------------------------------------------------------

    def test_currency_without_rate(self):
        self.env["res.currency.rate"].search([]).unlink()
        self.choose(SIZE="EU_2003_361")
        self.steps.action_next()
        self.assertEqual(self.steps.currency_id, self.cny)
        self.assertIn("They are not converted", self.steps.currency_warning)
        self.steps.currency_id = False
        self.assertIn("No exchange rate between CNY and EUR", self.steps.currency_warning)

    def test_currency_with_rate(self):
        self.choose(SIZE="CN_NBS_2017")
        self.steps.action_next()
        self.assertFalse(self.steps.currency_id)
        self.assertEqual(self.steps.currencies, "CNY")
        self.assertFalse(self.steps.currency_warning)

    # -- preview and result --------------------------------------------------------------------

    def sizes(self):
        return {
            dimension["name"]: {cls["name"]: cls["customers"] for cls in dimension["classes"]}
            for dimension in self.steps.sizes
        }

    def go_to_preview(self):
        while self.steps.step != "preview":
            self.steps.action_next()

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_preview_changes_nothing_and_is_what_comes_out(self):
        self.choose(SIZE="CN_NBS_2017", REGION="REGION_CN7", ABC="ABC_REVENUE")
        columns = set(self.env["segmentation.profile"]._fields)
        dimensions = self.env["segmentation.dimension"].search([])
        self.go_to_preview()
        self.assertEqual(set(self.env["segmentation.profile"]._fields), columns)
        self.assertEqual(self.env["segmentation.dimension"].search([]), dimensions)
        self.assertEqual(self.size.class_ids.mapped("code"), ["L", "M", "S"])
        self.assertFalse(self.env["segmentation.profile"].search([("company_id", "=", self.company.id)]))
        promised = self.sizes()
        self.assertIn("Contribution (ABC)", promised)
        self.assertIn("Large", self.steps.preview)
        self.steps.action_classify()
        self.run_jobs("cron_work")
        self.assertEqual((self.steps.step, self.steps.state), ("run", "done"), self.steps.error)
        for dimension in self.steps._dimensions():
            groups = self.env["segmentation.profile"]._read_group(
                [("company_id", "=", self.company.id)], [dimension.field_name], ["__count"]
            )
            now = {cls.name or "Unclassified": count for cls, count in groups}
            self.assertEqual(now, promised[dimension.name], dimension.name)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_pressing_next_through_everything_gives_a_result(self):
        self.assertFalse(self.manager.has_group("base.group_system"))
        self.go_to_preview()
        self.assertFalse(self.steps.preview_error)
        self.steps.action_classify()
        self.run_jobs("cron_work")
        self.assertEqual(self.steps.state, "done", self.steps.error)
        # Where other companies go on with what they have, this one has got dimensions of its own.
        dimension = self.steps._dimensions()[0]
        self.assertIn(dimension.code, ("SIZE", "SIZE_CN_NBS_2017"))
        self.assertEqual(self.profile(self.large).with_user(self.manager)[dimension.field_name].code, "L")
        action = self.steps.action_finish()
        self.assertTrue(self.steps.is_finished)
        self.assertEqual(action["context"]["group_by"], [dimension.field_name])

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_currency_is_applied_to_the_standard(self):
        self.choose(SIZE="EU_2003_361")
        self.steps.currency_id = self.cny
        self.steps._apply_change({})
        self.assertEqual(self.size.currency_id, self.cny)

    def test_standard_that_cannot_be_applied_is_named(self):
        self.choose(FOCUS="FOCUS")
        with self.assertRaisesRegex(UserError, "Combined.*cannot be applied[^☃]*Choose another one in the first step"):
            self.go_to_preview()

    def test_choice_of_nothing_leaves_everything_as_it_is(self):
        self.choose()
        versions = self.env["segmentation.dimension"].search([]).mapped("rule_version")
        self.go_to_preview()
        self.steps.action_classify()
        self.assertEqual(self.env["segmentation.dimension"].search([]).mapped("rule_version"), versions)

    def test_steps(self):
        self.choose()
        self.steps.action_next()
        with Form(self.steps) as form:
            form.population = "[('customer_rank', '>', 0)]"
        self.assertEqual(self.company.segmentation_population, "[('customer_rank', '>', 0)]")
        self.steps.action_next()
        with Form(self.steps) as form:
            form.real_time = False
        self.assertFalse(self.company.segmentation_real_time)
        self.assertEqual(self.steps.step, "schedule", "it goes on where it was left")
        self.steps.action_back()
        self.assertEqual(self.steps.step, "currency")

    def test_set_up_again(self):
        self.steps.action_skip()
        page = self.env["segmentation.settings"].with_user(self.manager)._of_company(self.company)
        self.assertEqual(page.action_set_up_again()["res_id"], self.steps.id)
        self.assertEqual((self.steps.step, self.steps.is_finished), ("standards", False))
        self.assertTrue(self.steps.line_ids)
