from odoo.tests import new_test_user, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestPopulation(SegmentationCommon):
    """Who is a customer of a company, DESIGN: population."""

    def assertPopulation(self, partner, expected, company=None):  # noqa: N802
        self.classify(company=company)
        self.assertEqual(bool(self.profile(partner, company)), expected, partner.name)

    def test_companies_are_customers_before_they_trade(self):
        self.assertPopulation(self.customer(), True)

    def test_vendors_are_not(self):
        self.assertPopulation(self.customer(supplier_rank=1), False)

    def test_vendors_that_buy_are(self):
        self.assertPopulation(self.customer(supplier_rank=1, customer_rank=1), True)

    def test_persons_only_when_they_trade(self):
        person = self.customer(is_company=False)
        self.assertPopulation(person, False)
        self.order(person, confirm=False)
        self.assertPopulation(person, True)

    def test_opportunity_makes_a_customer(self):
        person = self.customer(is_company=False)
        self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "partner_id": person.id, "company_id": self.company.id}
        )
        self.assertPopulation(person, True)

    def test_lead_does_not(self):
        person = self.customer(is_company=False)
        self.env["crm.lead"].create(
            {"name": "Hint", "type": "lead", "partner_id": person.id, "company_id": self.company.id}
        )
        self.assertPopulation(person, False)

    def test_draft_invoice_makes_a_customer_and_a_vendor_bill_does_not(self):
        buyer, vendor = self.customer(is_company=False), self.customer("Vendor", is_company=False)
        self.invoice(buyer, 10, post=False)
        self.invoice(vendor, 10, move_type="in_invoice", post=False)
        self.assertPopulation(buyer, True)
        self.assertPopulation(vendor, False)

    def test_contacts_are_classified_as_their_company(self):
        company = self.customer()
        contact = self.customer("Contact", is_company=False, parent_id=company.id)
        self.order(contact)
        self.assertPopulation(company, True)
        self.assertFalse(self.profile(contact))
        self.assertEqual(self.profile(company).orders_24m, 1)

    def test_own_companies_and_users_are_not(self):
        user = new_test_user(self.env, "segmentation_staff", "base.group_user")
        user.partner_id.customer_rank = 1
        self.assertPopulation(user.partner_id, False)
        self.assertPopulation(self.company.partner_id, False)

    def test_portal_users_are(self):
        user = new_test_user(self.env, "segmentation_portal", "base.group_portal")
        user.partner_id.customer_rank = 1
        self.assertPopulation(user.partner_id, True)

    def test_partner_of_another_company_is_not(self):
        other = self.setup_other_company()["company"]
        partner = self.customer(company_id=other.id)
        self.assertPopulation(partner, False)
        self.assertPopulation(partner, True, company=other)

    def test_branch_sees_the_customers_of_its_company(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.assertPopulation(self.customer(company_id=self.company.id), True, company=branch)

    def test_archived_partner_loses_its_classes_and_gets_them_back(self):
        partner = self.customer(employee_count=300)
        self.classify()
        self.assertClass(partner, self.size, "L")
        partner.active = False
        run = self.classify()
        self.assertFalse(partner.size_class_id)
        self.assertFalse(self.profile(partner))
        lost = run.change_ids.filtered(lambda change: change.dimension_id == self.size)
        self.assertEqual((lost.from_class_id.code, lost.to_class_id.code), ("L", False))
        partner.active = True
        self.classify()
        self.assertClass(partner, self.size, "L")

    def test_archived_partner_loses_its_classes_when_it_is_selected(self):
        partner = self.customer(employee_count=300)
        self.classify(partner)
        partner.active = False
        run = self.classify(partner)
        self.assertFalse(self.profile(partner))
        partner.active = True
        run.action_run_again()
        self.run_jobs("cron_work")
        self.assertTrue(self.profile(partner))

    def test_administrator_may_change_the_domain(self):
        partner = self.customer()
        self.company.segmentation_population = "[('customer_rank', '>', 0)]"
        self.assertPopulation(partner, False)
        self.order(partner)
        self.assertPopulation(partner, True)
