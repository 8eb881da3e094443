from odoo.tests import tagged

from .services_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestServicesCredit(ServiceCommon):
    """A company that uses no credit limits has none set for its customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.account_use_credit_limit = False
        cls.service("credit_limit", 5000.0)
        cls.service("payment_term", cls.term)

    def state(self, partner, user=None):
        line = self.preview(partner, user).line_ids.filtered(lambda line: line.service_id.kind == "credit_limit")
        return line.state, line.take, line.note

    def test_preview_says_where_it_is_switched_on(self):
        partner = self.served(1)
        off = ("off", False, "Off in the settings: Sales Credit Limit")
        self.assertEqual(self.state(partner), off)
        self.assertEqual(self.state(partner, self.users[0]), off, "whoever may not change it is not told so")
        self.company.account_use_credit_limit = True
        self.assertEqual(self.state(partner), ("new", True, ""))

    def test_tick_changes_nothing(self):
        partner = self.served(1)
        wizard = self.preview(partner)
        wizard.line_ids.take = True
        wizard.action_apply()
        self.assertFalse(partner.use_partner_credit_limit)
        self.assertEqual(partner.property_payment_term_id, self.term)

    def test_application_on_change_leaves_it_and_says_so(self):
        partner = self.served(1)
        application = partner.with_user(self.users[0])._apply_services()
        self.assertFalse(partner.use_partner_credit_limit)
        self.assertEqual((application.changed, application.kept), (1, 1))
        line = application.line_ids.filtered(lambda line: line.kind == "credit_limit")
        self.assertEqual((line.state, line.reason), ("kept", "Off in the settings: Sales Credit Limit"))

    def test_customer_who_is_served_by_hand_stays_so(self):
        partner = self.served(1, segmentation_service_excluded=True)
        self.assertEqual(self.state(partner)[0], "excluded")

    def test_item_may_be_prepared_before_it_is_switched_on(self):
        self.assertIn("credit_limit", self.kinds_of(self.served(1)))
