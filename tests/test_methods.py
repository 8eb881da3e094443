from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import AS_OF, SegmentationCommon

REVENUE = "partner_segmentation.metric_revenue_12m"
EMPLOYEES = "partner_segmentation.metric_employee_count"


def abc(values, shares):
    """Slow and obvious ABC: one class number per value, ties together.

    A customer belongs to the class in which the customers with more than it end.
    """
    total = sum(value for value in values if value > 0)
    classes = []
    for value in values:
        if value <= 0:
            classes.append(len(shares))
            continue
        before = sum(other for other in values if other > value)
        classes.append(next((n for n, share in enumerate(shares) if before * 100 < share * total), len(shares)))
    return classes


def groups(values, number):
    """Slow and obvious quantiles: the best are in group 0, ties together."""
    return [sum(other > value for other in values) * number // len(values) for value in values]


class MethodCase(SegmentationCommon):
    def make_dimension(self, code, **values):
        return self.env["segmentation.dimension"].create({"name": code, "code": code, "sequence": 5, **values})

    def make_classes(self, dimension, *codes, **columns):
        for number, code in enumerate(codes):
            own = {name: column[number] for name, column in columns.items() if number < len(column)}
            self.make_class(dimension, code, sequence=number + 1, **own)


@tagged("post_install", "-at_install")
class TestRelative(MethodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Nobody but the test's own customers.
        cls.company.segmentation_population = "[('ref', '=', 'relative')]"

    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)

    def ranked(self, dimension, values):
        """Class codes of customers with these numbers of employees."""
        partners = self.env["res.partner"].create(
            [{"name": f"R{n}", "ref": "relative", "employee_count": value} for n, value in enumerate(values)]
        )
        run = self.classify()
        self.assertEqual(run.state, "done", run.error)
        return partners, [self.code(partner, dimension) for partner in partners]

    def abc_dimension(self):
        dimension = self.make_dimension("ABC", method="share", metric_id=self.env.ref(EMPLOYEES).id)
        self.make_classes(dimension, "A", "B", "C", share=(80, 95))
        return dimension

    def test_abc(self):
        """The customer that crosses the line belongs to the class it started in."""
        dimension = self.abc_dimension()
        _partners, codes = self.ranked(dimension, [70, 20, 6, 4, 0, False])
        self.assertEqual(codes, ["A", "A", "B", "C", "C", None])

    def test_shares_agree_with_the_obvious_computation(self):
        dimension = self.abc_dimension()

        @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.integers(0, 30), min_size=1, max_size=25))
        def check(values):
            with self.env.cr.savepoint() as savepoint:
                _partners, codes = self.ranked(dimension, values)
                self.assertEqual(codes, ["ABC"[number] for number in abc(values, (80, 95))])
                savepoint.rollback()
                self.env.invalidate_all()

        check()

    def test_quantiles_agree_with_the_obvious_computation(self):
        dimension = self.make_dimension("FIFTHS", method="quantile", metric_id=self.env.ref(EMPLOYEES).id)
        self.make_classes(dimension, *"54321")

        @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.integers(0, 12), min_size=1, max_size=25))
        def check(values):
            with self.env.cr.savepoint() as savepoint:
                _partners, codes = self.ranked(dimension, values)
                self.assertEqual(codes, ["54321"[number] for number in groups(values, 5)])
                savepoint.rollback()
                self.env.invalidate_all()

        check()

    def test_low_values_first(self):
        dimension = self.make_dimension(
            "RECENCY", method="quantile", metric_id=self.env.ref(EMPLOYEES).id, lower_is_better=True
        )
        self.make_classes(dimension, "BEST", "REST")
        _partners, codes = self.ranked(dimension, [1, 2, 3, 4])
        self.assertEqual(codes, ["BEST", "BEST", "REST", "REST"])

    def test_single_customers_are_compared_with_the_last_cuts(self):
        dimension = self.abc_dimension()
        partners, _codes = self.ranked(dimension, [70, 20, 6, 4])
        partners[3].employee_count = 20
        self.classify(partners[3])
        self.assertClass(partners[3], dimension, "A")
        self.assertFalse(self.classify(partners).changed)
        found = [line for line in self.profile(partners[2])._explain() if line.dimension == dimension]
        self.assertEqual(found[0].reason, "Employees 6 ≥ 6")
        self.assertEqual(found[0].next_step, "14 more Employees for A")

    def test_only_some_customers(self):
        dimension = self.abc_dimension()
        dimension.domain = "[('employee_count', '<', 50)]"
        _partners, codes = self.ranked(dimension, [70, 20, 6, 4])
        self.assertEqual(codes, [None, "A", "A", "B"])

    def test_shares_must_grow(self):
        dimension = self.abc_dimension()
        with self.assertRaisesRegex(ValidationError, "Cumulative share"):
            dimension.class_ids[1].share = 80
        with self.assertRaisesRegex(ValidationError, "need a Metric"):
            dimension.metric_id = False


