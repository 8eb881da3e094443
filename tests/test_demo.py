"""The code that makes demo data, on a small plan of its own; the real one is carried out at installation."""

import io
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command
from odoo.tests import TransactionCase, tagged

from ..models import segmentation_demo

CUSTOMERS = """\
id,name,is_company,user_id/id
base.segmentation_demo_prompt,Prompt Ltd,True,base.user_admin
base.segmentation_demo_slow,Slow Ltd,True,base.user_admin
"""
PLAN = """\
customer,company,document,first,last,every,amount,currency,product
prompt,try,order_invoiced,8,4,2,1000,,widget
prompt,try,refund,7,,,100,,widget
prompt,try,invoice,6,,,200,GBP,hours
prompt,try,invoice,1,,,50,,hours
slow,try,invoice,6,,,300,,widget
prompt,try,order,3,,,400,,widget
prompt,try,order_cancelled,3,,,500,,widget
prompt,try,quotation,1,,,600,,widget
slow,try,quotation_sent,1,,,700,,widget
slow,try,opportunity,2,,,800,,widget
prompt,try,opportunity_won,2,,,900,,widget
slow,try,opportunity_lost,2,,,1000,,widget
"""
FILES = {segmentation_demo.CUSTOMERS: CUSTOMERS, segmentation_demo.PLAN: PLAN}


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(user=SUPERUSER_ID)  # as at installation
        cls.startClassPatcher(patch.object(segmentation_demo, "file_open", lambda path: io.StringIO(FILES[path])))
        cls.startClassPatcher(patch.object(segmentation_demo, "PAY_LATE", ("slow",)))
        cls.euro, cls.pound = cls.env.ref("base.EUR"), cls.env.ref("base.GBP")
        (cls.euro | cls.pound).active = True
        cls.company = cls.named(
            "company_try",
            cls.env["res.company"].create(
                {"name": "Try", "country_id": cls.env.ref("base.de").id, "currency_id": cls.euro.id}
            ),
        )
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.pound.id, "company_id": cls.company.id, "rate": 0.5, "name": "2000-01-01"}
        )
        for user in cls.env.user, cls.env.ref("base.user_admin"):
            user.company_ids = [Command.link(cls.company.id)]
        for name, kind in (("widget", "consu"), ("hours", "service")):
            product = {"name": name, "type": kind, "taxes_id": [Command.clear()], "invoice_policy": "order"}
            cls.named(name, cls.env["product.product"].create(product))
        cls.demo = cls.env["segmentation.demo"]
        cls.demo._load_accounts(cls.company.ids)
        cls.demo._create_customers()
        cls.demo._create_transactions()
        cls.prompt, cls.slow = (cls.env.ref(f"base.segmentation_demo_{name}") for name in ("prompt", "slow"))

    @classmethod
    def named(cls, name, record):
        """The record, found by the name it has in the plan."""
        cls.env["ir.model.data"].create(
            {"module": "base", "name": f"segmentation_demo_{name}", "model": record._name, "res_id": record.id}
        )
        return record

    def records(self, model, *domain):
        return self.env[model].with_context(active_test=False).search([("company_id", "=", self.company.id), *domain])

    def invoices(self, partner):
        return self.records("account.move", ("move_type", "!=", "entry"), ("partner_id", "=", partner.id))

    def test_companies_keep_country_and_currency(self):
        self.assertEqual(self.company.currency_id, self.euro)
        self.assertEqual(self.company.account_fiscal_country_id.code, "DE")
        taxes = self.records("account.tax")
        self.assertTrue(taxes)
        self.assertEqual(set(taxes.country_id.mapped("code")), {"DE"})

    def test_orders(self):
        states = {}
        for order in self.records("sale.order"):
            states.setdefault(order.state, []).append(round(order.amount_untaxed, 2))
        self.assertEqual(
            {state: sorted(amounts) for state, amounts in states.items()},
            {"draft": [600], "sent": [700], "cancel": [500], "sale": [400, 850, 1000, 1150]},
        )
        today = self.env.cr.now().date()
        ordered = self.records("sale.order", ("state", "=", "sale"))
        self.assertTrue(all(60 < (today - order.date_order.date()).days < 300 for order in ordered))

    def test_invoices_and_payments(self):
        paid = self.invoices(self.prompt)
        self.assertEqual(set(paid.mapped("state")), {"posted"})
        self.assertEqual(paid.currency_id, self.euro | self.pound)
        open_ones = paid.filtered("amount_residual")
        self.assertEqual(open_ones.mapped("amount_untaxed"), [50], "only what was due lately is open")
        owed = self.invoices(self.slow)
        self.assertEqual([(move.amount_residual > 0, move.amount_untaxed) for move in owed], [(True, 300)])

    def test_orders_are_invoiced_on_their_day(self):
        for order in self.records("sale.order", ("invoice_ids", "!=", False)):
            self.assertEqual(order.invoice_ids.invoice_date, order.date_order.date())

    def test_opportunities(self):
        leads = self.records("crm.lead")
        self.assertEqual(
            {(lead.partner_id, lead.active, lead.stage_id.is_won, bool(lead.date_closed)) for lead in leads},
            {(self.slow, True, False, False), (self.prompt, True, True, True), (self.slow, False, False, True)},
        )

    def test_again_changes_nothing(self):
        before = [self.records(model).ids for model in ("sale.order", "account.move", "crm.lead")]
        chart = self.company.chart_template
        self.demo._load_accounts(self.company.ids)
        self.demo._create_transactions()
        self.assertEqual([self.records(model).ids for model in ("sale.order", "account.move", "crm.lead")], before)
        self.assertEqual(self.company.chart_template, chart)

    def test_customers_that_are_no_customers(self):
        with (
            patch.object(segmentation_demo, "file_open", lambda _path: io.StringIO("id,name,nonsense\nbase.a,A,1\n")),
            self.assertRaises(ValueError),
        ):
            self.demo._create_customers()
