from datetime import timedelta

from odoo.tests import tagged

from .common import AS_OF, SegmentationCommon


@tagged("post_install", "-at_install")
class TestAtRisk(SegmentationCommon):
    """The shipped example: a large customer that loses half its revenue is called."""

    def setUp(self):
        super().setUp()
        self.action = self.env.ref("partner_segmentation.action_large_at_risk")

    def fallen(self, name, before, now):
        """A customer that was large a year ago by its revenue, and what it is now."""
        customer = self.customer(name, user_id=self.salesperson.id)
        self.invoice(customer, before, AS_OF - timedelta(days=400))
        self.invoice(customer, now, AS_OF - timedelta(days=10))
        self.classify(customer, as_of=AS_OF - timedelta(days=380))
        self.assertClass(customer, self.size, "L")
        self.classify(customer)
        self.run_jobs("cron_actions")
        return customer.activity_ids

    def test_it_is_off(self):
        self.assertFalse(self.action.active)
        self.assertFalse(self.fallen("Half", 2_000_000, 900_000))

    def test_half_of_the_revenue_is_gone(self):
        self.action.active = True
        activity = self.fallen("Half", 2_000_000, 900_000)
        self.assertEqual(activity.activity_type_id, self.env.ref("partner_segmentation.activity_customer_at_risk"))
        self.assertEqual(activity.user_id, self.salesperson)
        self.assertFalse(self.fallen("Most is left", 1_100_000, 900_000))
