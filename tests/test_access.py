from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestAccess(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer(employee_count=250)
        cls.invoice(cls.partner, 1_234_567.89)
        cls.classify()

    def new_user(self, *groups):
        return new_test_user(
            self.env,
            f"segmentation_{len(self.env['res.users'].search([]))}",
            ",".join(groups),
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_internal_user_without_the_group_sees_no_class(self):
        user = self.new_user("base.group_user")
        partner = self.partner.with_user(user)
        with self.assertRaises(AccessError):
            partner.read(["size_class_id"])
        with self.assertRaises(AccessError):
            partner.search([("size_class_id.code", "=", "L")])
        self.assertNotIn("segmentation_code", partner.fields_get())
        self.assertEqual(partner.read(["name"])[0]["name"], self.partner.name)

    def test_manager_without_technical_rights_configures(self):
        user = self.new_user("partner_segmentation.group_manager", "account.group_account_readonly")
        metric = self.env.ref("partner_segmentation.metric_revenue_12m").with_user(user)
        with Form(metric) as form:
            form.window_months = 6
        self.assertEqual(metric.window_months, 6)
        self.size.with_user(user).action_reclassify()

    def test_figures_need_sales_or_invoicing_rights(self):
        viewer = self.new_user("partner_segmentation.group_user")
        profile = self.profile(self.partner).with_user(viewer)
        with self.assertRaises(AccessError):
            profile.read(["revenue_12m"])
        with self.assertRaises(AccessError):
            profile._read_group([], [], ["revenue_12m:sum"])
        html = self.partner.with_user(viewer).segmentation_explanation
        self.assertIn("Large", html)
        self.assertNotIn("1,234,567", html)
        self.assertNotIn("Invoices, 24 months: 1", html)
        for groups in ("sales_team.group_sale_salesman", "account.group_account_readonly"):
            allowed = self.profile(self.partner).with_user(self.new_user(groups))
            self.assertEqual(allowed.read(["revenue_12m"])[0]["revenue_12m"], 1_234_567.89)
            self.assertIn("1,234,567.89", self.partner.with_user(allowed.env.user).segmentation_explanation)

    def test_conditions_do_not_read_what_their_author_may_not(self):
        manager = self.new_user("partner_segmentation.group_manager")
        closed = self.env.ref("partner_segmentation.class_stage_closed").with_user(manager)
        with self.assertRaises(AccessError):
            closed.domain = "[('revenue_12m', '>', 1000000)]"
        metric = self.env.ref("partner_segmentation.metric_open_quotations").with_user(manager)
        with self.assertRaises(AccessError):
            metric.domain = "[('amount_total', '>', 1000000)]"

    def test_salesperson_reclassifies_and_gets_the_same_as_the_scheduler(self):
        self.partner.employee_count = 10
        action = self.partner.with_user(self.salesperson).action_reclassify()
        self.assertEqual(action["params"]["type"], "success")
        run = self.env["segmentation.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual(run.user_id, self.salesperson)
        self.assertFalse(self.classify(as_of=run.as_of).changed)

    def test_other_companies_are_out_of_sight(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        self.classify(company=other)
        seen = self.env["segmentation.profile"].with_user(self.salesperson).search([])
        self.assertEqual(seen.company_id, self.company)
        runs = self.env["segmentation.run"].with_user(self.salesperson).search([])
        self.assertEqual(runs.company_id, self.company)
        hidden = self.profile(self.partner, other).with_user(self.salesperson)
        with self.assertRaises(AccessError):
            hidden.read(["segmentation_code"])

    def test_evaluating_everybody_is_for_those_who_set_the_rules(self):
        viewer = self.new_user("partner_segmentation.group_user")
        with self.assertRaises(AccessError):
            self.size.with_user(viewer).action_reclassify()
        run = self.env["segmentation.run"].search([("company_id", "=", self.company.id)], limit=1)
        with self.assertRaises(AccessError):
            run.with_user(viewer).action_run_again()
        outsider = self.new_user("base.group_user")
        with self.assertRaises(AccessError):
            self.partner.with_user(outsider).action_reclassify()
