"""Next steps and what is lacking to a class beside what they should be: see test_mutants.py."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..engine import next_steps
from ..engine.near import is_bought, near_classes
from ..engine.next_steps import Terms, best_steps
from ..engine.rule import ROW, column
from ..engine.scope import Scope
from .common import AS_OF
from .test_next_steps import NextStepsCommon

TERMS = {"overdue_factor": 1.5, "lapse_days": 90, "near_percent": 20, "cold_days": 30}


def found(env, company, buying_class=None, dimensions=None, partners=None, **terms):
    """Customer → the row of its step."""
    env.flush_all()
    scope = Scope(env, company.id, AS_OF, partners and tuple(partners.ids))
    none = env["segmentation.dimension"]
    query = best_steps(scope, Terms(**{**TERMS, **terms}), buying_class or none.class_ids, dimensions or none)
    env.cr.execute(query)
    return {env["res.partner"].browse(row["partner_id"]): row for row in env.cr.dictfetchall()}


@tagged("post_install", "-at_install")
class TestExpectedOrder(TransactionCase):
    def test_average_order_or_else_average_invoice(self):
        company = self.env["res.company"].create({"name": "Orders"})
        columns = ("average_order_12m", "revenue_12m", "revenue_prior_12m", "invoices_24m")
        expected = {
            (900, 600, 300, 3): 900,
            (0, 600, 300, 3): 300,
            (None, 600, 300, 3): 300,
            (None, None, 300, 3): 100,
            (None, 600, None, 3): 200,
        }
        customers = self.env["res.partner"].create([{"name": str(figures)} for figures in expected])
        common = {"company_id": company.id, "days_since_purchase": 40, "days_between_purchases": 20}
        for customer, figures in zip(customers, expected, strict=True):
            values = dict(zip(columns, figures, strict=True))
            self.env["segmentation.profile"].create({**common, **values, "partner_id": customer.id})
        steps = found(self.env, company)
        self.assertEqual([steps[customer]["value"] for customer in customers], list(expected.values()))

    def test_without_invoices(self):
        """PostgreSQL may divide before it leaves a row out."""
        [[value]] = self.env.execute_query(
            SQL(
                "SELECT %s FROM (SELECT 0 average_order_12m, 9 revenue_12m, 9 revenue_prior_12m, 0 invoices_24m) AS %s",
                next_steps.EXPECTED_ORDER,
                SQL.identifier(ROW),
            )
        )
        self.assertIsNone(value)
        self.assertFalse(found(self.env, self.env.company.create({"name": "Without customers"})))


@tagged("post_install", "-at_install")
class TestSteps(NextStepsCommon):
    def found(self, *args, **options):
        return found(self.env, self.company, *args, **options)

    def assertFound(self, found, reasons):  # noqa: N802 (like assertEqual)
        reached = {customer.name: (row["reason"], row["value"]) for customer, row in found.items()}
        self.assertEqual(reached, reasons)

    # -- habit ---------------------------------------------------------------------------------

    def test_three_purchases_are_a_habit(self):
        customer = self.habitual("Thirds", amount=300, count=2)
        self.invoice(customer, 400, AS_OF - timedelta(days=80))
        self.habitual("Two", count=2, waited=300)
        self.habitual("Gifts", amount=0)
        self.classify()
        self.assertFound(self.found(), {"Thirds": ("overdue", 333.333333)})

    # -- stage ---------------------------------------------------------------------------------

    def test_lapsing_where_the_last_purchase_is_not_known(self):
        self.env.ref("partner_segmentation.metric_days_since_purchase").active = False
        self.invoice(self.customer("Long ago"), 700, AS_OF - relativedelta(months=24) + timedelta(days=10))
        self.classify()
        self.assertFound(self.found(self.closed()), {"Long ago": ("lapsing", 700)})

    def test_lapsing_from_a_window_of_a_month(self):
        self.env.ref("partner_segmentation.metric_invoices_24m").window_months = 1
        for days in (14, 15, 20):
            self.invoice(self.customer(f"{days} days ago"), 700, AS_OF - timedelta(days=days))
        self.classify()
        lapsing = {f"{days} days ago": ("lapsing", 700) for days in (20, 15)}
        self.assertFound(self.found(self.closed(), lapse_days=15), lapsing)

    def test_lapsing_by_the_days_since(self):
        closed = self.closed()
        closed.domain = "[('days_since_purchase', '<=', 150)]"
        for days in (89, 100, 160):
            self.invoice(self.customer(f"{days} days ago"), 700, AS_OF - timedelta(days=days))
        self.classify()
        found = self.found(closed)
        self.assertFound(found, {"100 days ago": ("lapsing", 700)})
        [step] = found.values()
        self.assertEqual(step["day"], AS_OF - timedelta(days=100))

    def test_lapsing_by_bounds_for_an_industry(self):
        trade = self.env.ref("base.res_partner_industry_G")
        large = self.env.ref("partner_segmentation.class_size_large")
        revenue = self.env.ref("partner_segmentation.metric_revenue_12m")
        bound = {"metric_id": revenue.id, "lower_bound": 500, "industry_ids": trade.ids}
        large.criterion_ids = [Command.create(bound)]
        for name, industry in (("Trader", trade), ("Maker", self.env.ref("base.res_partner_industry_C"))):
            self.invoice(self.customer(name, industry_id=industry.id), 700, AS_OF - timedelta(days=300))
        self.classify()
        self.assertFound(self.found(large), {"Trader": ("lapsing", 700)})

    def test_only_time_passes(self):
        """A fact that has changed since the run is no reason."""
        customer = self.customer(employee_count=60)
        self.invoice(customer, 700, AS_OF - timedelta(days=120))
        self.classify()
        customer.employee_count = 10
        self.assertFound(self.found(self.env.ref("partner_segmentation.class_size_medium")), {})

    def closed(self):
        return self.env.ref("partner_segmentation.class_stage_closed")

    # -- close to a class ----------------------------------------------------------------------

    def test_the_shortest_way_to_the_class(self):
        prior = self.env.ref("partner_segmentation.metric_revenue_prior_12m")
        medium = self.env.ref("partner_segmentation.class_size_medium")
        medium.criterion_ids = [Command.create({"metric_id": prior.id, "lower_bound": 100_000})]
        customer = self.customer("Near")
        self.invoice(customer, 95_000, AS_OF - timedelta(days=10))
        self.invoice(customer, 90_000, AS_OF - timedelta(days=500))
        self.classify()
        found = self.found(dimensions=self.size)
        self.assertFound(found, {"Near": ("near", 5_000)})
        self.assertEqual(found[customer]["metric_id"], self.env.ref("partner_segmentation.metric_revenue_12m").id)

    # -- offers --------------------------------------------------------------------------------

    def test_only_open_opportunities_go_cold(self):
        won = self.env["crm.stage"].create({"name": "Won", "is_won": True})
        other = self.setup_other_company()["company"]
        differences = {
            "Open": {},
            "Shared": {"company_id": False},
            "Lead": {"type": "lead"},
            "Won": {"stage_id": won.id, "probability": 100},
            "Archived": {"active": False},
            "Elsewhere": {"company_id": other.id},
        }
        for name, values in differences.items():
            common = {"name": name, "type": "opportunity", "expected_revenue": 4000, "company_id": self.company.id}
            lead = self.env["crm.lead"].create({**common, "partner_id": self.customer(name).id, **values})
            lead.date_last_stage_update = f"{AS_OF - timedelta(days=50)} 12:00:00"
        self.classify()
        self.assertFound(self.found(), dict.fromkeys(("Open", "Shared"), ("cold", 4000)))
        self.assertFound(self.found(partners=self.company.partner_id), {})


@tagged("post_install", "-at_install")
class TestNear(TransactionCase):
    """Files of customers in the classes of the standard Size, and what they lack to the next one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Near"})
        cls.size = cls.env.ref("partner_segmentation.dimension_size")
        cls.size.currency_id = False
        cls.large, cls.medium, cls.small = cls.size.class_ids
        cls.metrics = {
            name: cls.env.ref(f"partner_segmentation.metric_{name}")
            for name in ("revenue_12m", "revenue_prior_12m", "employee_count", "annual_turnover", "invoices_24m")
        }

    def put(self, name, size=None, industry=None, **values):
        """The file of a customer."""
        partner = self.env["res.partner"].create({"name": name, "industry_id": industry and industry.id})
        values |= {"partner_id": partner.id, "company_id": self.company.id, "size_class_id": size and size.id}
        self.env["segmentation.profile"].create(values)
        return partner

    def near(self, dimensions=None, cuts=None):
        """Name of the customer and class, and what is lacking."""
        self.env.flush_all()
        scope = Scope(self.env, self.company.id, AS_OF, cuts=cuts or {})
        found = {}
        for query, gap, class_id, _metric_id in near_classes(scope, 0.2, dimensions or self.size):
            query.add_where(SQL("%s IS NOT NULL", gap))
            for partner_id, number, value in self.env.execute_query(query.select(column("partner_id"), class_id, gap)):
                cls = self.env["segmentation.class"].browse(number)
                found[self.env["res.partner"].browse(partner_id).name, cls.code] = value
        return found

    def bound(self, cls, lower_bound, **values):
        metric = self.metrics["revenue_12m"]
        values |= {"class_id": cls.id, "metric_id": metric.id, "lower_bound": lower_bound}
        self.env["segmentation.criterion"].create(values)

    def by_share(self, dimension, metric, **values):
        for cls, share in zip(dimension.class_ids, (40, 60, 80), strict=False):
            cls.share = share
        dimension.write({"method": "share", "metric_id": self.metrics[metric].id, **values})

    def test_the_lowest_class(self):
        """Of those that the dimension is for, who has no class."""
        self.bound(self.small, 1000)
        self.size.domain = "[('employee_count', '<', 50)]"
        self.put("Close", revenue_12m=900, employee_count=5)
        self.put("Far", revenue_12m=799, employee_count=5)
        self.put("Falling", self.small, revenue_12m=900, employee_count=5)
        self.put("Not meant", revenue_12m=900, employee_count=60)
        self.put("Two below", revenue_12m=90_000, employee_count=5)
        self.assertEqual(self.near(), {("Close", "S"): 100})

    def test_a_class_set_by_hand_is_of_one_customer(self):
        by_rule, by_hand = (self.put(name, self.small, revenue_12m=90_000) for name in ("By rule", "By hand"))
        values = {"company_id": self.company.id, "dimension_id": self.size.id, "class_id": self.small.id}
        self.env["segmentation.override"].create({**values, "partner_id": by_hand.id})
        self.assertEqual(self.near(), {(by_rule.name, "M"): 10_000})

    def test_an_unknown_industry(self):
        trade = self.env.ref("base.res_partner_industry_G")
        self.bound(self.large, 1_100_000, industry_ids=trade.ids)
        self.put("Trader", self.medium, trade, revenue_12m=950_000)
        self.put("Maker", self.medium, self.env.ref("base.res_partner_industry_C"), revenue_12m=950_000)
        self.put("Unknown", self.medium, revenue_12m=950_000)
        self.assertEqual(self.near(), {("Trader", "L"): 150_000, ("Maker", "L"): 50_000})

    def test_an_unknown_rate_spoils_one_dimension(self):
        stage = self.env.ref("partner_segmentation.dimension_stage")
        closed, intent = stage.class_ids[:2]
        self.by_share(stage, "revenue_12m")
        self.put("Customer", self.small, stage_class_id=intent.id, revenue_12m=90_000)
        expected = {("Customer", "CLOSED"): 10_000}
        cuts = {stage.id: {closed.id: 100_000}}
        self.assertEqual(self.near(self.size + stage, cuts), {**expected, ("Customer", "M"): 10_000})
        self.size.currency_id = self.env["res.currency"].create({"name": "ZZZ", "symbol": "Z"})
        self.assertEqual(self.near(self.size + stage, cuts), expected)

    def test_shares_of_what_is_bought(self):
        self.put("Customer", self.medium, revenue_12m=90, employee_count=90)
        cuts = {self.size.id: {self.large.id: 100}}
        self.by_share(self.size, "revenue_12m")
        self.assertEqual(self.near(cuts=cuts), {("Customer", "L"): 10})
        self.by_share(self.size, "employee_count")
        self.assertEqual(self.near(cuts=cuts), {})
        self.by_share(self.size, "revenue_12m", lower_is_better=True)
        self.assertEqual(self.near(cuts=cuts), {})

    def test_what_is_bought(self):
        bought = {name for name, metric in self.metrics.items() if is_bought(metric)}
        self.assertEqual(bought, {"revenue_12m", "revenue_prior_12m"})
        self.env.ref("partner_segmentation.metric_revenue_growth").active = False
        self.metrics["revenue_prior_12m"].active = False
        self.assertFalse(is_bought(self.metrics["revenue_prior_12m"]))
