"""The Excel export for readers without figures, and what its reconciliation says in rare cases."""

from unittest.mock import patch

from odoo.tests import tagged

from ..report import reconciliation
from .test_xlsx import ExportCommon


@tagged("post_install", "-at_install")
class TestXlsxReaders(ExportCommon):
    def texts(self, sheet):
        return {value for row in sheet.iter_rows(values_only=True) for value in row if isinstance(value, str)}

    def test_users_without_figures_get_customers_only(self):
        viewer = self.new_viewer()
        whole = self.make_class(self.size, "WHOLE")
        self.size.class_ids.filtered(lambda cls: cls.code == "L").parent_id = whole
        self.classify(as_of=self.today)
        book = self.written(self.company.with_user(viewer), compare_to=self.day(30))
        titles = set.union(*(self.texts(sheet) for sheet in book))
        self.assertFalse(
            titles & {"Revenue", "Prior revenue", "Growth", "Average revenue", "Overdue", "Revenue with parts"}
        )
        self.assertIn("Customers with parts", self.texts(book["Size"]))
        self.assertIn("Reconciliation needs rights for sales or invoicing.", self.texts(book["Reconciliation"]))
        self.assertIn("Data quality", titles)
        self.assertTrue({"Moved up", "Moved down"} & titles)
        self.assertEqual(len(self.customers(book)), len(self.state(self.today)))
        for sheet in book:
            for row in sheet.iter_rows():
                self.assertFalse([cell for cell in row if "¥" in cell.number_format and cell.value], sheet.title)

    def test_revenue_of_all_time(self):
        self.env["segmentation.metric"].search([("field_name", "=", "revenue_12m")]).window_months = 0
        self.classify_all()
        sheet = self.written()["Reconciliation"]
        self.assertTrue(
            [text for text in self.texts(sheet) if text.startswith("Posted customer invoices and refunds up")]
        )
        self.assertEqual({line[4] for line in self.table(sheet, "Dimension")[1:]}, {0})

    def test_differences_that_are_not_listed_are_counted(self):
        self.classify_all()
        for number, partner in enumerate(self.people[:3]):
            self.invoice(partner, 10 + number, self.today)
        with patch.object(reconciliation, "LISTED", 1):
            sheet = self.written()["Reconciliation"]
        self.assertIn("And 2 more customers with smaller differences.", self.texts(sheet))
        [_head, cause] = self.table(sheet, "Customer")[:2]
        self.assertEqual(cause[3], -12)

    def test_classified_on_another_day(self):
        """No document has changed since, and the windows differ."""
        self.classify_all()
        self.classify(self.late, as_of=self.day(20))
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET write_date = '2020-01-01'")  # before the customer was evaluated
        causes = {row[0]: row for row in self.table(self.written()["Reconciliation"], "Customer")[1:]}
        self.assertEqual(set(causes), {"Late"})
        self.assertIn("evaluated on another day", causes["Late"][5])
