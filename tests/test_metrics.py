from contextlib import contextmanager
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import AS_OF, SegmentationCommon

INVOICES = "[('state', '=', 'posted'), ('move_type', 'in', ('out_invoice', 'out_refund'))]"


class MetricCase(SegmentationCommon):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)

    def field(self, model, name):
        return self.env["ir.model.fields"]._get(model, name).id

    def metric(self, code, model=None, **values):
        """A metric of its own; fields are given by name."""
        for name in ("measure_field_id", "date_field_id"):
            if name in values:
                values[name] = self.field(model, values[name])
        if model:
            values["model_id"] = self.env["ir.model"]._get_id(model)
        return self.env["segmentation.metric"].create({"name": code, "code": code, **values})

    def shipped(self, code):
        return self.env.ref(f"partner_segmentation.metric_{code}")

    def value(self, partner, column, as_of=AS_OF):
        run = self.classify(as_of=as_of)
        self.assertEqual(run.state, "done", run.error)
        return self.profile(partner)[column]

    @contextmanager
    def refused(self, pattern):
        """The block is refused with such a message, and undone."""
        with self.assertRaises(ValidationError) as caught:
            yield
        self.assertRegex(str(caught.exception), pattern)

    def pay(self, invoice, amount, day):
        """Register a payment of an invoice and match it."""
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        values = {"payment_date": day, "amount": amount, "payment_difference_handling": "open"}
        register.create(values)._create_payments()


