from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestBadges(SegmentationCommon):
    """Classes of the customer on its quotations, invoices and opportunities."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large, cls.small = cls.customer("Large", employee_count=300), cls.customer("Small", employee_count=3)
        cls.contact = cls.env["res.partner"].create({"name": "Buyer", "parent_id": cls.large.id})
        cls.quotations = cls.order(cls.contact, confirm=False), cls.order(cls.small, confirm=False)
        cls.classify()
        cls.L = cls.env.ref("partner_segmentation.class_size_large")

    def lead(self, partner, **values):
        return self.env["crm.lead"].create(
            {"name": "Lead", "type": "opportunity", "partner_id": partner.id, "company_id": self.company.id, **values}
        )

    def documents(self, partner):
        return (
            self.order(partner, confirm=False),
            self.invoice(partner, 10, post=False),
            self.invoice(partner, 10, post=False, move_type="out_refund"),
            self.lead(partner),
        )

    def test_documents_show_the_classes_of_the_commercial_partner(self):
        for document in self.documents(self.contact):
            self.assertTrue(document.segmentation_class_ids, document)
            self.assertEqual(document.segmentation_class_ids, self.large.segmentation_class_ids)
            self.assertEqual(document.size_class_id, self.L)
            self.assertEqual(document.segmentation_code, self.large.segmentation_code)

    def test_a_change_of_the_customer_changes_the_badges(self):
        order = self.order(self.large, confirm=False)
        self.assertEqual(order.size_class_id.code, "L")
        order.partner_id = self.small
        self.assertEqual(order.size_class_id.code, "S")

    def test_vendor_bills_and_entries_show_none(self):
        bill = self.invoice(self.large, 10, post=False, move_type="in_invoice")
        self.assertFalse(bill.segmentation_class_ids)
        self.assertFalse(bill.size_class_id)
        found = self.env["account.move"].search([("size_class_id", "=", self.L.id), ("id", "=", bill.id)])
        self.assertFalse(found)

    def test_a_lead_without_a_customer_shows_none(self):
        lead = self.lead(self.env["res.partner"])
        self.assertFalse(lead.segmentation_class_ids)
        self.assertIn(lead, self.env["crm.lead"].search([("size_class_id", "=", False)]))

    def test_the_company_is_that_of_the_document(self):
        """Two companies know the same customer by different classes, whichever the user has selected."""
        other = self.setup_other_company()["company"]
        self.size.currency_id = False  # no rate between the companies is known
        medium = self.env.ref("partner_segmentation.class_size_medium")
        self.env["segmentation.override"].with_company(other).create(
            {
                "partner_id": self.large.id,
                "company_id": other.id,
                "dimension_id": self.size.id,
                "class_id": medium.id,
                "reason": "Test",
            }
        )
        self.classify(company=other)
        order = self.order(self.large, confirm=False)
        elsewhere = (
            self.env["sale.order"].with_company(other).create({"partner_id": self.large.id, "company_id": other.id})
        )
        for company in (self.company, other):
            # The first one selected is the user's current company.
            selected = (company | self.company | other).ids
            orders = (order | elsewhere).with_context(allowed_company_ids=selected)
            orders.invalidate_recordset()
            self.assertEqual(orders.mapped("size_class_id.code"), ["L", "M"], company.name)
            Order = orders.browse()
            within = [("id", "in", orders.ids)]
            self.assertEqual(Order.search([("size_class_id", "=", medium.id), *within]), elsewhere)
            groups = dict(Order._read_group(within, ["size_class_id"], ["__count"]))
            self.assertEqual(groups, {self.L: 1, medium: 1})

    def test_search_and_group(self):
        for document in (*self.documents(self.contact), *self.documents(self.small)):
            model = self.env[document._name]
            expected = self.L in document.size_class_id
            for domain in (
                [("size_class_id", "child_of", self.L.ids)],
                [("size_class_id", "=", self.L.id)],
                [("size_class_id.code", "=", "L")],
                [("segmentation_code", "=like", "L%")],
            ):
                self.assertEqual(document in model.search(domain), expected, (document, domain))
            groups = model._read_group([("id", "=", document.id)], ["size_class_id", "segmentation_code"])
            self.assertEqual(groups, [(document.size_class_id, document.segmentation_code)])

    def test_search_views_offer_the_dimensions(self):
        for xml_id in (
            "sale.view_sales_order_filter",
            "account.view_account_invoice_filter",
            "crm.view_crm_case_opportunities_filter",
        ):
            view = self.env.ref(xml_id)
            model = self.env[view.model].with_user(self.salesperson)
            arch = model.get_view(view.id, "search")["arch"]
            for name in ("segmentation_code", "size_class_id", "group_stage_class_id"):
                self.assertIn(f'name="{name}"', arch, view.model)
        self.stage.active = False
        arch = self.env["sale.order"].get_view(self.env.ref("sale.view_sales_order_filter").id, "search")["arch"]
        self.assertNotIn("stage_class_id", arch)

    def test_who_sees_no_classes_sees_no_badges(self):
        user = new_test_user(self.env, "badges_nobody", "base.group_user", company_id=self.company.id)
        order = self.order(self.large, confirm=False).with_user(user)
        self.assertNotIn("segmentation_class_ids", self.env["sale.order"].with_user(user).fields_get())
        for name in ("segmentation_class_ids", "size_class_id", "segmentation_code"):
            with self.assertRaises(AccessError):
                order.read([name])
        with self.assertRaises(AccessError):
            self.env["sale.order"].with_user(user)._search([("size_class_id", "=", self.L.id)])
        arch = self.env["sale.order"].with_user(self.salesperson).get_view(self.env.ref("sale.view_order_form").id)
        self.assertIn('name="segmentation_class_ids"', arch["arch"])

    def test_a_list_of_80_takes_no_query_per_document(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {n}", "is_company": True, "employee_count": n} for n in range(80)]
        )
        orders = self.env["sale.order"].create(
            [{"partner_id": partner.id, "company_id": self.company.id} for partner in partners]
        )
        self.classify(partners)
        specification = {
            "partner_id": {"fields": {"display_name": {}}},
            "segmentation_class_ids": {"fields": {"display_name": {}, "color": {}}},
        }
        counts = {}
        for number in (2, 80):
            self.env.invalidate_all()
            some = orders[:number].with_user(self.salesperson)
            some.browse(some.ids).web_read(specification)  # fills the caches that stay
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            read = some.browse(some.ids).web_read(specification)
            counts[number] = self.env.cr.sql_log_count - before
            self.assertTrue(all(values["segmentation_class_ids"] for values in read))
        self.assertEqual(counts[80], counts[2])

    def test_forms_save_with_badges(self):
        """Badges are shown, never written."""
        order = self.order(self.large, confirm=False)
        order.write({"client_order_ref": "x"})
        self.assertEqual(order.copy().size_class_id, self.L)
        self.assertTrue(self.env["sale.order"]._fields["segmentation_class_ids"].readonly)
        order.order_line = [Command.clear()]
