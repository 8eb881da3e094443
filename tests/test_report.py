"""The classification report, as it is printed."""

from datetime import timedelta
from io import BytesIO
from itertools import pairwise
from unicodedata import normalize

from dateutil.relativedelta import relativedelta
from lxml.html import fromstring
from pypdf import PdfReader

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..report.charts import LETTERS, bar_chart, curve_chart, shortened
from ..report.findings import Findings
from ..report.formats import Formats
from ..report.summary import summarise
from .common import SegmentationCommon
from .test_summary_data import SummaryCommon

REPORT = "partner_segmentation.report_classification"
HOSTILE = "<script>alert(1)</script> & <b>Söhne"


def render_pdf(env, name: str, records) -> list[str]:
    """Text of the pages of a report, printed by wkhtmltopdf."""
    # The styles come from a web server that a test does not start.
    with mute_logger("odoo.addons.base.models.ir_actions_report"):
        Report = env["ir.actions.report"].with_context(force_report_rendering=True)
        content, kind = Report._render_qweb_pdf(name, records.ids)
    assert kind == "pdf"
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def words(text: str) -> str:
    """Text with single blanks, whatever the lines and fonts are."""
    plain = normalize("NFKC", text).replace(
        "\N{ZERO WIDTH NO-BREAK SPACE}", ""
    )  # fonts share forms of Chinese characters
    return " ".join(plain.split())


