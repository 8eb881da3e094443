"""Applying the service policies of customers, and undoing it."""

from odoo.tests import tagged

from .services_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestServicesApply(ServiceCommon):
    def test_apply_and_undo(self):
        self.service("pricelist", self.pricelist)
        self.service("payment_term", self.term)
        self.service("credit_limit", 5000.0)
        self.service("tags", self.tag)
        self.service("salesperson", self.users)
        self.service("plan", self.plan)
        partner = self.customers(1, category_id=self.other_tag.ids)
        wizard = self.preview(partner)
        self.assertEqual(set(wizard.line_ids.mapped("state")), {"new"})
        self.assertTrue(all(wizard.line_ids.mapped("take")))
        self.assertFalse(partner.specific_property_product_pricelist, "a preview changes nothing")
        wizard.action_apply()
        self.assertEqual(partner.property_product_pricelist, self.pricelist)
        self.assertEqual(partner.property_payment_term_id, self.term)
        self.assertEqual(partner.credit_limit, 5000)
        self.assertTrue(partner.use_partner_credit_limit)
        self.assertEqual(partner.category_id, self.tag | self.other_tag)
        self.assertIn(partner.user_id, self.users)
        self.assertEqual(partner.activity_ids.mapped("summary"), ["Welcome call"])
        self.assertEqual(partner.activity_ids.user_id, partner.user_id)
        application = self.Application.search([], limit=1)
        self.assertEqual((application.origin, application.customers, application.changed), ("hand", 1, 6))
        self.assertEqual(len(self.notes(partner)), 1)
        self.assertNotIn("5,000", self.notes(partner).body)

        application.action_undo()
        self.assertFalse(partner.specific_property_product_pricelist)
        self.assertFalse(partner.property_payment_term_id)
        self.assertEqual(partner.credit_limit, 0)
        self.assertEqual(partner.category_id, self.other_tag)
        self.assertFalse(partner.user_id)
        self.assertFalse(partner.activity_ids)
        self.assertEqual(application.state, "undone")
        self.assertEqual(set(application.line_ids.mapped("state")), {"undone"})
        self.assertEqual(len(self.notes(partner)), 2)