@tagged("post_install", "-at_install")
class TestLargest(MetricCase):
    """The record where the sum is largest, and its share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer()
        cls.goods, cls.tools = cls.env["product.category"].create([{"name": "Goods"}, {"name": "Tools"}])
        cls.products = {
            category: cls.env["product.product"].create({"name": category.name, "categ_id": category.id})
            for category in (cls.goods, cls.tools)
        }

    def largest(self, aggregate="argmax", **values):
        return self.metric(
            f"top_{aggregate}",
            "account.move.line",
            aggregate=aggregate,
            partner_path="move_id.commercial_partner_id",
            domain="[('parent_state', '=', 'posted'), ('display_type', '=', 'product')]",
            measure_field_id="balance",
            reverse_sign=True,
            group_path="product_id.categ_id",
            date_field_id="invoice_date",
            **values,
        )

    def buy(self, category, amount, **values):
        """Invoice the amount, or refund a negative one."""
        move = self.invoice(
            self.partner, abs(amount), post=False, move_type="out_invoice" if amount > 0 else "out_refund", **values
        )
        move.invoice_line_ids.product_id = category and self.products[category]
        move.invoice_line_ids.write({"price_unit": abs(amount), "tax_ids": [Command.clear()]})
        move.action_post()
        return move

    def test_category_with_the_largest_revenue(self):
        metric = self.largest(window_months=12)
        self.assertFalse(self.value(self.partner, metric.field_name))
        self.buy(self.goods, 100)
        self.buy(self.tools, 60)
        self.buy(self.tools, 50)
        self.buy(self.goods, 500, day=AS_OF + timedelta(days=1))
        self.buy(self.goods, 500, day=AS_OF - timedelta(days=366))
        self.assertEqual(self.value(self.partner, metric.field_name), self.tools)
        self.buy(self.tools, -20)
        self.assertEqual(self.value(self.partner, metric.field_name), self.goods)

    def test_ties_and_nothing_positive(self):
        metric = self.largest()
        self.buy(self.tools, 70)
        self.buy(self.goods, 70)
        self.assertEqual(self.value(self.partner, metric.field_name), self.goods, "the older record")
        self.buy(self.goods, -70)
        self.buy(self.tools, -80)
        self.assertFalse(self.value(self.partner, metric.field_name))

    def test_share(self):
        """Refunded categories do not count, purchases without one are part of the whole."""
        metric, top = self.largest("top_share"), self.largest()
        self.assertIs(self.value(self.partner, metric.field_name) or None, None)
        self.buy(self.goods, 60)
        self.assertEqual(self.value(self.partner, metric.field_name), 100)
        self.buy(False, 120)
        self.buy(self.tools, 20)
        self.buy(self.tools, -50)
        self.assertAlmostEqual(self.value(self.partner, metric.field_name), 33.333333, places=6)
        self.assertEqual(self.profile(self.partner)[top.field_name], self.goods)

    def test_full_and_single_evaluation_agree(self):
        self.largest(), self.largest("top_share")
        self.buy(self.goods, 100)
        self.buy(self.tools, 60)
        self.classify()
        self.assertFalse(self.classify(self.partner).changed)
        self.assertFalse(self.classify().changed)

    def test_deleted_record(self):
        metric = self.metric(
            "top_team",
            "account.move",
            aggregate="argmax",
            domain=INVOICES,
            measure_field_id="amount_untaxed_signed",
            group_path="team_id",
        )
        team = self.env["crm.team"].create({"name": "North", "company_id": self.company.id})
        move = self.invoice(self.partner, 10)
        move.team_id = team
        self.assertEqual(self.value(self.partner, metric.field_name), team)
        self.assertEqual(metric._format_value(team, self.cny), "North")
        move.team_id = False
        team.unlink()
        self.assertFalse(self.profile(self.partner)[metric.field_name])
        self.assertFalse(self.classify().changed)

    def test_conditions_and_views_know_the_column(self):
        metric = self.largest()
        dimension = self.env["segmentation.dimension"].create({"name": "Buys", "code": "BUYS", "method": "domain"})
        self.make_class(dimension, "TOOLS", domain=f"[('{metric.field_name}.name', '=', 'Tools')]")
        self.buy(self.tools, 10)
        self.classify()
        self.assertClass(self.partner, dimension, "TOOLS")
        self.assertIn("Tools", str([line.value for line in self.profile(self.partner)._explain()]))
        arch = self.env["segmentation.profile"].get_view(view_type="search")["arch"]
        self.assertIn(f"group_{metric.field_name}", arch)
        with self.refused("used by dimension “Buys”"):
            metric.active = False
        dimension.active = False
        metric.active = False
        self.assertFalse(self.value(self.partner, metric.field_name))

    def test_column_must_fit_the_record(self):
        metric = self.largest()
        for column in ("partner_id", "company_id", "size_class_id", "create_uid", "days_to_pay"):
            with self.subTest(column), self.refused("Column"):
                metric.field_name = column
        with self.refused("record of that model"):
            metric.group_path = "product_id"


@tagged("post_install", "-at_install")
class TestDays(MetricCase):
    """Dates, and days between them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer()

    def test_first_purchase(self):
        self.assertIs(self.value(self.partner, "first_purchase_date"), False)
        self.invoice(self.partner, 10, day=date(2015, 2, 28))
        self.invoice(self.partner, 10)
        self.invoice(self.partner, 10, day=date(2014, 1, 1), move_type="out_refund")
        self.invoice(self.partner, 10, day=date(2013, 1, 1), post=False)
        self.assertEqual(self.value(self.partner, "first_purchase_date"), date(2015, 2, 28))
        metric = self.shipped("first_purchase_date")
        self.assertEqual(metric.result_type, "date")
        self.assertEqual(metric._format_value(date(2015, 2, 28), self.cny), "02/28/2015")

    def test_days_are_the_company_s(self):
        """17:00 in UTC is the next day in Shanghai."""
        metric = self.metric(
            "last_order",
            "sale.order",
            aggregate="max",
            partner_path="partner_id.commercial_partner_id",
            measure_field_id="date_order",
            date_field_id="date_order",
        )
        self.order(self.partner, moment="2026-06-10 17:00:00")
        self.assertEqual(self.value(self.partner, metric.field_name), date(2026, 6, 11))

    def test_archived_date_metric(self):
        self.invoice(self.partner, 10)
        self.assertTrue(self.value(self.partner, "first_purchase_date"))
        self.shipped("first_purchase_date").active = False
        self.assertFalse(self.value(self.partner, "first_purchase_date"))

    def test_days_between_purchases(self):
        self.invoice(self.partner, 10, day=AS_OF)
        self.invoice(self.partner, 10, day=AS_OF)
        self.assertIs(self.value(self.partner, "days_between_purchases"), False)
        self.invoice(self.partner, 10, day=AS_OF - timedelta(days=30))
        self.invoice(self.partner, 10, day=AS_OF - timedelta(days=100))
        self.invoice(self.partner, 10, day=date(2023, 6, 30))  # the day before the window
        self.assertEqual(self.value(self.partner, "days_between_purchases"), 50)

    def test_date_metrics_are_for_conditions(self):
        first = self.shipped("first_purchase_date")
        criterion = self.env.ref("partner_segmentation.criterion_size_large_employee_count")
        with self.refused("gives no number.*Choose another Metric"):
            criterion.metric_id = first
        values = {"name": "Cohort", "code": "COHORT", "metric_id": first.id}
        for method in ("share", "quantile"):
            with self.subTest(method), self.refused("gives no number"):
                self.env["segmentation.dimension"].create({**values, "method": method})
        dimension = self.env["segmentation.dimension"].create({"name": "New", "code": "NEW", "method": "domain"})
        self.make_class(dimension, "NEW", domain="[('first_purchase_date', '>=', '2026-01-01')]")
        self.make_class(dimension, "OLD", domain="[('first_purchase_date', '!=', False)]")
        old = self.customer()
        self.invoice(self.partner, 10)
        self.invoice(old, 10, day=date(2025, 12, 31))
        self.classify()
        self.assertClass(self.partner, dimension, "NEW")
        self.assertClass(old, dimension, "OLD")
        [line] = [line for line in self.profile(old)._explain() if line.dimension == dimension]
        self.assertEqual(line.value, "First purchase: 12/31/2025")

    def test_compared_metric_stays_a_number(self):
        metric = self.metric("last_due", "account.move", aggregate="max", measure_field_id="invoice_date")
        ratio = self.metric("orders_only", "account.move", aggregate="count")
        self.env.ref("partner_segmentation.criterion_size_large_employee_count").metric_id = ratio
        values = {"aggregate": "min", "measure_field_id": self.field("account.move", "invoice_date")}
        with self.refused("gives no number"):
            ratio.write({**values, "field_name": metric.field_name})


