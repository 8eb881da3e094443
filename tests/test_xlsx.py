"""The Excel export, opened with another library and added up again."""

import csv
import io
import re
from collections import defaultdict
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from unittest.mock import patch
from zipfile import ZipFile

import openpyxl
from dateutil.relativedelta import relativedelta
from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.web.controllers.export import CSVExport

from ..report import workbook, workbook_customers
from ..report.export import Export, ExportOptions
from ..report.workbook import Book
from ..wizards import segmentation_export
from .test_summary_data import SummaryCommon

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    '=HYPERLINK("http://evil.example.com","x")',
    "{=1+1}",
    "http://example.com/",
    "mailto:somebody@example.com",
    "00123",
    "1e5",
    "  spaces  ",
    "quote \" and ' apostrophe",
    "line\nbreak\ttab",
    "控制 \x07 bell <b>&amp;</b>",
    "_x0041_",
    "😀" * 40,
)


class ExportCommon(SummaryCommon):
    def export(self, user=None, **values):
        """The export of a user, made by the wizard."""
        Wizard = self.env["segmentation.export.xlsx"].with_company(self.company)
        wizard = Wizard.with_user(user or self.env.user).create(values)
        wizard.action_export()
        return self.env["segmentation.export"].sudo().search([], limit=1).sudo(False)

    def book(self, export):
        attachment = self.attachment(export)
        return openpyxl.load_workbook(io.BytesIO(attachment.sudo().raw))

    def attachment(self, export):
        domain = [("res_model", "=", "segmentation.export"), ("res_id", "=", export.id)]
        return self.env["ir.attachment"].sudo().search(domain).sudo(False)

    def exported(self, user=None, **values):
        return self.book(self.export(user, **values))

    def written(self, company=None, **options):
        """A workbook that was written without a record."""
        folder = self.enterContext(TemporaryDirectory())
        path = f"{folder}/export.xlsx"
        Export(company or self.company, ExportOptions(**options)).save(path)
        return openpyxl.load_workbook(path)

    def customers(self, book, name="Customers"):
        head, *rows = book[name].iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]

    def check_table(self, sheet):
        """All rows of the sheet are an Excel table with filters, whose head is that of the cells."""
        [table] = sheet.tables.values()
        self.assertEqual((table.ref, table.autoFilter.ref), (sheet.dimensions, sheet.dimensions))
        self.assertEqual([column.name for column in table.tableColumns], [cell.value for cell in sheet[1]])

    def classify_all(self):
        """Have all who bought be customers: nothing is left to explain."""
        self.people.active = True
        self.classify(as_of=self.today)

    def table(self, sheet, first: str) -> list[tuple]:
        """The rows below the head that begins with a text, up to an empty one."""
        rows = list(sheet.iter_rows(values_only=True))
        start = next(number for number, row in enumerate(rows) if row[0] == first)
        end = next((n for n in range(start, len(rows)) if not any(rows[n])), len(rows))
        return rows[start:end]


