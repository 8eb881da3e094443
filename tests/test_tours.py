from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user, tagged

from .common import wake_at_once


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    """What users do, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.user_admin").company_id = cls.env.company
        cls.env.ref("partner_segmentation.dimension_size").currency_id = False
        cls.customer = cls.env["res.partner"].create(
            {"name": "Tour Customer 客户", "is_company": True, "employee_count": 120}
        )
        cls.env["segmentation.run"]._classify(cls.env.company, "manual")

    def test_change_of_a_bound_reaches_the_customer(self):
        self.assertEqual(self.customer.size_class_id.code, "M")
        # No scheduler runs during tests: waiting runs are worked off at once.
        run_class = self.env.registry["segmentation.run"]
        self.startPatcher(patch.object(run_class, "_wake", wake_at_once))
        self.start_tour("/odoo", "segmentation_change_bound", login="admin", timeout=120)
        self.assertEqual(self.customer.size_class_id.code, "L")

    def test_sales_user_groups_contacts_by_size(self):
        new_test_user(self.env, "segmentation_tour", "sales_team.group_sale_salesman,base.group_partner_manager")
        self.start_tour("/odoo", "segmentation_group_contacts", login="segmentation_tour", timeout=120)

    def test_facts_can_be_emptied(self):
        self.start_tour(f"/odoo/contacts/{self.customer.id}", "segmentation_optional_fact", login="admin", timeout=120)
        self.assertIs(self.customer.employee_count, False)
        self.assertEqual(self.customer.annual_turnover, 0)
        self.assertIsNot(self.customer.annual_turnover, False)