@tagged("post_install", "-at_install")
class TestReceivables(MetricCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer()
        cls.contact = cls.customer("Contact", is_company=False, parent_id=cls.partner.id)

    def ago(self, days):
        return AS_OF - timedelta(days=days)

    def test_days_to_pay(self):
        self.assertIs(self.value(self.partner, "days_to_pay"), False)
        first = self.invoice(self.partner, 100, day=self.ago(100))
        second = self.invoice(self.contact, 1000, day=self.ago(50))
        self.pay(first, 40, self.ago(90))
        self.pay(first, 60, self.ago(70))
        self.pay(second, 1000, self.ago(29))
        self.pay(self.invoice(self.partner, 10, day=self.ago(700)), 10, self.ago(400))  # before the window
        self.pay(self.invoice(self.partner, 10, day=self.ago(5)), 10, AS_OF + timedelta(days=1))
        self.assertAlmostEqual(self.value(self.partner, "days_to_pay"), (10 + 30 + 21) / 3, places=6)

    def test_only_money_pays(self):
        """A credit note and a write-off close invoices, and say nothing about when the customer pays."""
        invoice = self.invoice(self.partner, 100, day=self.ago(100))
        refund = self.invoice(self.partner, 30, day=self.ago(60), move_type="out_refund")
        self.match(invoice, refund)
        self.match(invoice, self.write_off(self.ago(20), 30))
        self.assertEqual(invoice.amount_residual, 40)
        self.assertIs(self.value(self.partner, "days_to_pay"), False)
        self.pay(invoice, 40, self.ago(58))
        self.assertEqual(self.value(self.partner, "days_to_pay"), 42)

    def test_suppliers_are_not_asked(self):
        bill = self.invoice(self.partner, 100, day=self.ago(100), move_type="in_invoice")
        self.pay(bill, 100, self.ago(10))
        self.assertIs(self.value(self.partner, "days_to_pay"), False)
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 0)

    def test_overdue(self):
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 0)
        self.due(100, AS_OF)
        self.due(20, AS_OF + timedelta(days=1))
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 0, "due today is not overdue")
        self.assertEqual(self.value(self.partner, "overdue_receivable", AS_OF + timedelta(days=1)), 100)
        late = self.due(70, self.ago(1))
        self.due(5, self.ago(800), partner=self.contact)
        self.due(33, self.ago(9)).button_draft()
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 75)
        self.pay(late, 30, AS_OF)
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 45)

    def test_open_credits_reduce_what_is_overdue(self):
        self.due(100, self.ago(10))
        self.due(30, self.ago(5), move_type="out_refund")
        self.env["account.payment"].create(
            {
                "partner_id": self.partner.id,
                "payment_type": "inbound",
                "partner_type": "customer",
                "amount": 20,
                "date": self.ago(3),
            }
        ).action_post()
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 50)
        without_due_date = self.write_off(self.ago(2), 7).line_ids
        without_due_date.date_maturity = False
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 50, "an item without due date is not due")

    def test_overdue_in_company_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        for day, rate in ((self.ago(500), 0.125), (self.ago(1), 0.5)):
            values = {"currency_id": euro.id, "company_id": self.company.id}
            self.env["res.currency.rate"].create({"name": day, "rate": rate, **values})
        self.due(100, self.ago(3), currency_id=euro.id)
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 800)

    def test_only_this_company(self):
        other = self.setup_other_company()["company"]
        self.due(100, self.ago(3), company=other)
        self.assertEqual(self.value(self.partner, "overdue_receivable"), 0)

    def due(self, amount, day, partner=None, move_type="out_invoice", company=None, **values):
        """An open invoice that is due on the day."""
        partner = partner or self.partner
        move = self.invoice(partner, amount, day=self.ago(900), move_type=move_type, company=company, post=False)
        move.write({"invoice_payment_term_id": False, "invoice_date_due": day, **values})
        move.action_post()
        return move

    def receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    def match(self, *moves):
        self.receivable(self.env["account.move"].concat(*moves)).reconcile()

    def write_off(self, day, amount):
        """A general entry in favour of the customer."""
        account = self.receivable(self.invoice(self.partner, 1)).account_id
        lines = [
            {"account_id": account.id, "credit": amount, "partner_id": self.partner.id},
            {"account_id": self.company_data["default_account_expense"].id, "debit": amount},
        ]
        move = self.env["account.move"].create(
            {"move_type": "entry", "date": day, "line_ids": [Command.create(line) for line in lines]}
        )
        move.action_post()
        return move