@tagged("post_install", "-at_install")
class TestXlsx(ExportCommon):
    def test_totals_are_those_of_the_rows_and_of_the_ledger(self):
        for options in ({}, {"as_of": self.day(20)}, {"compare_to": self.day(30)}):
            with self.subTest(**options):
                self.check_totals(self.written(**options), options.get("as_of") or self.today)

    def check_totals(self, book, day):
        rows = self.customers(book)
        self.assertEqual(len(rows), len(self.state(day)))
        amount = sum(row["Revenue"] for row in rows)
        for dimension in self.dimensions:
            groups = defaultdict(lambda: [0, 0.0])
            for row in rows:
                group = groups[row[dimension.name]]
                group[0] += 1
                group[1] += row["Revenue"]
            head, *lines, total = self.table(book[dimension.name], "Class")
            revenue = head.index("Revenue")
            found = {line[0].strip(): [line[1], round(line[revenue], 2)] for line in lines if line[1]}
            self.assertEqual(found, {name: [n, round(sum_, 2)] for name, (n, sum_) in groups.items()})
            self.assertEqual((total[1], round(total[revenue], 2)), (len(rows), round(amount, 2)))
        ledger = defaultdict(float)
        for line in self.env["account.move.line"].search([("company_id", "=", self.company.id)]):
            move = line.move_id
            start = day - relativedelta(years=1)
            income = line.account_id.account_type == "income" and move.state == "posted"
            if income and start < move.invoice_date <= day:
                ledger[move.commercial_partner_id] -= line.balance
        strangers = sum(ledger[partner] for partner in ledger.keys() - self.state(day).keys())
        ledger = sum(ledger.values())
        self.assertTrue(strangers, "an archived customer has invoices")
        self.assertAlmostEqual(ledger - strangers, amount, 2)
        head, *lines = self.table(book["Reconciliation"], "Dimension")
        self.assertEqual(len(lines), len(self.env["segmentation.dimension"].search([])))
        for _dimension, classes, unclassified, total, difference in (line[:5] for line in lines):
            self.assertAlmostEqual(total, ledger, 2)
            self.assertAlmostEqual(classes + unclassified, amount, 2)
            self.assertAlmostEqual(difference, -strangers, 2)
        causes = self.table(book["Reconciliation"], "Customer")[1:]
        self.assertAlmostEqual(sum(row[3] for row in causes), -strangers, 2)

    def test_reconciliation_explains_differences(self):
        self.classify_all()
        sheet = self.written()["Reconciliation"]
        self.assertEqual({line[4] for line in self.table(sheet, "Dimension")[1:]}, {0})
        late = self.invoice(self.people[0], 111.11, self.today)
        stranger = self.env["res.partner"].create({"name": "Own entity", "is_company": True})
        self.env["res.company"].create({"name": "Own entity", "partner_id": stranger.id})
        self.invoice(stranger, 22.22, self.today)
        book = self.written()
        sheet = book["Reconciliation"]
        for line in self.table(sheet, "Dimension")[1:]:
            self.assertAlmostEqual(line[4], -133.33, 2)
        causes = {row[0]: row for row in self.table(sheet, "Customer")[1:]}
        self.assertEqual(set(causes), {"Customer 0", "Own entity"})
        self.assertAlmostEqual(sum(row[3] for row in causes.values()), -133.33, 2)
        self.assertIn(late.name, causes["Customer 0"][5])
        self.assertIn("Not a customer", causes["Own entity"][5])
        self.classify(as_of=self.today)
        causes = self.table(self.written()["Reconciliation"], "Customer")[1:]
        self.assertEqual([row[0] for row in causes], ["Own entity"])

    def test_down_payments_and_drafts(self):
        """What is invoiced on another account than income is part of the revenue, and of the ledger."""
        move = self.invoice(self.late, 500, self.today, post=False)
        move.invoice_line_ids.account_id = self.env["account.account"].create(
            {"name": "Down payments", "code": "248999", "account_type": "liability_current"}
        )
        self.invoice(self.late, 77, self.today, post=False)
        move.action_post()
        self.classify_all()
        sheet = self.written()["Reconciliation"]
        self.assertTrue(all(line[4] == 0 for line in self.table(sheet, "Dimension")[1:]))
        accounts = self.table(sheet, "Account")[1:-1]
        self.assertIn(500, [row[1] for row in accounts])

    def test_user_text_stays_text(self):
        for number, name in enumerate(HOSTILE):
            self.customer(name, ref=HOSTILE[number - 1], city=name)
        self.size.name = HOSTILE[0]
        self.env.ref("partner_segmentation.class_size_large").name = HOSTILE[3]
        self.classify(as_of=self.today)
        export = self.export(compare_to=self.day(20))
        book = self.book(export)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        self.assertEqual(cell.column, sheet.max_column)
                        self.assertRegex(cell.value, r'^=HYPERLINK\("http[^"]*/odoo/res\.partner/\d+","Open"\)$')
                    elif isinstance(cell.value, str):
                        self.assertIn(cell.data_type, ("s", "inlineStr"))
                        self.assertIsNone(cell.hyperlink)
        with ZipFile(io.BytesIO(self.attachment(export).raw)) as file:
            charts = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/charts/")]
        self.assertGreater(len(charts), 4)
        for formula in re.findall(r"<c:f>(.*?)</c:f>", "".join(charts)):
            self.assertRegex(formula, r"^(\w+|'([^']|'')+')!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?$")
        names = [row["Customer"] for row in self.customers(book)]
        for name in HOSTILE:
            found = openpyxl.utils.escape.unescape(next(n for n in names if _plain(n) == _plain(name)))
            self.assertEqual(_plain(found), _plain(name))
        for row in book["Customers"].iter_rows(min_row=2, max_col=1):
            self.assertEqual(row[0].number_format, "@", "Excel must not turn it into a formula when it is edited")

    def test_odoo_keeps_formulas_out_of_csv(self):
        rows = [[name] for name in HOSTILE[:3]]
        content = CSVExport().from_data([], ["Customer"], rows)
        cells = [row[0] for row in csv.reader(io.StringIO(content))][1:]
        self.assertEqual(cells, [f"'{name}" for name in HOSTILE[:3]])

    def test_sheet_names(self):
        with TemporaryDirectory() as folder, Book(f"{folder}/names.xlsx", self.cny) as book:
            wishes = ["a" * 40, "A" * 40, "[x]:*?/\\", "'quoted'", "History", "", "客户" * 20, "😀" * 20, "\x07", "   "]
            names = [book.add_sheet(name).name for name in wishes]
        self.assertEqual(len({name.lower() for name in names}), len(wishes))
        for name in names:
            self.assertLessEqual(len(name.encode("utf-16-le")) // 2, 31)
            self.assertTrue(name.strip(" '"))
            self.assertNotRegex(name, r"[\[\]:*?/\\]")

    def test_customers_are_typed_filtered_and_linked(self):
        metrics = self.env["segmentation.metric"].search([("result_type", "in", ("date", "integer"))])
        book = self.written(metrics=metrics, details=tuple(workbook_customers.DETAILS))
        sheet = book["Customers"]
        self.assertEqual(sheet.freeze_panes, "B2")
        self.check_table(sheet)
        rows = self.customers(book)
        self.assertEqual([row["Revenue"] for row in rows], sorted((row["Revenue"] for row in rows), reverse=True))
        for row, cells in zip(rows, sheet.iter_rows(min_row=2), strict=True):
            partner_id = int(row["In Odoo"].split("/")[-1].split('"')[0])
            profile = self.profile(self.env["res.partner"].browse(partner_id))
            self.assertEqual(row["Customer"], profile.partner_id.name)
            self.assertEqual(row["Salesperson"], profile.user_id.name or None)
            self.assertEqual(row["Country"], profile.country_id.name or None)
            self.assertEqual(row["Size"], profile.size_class_id.name or "Unclassified")
            first = profile.first_purchase_date
            self.assertEqual(row["First purchase"], (first and datetime(first.year, first.month, first.day)) or None)
            self.assertEqual(row["Employees"], profile.employee_count or None)
            formats = {head.value: cell.number_format for head, cell in zip(sheet[1], cells, strict=True)}
            self.assertIn("¥", formats["Revenue"])
            if first:
                self.assertEqual(formats["First purchase"], "yyyy-mm-dd")

    def test_comparison_and_charts(self):
        book = self.written(compare_to=self.day(30))
        rows = {row["Customer"]: row for row in self.customers(book)}
        then = self.state(self.day(30))
        for partner in self.state(self.today):
            expected = (then[partner][self.size].name or "Unclassified") if partner in then else None
            self.assertEqual(rows[partner.name]["Size then"], expected)
        self.assertIn("Not a customer", [row[0] for row in book["Migration"].iter_rows(values_only=True)])
        for name in ("Summary", *self.dimensions.mapped("name")):
            self.assertEqual(len(book[name]._charts), 1, name)

    def test_continuation_sheets(self):
        whole = self.customers(self.written())
        self.patch(workbook, "MAX_ROWS", 6)
        book = self.written()
        names = [name for name in book.sheetnames if name.startswith("Customers")]
        self.assertEqual(names[:3], ["Customers", "Customers (2)", "Customers (3)"])
        parts = [row for name in names for row in self.customers(book, name)]
        self.assertEqual(parts, whole)
        for name in names:
            self.assertLessEqual(book[name].max_row, 6)
            self.check_table(book[name])
        tables = [table for name in names for table in book[name].tables]
        self.assertEqual(len(set(tables)), len(names), "no name is used twice")

    def test_titles_of_the_columns(self):
        """Excel repairs files whose columns are titled alike, or titled otherwise than their cells."""
        metric = self.env["segmentation.metric"].search([("result_type", "=", "integer")], limit=1)
        titles = [*HOSTILE, "Revenue", "REVENUE", "Customer", "a\nb", "a b", "x" * 999]
        for title in titles:
            metric.name = title
            self.check_table(self.written(metrics=metric)["Customers"])
        self.assertEqual(workbook.different(["A", "a", "A (2)", "B"]), ["A", "a (2)", "A (2) (2)", "B"])

    def test_the_condition_is_told_in_words(self):
        book = self.written(domain=[("country_id", "=", self.china.id), ("customer_rank", ">", 0)])
        texts = [cell.value for cell in book["Summary"]["A"]]
        self.assertIn("Only customers that match: Country is China and Customer Rank > 0", texts)
        self.assertFalse([text for text in self.written()["Summary"]["A"] if "that match" in str(text.value)])

    def test_names_that_the_user_may_not_see_are_not_told(self):
        stranger = self.people.filtered(lambda partner: not partner.user_id)[0]
        book = self.exported(self.seller, domain=f"[('id', 'in', {stranger.ids})]")
        [text] = [cell.value for cell in book["Summary"]["A"] if "that match" in str(cell.value)]
        self.assertNotIn(stranger.name, text)
        self.assertFalse(self.customers(book))

    def test_a_sheet_without_customers(self):
        book = self.written(domain=[("id", "=", 0)])
        self.assertFalse(self.customers(book))
        self.assertTrue(book["Customers"].auto_filter.ref)

    def test_batches(self):
        whole = self.customers(self.written())
        self.patch(workbook_customers, "BATCH", 3)
        self.assertEqual(self.customers(self.written()), whole)

    def test_nothing_to_export(self):
        book = self.written(domain=[("id", "=", 0)])
        self.assertEqual(self.customers(book), [])
        company = self.env["res.company"].create({"name": "Empty"})
        self.env.user.company_ids |= company
        book = self.written(company)
        self.assertEqual(book.sheetnames, ["Summary", "Method"])
        texts = [cell for row in book["Summary"].iter_rows(values_only=True) for cell in row if cell]
        self.assertTrue(any("has been classified yet" in text for text in texts))

    def test_salesperson_exports_own_customers(self):
        book = self.exported(self.seller)
        own = (self.people | self.late).filtered(lambda p: p.user_id == self.seller and p.active)
        rows = self.customers(book)
        self.assertEqual({row["Customer"] for row in rows}, set(own.mapped("name")))
        names = {p.name for p in self.state(self.today)} - set(own.mapped("name"))
        for sheet in book:
            cells = {cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)}
            self.assertFalse(cells & names, sheet.title)
        for line in self.table(book["Reconciliation"], "Dimension")[1:]:
            self.assertEqual(line[4], 0)
            self.assertAlmostEqual(line[3], sum(row["Revenue"] for row in rows), 2)


