import random

from odoo.fields import Datetime
from odoo.tests import tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestTouch(SegmentationCommon):
    """What users do reaches the classes within a minute, without classifying in their transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer(employee_count=60)
        cls.contact = cls.customer("Contact", is_company=False, parent_id=cls.partner.id)

    def setUp(self):
        super().setUp()
        self.env.cr.flush()
        self.env["segmentation.touch"].sudo().search([]).unlink()

    def touched(self):
        """Customers noted since the last call, with the company they were noted for."""
        self.env.cr.flush()
        touches = self.env["segmentation.touch"].sudo().search([])
        found = {(touch.company_id, touch.partner_id) for touch in touches}
        touches.unlink()
        return found

    def classify_touched(self):
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            self.env.ref("partner_segmentation.cron_classify_touched").method_direct_trigger()
        self.env.invalidate_all()

    def test_documents_touch_their_customer(self):
        mine = {(self.company, self.partner)}
        order = self.order(self.contact, confirm=False)
        self.assertEqual(self.touched(), mine)
        order.note = "Nothing about the class"
        self.assertEqual(self.touched(), set())
        order.action_confirm()
        self.assertEqual(self.touched(), mine)
        order._action_cancel()
        self.assertEqual(self.touched(), mine)
        invoice = self.invoice(self.partner, 10, post=False)
        self.touched()
        invoice.action_post()
        self.assertIn((self.company, self.partner), self.touched())
        invoice.button_draft()
        self.assertEqual(self.touched(), mine)

    def test_vendor_bills_do_not(self):
        self.touched()
        self.invoice(self.partner, 10, move_type="in_invoice", post=False)
        self.assertNotIn((self.company, self.partner), self.touched())

    def test_opportunities_touch_old_and_new_customer(self):
        other = self.customer("Other")
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "partner_id": self.partner.id, "company_id": self.company.id}
        )
        self.touched()
        lead.partner_id = other
        self.assertEqual(self.touched(), {(self.company, self.partner), (self.company, other)})
        lead.action_set_won()
        self.assertEqual(self.touched(), {(self.company, other)})
        lead.unlink()
        self.assertEqual(self.touched(), {(self.company, other)})

    def test_facts_touch_the_customer_in_every_company(self):
        everywhere = {(self.env["res.company"], self.partner)}
        self.partner.employee_count = 250
        self.assertEqual(self.touched(), everywhere)
        self.partner.comment = "Nothing about the class"
        self.assertEqual(self.touched(), set())
        self.partner.active = False
        self.assertEqual(self.touched(), everywhere)

    def test_touched_customers_are_classified(self):
        self.classify(self.partner)
        self.assertClass(self.partner, self.size, "M")
        self.partner.employee_count = 250
        order = self.order(self.contact, moment=Datetime.now())
        self.assertClass(self.partner, self.size, "M")
        self.classify_touched()
        self.assertClass(self.partner, self.size, "L")
        self.assertClass(self.partner, self.stage, "CLOSED")
        run = self.env["segmentation.run"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual((run.trigger, run.scope, run.partner_ids), ("event", "selection", self.partner))
        self.assertFalse(self.touched())
        order._action_cancel()
        self.classify_touched()
        self.assertClass(self.partner, self.stage, "POTENTIAL")

    def test_users_need_no_right_on_the_classification(self):
        order = self.env["sale.order"].with_user(self.salesperson).create({"partner_id": self.partner.id})
        self.assertEqual(self.touched(), {(self.company, self.partner)})
        order.with_user(self.salesperson).state = "sent"
        self.assertEqual(self.touched(), {(self.company, self.partner)})

    def test_events_and_full_run_agree(self):
        """Whatever happens in whatever order: what the events left, a full run finds right."""
        chance = random.Random(19)
        partners = [self.customer(f"P{number}") for number in range(4)]
        documents = []

        def new_order(partner):
            documents.append(self.order(partner, chance.randrange(1, 500), confirm=chance.random() < 0.5))

        def new_invoice(partner):
            self.invoice(partner, chance.choice((10, 100_000, 1_000_000)))

        def cancel(_partner):
            if documents:
                documents.pop()._action_cancel()

        def facts(partner):
            partner.employee_count = chance.choice((False, 0, 50, 250))

        def address(partner):
            partner.country_id = chance.choice((self.china, self.env.ref("base.fr"), self.env["res.country"]))

        def archive(partner):
            partner.active = not partner.active

        self.size.currency_id = False
        for _step in range(25):
            event = chance.choice((new_order, new_invoice, cancel, facts, address, archive))
            event(chance.choice(partners))
            if chance.random() < 0.4:
                self.classify_touched()
        self.classify_touched()
        today = self.env["segmentation.run"]._today(self.company)
        run = self.classify(as_of=today)
        mine = (
            self.env["segmentation.profile"]
            .with_context(active_test=False)
            .search([("partner_id", "in", [partner.id for partner in partners]), ("company_id", "=", self.company.id)])
        )
        self.assertTrue(mine)
        self.assertFalse(run.change_ids.filtered(lambda change: change.partner_id in mine.partner_id))