class ReportCommon(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.today = cls.env["segmentation.run"]._today(cls.company)

    def wizard(self, user=None, **values):
        return self.env["segmentation.report"].with_user(user or self.env.user).create(values)

    def html(self, wizard) -> str:
        html, _kind = wizard.env["ir.actions.report"]._render_qweb_html(REPORT, wizard.ids)
        return html.decode()

    def content(self, wizard):
        return wizard.env[f"report.{REPORT}"]._content(wizard)


@tagged("post_install", "-at_install")
class TestReport(ReportCommon):
    """Two large customers, one of them Chinese and one with markup in its name, and small ones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old_day, cls.day = cls.today - timedelta(days=500), cls.today - timedelta(days=5)
        cls.chinese = cls.customer("上海江南贸易有限公司", employee_count=300, user_id=cls.env.user.id)
        cls.hostile = cls.customer(HOSTILE, employee_count=60)
        cls.small = cls.customer("Small", employee_count=5)
        for partner, now, before in (
            (cls.chinese, 60_000.25, 20_000),
            (cls.hostile, 3_000, 40_000),
            (cls.small, 500, 0),
        ):
            cls.invoice(partner, now, cls.day)
            if before:
                cls.invoice(partner, before, cls.old_day)
        cls.classify(as_of=cls.today)

    def test_pdf_has_all_parts(self):
        wizard = self.wizard()
        text = words(" ".join(render_pdf(self.env, REPORT, wizard)))
        for part in ("1. Introduction", "2. Method", "3. Results", "4. Conclusions", "Pareto curve", "Size × Sector"):
            self.assertIn(part, text)
        self.assertIn("上海江南贸易有限公司", text)
        self.assertIn(HOSTILE, text)
        self.assertIn("Employees ≥ 250", text)
        self.assertIn("Share of the customers, the largest first", text)  # within the drawing

    def test_figures_are_those_of_the_summary(self):
        wizard = self.wizard()
        summary = summarise(self.company)
        text = words(" ".join(render_pdf(self.env, REPORT, wizard)))
        formats = Formats(self.env, self.cny)
        self.assertIn(words(formats.amount(63_500.25)), text)
        self.assertEqual(summary.total.revenue, 63_500.25)
        for part in summary.dimensions:
            for line in part.classes:
                name = line.name if line.name.isascii() else ""  # a PDF reader may take radicals for characters
                row = f"{name} {formats.number(line.customers)} {formats.percent(line.customer_share)}"
                self.assertIn(f"{words(row)} {formats.number(line.revenue)}", text)

    def test_chinese_report(self):
        text = words(" ".join(render_pdf(self.env, REPORT, self.wizard(lang="zh_CN"))))
        self.assertIn("上海江南贸易有限公司", text)
        self.assertIn(words(Formats(self.env(context={"lang": "zh_CN"}), self.cny).date(self.today)), text)

    def test_markup_in_names_is_text(self):
        html = self.html(self.wizard())
        self.assertNotIn("<script>alert", html)
        self.assertIn("&lt;script&gt;alert", html)
        self.size.class_ids[0].name = HOSTILE
        self.assertNotIn("<script>alert", self.html(self.wizard()))

    def test_numbers_follow_the_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertIn("63.500,25", self.html(self.wizard(lang="de_DE")))

    def test_the_period_of_the_revenue_is_told(self):
        self.env["segmentation.metric"].search([("field_name", "=", "revenue_12m")]).window_months = 3
        [row] = fromstring(self.html(self.wizard())).find_class("o_segmentation_period")
        formats = Formats(self.env, self.cny)
        first = self.today - relativedelta(months=3) + timedelta(days=1)
        self.assertIn(f"Invoiced from {formats.date(first)} to {formats.date(self.today)}", words(row.text_content()))

    def test_findings_rest_on_the_figures(self):
        content = self.content(self.wizard())
        found = {finding.title: " ".join(finding.texts) for finding in content.findings}
        self.assertIn(
            words("上海江南贸易有限公司, makes 94.5 % of the revenue (¥ 60,000.25)"), words(found["Concentration"])
        )
        self.assertIn("5.8 % more", words(found["Growth"]))
        self.assertIn("lost at least half of their revenue: 1.", found["Customers at risk"])
        self.assertIn(f"{HOSTILE}: ¥ 40,000.00 before, ¥ 3,000.00 now", words(found["Customers at risk"]))
        self.assertTrue(all(finding.step for finding in content.findings))

    def test_customers_at_risk(self):
        risk = self.content(self.wizard()).risk
        self.assertEqual((risk.customers, risk.revenue, risk.revenue_prior, risk.lost), (1, 3_000, 40_000, 37_000))
        self.assertEqual([partner for partner, *_rest in risk.largest], [self.hostile])
        self.invoice(self.hostile, 17_000, self.day)
        self.classify(as_of=self.today)
        self.assertEqual(self.content(self.wizard()).risk.customers, 1, "half is a risk")
        self.invoice(self.hostile, 1, self.day)
        self.classify(as_of=self.today)
        self.assertEqual(self.content(self.wizard()).risk.customers, 0)

    def test_dates_without_data(self):
        text = words(self.html(self.wizard(as_of=self.today - timedelta(days=9))))
        self.assertIn("No data: no customer was classified on", text)
        self.assertNotIn("3. Results", text)
        text = words(self.html(self.wizard(compare_to=self.today - timedelta(days=9))))
        self.assertIn("No data: no customer was classified on", text)
        self.assertIn("3. Results", text)
        with self.assertRaisesRegex(ValidationError, "lies in the future"):
            self.wizard(as_of=self.today + timedelta(days=9))

    def test_company_without_customers(self):
        company = self.setup_other_company()["company"]
        self.env.user.company_ids += company
        wizard = self.wizard(company_id=company.id)
        text = words(" ".join(render_pdf(self.env, REPORT, wizard)))
        self.assertIn(f"No customer of {company.name} has been classified yet.", text)
        self.assertIn("2. Method", text)

    def test_nobody_chosen_was_a_customer(self):
        contact = self.env["res.partner"].create({"name": "Nobody"})
        text = self.html(self.wizard(partner_ids=[Command.set(contact.ids)]))
        self.assertIn("none of the customers chosen", text)

    def test_without_rights_on_figures_no_amounts(self):
        user = new_test_user(
            self.env,
            "segmentation_reader",
            "partner_segmentation.group_user,base.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        wizard = self.wizard(user)
        text = words(" ".join(render_pdf(wizard.env, REPORT, wizard)))
        self.assertIn("4. Conclusions", text)
        for amount in ("60,000", "63,500", "3,000", "Pareto", "Largest customers", "Revenue before"):
            self.assertNotIn(amount, text)

    def test_users_without_classification_have_no_report(self):
        user = new_test_user(self.env, "segmentation_nobody", "base.group_user", company_id=self.company.id)
        user.company_ids = self.company
        with self.assertRaises(AccessError):
            self.wizard(user)
        wizard = self.wizard()
        with self.assertRaises(AccessError):
            self.html(wizard.with_user(user))

    def test_report_of_another_user_is_closed(self):
        wizard = self.wizard()
        with self.assertRaises(AccessError):
            self.html(wizard.with_user(self.salesperson))

    def test_selected_customers(self):
        wizard = self.env["segmentation.report"].with_context(
            active_model="res.partner", active_ids=(self.small | self.hostile).ids
        )
        content = self.content(wizard.create({}))
        self.assertEqual(content.summary.total.customers, 2)
        self.assertEqual(content.summary.total.revenue, 3_500)

    def test_customers_of_a_salesperson(self):
        content = self.content(self.wizard(user_ids=[Command.set(self.env.user.ids)]))
        self.assertEqual([top.partner for top in content.summary.top_customers], [self.chinese])

    def test_one_dimension_is_not_crossed_with_itself(self):
        with self.assertRaises(ValidationError):
            self.wizard(row_dimension_id=self.size.id, column_dimension_id=self.size.id)

    def test_cross_table_without_columns(self):
        self.assertEqual(self.content(self.wizard(column_dimension_id=False)).summary.crosses, ())

    def test_wide_tables_add_up(self):
        for number in range(12):
            cls = self.make_class(self.industry, f"W{number}")
            for customer in range(1 + number % 3):
                self.customer(f"W{number}{customer}", employee_count=5).industry_class_id = cls
        self.classify(as_of=self.today)
        content = self.content(self.wizard())
        [cross] = content.summary.crosses
        [table] = content.crosses()
        self.assertEqual(len(table.heads), 8)
        self.assertIn(f"{len(cross.columns) - 7} others", table.heads)
        for row in [*(row[1] for row in table.rows), table.totals[0]]:
            self.assertEqual(sum(row[:-1]), row[-1])
        self.assertEqual(table.totals[0][-1], content.summary.total.customers)
        self.assertAlmostEqual(table.totals[1], content.summary.total.revenue, 2)

    def test_buttons_lead_to_the_report(self):
        wizard = self.wizard()
        for result, kind in ((wizard.action_preview(), "qweb-html"), (wizard.action_print(), "qweb-pdf")):
            action = result.get("context", {}).get("report_action") or result
            self.assertEqual((action["report_type"], action["report_name"]), (kind, REPORT))


@tagged("post_install", "-at_install")
class TestReportOfMoves(SummaryCommon):
    """Classes that changed, over three classifications."""

    def wizard(self, **values):
        return self.env["segmentation.report"].create({"company_id": self.company.id, **values})

    def test_migration_and_movers(self):
        wizard = self.wizard(compare_to=self.day(20))
        summary = summarise(self.company, compare_to=self.day(20))
        text = words(" ".join(render_pdf(self.env, REPORT, wizard)))
        self.assertIn("Migration since", text)
        self.assertTrue(summary.movers_up)
        for mover in summary.movers_up:
            self.assertIn(
                words(f"{mover.partner.name} {mover.dimension.name} {mover.source.name} {mover.target.name}"), text
            )
        self.assertIn("Classes that moved", text)

    def test_past_day(self):
        text = words(" ".join(render_pdf(self.env, REPORT, self.wizard(as_of=self.day(20), compare_to=self.day(40)))))
        summary = summarise(self.company, self.day(20), self.day(40))
        self.assertIn(words(Formats(self.env, self.cny).amount(summary.total.revenue)), text)
        self.assertNotIn("Overdue", text.partition("3. Results")[2])

    def test_limited_salesperson_sees_own_customers_only(self):
        wizard = self.env["segmentation.report"].with_user(self.seller).create({"compare_to": self.day(20)})
        text = words(" ".join(render_pdf(wizard.env, REPORT, wizard)))
        own = self.people.filtered(lambda partner: partner.user_id == self.seller)
        summary = summarise(self.company.with_user(self.seller))
        self.assertGreater(summary.total.customers, 0)
        self.assertIn(words(Formats(self.env, self.cny).amount(summary.total.revenue)), text)
        for partner in self.people - own:
            self.assertNotIn(f"{partner.name} ", text)

    def test_findings_agree_with_the_movement(self):
        summary = summarise(self.company, compare_to=self.day(20))
        formats = Formats(self.env, self.cny)
        found = {finding.title: finding for finding in Findings(summary, None, formats).all()}
        texts = " ".join(found["Classes that moved"].texts)
        [size] = [part for part in summary.dimensions if part.dimension == self.size]
        moved = sum(
            size.migration.customers[y][x]
            for y, row in enumerate(size.migration.rows)
            for x, column in enumerate(size.migration.columns)
            if row.cls is not None and column.cls is not None and row.cls != column.cls
        )
        self.assertGreater(moved, 0)
        self.assertIn(f"Size: changes of class: {moved},", texts)
        self.assertNotIn("Customers at risk", found)


@tagged("post_install", "-at_install")
class TestCharts(ReportCommon):
    def test_figures_are_drawn_as_text(self):
        svg = bar_chart(
            "Title",
            ["上海 & <b>"],
            [
                (
                    "Heading",
                    [
                        (3, "3"),
                    ],
                ),
                ("Amount", [(-2, "-2")]),
            ],
        )
        self.assertIn("上海 &amp; &lt;b&gt;", svg)
        self.assertIn("<title>Title</title>", svg)
        self.assertNotIn("clip", svg)

    def test_labels_fit(self):
        self.assertEqual(shortened("a" * LETTERS), "a" * LETTERS)
        self.assertEqual(len(shortened("a" * 99)), LETTERS)
        self.assertLessEqual(len(shortened("类" * 99)), LETTERS / 2)

    def test_curve_rises(self):
        self.customer("One", employee_count=1)
        self.invoice(self.customer("Two", employee_count=1), 10, self.today)
        self.classify(as_of=self.today)
        content = self.content(self.wizard())
        self.assertIn("<polyline", content.pareto())
        points = content.summary.pareto
        self.assertTrue(all(one.revenue <= two.revenue for one, two in pairwise(points)))

    def test_nothing_to_draw(self):
        self.assertFalse(bar_chart("Title", [], []))
        self.assertFalse(curve_chart("Title", [], ("x", "y"), str))