def _plain(text):
    """Without what the file format writes in another way."""
    return text.replace("_x0007_", "\x07").replace("_x005F_", "_")


@tagged("post_install", "-at_install")
class TestExportRecord(ExportCommon):
    def new_user(self, login, groups):
        return new_test_user(
            self.env, login, groups, company_id=self.company.id, company_ids=[Command.set(self.company.ids)]
        )

    def test_large_exports_are_made_in_the_background(self):
        self.patch(segmentation_export, "AT_ONCE", 5)
        self.patch(segmentation_export, "PROGRESS_SECONDS", 0)
        accountant = self.new_user("segmentation_accountant", "account.group_account_invoice")
        Wizard = self.env["segmentation.export.xlsx"].with_user(accountant)
        action = Wizard.create({"compare_to": self.day(30)}).action_export()
        export = self.env["segmentation.export"].with_user(accountant).browse(action["res_id"])
        self.assertEqual((export.state, export.progress), ("queued", 0))
        with self.assertRaises(UserError):
            export.action_download()
        if not export._has_job_function():
            job = self.env.ref("partner_segmentation.cron_export")
            self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]))
        sent = []
        with patch.object(
            self.registry["res.users"], "_bus_send", lambda user, kind, message, **_: sent.append((user, message))
        ):
            self.run_jobs("cron_export")
        self.assertEqual((export.state, export.progress, export.attempts), ("done", 100, 1), export.error)
        self.assertEqual(export.customers, len(self.state(self.today)))
        [[user, message]] = sent
        self.assertEqual((user, message["type"]), (accountant, "success"))
        self.assertIn(export.name, message["message"])
        self.assertIn(self.url(export), self.told(export).body)
        self.assertEqual(len(self.customers(self.book(export.sudo()))), export.customers)
        self.assertIn("/web/content/", export.action_download()["url"])

    def told(self, export):
        """The only message about the export, which nobody but its maker got."""
        [message] = self.env["mail.message"].sudo().search([("model", "=", export._name), ("res_id", "=", export.id)])
        self.assertEqual(message.notified_partner_ids, export.create_uid.partner_id)
        return message

    def url(self, export) -> str:
        return f"/web/content/{self.attachment(export).id}?download=true"

    def test_failure_is_told(self):
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.export()
        with (
            patch.object(Export, "save", side_effect=ValueError("broken")),
            mute_logger("odoo.addons.partner_segmentation.wizards.segmentation_export"),
        ):
            self.run_jobs("cron_export")
        self.assertEqual((export.state, export.error), ("failed", "broken"))
        self.assertIn("broken", self.told(export).body)

    def test_conflict_with_another_transaction_is_put_off(self):
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.export()
        job = self.env.ref("partner_segmentation.cron_export")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([]).unlink()
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (segmentation_export.LOCK_CLASS, export.id))
            self.run_jobs("cron_export")
        self.assertEqual(export.attempts, 0, "somebody else is at it")
        with patch.object(type(export), "_finish", side_effect=SerializationFailure("concurrent update")):
            self.run_jobs("cron_export")
        self.assertEqual((export.state, export.attempts), ("running", 1))
        self.assertTrue(triggers.search([("cron_id", "=", job.id)]))
        self.run_jobs("cron_export")
        self.assertEqual((export.state, export.attempts), ("done", 2))

    def test_the_scheduler_says_when_to_stop(self):
        self.patch(segmentation_export, "AT_ONCE", 0)
        exports = self.export() | self.export()
        with patch.object(self.registry["ir.cron"], "_commit_progress", return_value=0):
            self.env["segmentation.export"].sudo()._cron_export()
        self.assertEqual(sorted(exports.mapped("state")), ["done", "queued"])

    def test_an_error_is_shown_to_who_waits_for_the_file(self):
        with (
            patch.object(Export, "save", side_effect=ValueError("broken")),
            self.assertRaisesRegex(ValueError, "broken"),
        ):
            self.export()

    def test_interrupted_exports_are_given_up(self):
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.export()
        export.sudo().write({"state": "running", "attempts": segmentation_export.MAX_ATTEMPTS})
        self.run_jobs("cron_export")
        self.assertEqual(export.state, "failed")
        self.assertIn("interrupted", export.error)

    def test_only_its_maker_opens_a_file(self):
        export = self.export()
        attachment = self.attachment(export)
        self.assertTrue(attachment.raw)
        for groups in ("sales_team.group_sale_manager,account.group_account_manager", "base.group_system"):
            user = self.new_user(f"segmentation_{len(groups)}", groups)
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                attachment.with_user(user).read(["raw"])
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                export.with_user(user).action_download()

    def test_who_may_export(self):
        for groups in ("base.group_user", "partner_segmentation.group_user", "partner_segmentation.group_manager"):
            user = self.new_user(f"segmentation_{len(groups)}", groups)
            self.assertFalse(self.env["segmentation.export.xlsx"].with_user(user).has_access("create"), groups)
            self.assertFalse(self.env["segmentation.export"].with_user(user).has_access("read"), groups)
        for groups in (
            "account.group_account_readonly",
            "account.group_account_invoice",
            "sales_team.group_sale_salesman",
        ):
            user = self.new_user(f"segmentation_{groups[-9:]}", groups)
            self.assertTrue(self.env["segmentation.export.xlsx"].with_user(user).has_access("create"), groups)
            exports = self.env["segmentation.export"].with_user(user)
            self.assertFalse(exports.has_access("create") or exports.has_access("write"), groups)
            self.assertTrue(self.exported(user).sheetnames)

    def test_other_companies(self):
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self.env["segmentation.export.xlsx"].with_user(self.seller).create({"company_id": other.id})

    def test_last_choice_is_kept(self):
        metric = self.env.ref("partner_segmentation.metric_orders_24m")
        gone = self.env["segmentation.dimension"].create({"name": "Gone", "code": "gone", "method": "manual"})
        self.export(
            dimension_ids=[Command.set((self.size | gone).ids)],
            metric_ids=[Command.set(metric.ids)],
            with_reference=False,
            with_contact=True,
        )
        gone.active = False
        with Form(self.env["segmentation.export.xlsx"]) as form:
            self.assertEqual(form.dimension_ids[:], self.size)
            self.assertEqual(form.metric_ids[:], metric)
            self.assertEqual((form.with_reference, form.with_contact), (False, True))
        with Form(self.env["segmentation.export.xlsx"].with_user(self.seller)) as form:
            self.assertFalse(form.metric_ids[:])
            self.assertTrue(form.with_reference)

    def test_wrong_choices_are_refused(self):
        for values in (
            {"as_of": self.day(-1)},
            {"compare_to": self.today},
            {"as_of": self.day(20), "compare_to": self.day(10)},
            {"domain": "[('nonsense', '=', 1)]"},
            {"domain": "__import__('os')"},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError):
                self.env["segmentation.export.xlsx"].create(values)

    def test_old_files_are_removed(self):
        old, new = self.export(), self.export()
        self.env.cr.execute(
            "UPDATE segmentation_export SET create_date = %s WHERE id = %s",
            (datetime.now() - timedelta(days=31), old.id),
        )
        self.env.invalidate_all()
        self.env["segmentation.export"].sudo()._gc_exports()
        self.assertFalse(old.exists())
        self.assertTrue(new.exists())
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "=", old._name), ("res_id", "=", old.id)]))
