"""The customer file on paper: one page about a customer."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import SegmentationCommon
from .test_report import HOSTILE, render_pdf, words
from .test_summary_data import SummaryCommon

REPORT = "partner_segmentation.report_customer_file"


@tagged("post_install", "-at_install")
class TestCustomerFile(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.env["segmentation.run"]._today(cls.company)
        cls.partner = cls.customer(
            "上海江南贸易有限公司",
            employee_count=60,
            street="Century Avenue 888",
            country_id=cls.china.id,
            vat="91310000MA1K35XX0X",
            user_id=cls.env.user.id,
            category_id=[Command.create({"name": "Fair 2026"})],
            child_ids=[Command.create({"name": "李明", "function": "Buyer", "email": "li@example.com"})],
        )
        cls.invoice(cls.partner, 12_345.67, cls.today)
        cls.classify(as_of=cls.today)
        cls.partner.employee_count = 300
        cls.classify(as_of=cls.today)

    def pages(self, partners, user=None):
        return [words(page) for page in render_pdf(self.env(user=user or self.env.user), REPORT, partners)]

    def html(self, partners, user=None) -> str:
        Report = self.env(user=user or self.env.user)["ir.actions.report"]
        return words(Report._render_qweb_html(REPORT, partners.ids)[0].decode())

    def test_one_page_with_everything(self):
        [text] = self.pages(self.partner)
        profile = self.profile(self.partner)
        shown = [
            "上海江南贸易有限公司",
            "Century Avenue 888",
            "91310000MA1K35XX0X",
            "Fair 2026",
            "李明",
            "Buyer, li@example.com",
        ]
        shown += [self.env.user.name, profile.segmentation_code, "Medium → Large"]
        shown += [f"{name} {value}" for name, value in profile._figures()]
        for explanation in profile._explain():
            shown += [explanation.dimension.name, explanation.cls.name or "Unclassified", explanation.reason]
            shown += [explanation.cls.service_description] if explanation.cls.service_description else []
        for part in shown:
            self.assertIn(words(part), text)

    def test_a_full_file_fits_on_a_page(self):
        medium, large = (self.env.ref(f"partner_segmentation.class_size_{name}") for name in ("medium", "large"))
        for number in range(20):
            self.env["segmentation.change"].sudo().create(
                {
                    "company_id": self.company.id,
                    "partner_id": self.partner.id,
                    "dimension_id": self.size.id,
                    "from_class_id": (medium if number % 2 else large).id,
                    "to_class_id": (large if number % 2 else medium).id,
                    "date": "2026-01-01",
                    "reason": "manual",
                }
            )
            self.customer(f"Person {number}", is_company=False, parent_id=self.partner.id)
        self.assertEqual(len(self.pages(self.partner)), 1)

    def test_a_page_per_customer(self):
        other = self.customer("Other", employee_count=1)
        self.classify(as_of=self.today)
        first, second = self.pages(self.partner | other)
        self.assertIn("上海江南贸易有限公司", first)
        self.assertIn("Customer file: Other", second)

    def test_contacts_have_the_file_of_their_company(self):
        self.assertIn("Customer file: 上海江南贸易有限公司", self.pages(self.partner.child_ids)[0])

    def test_not_classified(self):
        self.assertIn("No data: not classified in this company.", self.html(self.customer("New")))

    def test_markup_is_text(self):
        self.partner.write({"name": HOSTILE, "street": HOSTILE, "vat": False})
        self.partner.child_ids.name = HOSTILE
        self.size.class_ids.service_description = HOSTILE
        html = self.html(self.partner)
        self.assertNotIn("<script>alert", html)
        self.assertIn("&lt;script&gt;alert", html)

    def test_figures_need_rights(self):
        user = self.reader("partner_segmentation.group_user,base.group_user")
        html = self.html(self.partner, user)
        self.assertIn("Large", html)
        self.assertNotIn("12,345.67", html)
        self.assertIn("12,345.67", self.html(self.partner))

    def test_classes_need_rights(self):
        with self.assertRaises(AccessError):
            self.html(self.partner, self.reader("base.group_user"))

    def test_it_is_in_the_print_menu(self):
        def names(user):
            bindings = self.env(user=user)["ir.actions.actions"].get_bindings("res.partner")
            return [action["name"] for action in bindings.get("report", ())]

        self.assertIn("Customer file", names(self.env.user))
        self.assertIn("Customer classification report", names(self.env.user))
        self.assertNotIn("Customer file", names(self.reader("base.group_user")))

    def reader(self, groups):
        return new_test_user(
            self.env,
            f"file_{groups[:4]}",
            groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )


@tagged("post_install", "-at_install")
class TestCustomerFileOfSalesperson(SummaryCommon):
    def test_only_own_customers(self):
        own = self.people.filtered(lambda partner: partner.user_id == self.seller)[0]
        other = (self.people - own).filtered(lambda partner: not partner.user_id)[0]
        Report = self.env(user=self.seller)["ir.actions.report"]
        self.assertIn(own.name, Report._render_qweb_html(REPORT, own.ids)[0].decode())
        with self.assertRaises(AccessError):
            Report._render_qweb_html(REPORT, other.ids)
