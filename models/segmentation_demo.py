"""Demo data that has to be code: accounts and business documents of the demo companies."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import file_open

CUSTOMERS = "partner_segmentation/demo/customers.csv"
# Who buys what: a line stands for one document, or for a series of them.
PLAN = "partner_segmentation/demo/transactions.csv"
PREFIX = "base.segmentation_demo_"

# What makes a series look alive: shares of the planned amount, which average 1, and days.
AMOUNT_FACTORS = (1.0, 0.85, 1.15, 0.95, 1.3, 0.75)
DAYS_EARLIER = (4, 11, 7, 16, 9, 2, 13)

TERM, PAID_AFTER = 30, 15  # days from an invoice until it is due, and from then until it is paid
PAY_LATE = ("hongtu", "xiangyun")

QUIET = {
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
}


@dataclass(frozen=True)
class Document:
    """A planned document, of any kind."""

    kind: str
    partner: object
    product: object
    currency: object
    amount: float
    day: date

    @property
    def salesperson(self):
        return self.partner.commercial_partner_id.user_id

    @property
    def quantity(self) -> int:
        """Goods are bought in tens, so that the price stays exact."""
        return 10 if self.product.type == "consu" else 1

    @property
    def moment(self) -> datetime:
        """Noon in Shanghai, morning in Hamburg: the same day everywhere."""
        return datetime.combine(self.day, time(4))


class SegmentationDemo(models.AbstractModel):
    _name = "segmentation.demo"
    _description = "Demo Data of the Customer Classification"

    @api.model
    def _load_accounts(self, company_ids):
        """Give the companies a chart of accounts, their own country and their own currency.

        The generic chart belongs to the module account, so it is complete here although
        ``try_loading`` warns about a registry that is still being loaded. It is made for the United
        States and would turn the companies into American ones.
        """
        for company in self.env["res.company"].browse(company_ids):
            if company.chart_template:
                continue
            country, currency = company.country_id, company.currency_id
            self.env["account.chart.template"]._load("generic_coa", company, install_demo=False)
            company.write({"currency_id": currency.id, "account_fiscal_country_id": country.id})
            for model in ("account.tax.group", "account.tax"):
                self.env[model].search([("company_id", "=", company.id)]).country_id = country

    @api.model
    def _create_customers(self):
        """Import the customers as a user would.

        As a data file of the manifest they could not have external ids of ``base``.
        """
        with file_open(CUSTOMERS) as file:
            header, *rows = csv.reader(file)
        result = self.env["res.partner"].with_context(noupdate=True, **QUIET).load(header, rows)
        if not result["ids"]:
            raise ValueError(result["messages"])

    @api.model
    def _create_transactions(self):
        """Create the documents of the plan, once."""
        for code, rows in self._read_plan().items():
            company = self.env.ref(f"{PREFIX}company_{code}")
            demo = self.with_context(allowed_company_ids=company.ids, **QUIET)
            if not demo.env["sale.order"].search_count([("company_id", "=", company.id)], limit=1):
                demo._create_documents([document for row in rows for document in demo._series(row)])
                demo._settle(company)

    def _create_documents(self, documents):
        by_kind = {}
        for document in sorted(documents, key=lambda document: document.day):
            by_kind.setdefault(document.kind, []).append(document)
        for kind, group in by_kind.items():
            getattr(self, f"_create_{kind}")(group)

    # -- plan ----------------------------------------------------------------------------------

    def _read_plan(self) -> dict:
        """Code of a company → rows of the plan."""
        plan = {}
        with file_open(PLAN) as file:
            for row in csv.DictReader(file):
                plan.setdefault(row["company"], []).append(row)
        return plan

    def _series(self, row):
        """The documents of a row: from ``first`` to ``last`` months ago, every ``every`` months."""
        first = int(row["first"])
        last = int(row["last"] or first)
        currency = row["currency"] and self.env.ref(f"base.{row['currency']}")
        months = range(first, last - 1, -int(row["every"] or 1))
        for ago, factor, days in zip(months, cycle(AMOUNT_FACTORS), cycle(DAYS_EARLIER)):
            yield Document(
                kind=row["document"],
                partner=self.env.ref(PREFIX + row["customer"]),
                product=self.env.ref(PREFIX + row["product"]),
                currency=currency or self.env.company.currency_id,
                amount=float(row["amount"]) * factor,
                day=fields.Date.today() - relativedelta(months=ago) - timedelta(days=days),
            )

    # -- sales orders --------------------------------------------------------------------------

    def _create_quotation(self, documents):
        orders = self.env["sale.order"].create([self._order_values(d) for d in documents])
        # A new order takes the company's currency when it has no pricelist.
        for order, document in zip(orders, documents, strict=True):
            order.currency_id = document.currency
        return orders

    def _create_quotation_sent(self, documents):
        self._create_quotation(documents).write({"state": "sent"})

    def _create_order_cancelled(self, documents):
        self._create_quotation(documents)._action_cancel()

    def _create_order(self, documents):
        orders = self._create_quotation(documents)
        orders.action_confirm()
        # Confirmation dates the orders today.
        for order, document in zip(orders, documents, strict=True):
            order.date_order = document.moment
        return orders

    def _order_values(self, document) -> dict:
        line = {
            "product_id": document.product.id,
            "product_uom_qty": document.quantity,
            "price_unit": document.amount / document.quantity,
        }
        return {
            "partner_id": document.partner.id,
            "company_id": self.env.company.id,
            "user_id": document.salesperson.id,
            "date_order": document.moment,
            "order_line": [Command.create(line)],
        }

    # -- invoices ------------------------------------------------------------------------------

    def _create_order_invoiced(self, documents):
        """Orders with the invoice of the same day."""
        orders = self._create_order(documents)
        invoices = orders._create_invoices(grouped=True)
        days = {order: document.day for order, document in zip(orders, documents, strict=True)}
        for invoice in invoices:
            invoice.invoice_date = days[invoice.line_ids.sale_line_ids.order_id]
        invoices.sorted("invoice_date").action_post()

    def _create_invoice(self, documents):
        self._create_moves("out_invoice", documents)

    def _create_refund(self, documents):
        self._create_moves("out_refund", documents)

    def _create_moves(self, move_type, documents):
        values = [self._move_values(move_type, document) for document in documents]
        self.env["account.move"].create(values).action_post()

    def _move_values(self, move_type, document) -> dict:
        line = {
            "product_id": document.product.id,
            "quantity": document.quantity,
            "price_unit": document.amount / document.quantity,
            "tax_ids": [Command.clear()],
        }
        return {
            "move_type": move_type,
            "partner_id": document.partner.id,
            "company_id": self.env.company.id,
            "invoice_user_id": document.salesperson.id,
            "currency_id": document.currency.id,
            "invoice_date": document.day,
            "invoice_line_ids": [Command.create(line)],
        }

    def _settle(self, company):
        """Customers pay within a term and some days; who pays late still owes what is older."""
        today = fields.Date.today()
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", company.id),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "=", "posted"),
            ]
        )
        for move in moves:
            move.invoice_date_due = move.invoice_date + timedelta(days=TERM)
        late = self.env["res.partner"].union(*(self.env.ref(PREFIX + name) for name in PAY_LATE))
        paid = moves.filtered(
            lambda move: (
                move.invoice_date_due + timedelta(days=PAID_AFTER) < today
                and move.commercial_partner_id not in late.commercial_partner_id
            )
        )
        for day, moves in paid.grouped(lambda move: move.invoice_date_due + timedelta(days=PAID_AFTER)).items():
            self._pay(company, day, moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable"))

    def _pay(self, company, day, owed):
        """Post what customers pay on a day for all that they owe on these journal items."""
        debts = owed.grouped(lambda line: (line.partner_id, line.currency_id))
        lines = [
            {
                "partner_id": partner.id,
                "account_id": lines[0].account_id.id,
                "currency_id": currency.id,
                "amount_currency": -sum(lines.mapped("amount_currency")),
                "balance": -sum(lines.mapped("balance")),
            }
            for (partner, currency), lines in debts.items()
        ]
        journal = self.env["account.journal"].search([("company_id", "=", company.id), ("type", "=", "bank")], limit=1)
        bank = {"account_id": journal.default_account_id.id, "balance": sum(owed.mapped("balance"))}
        payment = self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "company_id": company.id,
                "date": day,
                "ref": "Payments of customers",
                "line_ids": [Command.create(line) for line in (*lines, bank)],
            }
        )
        payment.action_post()
        paid = payment.line_ids.filtered("partner_id").grouped(lambda line: (line.partner_id, line.currency_id))
        for debt, lines in debts.items():
            (lines | paid[debt]).reconcile()

    # -- opportunities -------------------------------------------------------------------------

    def _create_opportunity(self, documents):
        return self._create_leads(documents, ["stage_lead1", "stage_lead2", "stage_lead3"])

    def _create_opportunity_won(self, documents):
        self._close(self._create_leads(documents, ["stage_lead4"]), documents)

    def _create_opportunity_lost(self, documents):
        leads = self._create_opportunity(documents)
        leads.action_set_lost(lost_reason_id=self.env.ref("crm.lost_reason_1").id)
        self._close(leads, documents)

    def _close(self, leads, documents):
        for lead, document in zip(leads, documents, strict=True):
            lead.date_closed = document.moment

    def _create_leads(self, documents, stages):
        """Opportunities that are spread over the stages, given by external id."""
        values = [
            self._lead_values(document, self.env.ref(f"crm.{stage}"))
            for document, stage in zip(documents, cycle(stages))
        ]
        return self.env["crm.lead"].create(values)

    def _lead_values(self, document, stage) -> dict:
        return {
            "type": "opportunity",
            "name": f"{document.product.name}, {document.partner.commercial_partner_id.name}",
            "partner_id": document.partner.id,
            "company_id": self.env.company.id,
            "user_id": document.salesperson.id,
            "stage_id": stage.id,
            "expected_revenue": document.amount,
            "date_deadline": document.day + relativedelta(months=3),
        }
