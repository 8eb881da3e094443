from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from odoo.addons.partner_segmentation.tests.common import AS_OF, SegmentationCommon

from ..hooks import uninstall_hook


@tagged("post_install", "-at_install")
class TestExample(SegmentationCommon):
    """What another add-on can add works like what is there."""

    def visit(self, partner, day=AS_OF, **values):
        return self.env["example.customer.visit"].create(
            {"partner_id": partner.id, "day": day, "company_id": self.company.id, **values}
        )

    def test_metric_counts_own_documents(self):
        customer, other = self.customer(), self.customer("Other")
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": customer.id})
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.visit(customer)
        self.visit(contact, AS_OF - timedelta(days=364))
        self.visit(customer, AS_OF - timedelta(days=400))
        self.visit(customer, company_id=elsewhere.id)
        self.classify()
        self.assertEqual(self.profile(customer).visits_12m, 2)
        self.assertEqual(self.profile(other).visits_12m, 0)

    def test_documents_touch_their_customer(self):
        customer = self.customer()
        self.env.flush_all()
        self.env.cr.precommit.run()
        touches = self.env["segmentation.touch"].sudo().search([])
        touches.unlink()
        self.visit(customer)
        self.env.cr.precommit.run()
        touches = self.env["segmentation.touch"].sudo().search([])
        self.assertEqual((touches.partner_id, touches.company_id), (customer, self.company))

    def test_standard(self):
        standard = self.env.ref("partner_segmentation_example.standard_visits")
        self.assertTrue(standard.is_shipped)
        plan = standard._apply()
        [dimension] = [target.dimension for target in plan.targets.values()]
        regular, new = self.customer(), self.customer("New")
        for months in range(4):
            self.visit(regular, AS_OF - timedelta(days=30 * months))
        self.classify()
        self.assertClass(regular, dimension, "CLOSE")
        self.assertClass(new, dimension, "NONE")
        explanation = self.profile(regular)._explain()
        [reason] = [each.reason for each in explanation if each.dimension == dimension]
        self.assertEqual(reason, "Visits, 12 months 4 ≥ 4")

    def test_bounds_do_not_keep_it_from_being_uninstalled(self):
        self.env.ref("partner_segmentation_example.standard_visits")._apply()
        uninstall_hook(self.env)
        name = "partner_segmentation_example.metric_visits_12m"
        self.assertFalse(self.env.ref(name, raise_if_not_found=False))

    def test_method(self):
        gold, press = self.env["res.partner.category"].create([{"name": "Gold"}, {"name": "Press"}])
        dimension = self.env["segmentation.dimension"].create(
            {
                "name": "Recognition",
                "code": "recognition",
                "method": "tag",
                "class_ids": [
                    Command.create({"code": "VIP", "name": "VIP", "tag_ids": [Command.set(gold.ids)]}),
                    Command.create({"code": "MEDIA", "name": "Media", "tag_ids": [Command.set((gold | press).ids)]}),
                    Command.create({"code": "REST", "name": "Rest"}),
                ],
            }
        )
        both = self.customer(category_id=[Command.set((gold | press).ids)])
        media = self.customer("Media", category_id=[Command.set(press.ids)])
        nothing = self.customer("Nothing")
        self.classify()
        self.assertClass(both, dimension, "VIP")
        self.assertClass(media, dimension, "MEDIA")
        self.assertClass(nothing, dimension, None)
        dimension.fallback_class_id = dimension.class_ids[-1]
        self.classify()
        self.assertClass(nothing, dimension, "REST")
        self.assertIn("Tagged Press.", media.segmentation_explanation)
        found = self.env["res.partner"].search([(f"{dimension.field_name}.code", "=", "MEDIA")])
        self.assertEqual(found, media)
