"""What the customer's page says about a class that comes from a comparison, a preference or a condition."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..engine import evaluate
from .test_methods import EMPLOYEES, MethodCase


@tagged("post_install", "-at_install")
class TestExplain(MethodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.segmentation_population = "[('ref', '=', 'explained')]"
        cls.employees = cls.env.ref(EMPLOYEES)
        cls.revenue = cls.env.ref("partner_segmentation.metric_revenue_12m")
        # Sells nothing and does no accounts: sees classes, and no figures.
        cls.colleague = new_test_user(
            cls.env,
            "segmentation_colleague",
            "base.group_user,partner_segmentation.group_user",
            company_id=cls.company.id,
        )

    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)

    def customers(self, *employees):
        return self.env["res.partner"].create(
            [{"name": f"E{n}", "ref": "explained", "employee_count": number} for n, number in enumerate(employees)]
        )

    def abc(self, **values):
        dimension = self.make_dimension("ABC", method="share", **{"metric_id": self.employees.id, **values})
        self.make_classes(dimension, "A", "B", share=(80,))
        return dimension

    def explain(self, partner, dimension, user=None):
        profile = self.profile(partner).with_user(user or self.env.user)
        [found] = [line for line in profile._explain() if line.dimension == dimension]
        return found.value, found.reason, found.next_step

    def test_not_compared_yet(self):
        partner = self.customers(5)
        self.classify()
        self.assertEqual(self.explain(partner, self.abc()), ("", "the customers have not been compared yet", ""))

    def test_below_the_last_of_the_class_above(self):
        dimension = self.abc()
        best, rest = self.customers(90, 10)
        self.classify()
        self.assertEqual(self.explain(best, dimension), ("90", "Employees 90 ≥ 90", ""))
        self.assertEqual(self.explain(rest, dimension), ("10", "Employees 10 < 90 (A)", "80 more Employees for A"))

    def test_lower_is_better(self):
        dimension = self.make_dimension(
            "FEW", method="quantile", metric_id=self.employees.id, lower_is_better=True, undecided="fallback"
        )
        self.make_classes(dimension, "BEST", "REST")
        best, rest = self.customers(1, 2)
        self.classify()
        self.assertEqual(self.explain(best, dimension), ("1", "Employees 1 ≤ 1", ""))
        self.assertEqual(self.explain(rest, dimension), ("2", "Employees 2 > 1 (BEST)", ""))

    def test_value_is_not_known(self):
        dimension = self.abc()
        _known, unknown = self.customers(5, False)
        self.classify()
        self.assertEqual(self.explain(unknown, dimension), ("", "not known: Employees", ""))

    def test_nobody_counts(self):
        dimension = self.abc()
        partner = self.customers(0)
        self.classify()
        self.assertClass(partner, dimension, "B")
        self.assertEqual(self.explain(partner, dimension), ("0", "no customer has a positive Employees", ""))
        self.assertFalse(self.classify(partner).changes, "on its own a customer is judged as among all others")
        self.assertClass(partner, dimension, "B")

    def test_figures_stay_hidden(self):
        dimension = self.abc(metric_id=self.revenue.id)
        partner = self.customers(1)
        self.invoice(partner, 1000)
        self.classify()
        self.assertIn("1,000", self.explain(partner, dimension)[1])
        hidden = ("", f"compared with the other customers by {self.revenue.name}", "")
        self.assertEqual(self.explain(partner, dimension, self.colleague), hidden)

    def test_one_class_takes_everybody_who_is_known(self):
        dimension = self.make_dimension("ONE", method="quantile", metric_id=self.employees.id)
        self.make_classes(dimension, "ALL")
        known, unknown = self.customers(3, False)
        self.classify()
        self.assertFalse(self.classify(known | unknown).changes)
        self.assertClass(known, dimension, "ALL")
        self.assertClass(unknown, dimension, None)

    def test_a_comparison_that_fails_keeps_the_lines(self):
        dimension = self.abc()
        best, rest = self.customers(90, 10)
        self.classify()
        with patch.object(evaluate, "compute_cuts", side_effect=UserError("Too large to add up")):
            self.assertEqual(self.classify().state, "partial")
        self.assertFalse(self.classify(best | rest).changes)
        rest.employee_count = 95
        self.classify(rest)
        self.assertClass(rest, dimension, "A")

    def test_no_condition_is_met(self):
        dimension = self.make_dimension("LARGE", method="domain")
        self.make_class(dimension, "YES", domain="[('employee_count', '>', 5)]")
        partner = self.customers(5)
        self.classify()
        self.assertEqual(self.explain(partner, dimension), ("", "no condition is met", ""))

    def test_preference_stays_hidden(self):
        """Who may not see what a customer buys is told what decides, not what was bought."""
        self.env["segmentation.standard"].search([("code", "=", "PREFERENCE")])._apply()
        dimension = self.env["segmentation.dimension"].search([("code", "=", "PREFERENCE")])
        partner = self.customers(1)
        self.classify()
        metric = dimension.metric_id
        self.assertEqual(self.explain(partner, dimension), ("", f"{metric.name}: none", ""))
        self.assertEqual(self.explain(partner, dimension, self.colleague), ("", f"decided by {metric.name}", ""))

    def test_company_without_dimensions(self):
        """Its customers have files with figures, and nothing to explain."""
        self.env["segmentation.dimension"].search([]).active = False
        partner = self.customers(7)
        run = self.classify()
        self.assertEqual((run.state, run.changes), ("done", 0))
        self.assertEqual(self.profile(partner).employee_count, 7)
        self.assertEqual(self.profile(partner)._explain(), [])
