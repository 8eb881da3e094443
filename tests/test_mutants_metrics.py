"""Values of metrics beside the obvious computation, in all that a mutant could change: see test_mutants_sql.py."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import mean, stdev
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from odoo.fields import Domain
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from ..engine.breaks import share_cuts
from ..engine.metrics import active_rows, input_query
from ..engine.paths import path_fields
from ..engine.scope import Scope
from .common import AS_OF, SegmentationCommon

LEAD = {"partner_path": "partner_id.commercial_partner_id"}


@tagged("post_install", "-at_install")
class TestMetricValues(SegmentationCommon):
    def setUp(self):
        super().setUp()
        self.partner = self.customer()
        self.other = self.customer("Other")
        self.scope = Scope(self.env, self.company.id, AS_OF)

    def metric(self, aggregate, model=None, measure=None, day=None, **values):
        """A metric that needs no column."""
        Fields = self.env["ir.model.fields"]
        if model:
            values["model_id"] = self.env["ir.model"]._get_id(model)
        if measure:
            values["measure_field_id"] = Fields._get(model, measure).id
        if day:
            values["date_field_id"] = Fields._get(model, day).id
        metric = self.env["segmentation.metric"].new({"code": aggregate, "aggregate": aggregate, **values})
        metric.field_name = f"value_{id(metric)}"
        return metric

    def rows(self, metrics, population=None):
        """Customer → values."""
        self.env.flush_all()
        found = self.env.execute_query_dict(input_query(self.scope, metrics, population))
        return {row["partner_id"]: [row[metric.field_name] for metric in metrics] for row in found}

    def value(self, metric):
        [value] = self.rows(metric)[self.partner.id]
        return value

    def lead(self, partner=None, **values):
        partner = partner or self.partner
        values = {"name": "Lead", "type": "opportunity", "company_id": self.company.id, **values}
        return self.env["crm.lead"].create({"partner_id": partner.id, **values})

    def rate(self, name, rate):
        currency = self.env.ref(f"base.{name}")
        currency.active = True
        currency.rate_ids.unlink()
        values = {"currency_id": currency.id, "company_id": self.company.id, "name": "2026-01-01"}
        self.env["res.currency.rate"].create({**values, "rate": rate})
        return currency

    # -- aggregates ----------------------------------------------------------------------------

    def test_numbers(self):
        for probability in (10, 10, 20):
            self.lead(probability=probability)
        expected = {"min": 10, "max": 20, "avg": 13.333333}
        for aggregate, value in expected.items():
            self.assertEqual(float(self.value(self.metric(aggregate, "crm.lead", "probability", **LEAD))), value)

    def test_days(self):
        days = [date(2023, 1, 3), date(2023, 1, 4), date(2023, 1, 7), date(2024, 1, 13), date(2025, 1, 14)]
        days += [date(2025, 5, 1)]
        for day in [*days, days[0], days[-1], days[-1]]:
            self.lead(date_deadline=day)
        gaps = [(after - before).days for before, after in pairwise(days)]
        expected = {
            "interval": mean(gaps),
            "interval_deviation": 100 * stdev(gaps) / mean(gaps),
            "season_share": 100 * 5 / 6,
            "days_since": (AS_OF - days[-1]).days,
        }
        for aggregate, value in expected.items():
            metric = self.metric(aggregate, "crm.lead", day="date_deadline", **LEAD)
            self.assertAlmostEqual(float(self.value(metric)), value, 6, aggregate)

    def test_days_from_a_start(self):
        metric = self.metric("avg_days", "crm.lead", day="date_closed", start_path="date_deadline", **LEAD)
        # Three days later where the company is.
        self.lead(date_deadline="2026-03-01").date_closed = "2026-03-03 20:00:00"
        self.assertEqual(self.value(metric), 3)
        move = self.invoice(self.partner, 100, date(2026, 3, 1), post=False)
        move.invoice_date_due = "2026-03-31"
        metric = self.metric(
            "avg_days",
            "account.move.line",
            day="date_maturity",
            start_path="move_id.invoice_date",
            partner_path="move_id.commercial_partner_id",
            domain="[('date_maturity', '!=', False)]",
        )
        self.assertEqual(self.value(metric), 30)

    def test_archived_documents_count(self):
        self.lead(active=False)
        self.assertEqual(self.value(self.metric("count", "crm.lead", **LEAD)), 1)

    def test_record_with_the_largest_sum_in_six_decimals(self):
        first, second = (self.env.user | self.salesperson).sorted("id")
        for user, probability in ((first, 1e-7), (second, 3e-7), (second, 10), (first, 10)):
            self.lead(user_id=user.id).probability = probability
        metric = self.metric("argmax", "crm.lead", "probability", group_path="user_id", **LEAD)
        self.assertEqual(self.value(metric), first.id)

    # -- currencies ----------------------------------------------------------------------------

    def test_amounts_at_the_rate_of_the_document(self):
        usd = self.rate("USD", 0.125)
        currencies = {"Abroad": usd, "At home": self.company.currency_id}
        abroad, home = self.env["product.pricelist"].create(
            [{"name": name, "currency_id": currency.id} for name, currency in currencies.items()]
        )
        order = self.order(self.partner, 100, pricelist_id=abroad.id)
        self.assertEqual((order.currency_id, order.amount_untaxed), (usd, 100))
        order.currency_rate = 0.25
        self.assertEqual(self.order(self.partner, 7, pricelist_id=home.id).currency_rate, 1)
        path = {"partner_path": "partner_id.commercial_partner_id"}
        self.assertEqual(self.value(self.metric("sum", "sale.order", "amount_untaxed", **path)), 407)

    def test_amounts_at_the_rate_of_the_day(self):
        usd = self.rate("USD", 0.125)
        values = {"payment_type": "inbound", "partner_id": self.partner.id, "company_id": self.company.id}
        values["journal_id"] = self.company_data["default_journal_bank"].id
        self.env["account.payment"].create({**values, "amount": 100, "currency_id": usd.id})
        path = {"partner_path": "partner_id.commercial_partner_id"}
        self.assertEqual(self.value(self.metric("sum", "account.payment", "amount", **path)), 800)

    def test_amounts_in_company_currency(self):
        self.lead(expected_revenue=30)
        self.lead(expected_revenue=40, company_id=False, user_id=False, team_id=False)
        self.assertEqual(self.value(self.metric("sum", "crm.lead", "expected_revenue", **LEAD)), 70)

    # -- derived -------------------------------------------------------------------------------

    def test_derived(self):
        for day in (date(2026, 1, 1), date(2026, 1, 4), date(2026, 1, 11)):
            self.lead(date_deadline=day)
        self.order(self.partner)
        first, last = (self.metric(name, "crm.lead", "date_deadline", **LEAD) for name in ("min", "max"))
        interval = self.metric("interval", "crm.lead", day="date_deadline", **LEAD)
        leads, orders = (self.metric("count", model, **LEAD) for model in ("crm.lead", "sale.order"))
        derived = [
            self.metric("days_between", metric_id=last, base_metric_id=first),
            self.metric("date_after", metric_id=last, base_metric_id=interval),
            self.metric("ratio", metric_id=leads, base_metric_id=orders),
            self.metric("ratio", metric_id=orders, base_metric_id=leads),
            self.metric("growth", metric_id=orders, base_metric_id=leads),
        ]
        values = self.rows(self.env["segmentation.metric"].union(*derived))
        self.assertEqual(values[self.partner.id][:3], [10, date(2026, 1, 16), 300])
        self.assertEqual(list(map(float, values[self.partner.id][3:])), [33.333333, -66.666667])
        self.assertEqual(values[self.other.id], [None] * 5)

    # -- customers -----------------------------------------------------------------------------

    def test_whoever_trades_is_a_customer(self):
        self.lead()
        metric = self.metric("count", "crm.lead", **LEAD)
        rows = self.rows(metric, Domain("id", "=", self.other.id))
        self.assertEqual((rows[self.partner.id], rows[self.other.id]), ([1], [0]))
        self.assertNotIn(self.customer("Nobody").id, self.rows(metric, Domain.FALSE))

    def test_former_staff_are_no_customers(self):
        user = new_test_user(self.env, "segmentation_former")
        user.active = False
        self.assertNotIn(user.partner_id.id, self.rows(self.metric("count", "crm.lead", **LEAD)))

    def test_stored_rows_of_the_scope(self):
        third = self.customer("Third")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        every = self.partner | self.other | third
        Profile = self.env["segmentation.profile"].sudo()
        for owner in (self.company, company):
            for partner in every:
                Profile.create({"partner_id": partner.id, "company_id": owner.id, "active": partner != third})

        def found(*partners):
            scope = Scope(self.env, self.company.id, AS_OF, tuple(p.id for p in partners) or None)
            self.env.flush_all()
            rows = self.env.execute_query_dict(active_rows(scope))
            self.assertLessEqual({row["company_id"] for row in rows}, {self.company.id})
            return sorted(row["partner_id"] for row in rows if row["partner_id"] in every.ids)

        self.assertEqual(found(), [self.partner.id, self.other.id])
        self.assertEqual(found(self.other, third), [self.other.id])
        self.assertEqual(found(self.partner, self.other), [self.partner.id, self.other.id])


@tagged("post_install", "-at_install")
class TestWindow(TransactionCase):
    """Days begin and end where the company is."""

    def inside(self, scope, kind, moments, *window):
        column = SQL.identifier("given", "moment")
        condition = scope.window(SimpleNamespace(type=kind), column, *window)
        table = SQL("unnest(%s::%s[]) AS given(moment)", moments, SQL("date" if kind == "date" else "timestamp"))
        rows = self.env.execute_query(SQL("SELECT moment FROM %s WHERE %s ORDER BY moment", table, condition))
        return [moment for (moment,) in rows]

    def test_window(self):
        days = [date(2026, 5, 25) + timedelta(days=number) for number in range(45)]
        for zone in ("Asia/Shanghai", "America/New_York", "UTC"):
            self.env.company.partner_id.tz = zone
            scope = Scope(self.env, self.env.company.id, AS_OF)
            for window, first, last in (
                ((1, 0, 0), date(2026, 5, 31), AS_OF),
                ((1, 0, 2), date(2026, 5, 29), date(2026, 6, 28)),
                ((0, 0, 0), days[0], AS_OF),
                ((0, 1, 0), days[0], date(2026, 5, 30)),
            ):
                expected = [day for day in days if first <= day <= last]
                self.assertEqual(self.inside(scope, "date", days, *window), expected)
                local = [datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(ZoneInfo("UTC")) for day in days]
                starts = [moment.replace(tzinfo=None) for moment in local]
                ends = [moment + timedelta(days=1, seconds=-1) for moment in starts]
                for moments in (starts, ends):
                    expected = [m for day, m in zip(days, moments, strict=True) if first <= day <= last]
                    self.assertEqual(self.inside(scope, "datetime", moments, *window), expected, (zone, window))


@tagged("post_install", "-at_install")
class TestPaths(TransactionCase):
    def test_what_is_not_a_link_is_named(self):
        Order = self.env["sale.order"]
        for path in ("name.email", "partner_id.name.email", "partner_id.parent_id.name.email"):
            with self.assertRaisesRegex(ValueError, "^name is not a many2one field$"):
                path_fields(Order, path)

    def test_share_cuts(self):
        values = [1000 - number for number in range(100)]
        for shares in ([50, 80], [1, 99], [33.3, 66.6]):
            expected = [next(n for n in range(101) if sum(values[:n]) * 100 >= share * sum(values)) for share in shares]
            self.assertEqual(share_cuts(values, shares), expected)
