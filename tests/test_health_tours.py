from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestHealthTours(HttpCase):
    """What managers do about what the health check finds, in a real browser."""

    def test_finding_goes_with_its_remedy(self):
        # A company of its own: nobody else has traded with it.
        company = self.env["res.company"].create(
            {"name": "Health", "segmentation_population": "[('ref', '=', 'HEALTH-TOUR')]"}
        )
        self.env.ref("partner_segmentation.dimension_size").currency_id = False
        customer = self.env["res.partner"].create({"name": "Health Tour", "ref": "HEALTH-TOUR", "is_company": True})
        new_test_user(
            self.env,
            "segmentation_health_tour",
            "partner_segmentation.group_manager,base.group_partner_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.env["segmentation.run"]._classify(company, "manual")
        self.start_tour("/odoo", "segmentation_health", login="segmentation_health_tour", timeout=120)
        self.assertEqual(customer.employee_count, 42)
