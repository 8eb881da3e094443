from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import wake_at_once


@tagged("post_install", "-at_install")
class TestFirstUse(HttpCase):
    """From the first click on the app to classified customers, in a real browser."""

    @mute_logger("odoo.addons.base.models.ir_model")  # columns of other companies' dimensions have the same labels
    def test_first_use(self):
        company = self.env["res.company"].create({"name": "Newcomer", "country_id": self.env.ref("base.us").id})
        new_test_user(
            self.env,
            "segmentation_newcomer",
            "partner_segmentation.group_manager,base.group_partner_manager",
            company_id=company.id,
            company_ids=company,
        )
        customer = self.env["res.partner"].create(
            {"name": "First Customer", "is_company": True, "employee_count": 500, "company_id": company.id}
        )
        # No scheduler runs during tests: waiting runs are worked off at once.
        run_class = self.env.registry["segmentation.run"]
        self.startPatcher(patch.object(run_class, "_wake", wake_at_once))
        self.start_tour("/odoo", "segmentation_first_use", login="segmentation_newcomer", timeout=180)
        self.assertEqual(customer.with_company(company).size_class_id.code, "L")
        self.assertTrue(self.env["segmentation.onboarding"]._of_company(company).is_finished)
