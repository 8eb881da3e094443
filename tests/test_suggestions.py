"""Suggested bounds and shares, recomputed by plain means."""

from itertools import combinations, pairwise
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, TransactionCase, tagged

from ..engine.breaks import (
    bounds_at,
    counts_from,
    natural_cuts,
    quantile_cuts,
    rounded,
    share_cuts,
    shares_at,
)
from .test_bounds_grid import BoundsCommon

VALUES = st.lists(st.integers(1, 60), min_size=1, max_size=14).map(lambda values: sorted(values, reverse=True))
CLASSES = st.integers(2, 5)


def spread(groups):
    """Sum of squared distances from the mean of each group: what natural breaks make as small as can be."""
    return sum((value - sum(group) / len(group)) ** 2 for group in groups for value in group)


def split(values, cuts):
    edges = [0, *cuts, len(values)]
    return [group for a, b in pairwise(edges) if (group := values[a:b])]


@tagged("post_install", "-at_install")
class TestBreaks(TransactionCase):
    @settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(VALUES, CLASSES)
    def test_equal_groups(self, values, classes):
        for number, cut in enumerate(quantile_cuts(values, classes), 1):
            wanted = len(values) * number / classes
            above = [value for value in values if value >= values[cut - 1]]
            self.assertEqual(len(above), cut, "ties stay together")
            self.assertGreaterEqual(cut, wanted)
            fewer = [value for value in values if value > values[cut - 1]]
            self.assertLess(len(fewer), wanted, "not one value more than needed")

    @settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(VALUES, st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True).map(sorted))
    def test_cumulative_share(self, values, shares):
        for share, cut in zip(shares, share_cuts(values, shares), strict=True):
            before = [sum(other for other in values if other > value) for value in values]
            inside = [
                value
                for value, sum_before in zip(values, before, strict=True)
                if sum_before * 100 < share * sum(values)
            ]
            self.assertEqual(inside, values[:cut])

    @settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(VALUES, CLASSES)
    def test_natural_breaks(self, values, classes):
        cuts = natural_cuts(values, classes)
        groups = min(classes, len(set(values)))
        places = [n for n in range(1, len(values)) if values[n - 1] != values[n]]
        best = min(spread(split(values, chosen)) for chosen in combinations(places, groups - 1))
        self.assertAlmostEqual(spread(split(values, sorted(set(cuts)))), best, places=6)

    @settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(VALUES, CLASSES)
    def test_shares_reached(self, values, classes):
        cuts = quantile_cuts(values, classes)
        for cut, share in zip(cuts, shares_at(values, cuts), strict=True):
            self.assertAlmostEqual(share, 100 * sum(values[:cut]) / sum(values))
        self.assertEqual(counts_from(values, bounds_at(values, cuts)), cuts)

    @settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.floats(0.001, 1e12), min_size=1, max_size=6, unique=True).map(lambda v: sorted(v, reverse=True)))
    def test_rounding_keeps_the_order(self, numbers):
        result = rounded(numbers)
        self.assertEqual(sorted(set(result), reverse=True), result)
        for number, nice in zip(numbers, result, strict=True):
            self.assertLessEqual(nice, number)
            self.assertGreater(nice, number * 0.74)

    def test_numbers_a_person_would_choose(self):
        self.assertEqual(rounded([1_234_567, 98_765.4, 5, 0.31]), [1_200_000, 90_000, 5, 0.3])
        self.assertEqual(rounded([104, 101]), [104, 101], "as rough as they stay different")
        self.assertEqual(rounded([37, 3, 1], whole=True), [30, 3, 1])
        self.assertEqual(rounded([3, 2, 1], whole=True), [3, 2, 1])


