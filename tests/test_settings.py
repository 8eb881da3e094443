from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Datetime
from odoo.service.model import get_public_method
from odoo.tests import Form, new_test_user, tagged

from .common import AS_OF, SegmentationCommon


@tagged("post_install", "-at_install")
class TestSettings(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "segmentation_settings_manager",
            "partner_segmentation.group_manager,account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.page = cls.page_of(cls.manager)
        cls.job = cls.env.ref("partner_segmentation.cron_classify")

    @classmethod
    def page_of(cls, user):
        return cls.env["segmentation.settings"].with_user(user)._of_company(user.company_id)

    # -- rights --------------------------------------------------------------------------------

    def test_manager_without_technical_rights_saves_everything(self):
        self.assertFalse(self.manager.has_group("base.group_system"))
        tomorrow = Datetime.now().replace(microsecond=0) + timedelta(days=1)
        with Form(self.page) as form:
            form.interval_days = 2
            form.next_run = tomorrow
            form.real_time = False
            form.code_separator = "/"
            form.history_months = 36
            form.population = "[('customer_rank', '>', 0)]"
        self.assertEqual((self.job.interval_number, self.job.interval_type, self.job.nextcall), (2, "days", tomorrow))
        self.assertFalse(self.company.segmentation_real_time)
        self.assertEqual(self.company.segmentation_code_separator, "/")
        self.assertEqual(self.company.segmentation_history_months, 36)
        self.assertEqual(self.company.segmentation_population, "[('customer_rank', '>', 0)]")
        with Form(self.page) as form:
            form.nightly = False
        self.assertFalse(self.job.active)
        self.assertIn("get", self.page.idle_warning)

    def test_menu_opens_it_for_managers_only(self):
        action = self.env.ref("partner_segmentation.segmentation_settings_open_action")
        self.assertEqual(action.with_user(self.manager).run()["res_id"], self.page.id)
        with self.assertRaises(AccessError):
            action.with_user(self.salesperson).run()

    def test_others_cannot_by_rpc(self):
        for user in (self.salesperson, new_test_user(self.env, "plain", "partner_segmentation.group_user")):
            own = self.page.with_user(user)
            with self.assertRaises(AccessError):
                own.read(["nightly"])
            with self.assertRaises(AccessError):
                own.write({"nightly": False})
            with self.assertRaises(AccessError):
                own.create({"company_id": user.company_id.id})
            with self.assertRaises(AccessError):
                own._of_company(user.company_id)

    def test_manager_reaches_nothing_else_through_it(self):
        """What the page writes as superuser is what it shows."""
        for name in ("_inverse_company_values", "_inverse_job_values", "_of_company", "_action_open"):
            with self.assertRaises(AccessError):
                get_public_method(self.page, name)
        with self.assertRaises(AccessError):
            self.page.create({"company_id": self.company.id})
        with self.assertRaises(AccessError):
            self.page.unlink()
        with self.assertRaises(AccessError):
            self.company.with_user(self.manager).write({"segmentation_history_months": 3})
        with self.assertRaises(AccessError):
            self.job.with_user(self.manager).write({"active": False})

    def test_other_companies_are_out_of_reach(self):
        other = self.setup_other_company()["company"]
        foreign = self.env["segmentation.settings"]._of_company(other).with_user(self.manager)
        with self.assertRaises(AccessError):
            foreign.write({"history_months": 3})
        with self.assertRaisesRegex(UserError, "Switch to the company"):
            self.page.write({"company_id": other.id, "history_months": 3})
        self.assertEqual(other.segmentation_history_months, 0)

    # -- input ---------------------------------------------------------------------------------

    def test_bad_input_names_field_value_and_remedy(self):
        yesterday = Datetime.now() - timedelta(days=1)
        for values, message in (
            ({"history_months": -1}, r"Months of history: -1 .* or 0"),
            ({"interval_days": 0}, r"Every \(days\): 0 .*Enter 1"),
            ({"next_run": yesterday}, r"Next run: .* in the past\. Choose"),
            ({"next_run": False}, r"Next run: nothing is entered\. Choose"),
            ({"code_separator": "7"}, r"Separator: “7”.*Enter one sign"),
            ({"population": "[('no_such_field', '=', 1)]"}, r"Customers to classify.*no_such_field.*Choose"),
            ({"population": "nonsense"}, r"Customers to classify.*Choose"),
        ):
            with self.subTest(**values), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                self.page.write(values)

    def test_bad_window_names_the_remedy(self):
        metric = self.page.metric_ids[0]
        with self.assertRaisesRegex(UserError, r"Window \(months\): -1 .* Enter"), self.env.cr.savepoint():
            self.page.write({"metric_ids": [Command.update(metric.id, {"window_months": -1})]})

    def test_a_deleted_job_says_what_to_do(self):
        self.job.unlink()
        page = self.page_of(self.manager)
        self.assertFalse(page.nightly)
        with self.assertRaisesRegex(UserError, "upgrade the app"):
            page.nightly = True

    def test_nothing_changes_what_was_not_changed(self):
        self.env["segmentation.run"].sudo().search([("state", "=", "queued")]).unlink()
        before = {dimension: dimension.rule_version for dimension in self.env["segmentation.dimension"].search([])}
        self.page.write({"history_months": 12})
        for dimension, version in before.items():
            self.assertEqual(dimension.rule_version, version)
        self.assertFalse(self.env["segmentation.run"].search([("state", "=", "queued")]))

    # -- real time -----------------------------------------------------------------------------

    def marks(self):
        self.env.cr.precommit.run()
        return self.env["segmentation.touch"].sudo().search([])

    def test_real_time_off_notes_nothing_and_on_catches_up(self):
        partner = self.customer(employee_count=1)
        self.run_jobs("cron_classify_touched")
        self.classify()
        others = self.env["res.company"].search([]) - self.company
        others.segmentation_real_time = False
        self.marks().unlink()
        self.page.real_time = False
        partner.employee_count = 250
        self.assertFalse(self.marks())
        self.page.real_time = True
        self.run_jobs("cron_work")
        self.assertClass(partner, self.size, "L")

    def test_real_time_of_one_company(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        partner = self.customer(employee_count=250)
        self.page.real_time = False
        self.marks()
        self.run_jobs("cron_classify_touched")
        self.assertTrue(self.profile(partner, other))
        self.assertFalse(self.profile(partner))

    def test_classes_set_by_hand_do_not_wait_for_the_night(self):
        partner = self.customer(employee_count=1)
        self.classify()
        self.page.real_time = False
        partner.size_class_id = self.env.ref("partner_segmentation.class_size_large")
        self.assertClass(partner, self.size, "L")

    # -- currency ------------------------------------------------------------------------------

    def test_currency_of_all_bounds(self):
        euro = self.env.ref("base.EUR")
        self.assertEqual(self.page.currency_id, self.cny)
        self.assertIn("Size: CNY", self.page.amounts)
        with Form(self.page) as form:
            form.currency_id = euro
            self.assertIn("check those of Size", form.currency_warning)
        self.assertEqual(self.size.currency_id, euro)
        self.assertEqual(self.env.ref("partner_segmentation.criterion_size_large_revenue_12m").lower_bound, 1_000_000)

    def test_currencies_that_differ(self):
        self.size.copy({"code": "SIZE2", "name": "Size 2", "currency_id": self.env.ref("base.EUR").id})
        self.env.invalidate_all()
        self.assertFalse(self.page.currency_id)
        self.assertIn("Size 2: EUR", self.page.amounts)
        self.page.history_months = 3
        self.assertEqual(self.size.currency_id, self.cny, "an empty currency changes nothing")

    def test_unknown_rate_is_said(self):
        self.env["res.currency.rate"].search([]).unlink()
        self.size.currency_id = self.env.ref("base.EUR")
        self.env.invalidate_all()
        self.assertRegex(self.page.currency_warning, "No exchange rate between CNY and EUR .* choose CNY")

    # -- code and windows ----------------------------------------------------------------------

    def test_code_format(self):
        partner = self.customer(employee_count=250, country_id=self.china.id)
        self.classify()
        self.assertEqual(self.page.code_example.split("-")[0], "L")
        with Form(self.page) as form:
            form.code_separator = "/"
            self.assertEqual(form.code_example.count("/"), len(self.page.dimension_ids) - 1)
        self.page.write({"dimension_ids": [Command.update(self.industry.id, {"in_code": False})]})
        self.assertFalse(self.industry.in_code)
        self.assertEqual(self.page.code_example.count("/"), len(self.page.dimension_ids) - 2)
        self.assertTrue(self.profile(partner).segmentation_code.startswith("L/CN/"))

    def test_order_of_the_code(self):
        partner = self.customer(employee_count=250)
        self.classify()
        self.page.write({"dimension_ids": [Command.update(self.stage.id, {"sequence": 1})]})
        self.assertTrue(self.profile(partner).segmentation_code.startswith("POTENTIAL-L-"))
        self.assertEqual(self.page.dimension_ids[0], self.stage)

    def test_lists_only_change_rows(self):
        self.page.write(
            {"dimension_ids": [Command.clear()], "metric_ids": [Command.delete(self.page.metric_ids[0].id)]}
        )
        self.env.invalidate_all()
        self.assertTrue(self.page.dimension_ids)
        self.assertTrue(self.page.metric_ids.exists())

    def test_window(self):
        metric = self.env.ref("partner_segmentation.metric_revenue_12m")
        before = self.size.rule_version
        self.assertFalse(self.page.window_warning)
        self.page.write({"metric_ids": [Command.update(metric.id, {"window_months": 6})]})
        self.env.invalidate_all()
        self.assertIn("6 months", self.page.window_warning)
        self.assertEqual(metric.window_months, 6)
        self.assertGreater(self.size.rule_version, before)
        metric.name = "Revenue, 6 months"
        self.env.invalidate_all()
        self.assertFalse(self.page.window_warning)

    def test_preview_of_a_window(self):
        partner = self.customer()
        self.invoice(partner, 2_000_000, AS_OF - timedelta(days=200))
        with freeze_time(AS_OF):
            self.classify()
            metric = self.env.ref("partner_segmentation.metric_revenue_12m")
            values = {"metric_ids": [[Command.UPDATE, metric.id, {"window_months": 3}]], "history_months": 7}
            preview = self.env["segmentation.preview"].browse(self.page.action_preview(values)["res_id"])
            self.assertEqual(preview.moved, 1)
            self.assertEqual((metric.window_months, self.company.segmentation_history_months), (12, 0))
            preview.with_user(self.manager).action_apply()
        self.assertEqual((metric.window_months, self.company.segmentation_history_months), (3, 7))

    def test_loop_of_dimensions_is_refused(self):
        key = self.env["segmentation.dimension"].create(
            {"name": "Key", "code": "KEY", "method": "domain", "sequence": 90}
        )
        self.make_class(key, "K", domain="[('size_class_id.code', '=', 'L')]")
        self.env.invalidate_all()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.page.write({"dimension_ids": [Command.update(key.id, {"sequence": 1})]})