@tagged("post_install", "-at_install")
class TestMethods(MethodCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)

    def test_hysteresis_delays_the_way_down_only(self):
        self.size.hysteresis = 0.1
        partner = self.customer(employee_count=249, annual_turnover=0)
        self.classify(partner)
        self.assertClass(partner, self.size, "M")
        for employees, code in ((250, "L"), (225, "L"), (224, "M"), (249, "M"), (45, "M"), (44, "S"), (49, "S")):
            partner.employee_count = employees
            self.classify(partner)
            self.assertClass(partner, self.size, code)
            self.assertFalse(self.classify(partner).changes)

    def test_bounds_for_an_industry(self):
        wholesale = self.env.ref("base.res_partner_industry_G")
        employees = self.env.ref(EMPLOYEES)
        large = self.env.ref("partner_segmentation.class_size_large")
        large.criterion_ids = [
            Command.create({"metric_id": employees.id, "lower_bound": 200, "industry_ids": wholesale.ids})
        ]
        facts = {"annual_turnover": 0, "employee_count": 200}
        trader = self.customer("Trader", industry_id=wholesale.id, **facts)
        maker = self.customer("Maker", industry_id=self.env.ref("base.res_partner_industry_C").id, **facts)
        unknown = self.customer("Unknown", **facts)
        self.classify()
        self.assertClass(trader, self.size, "L")
        self.assertClass(maker, self.size, "M")
        self.assertIn("industry_id", self.profile(unknown).missing_facts)
        [found] = [line for line in self.profile(trader)._explain() if line.dimension == self.size]
        self.assertEqual(found.reason, "Employees 200 ≥ 200")

    def test_manual_dimension(self):
        dimension = self.make_dimension("VIP", method="manual")
        self.make_classes(dimension, "YES")
        partner = self.customer()
        self.classify()
        self.assertClass(partner, dimension, None)
        self.env["segmentation.override"]._set(partner, dimension, dimension.class_ids)
        self.assertClass(partner, dimension, "YES")

    def test_dimension_made_in_the_interface(self):
        """A column of its own, in list, search and group by; it goes with the dimension."""
        dimension = self.make_dimension("VIP", method="domain")
        self.make_classes(dimension, "YES", domain=("[('employee_count', '>', 10)]",))
        name = dimension.field_name
        partner = self.customer(employee_count=11)
        self.classify()
        self.assertClass(partner, dimension, "YES")
        self.assertTrue(self.profile(partner).segmentation_code.startswith("YES-"))
        self.assertIn(dimension.class_ids, partner.segmentation_class_ids)
        self.assertIn("YES", partner.segmentation_explanation)
        Profile = self.env["segmentation.profile"]
        self.assertEqual(
            dict(Profile._read_group([("partner_id", "=", partner.id)], [name], ["__count"])), {dimension.class_ids: 1}
        )
        self.assertIn(name, Profile.get_view(view_type="list")["arch"])
        self.assertIn(f"group_{name}", Profile.get_view(view_type="search")["arch"])
        for record in (dimension, dimension.class_ids):
            self.assertEqual(record.action_view_customers()["res_model"], "res.partner")
        found = self.env["res.partner"].search_count(dimension.class_ids.action_view_customers()["domain"])
        self.assertEqual(dimension.class_ids.customer_count, found)
        with self.assertRaisesRegex(UserError, "Archive"):
            dimension.unlink()
        dimension.active = False
        dimension.unlink()
        self.assertNotIn(name, self.env["segmentation.profile"]._fields)
        self.assertEqual(self.classify().state, "done")

    def test_metric_made_in_the_interface(self):
        fields = self.env["ir.model.fields"]
        metric = self.env["segmentation.metric"].create(
            {
                "name": "Ordered amount, 6 months",
                "code": "ordered_6m",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "partner_path": "partner_id.commercial_partner_id",
                "domain": "[('state', '=', 'sale')]",
                "aggregate": "sum",
                "measure_field_id": fields._get("sale.order", "amount_untaxed").id,
                "date_field_id": fields._get("sale.order", "date_order").id,
                "window_months": 6,
            }
        )
        self.assertTrue(metric.is_custom and metric.is_amount)
        partner = self.customer()
        self.order(partner, 250)
        self.classify()
        self.assertEqual(self.profile(partner)[metric.field_name], 250)
        metric.active = False
        metric.unlink()
        self.assertEqual(self.classify().state, "done")