class TestSuggestions(BoundsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        others = cls.env["res.partner"].with_context(active_test=False).search([])  # demo data
        cls.size.domain = f"[('partner_id', 'not in', {others.ids})]"
        cls.amounts = [900_000, 80_000, 70_000, 6_000, 5_000, 4_000, 300]
        for amount in cls.amounts:
            cls.invoice(cls.customer(f"Buyer {amount}", employee_count=amount // 100), amount)
        cls.customer("No buyer", employee_count=0)
        cls.customer("Unknown")
        cls.classify()
        cls.abc = cls.env["segmentation.dimension"].create(
            {
                "name": "Contribution",
                "code": "contribution",
                "method": "share",
                "metric_id": cls.metrics["revenue_12m"].id,
                "domain": cls.size.domain,
                "class_ids": [
                    Command.create({"code": code, "name": code, "share": share})
                    for code, share in (("A", 50), ("B", 90), ("C", 0))
                ],
            }
        )

    def wizard(self, dimension=None, user=None, **values):
        wizards = self.env["segmentation.suggestion"].with_user(user or self.manager).with_company(self.company)
        values = {"metric_id": self.metrics["revenue_12m"].id, **values}
        return wizards.create({"dimension_id": (dimension or self.size).id, **values})

    def suggested(self, wizard, method):
        return wizard._lines(wizard._limits(method, wizard._customers()), wizard._customers())

    def test_bounds_with_customers_and_revenue(self):
        wizard = self.wizard(exact=True, logarithmic=False)
        lines = self.suggested(wizard, "natural")
        self.assertEqual([(line.limit, line.customers) for line in lines], [(900_000, 1), (70_000, 2), (None, 6)])
        self.assertEqual([line.revenue for line in lines], [900_000, 150_000, 15_300])
        self.assertEqual([line.customers for line in self.suggested(wizard, "quantile")], [3, 2, 4])
        self.assertEqual([line.limit for line in self.suggested(wizard, "share")], [900_000, 70_000, None])

    def test_sizes_are_of_the_rounded_bounds(self):
        for method in ("quantile", "share", "natural"):
            lines = self.suggested(self.wizard(), method)
            above = 0
            for line in lines[:-1]:
                above += line.customers
                self.assertEqual(above, sum(amount >= line.limit for amount in self.amounts))
            self.assertEqual(above + lines[-1].customers, 9)
            self.assertAlmostEqual(sum(line.revenue for line in lines), sum(self.amounts))

    def test_what_a_suggestion_promises_comes_true(self):
        for method in ("quantile", "share", "natural"):
            wizard = self.wizard()
            lines = self.suggested(wizard, method)
            self.size.bounds = []
            self.size.write(wizard._values(wizard._limits(method, wizard._customers())))
            self.classify()
            self.env.invalidate_all()
            classes = self.size.class_ids.with_company(self.company)
            self.assertEqual([line.customers for line in lines], classes.mapped("customer_count"), method)

    def test_shares_that_a_suggestion_promises_come_true(self):
        for method in ("share", "quantile", "natural"):
            wizard = self.wizard(self.abc, exact=True)
            lines = self.suggested(wizard, method)
            if method == "quantile":
                self.assertEqual([line.customers for line in lines], [3, 2, 4])
            self.abc.write(wizard._values(wizard._limits(method, wizard._customers())))
            self.classify()
            self.env.invalidate_all()
            classes = self.abc.class_ids.with_company(self.company)
            self.assertEqual([line.customers for line in lines], classes.mapped("customer_count"), method)
        shares = [
            Command.create({"code": f"Z{n}", "name": f"Z{n}", "share": 10 * n, "sequence": n}) for n in range(1, 11)
        ]
        many = self.abc.copy({"name": "Many", "code": "many", "class_ids": shares})
        self.assertIn("Use fewer classes", self.wizard(many)._attempt("natural", self.wizard(many)._customers()))

    def test_preview_takes_the_suggestion_over(self):
        seen = []
        dimension_class = self.env.registry["segmentation.dimension"]

        def action_preview(dimension, values):
            seen.append((dimension, values))
            return {"type": "ir.actions.act_window_close"}

        before = self.stored(self.size)
        with patch.object(dimension_class, "action_preview", action_preview, create=True):
            self.wizard().action_preview_natural()
            self.wizard(self.abc).action_preview_share()
        self.assertEqual([dimension for dimension, _values in seen], [self.size, self.abc])
        self.assertEqual(self.stored(self.size), before, "nothing is saved")
        self.size.write(seen[0][1])
        revenue = self.large.criterion_ids.filtered(lambda c: c.metric_id == self.metrics["revenue_12m"])
        self.assertEqual(revenue.lower_bound, 70_000)
        self.assertEqual(len(self.large.criterion_ids), 3, "other metrics keep their bounds")
        self.abc.write(seen[1][1])
        self.assertEqual(self.abc.class_ids.mapped("share"), [80, 95, 0])

    def test_bounds_of_an_industry(self):
        industry = self.env["res.partner.industry"].create({"name": "Smiths"})
        for amount in (10, 20, 30):
            self.invoice(self.customer(industry_id=industry.id), amount)
        self.classify()
        wizard = self.wizard(industry_ids=industry.ids)
        values = wizard._values(wizard._limits("quantile", wizard._customers()))
        self.size.write(values)
        mine = self.size.class_ids.criterion_ids.filtered("industry_ids")
        self.assertEqual(mine.mapped("lower_bound"), [30, 20])

    def test_too_few_different_values(self):
        metric = self.metrics["annual_turnover"]
        wizard = self.wizard(metric_id=metric.id)
        self.assertIn("nothing to go by", wizard.error)
        for name in ("One", "Two"):
            self.customer(name, annual_turnover=500)
        self.classify()
        self.env.invalidate_all()
        for method in ("quantile", "share"):
            lines = self.suggested(wizard, method)
            self.assertEqual([(line.limit, line.customers) for line in lines], [(500, 2), (None, 0), (None, 0)])
        self.assertIn("there is no break", wizard._attempt("natural", wizard._customers()))
        self.size.write(wizard._values([500]))

    def test_shares_are_checked(self):
        for shares in ("80", "95, 80", "80, 100", "0, 50", "eighty, 95", "", "80, 90, 95"):
            wizard = self.wizard(shares=shares)
            self.assertIn("growing numbers", wizard._attempt("share", wizard._customers()))
            self.assertIn("growing numbers", wizard.overview)
        self.assertFalse(isinstance(self.wizard(shares="70；90")._attempt("share", self.wizard()._customers()), str))

    def test_no_shares_where_low_values_are_best(self):
        self.abc.lower_is_better = True
        wizard = self.wizard(self.abc)
        self.assertIn("Lower Is Better", wizard.error)
        with self.assertRaisesRegex(UserError, "Contribution"):
            wizard.action_preview_share()

    def test_form(self):
        action = self.env.ref("partner_segmentation.suggestion_action")
        wizards = self.env[action.res_model].with_user(self.manager).with_company(self.company)
        with Form(wizards.with_context(default_dimension_id=self.size.id)) as form:
            form.metric_id = self.metrics["revenue_12m"]
            self.assertEqual(form.shares, "80, 95")
            self.assertIn("Natural breaks", form.overview)
            self.assertIn("900,000", form.overview)
            form.exact = True
            self.assertNotIn("5,000,000", form.overview)

    def test_figures_are_for_those_who_may_see_them(self):
        viewer = self.new_user("partner_segmentation.group_manager")
        self.assertIn("may not see", self.wizard(user=viewer).error)
        wizard = self.wizard(user=viewer, metric_id=self.metrics["employee_count"].id)
        self.assertFalse(wizard.error)
        self.assertNotIn("Revenue", wizard.overview)

    def test_what_is_needed_first_is_said(self):
        empty = self.env["segmentation.suggestion"].new({"dimension_id": self.size.id, "metric_id": False})
        self.assertEqual(empty.error, "Choose a Metric.")
        one = self.abc.copy({"name": "One", "code": "one", "class_ids": [Command.create({"code": "A", "name": "A"})]})
        wizard = self.wizard(one)
        self.assertIn("add classes to the dimension first", wizard._attempt("quantile", wizard._customers()))
        self.abc.lower_is_better = True
        self.assertTrue(self.wizard(self.abc).error)

    def test_shares_are_told_as_such(self):
        self.assertRegex(self.wizard(self.abc).overview, r"up to [\d.]+ %")
        self.assertNotIn("up to", self.wizard(self.size).overview)

    def test_others_are_refused(self):
        with self.assertRaises(AccessError):
            self.wizard(user=self.salesperson)

    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12), st.booleans(), st.booleans())
    def test_every_suggestion_can_be_saved(self, counts, exact, logarithmic):
        partners = self.env["res.partner"].create(
            [{"name": f"Random {n}", "is_company": True, "employee_count": n} for n in counts]
        )
        self.classify(partners)
        wizard = self.wizard(metric_id=self.metrics["employee_count"].id, exact=exact, logarithmic=logarithmic)
        for method in ("quantile", "share", "natural"):
            lines = wizard._attempt(method, wizard._customers())
            if isinstance(lines, str):
                self.assertIn("there is no break", lines)
                continue
            bounds = [line.limit for line in lines if line.limit is not None]
            self.assertEqual(bounds, sorted(set(bounds), reverse=True))
            self.size.write(wizard._values(bounds))
            customers = wizard._customers()
            self.assertEqual(sum(line.customers for line in lines), len(customers.values) + customers.others)
        partners.unlink()


@tagged("post_install", "-at_install")
class TestSuggestionTour(HttpCase):
    def test_suggestion_to_preview_to_bounds(self):
        self.env.ref("base.user_admin").company_id = self.env.company
        standard = self.env["segmentation.standard"].search([("code", "=", "CN_NBS_2017")])
        standard._apply(self.env["res.company"])
        size = self.env.ref("partner_segmentation.dimension_size")
        size.write({"currency_id": False, "domain": "[('partner_id.name', 'like', 'Suggested')]"})
        counts = (100, 120, 50, 20, 5)
        self.env["res.partner"].create(
            [{"name": f"Suggested {count}", "is_company": True, "employee_count": count} for count in counts]
        )
        self.env["segmentation.run"]._classify(self.env.company, "manual")
        url = f"/odoo/action-partner_segmentation.segmentation_dimension_action/{size.id}"
        self.start_tour(url, "segmentation_suggest_bounds", login="admin", timeout=120)
        large = self.env.ref("partner_segmentation.class_size_large")
        bound = large.criterion_ids.filtered(lambda c: not c.industry_ids and c.metric_id.code == "employee_count")
        self.assertEqual(bound.lower_bound, 100)
