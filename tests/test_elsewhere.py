"""Classes in apps that the add-on does not depend on.

The second part of the tests has these apps (dev/testing.py); a test that is skipped for want of one fails there.
"""

import unittest

from odoo.fields import Command
from odoo.tests import tagged

from .common import AS_OF, SegmentationCommon


@tagged("post_install", "-at_install")
class TestElsewhere(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = cls.customer("Large", employee_count=300, email="large@example.com")
        cls.small = cls.customer("Small", employee_count=3, email="small@example.com")
        cls.classify()
        cls.is_large = [("size_class_id.code", "=", "L"), ("id", "in", (cls.large | cls.small).ids)]

    def need(self, module):
        if module not in self.env["ir.module.module"]._installed():
            raise unittest.SkipTest(f"{module} is not installed; `make test` runs this in its second part.")

    def make_pricelist(self):
        return self.env["product.pricelist"].create(
            {"name": "For large customers", "currency_id": self.cny.id, "company_id": self.company.id}
        )

    def test_pricelist_for_the_customers_of_a_class(self):
        pricelist = self.make_pricelist()
        self.env["res.partner"].search(self.is_large).property_product_pricelist = pricelist
        self.assertEqual(self.order(self.large, confirm=False).pricelist_id, pricelist)
        self.assertNotEqual(self.order(self.small, confirm=False).pricelist_id, pricelist)

    def test_mailing_to_a_class(self):
        self.need("mass_mailing")
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "For large customers",
                "mailing_type": "mail",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "mailing_domain": str(self.is_large),
            }
        )
        self.assertEqual(mailing._get_recipients(), self.large.ids)
        self.env["segmentation.override"]._set(
            self.small, self.size, self.env.ref("partner_segmentation.class_size_large")
        )
        self.classify(self.small)
        self.assertEqual(set(mailing._get_recipients()), {self.large.id, self.small.id})

    def test_loyalty_program_for_a_class(self):
        """Programs have no condition on customers: the pricelist of a class stands for it."""
        self.need("sale_loyalty")
        pricelist = self.make_pricelist()
        self.env["res.partner"].search(self.is_large).property_product_pricelist = pricelist
        program = self.env["loyalty.program"].create(
            {
                "name": "10 % for large customers",
                "program_type": "promotion",
                "trigger": "auto",
                "currency_id": self.cny.id,
                "company_id": self.company.id,
                "pricelist_ids": [Command.set(pricelist.ids)],
                "rule_ids": [Command.create({})],
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 10})],
            }
        )
        for customer in (self.large, self.small):
            order = self.order(customer, confirm=False)
            self.assertEqual(program in order._get_applicable_program_points(), customer == self.large)

    def test_coupons_for_a_class(self):
        self.need("sale_loyalty")
        program = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons", "currency_id": self.cny.id, "company_id": self.company.id}
        )
        wizard = self.env["loyalty.generate.wizard"].create(
            {
                "program_id": program.id,
                "mode": "selected",
                "customer_ids": [Command.set(self.env["res.partner"].search(self.is_large).ids)],
            }
        )
        wizard.generate_coupons()
        self.assertEqual(program.coupon_ids.partner_id, self.large)

    def automation(self, model, **values):
        """An automation rule that notes on the contact that it was run."""
        code = (
            "record.write({'comment': 'rule'})"
            if model == "res.partner"
            else "record.partner_id.write({'comment': 'rule'})"
        )
        model_id = self.env["ir.model"]._get_id(model)
        action = self.env["ir.actions.server"].create(
            {"name": "Note", "model_id": model_id, "state": "code", "code": code, "usage": "base_automation"}
        )
        return self.env["base.automation"].create(
            {"name": "Rule", "model_id": model_id, "action_server_ids": [Command.set(action.ids)], **values}
        )

    def test_automation_rule_for_a_class(self):
        self.need("base_automation")
        phone = self.env["ir.model.fields"]._get("res.partner", "phone")
        self.automation(
            "res.partner",
            trigger="on_create_or_write",
            trigger_field_ids=[Command.set(phone.ids)],
            filter_domain=str(self.is_large),
        )
        for customer in (self.large, self.small):
            customer.phone = "+86 10 1234"
            self.assertEqual("rule" in (customer.comment or ""), customer == self.large)

    def test_automation_rule_on_a_change_of_class(self):
        """As the model of the results promises: a rule with the trigger "State is set to: Done"."""
        self.need("base_automation")
        done = self.env["ir.model.fields.selection"].search(
            [
                ("field_id.model", "=", "segmentation.action.item"),
                ("value", "=", "done"),
                ("field_id.name", "=", "state"),
            ]
        )
        self.automation("segmentation.action.item", trigger="on_state_set", trg_selection_field_id=done.id)
        self.env["segmentation.action"].create(
            {
                "name": "For the rule",
                "active": True,
                "company_id": self.company.id,
                "dimension_id": self.size.id,
                "event": "enter",
                "class_ids": [Command.set(self.env.ref("partner_segmentation.class_size_large").ids)],
                "user_id": self.env.ref("base.user_root").id,
            }
        )
        self.small.employee_count = 300
        self.classify(self.small, as_of=AS_OF)
        self.assertNotIn("rule", self.small.comment or "")
        self.run_jobs("cron_actions")
        self.assertIn("rule", self.small.comment or "")
        self.assertNotIn("rule", self.large.comment or "")