@tagged("post_install", "-at_install")
class TestAggregates(SegmentationCommon):
    """Metrics against figures worked out by hand."""

    def value(self, partner, field_name):
        self.classify(partner)
        return self.profile(partner)[field_name]

    def set_metric(self, code, **values):
        self.env.ref(f"partner_segmentation.metric_{code}").write(values)

    def test_window_before_the_window(self):
        partner = self.customer()
        self.invoice(partner, 1, day=date(2024, 6, 30))
        self.invoice(partner, 10, day=date(2024, 7, 1))
        self.invoice(partner, 100, day=date(2025, 6, 30))
        self.invoice(partner, 1000, day=date(2025, 7, 1))
        self.assertEqual(self.value(partner, "revenue_prior_12m"), 110)
        self.assertEqual(self.profile(partner).revenue_12m, 1000)

    def test_days_since_the_last(self):
        partner, other = self.customer(), self.customer()
        self.invoice(partner, 10, day=date(2026, 6, 1))
        self.invoice(partner, 10, day=date(2026, 5, 1))
        self.invoice(partner, 10, day=date(2026, 7, 1))
        self.assertEqual(self.value(partner, "days_since_purchase"), 29)
        self.assertIs(self.value(other, "days_since_purchase"), False)

    def test_days_since_counts_the_company_s_days(self):
        model = self.env["ir.model"]._get_id("sale.order")
        self.set_metric(
            "days_since_purchase",
            model_id=model,
            partner_path="partner_id.commercial_partner_id",
            domain="[('state', '=', 'sale')]",
            date_field_id=self.env["ir.model.fields"]._get("sale.order", "date_order").id,
        )
        partner = self.customer()
        self.order(partner, moment="2026-06-29 15:59:59")  # still the 29th in Shanghai
        self.assertEqual(self.value(partner, "days_since_purchase"), 1)
        self.order(partner, moment="2026-06-29 16:00:00")  # the 30th
        self.assertEqual(self.value(partner, "days_since_purchase"), 0)

    def test_average_smallest_largest(self):
        partner, other = self.customer(), self.customer()
        for amount in (100, 200, 600):
            self.order(partner, amount)
        for aggregate, expected in {"avg": 300, "min": 100, "max": 600, "sum": 900}.items():
            self.set_metric("average_order_12m", aggregate=aggregate)
            self.assertEqual(self.value(partner, "average_order_12m"), expected)
        self.set_metric("average_order_12m", aggregate="avg")
        self.assertIs(self.value(other, "average_order_12m"), False)

    def test_different_values(self):
        partner = self.customer()
        contact = self.customer("Contact", is_company=False, parent_id=partner.id)
        for buyer in (partner, contact, contact):
            self.order(buyer)
        field = self.env["ir.model.fields"]._get("sale.order", "partner_id")
        self.set_metric("orders_12m", aggregate="count_distinct", measure_field_id=field.id)
        self.assertEqual(self.value(partner, "orders_12m"), 2)
        self.assertEqual(self.value(self.customer(), "orders_12m"), 0)

    def test_expected_revenue(self):
        partner = self.customer()
        for revenue in (100, 50):
            self.env["crm.lead"].create(
                {
                    "name": "Deal",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "expected_revenue": revenue,
                }
            )
        self.assertEqual(self.value(partner, "expected_revenue"), 150)

    def test_incomplete_metric(self):
        with self.assertRaisesRegex(ValidationError, "needs a Date"):
            self.set_metric("days_since_purchase", date_field_id=False)
        with self.assertRaisesRegex(ValidationError, "different values"):
            self.set_metric("orders_12m", aggregate="count_distinct")


