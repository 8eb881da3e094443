from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import wake_at_once


@tagged("post_install", "-at_install")
class TestPreviewTours(HttpCase):
    """A change with a preview, in a real browser, by a manager without technical rights."""

    def test_preview_discard_preview_apply(self):
        # A company of its own: nobody else has traded with it.
        company = self.env["res.company"].create(
            {"name": "Preview", "segmentation_population": "[('ref', '=', 'PREVIEW-TOUR')]"}
        )
        size = self.env.ref("partner_segmentation.dimension_size")
        size.currency_id = False
        customer = self.env["res.partner"].create(
            {"name": "Preview Tour", "ref": "PREVIEW-TOUR", "is_company": True, "employee_count": 120}
        )
        new_test_user(
            self.env,
            "segmentation_preview_tour",
            "partner_segmentation.group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.env["segmentation.run"]._classify(company, "manual")
        self.assertEqual(customer.with_company(company).size_class_id.code, "M")
        # No scheduler runs during tests: waiting runs are worked off at once.
        run_class = self.env.registry["segmentation.run"]
        self.startPatcher(patch.object(run_class, "_wake", wake_at_once))
        url = f"/odoo/action-partner_segmentation.segmentation_dimension_action/{size.id}"
        self.start_tour(url, "segmentation_preview", login="segmentation_preview_tour", timeout=120)
        self.env.invalidate_all()
        self.assertEqual(customer.with_company(company).size_class_id.code, "L")
