import io

import openpyxl

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .security_common import SecurityCommon

OURS, THEIRS = 1_234_567, 7_654_321
SECRET = "Secret of theirs"


@tagged("post_install", "-at_install")
class TestSecurityCompanies(SecurityCommon):
    """Reports, exports and pages of a company show nothing of another one, even to those who ask for it by RPC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs = cls.setup_other_company()["company"]
        cls.size.currency_id = False
        today = cls.env["segmentation.run"]._today(cls.company)
        cls.shared = cls.customer("Shared customer")
        cls.hidden = cls.customer("Hidden customer", company_id=cls.theirs.id)
        cls.invoice(cls.shared, OURS, today)
        cls.invoice(cls.shared, THEIRS, today, cls.theirs)
        cls.invoice(cls.hidden, THEIRS, today, cls.theirs)
        cls.user = cls.users["admin"]

    def setUp(self):
        super().setUp()
        # In the test: its column goes with it.
        self.secret = self.env["segmentation.dimension"].create(
            {
                "name": SECRET,
                "code": "secret",
                "method": "domain",
                "company_ids": [Command.set(self.theirs.ids)],
                "class_ids": [Command.create({"code": "SECRET", "name": f"Class: {SECRET}", "domain": "[]"})],
            }
        )
        for company in (self.company, self.theirs):
            self.classify(company=company, as_of=self.env["segmentation.run"]._today(company))
        self.assertClass(self.hidden, self.secret, "SECRET", self.theirs)
        self.uenv = self.env(user=self.user, context={"allowed_company_ids": self.company.ids})
        self.env.invalidate_all()

    def assert_ours(self, text, amount="1,234,567"):
        self.assertIn(amount, text)
        for secret in ("7,654,321", "7654321", SECRET, "Hidden customer"):
            self.assertNotIn(secret, text)

    def test_report(self):
        html = self.render(self.uenv["segmentation.report"].create({}))
        self.assert_ours(html)

    def test_what_is_theirs_cannot_be_asked_for(self):
        """Neither their dimension nor their company, although the form is made by RPC."""
        for model in ("segmentation.report", "segmentation.export.xlsx", "segmentation.comparison"):
            for values in (
                {"dimension_ids": [Command.set((self.size | self.secret).ids)]},
                {"company_id": self.theirs.id},
            ):
                if values.keys() <= self.env[model]._fields.keys():
                    with self.subTest(model, field=next(iter(values))), self.assertRaises(AccessError):
                        self.uenv[model].create(values)

    def test_customer_of_theirs_is_not_shown(self):
        """Odoo lets a form name a customer that the user may not read."""
        values = {"partner_ids": [Command.set(self.hidden.ids)]}
        with self.assertRaises(AccessError):
            self.render(self.uenv["segmentation.report"].create(values))
        with self.assertRaises(AccessError):
            self.uenv["segmentation.comparison"].create(values).action_show()

    def test_cross_table_of_what_is_theirs(self):
        values = {"row_dimension_id": self.secret.id, "column_dimension_id": self.size.id}
        self.assert_ours(self.render(self.uenv["segmentation.report"].create(values)))

    def render(self, report) -> str:
        html, _kind = self.uenv["ir.actions.report"]._render_qweb_html(
            "partner_segmentation.report_classification", report.ids
        )
        return html.decode()

    def test_export(self):
        self.assert_ours(self.cells(), "1234567")

    def cells(self) -> str:
        """Everything in the workbook."""
        self.uenv["segmentation.export.xlsx"].create({}).action_export()
        export = self.uenv["segmentation.export"].search([], limit=1)
        attachment = (
            self.env["ir.attachment"].sudo().search([("res_model", "=", export._name), ("res_id", "=", export.id)])
        )
        book = openpyxl.load_workbook(io.BytesIO(attachment.raw))
        return "\n".join(str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row)

    def test_files_of_others(self):
        """The file of an export is for who made it."""
        self.uenv["segmentation.export.xlsx"].create({}).action_export()
        export = self.uenv["segmentation.export"].search([], limit=1)
        domain = [("res_model", "=", export._name), ("res_id", "=", export.id)]
        self.assertTrue(self.uenv["ir.attachment"].search(domain).raw)
        self.assertFalse(self.env["ir.attachment"].with_user(self.colleague).search(domain))
        attachment = self.env["ir.attachment"].sudo().search(domain)
        with self.assertRaises(AccessError):
            attachment.with_user(self.colleague).sudo(False).read(["raw"])

    def test_customer_file(self):
        Report = self.uenv["ir.actions.report"]
        html, _kind = Report._render_qweb_html("partner_segmentation.report_customer_file", self.shared.ids)
        self.assert_ours(html.decode())
        self.assert_ours(self.shared.with_env(self.uenv).segmentation_explanation)
        with self.assertRaises(AccessError):
            Report._render_qweb_html("partner_segmentation.report_customer_file", self.hidden.ids)

    def test_classes_on_a_date(self):
        today = self.env["segmentation.run"]._today(self.company)
        for basis in ("recorded", "rules"):
            comparison = self.uenv["segmentation.comparison"].create({"date": today, "basis": basis})
            comparison.action_show()
            lines = self.uenv["segmentation.comparison.line"].search([("comparison_id", "=", comparison.id)])
            self.assertIn(self.shared.id, lines.partner_id.ids)
            self.assertNotIn(self.hidden.id, lines.partner_id.ids)
            self.assertNotIn(SECRET, lines.mapped("dimension_id.name"))

    def test_preview_and_health(self):
        preview = self.uenv["segmentation.preview"].browse(
            self.size.with_env(self.uenv).action_preview({"undecided": "fallback"})["res_id"]
        )
        self.assertNotIn(SECRET, str(preview.read()))
        check = self.uenv["segmentation.health"].browse(self.uenv["segmentation.health"].action_open_latest()["res_id"])
        self.assertNotIn(SECRET, str(check.read()) + str(check.finding_ids.read()))

    def test_sums_of_the_analysis_views(self):
        [[total]] = self.uenv["segmentation.profile"]._read_group([], [], ["revenue_12m:sum"])
        self.assertEqual(total, OURS)
        found = self.uenv["res.partner"].search([(self.secret.field_name, "!=", False)])
        self.assertFalse(found)