@tagged("post_install", "-at_install")
class TestOverride(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer(employee_count=1, annual_turnover=1)
        cls.contact = cls.customer("Contact", is_company=False, parent_id=cls.partner.id)
        cls.classify()
        cls.large = cls.env.ref("partner_segmentation.class_size_large")

    def override(self):
        return self.env["segmentation.override"].search([("partner_id", "=", self.partner.id)])

    def test_writing_a_class_sets_it_by_hand(self):
        self.partner.size_class_id = self.large
        self.assertEqual(self.partner.size_class_id, self.large)
        self.assertEqual((self.override().class_id, self.override().user_id), (self.large, self.env.user))
        self.assertClass(self.partner, self.size, "L")
        change = self.env["segmentation.change"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual((change.to_class_id, change.reason), (self.large, "override"))
        self.classify()
        self.assertClass(self.partner, self.size, "L")

    def test_page_shows_computed_and_manual_class(self):
        self.partner.size_class_id = self.large
        self.override().reason = "Strategic"
        [found] = [line for line in self.profile(self.partner)._explain() if line.dimension == self.size]
        self.assertEqual((found.cls.code, found.computed.code, found.override), ("L", "S", self.override()))
        html = self.partner.segmentation_explanation
        self.assertIn("Strategic", html)
        self.assertIn("Computed", html)

    def test_emptying_the_class_returns_to_the_computed_one(self):
        self.partner.size_class_id = self.large
        self.partner.size_class_id = False
        self.assertFalse(self.override())
        self.assertEqual(self.partner.size_class_id.code, "S")

    def test_expires(self):
        self.env["segmentation.override"].create(
            {
                "partner_id": self.partner.id,
                "dimension_id": self.size.id,
                "class_id": self.large.id,
                "until": date(2026, 7, 15),
            }
        )
        self.classify()
        self.assertClass(self.partner, self.size, "L")
        self.classify(as_of=date(2026, 7, 15))
        self.assertClass(self.partner, self.size, "L")
        self.classify(as_of=date(2026, 7, 16))
        self.assertClass(self.partner, self.size, "S")

    def test_ended_in_bulk(self):
        self.partner.write({"size_class_id": self.large.id})
        self.override().action_end()
        self.assertEqual(self.partner.size_class_id.code, "S")
        self.partner.size_class_id = self.large
        self.override().unlink()
        self.assertEqual(self.partner.size_class_id.code, "S")

    def test_through_a_contact(self):
        self.contact.size_class_id = self.large
        self.assertEqual(self.override().partner_id, self.partner)
        with self.assertRaisesRegex(ValidationError, "Choose"):
            self.env["segmentation.override"].create(
                {"partner_id": self.contact.id, "dimension_id": self.size.id, "class_id": self.large.id}
            )

    def test_class_of_the_dimension_only(self):
        with self.assertRaisesRegex(ValidationError, "does not belong"):
            self.env["segmentation.override"].create(
                {"partner_id": self.partner.id, "dimension_id": self.stage.id, "class_id": self.large.id}
            )

    def test_import(self):
        result = self.env["res.partner"].load(
            ["id", "name", "is_company", "size_class_id/id"],
            [["test.imported", "Imported", "1", "partner_segmentation.class_size_large"]],
        )
        self.assertFalse(result["messages"])
        imported = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(imported.size_class_id, self.large)

    def test_as_of_before_the_override_counts_all_the_same(self):
        """An override has no first day: it says how the customer is to be seen."""
        self.partner.size_class_id = self.large
        self.classify(as_of=AS_OF.replace(year=2025))
        self.assertClass(self.partner, self.size, "L")
