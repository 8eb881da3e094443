"""What a mutation pass over the engine found untested: ``python3 -m dev mutation``."""

from datetime import timedelta
from itertools import pairwise

from odoo.tests import TransactionCase, tagged

from ..engine.breaks import natural_cuts, rounded
from .common import AS_OF
from .test_metrics import INVOICES, MetricCase
from .test_next_steps import NextStepsCommon
from .test_preview import PreviewCase


@tagged("post_install", "-at_install")
class TestMutants(MetricCase):
    def test_without_dimensions_nothing_changes(self):
        partner = self.customer(employee_count=250)
        self.env["segmentation.dimension"].search([]).active = False
        self.classify(partner)
        partner.employee_count = 1
        run = self.classify(partner)
        self.assertEqual((run.changed, run.changes), (1, 0))

    def test_only_facts_that_matter_are_missing(self):
        """No bound is for some industries only, so the industry does not matter."""
        (self.env["segmentation.dimension"].search([]) - self.size).active = False
        partner = self.customer()
        self.classify(partner)
        self.assertEqual(self.profile(partner).missing_facts, "employee_count,annual_turnover")

    def test_shares_of_amounts_below_one(self):
        self.company.segmentation_population = "[('ref', '=', 'small')]"
        abc = self.env["segmentation.dimension"].create(
            {"name": "ABC", "code": "ABCM", "method": "share", "metric_id": self.shipped("annual_turnover").id}
        )
        for number, (code, share) in enumerate({"A": 80, "B": 95, "C": 0}.items(), 1):
            self.make_class(abc, code, share=share, sequence=number)
        partners = [self.customer(ref="small", annual_turnover=value) for value in (0.7, 0.2, 0.06, 0.04)]
        self.classify()
        self.assertEqual([self.code(partner, abc) for partner in partners], ["A", "A", "B", "C"])

    def test_currency_of_twice_the_worth(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        rate = {"currency_id": usd.id, "company_id": self.company.id, "name": "2020-01-01", "rate": 2}
        self.env["res.currency.rate"].create(rate)
        self.size.currency_id = usd
        partner = self.customer()
        self.invoice(partner, 500_000)  # 1,000,000 dollars
        self.classify(partner)
        self.assertClass(partner, self.size, "L")

    def test_growth_from_below_one(self):
        partner = self.customer()
        self.invoice(partner, 1)
        self.invoice(partner, 0.5, day=AS_OF - timedelta(days=500))
        self.assertEqual(self.value(partner, "revenue_growth"), 100)

    def test_largest_of_amounts_below_one(self):
        """What was bought and given back is nothing."""
        partner, other = self.customer(), self.customer()
        north, south = self.env["crm.team"].create([{"name": name} for name in ("North", "South")])
        source = {"measure_field_id": "amount_untaxed_signed", "group_path": "team_id", "domain": INVOICES}
        top, share = (self.metric(f"team_{a}", "account.move", aggregate=a, **source) for a in ("argmax", "top_share"))
        self.invoice(partner, 0.1).team_id = north
        self.invoice(partner, 0.4).team_id = south
        self.invoice(other, 10).team_id = north
        self.invoice(other, 10, move_type="out_refund").team_id = north
        self.assertEqual(self.value(partner, top.field_name), south)
        self.assertEqual(self.profile(partner)[share.field_name], 80)
        self.assertFalse(self.profile(other)[top.field_name])


@tagged("post_install", "-at_install")
class TestNextStepMutants(NextStepsCommon):
    def test_offer_of_a_year_ago_is_cold(self):
        customer = self.customer()
        self.order(customer, 300, f"{AS_OF - timedelta(days=365)} 12:00:00", confirm=False)
        self.find()
        self.assertStep(customer, "cold", 300)

    def test_who_bought_within_the_days_ahead_does_not_lapse(self):
        """Both will have left the window of five months in 90 days."""
        self.env.ref("partner_segmentation.metric_invoices_24m").window_months = 5
        waits = {90: "lapsing", 89: None}
        customers = {days: self.customer(f"Bought {days} days ago") for days in waits}
        for days, customer in customers.items():
            self.invoice(customer, 700, AS_OF - timedelta(days=days))
        self.find()
        for days, reason in waits.items():
            self.assertStep(customers[days], reason)

    def test_orders_worth_nothing_say_nothing(self):
        customer = self.habitual()
        self.order(customer, 0, f"{AS_OF - timedelta(days=100)} 12:00:00")
        self.find()
        self.assertStep(customer, "overdue", 500)

    def test_year_before_is_archived(self):
        self.env.ref("partner_segmentation.metric_revenue_growth").active = False
        self.env.ref("partner_segmentation.metric_revenue_prior_12m").active = False
        customer = self.habitual()
        self.find()
        self.assertStep(customer, "overdue", 500)


@tagged("post_install", "-at_install")
class TestPreviewMutants(PreviewCase):
    def test_movers_by_revenue_and_counted_once(self):
        rich = self.env["segmentation.dimension"].create({"name": "Rich", "code": "RICHM", "method": "domain"})
        self.make_class(rich, "RICH", domain="[('revenue_12m', '>', 0)]")
        customers = self.customer("Less"), self.customer("More"), self.customer("Least")
        for customer, amount in zip(customers, (2_000_000, 3_000_000, 1_000_000), strict=True):
            self.invoice(customer, amount, day=AS_OF - timedelta(days=500))
        self.classify()
        preview = self.preview(self.shipped_revenue(), {"window_months": 24})
        self.assertEqual((preview.moved, preview.revenue_moved), (3, 6_000_000))
        revenues = [3_000_000, 3_000_000, 2_000_000, 2_000_000, 1_000_000, 1_000_000]
        self.assertEqual(preview.mover_ids.mapped("revenue"), revenues)
        [size] = [dimension for dimension in preview.dimensions if dimension["name"] == "Size"]
        self.assertEqual([move["revenue"] for move in size["moves"]], [6_000_000])

    def test_who_leaves_has_no_revenue(self):
        leaver = self.customer("Leaver", employee_count=300)
        self.invoice(self.customer("Mover"), 2_000_000, day=AS_OF - timedelta(days=500))
        self.classify()
        leaver.ref = "elsewhere"
        self.env["segmentation.run"].search([]).unlink()  # everybody is evaluated anew
        only = self.preview(self.size, {"hysteresis": 0.1})
        self.assertEqual((only.moved, only.revenue_moved, only.mover_ids.partner_id), (1, 0, leaver))
        both = self.preview(self.shipped_revenue(), {"window_months": 24})
        self.assertEqual(both.mover_ids.mapped("partner_id.name"), ["Mover", "Leaver"])

    def test_nothing_that_matters_changes(self):
        self.classify()
        preview = self.preview(self.size, {"name": "Sizes"})
        self.assertEqual((preview.moved, preview.revenue_moved), (0, 0))

    def shipped_revenue(self):
        return self.env.ref("partner_segmentation.metric_revenue_12m")


@tagged("post_install", "-at_install")
class TestBreaks(TransactionCase):
    def test_every_step_that_a_person_would_choose(self):
        for step, following in pairwise([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10]):
            for number in (step, (step + following) / 2):
                self.assertEqual(rounded([100 * number]), [100 * step])

    def test_no_finer_than_needed(self):
        self.assertEqual(rounded([149, 139]), [140, 130])
        self.assertEqual(rounded([1058, 1041]), [1050, 1040])
        self.assertEqual(rounded([10581, 10580]), [10581, 10580])

    def test_whole_numbers_begin_with_one(self):
        self.assertEqual(rounded([0.5], whole=True), [1])

    def test_orders_of_magnitude(self):
        values = [1_000_000, 500_000, 1000, 800, 10, 8]
        self.assertEqual(natural_cuts(values, 3, logarithmic=True), [2, 4])
        self.assertEqual(natural_cuts(values, 3), [1, 2])
