"""Every figure of a summary, counted again with loops over the records."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..report.summary import summarise
from ..report.summary_data import Figures
from .common import SegmentationCommon

ZONE = ZoneInfo("Asia/Shanghai")


class SummaryCommon(SegmentationCommon):
    """Three classifications of a small random company: 40 days ago, 20 days ago and today.

    ``states`` holds the classes after each of them: partner → dimension → class, by day.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.env["segmentation.run"]._today(cls.company)
        cls.dimensions = cls.size | cls.industry | cls.region | cls.stage
        cls.dice = random.Random(7)
        cls.seller = cls.limited_salesperson()
        cls.people = cls.env["res.partner"]
        cls.states = {}
        for number in range(14):
            cls.people |= cls.customer(
                f"Customer {number}",
                employee_count=cls.dice.choice([False, 1, 60, 250]),
                country_id=cls.dice.choice([False, cls.china.id, cls.env.ref("base.de").id]),
                user_id=cls.seller.id if number % 3 == 0 else False,
            )
        for partner in cls.people[:-2]:
            for _number in range(cls.dice.randrange(4)):
                day = cls.today - timedelta(days=cls.dice.randrange(760))
                cls.invoice(partner, cls.dice.randrange(100, 90_000) / 7, day)
        cls.invoice(cls.people[2], 333.33, cls.today - timedelta(days=30), move_type="out_refund")
        cls.invoice(cls.people[0], 5_000, cls.today - timedelta(days=365))
        cls.invoice(cls.people[0], 70, cls.today - relativedelta(months=12))
        cls.classify_on(40)
        cls.people[0].employee_count, cls.people[1].employee_count = 250, 1
        (cls.people[3] | cls.people[7]).active = False
        cls.late = cls.customer("Late", employee_count=60, user_id=cls.seller.id)
        cls.classify_on(20)
        cls.people[1].employee_count, cls.people[4].employee_count = 250, 250
        cls.people[5].country_id = cls.china
        cls.people[6].active = False
        cls.people[3].active = True
        cls.invoice(cls.late, 1_000_000, cls.today - timedelta(days=3))
        cls.classify_on(0)

    @classmethod
    def classify_on(cls, ago: int):
        """Classify as of today, and let it have happened so many days ago."""
        day = cls.today - timedelta(days=ago)
        moment = datetime.combine(day, time(12), ZONE).astimezone(UTC).replace(tzinfo=None)
        cls.env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM segmentation_profile")
        [[last]] = cls.env.cr.fetchall()
        run = cls.classify(as_of=day)
        cls.env.flush_all()
        if ago:
            cls.env.cr.execute("UPDATE segmentation_change SET date = %s WHERE run_id = %s", (moment, run.id))
            cls.env.cr.execute("UPDATE segmentation_profile SET create_date = %s WHERE id > %s", (moment, last))
        cls.env.invalidate_all()
        files = cls.env["segmentation.profile"].search([("company_id", "=", cls.company.id)])
        cls.states[day] = {f.partner_id: {d: f[d.field_name] for d in cls.dimensions} for f in files}

    def day(self, ago):
        return self.today - timedelta(days=ago)

    def state(self, day) -> dict:
        """The classes at the end of a day, as far as the history can tell.

        Who had left, and has come back since, counts as unclassified: nothing tells the two apart.
        """
        state = dict(self.states[max(known for known in self.states if known <= day)])
        for past in (known for known in self.states if known <= day):
            for partner in self.states[past].keys() & self.states[self.today].keys() - state.keys():
                state[partner] = dict.fromkeys(self.dimensions, self.env["segmentation.class"])
        return state

    def revenue(self, partner, as_of, offset=0):
        """Untaxed amount of the posted invoices of 12 months, one by one."""
        end = as_of - relativedelta(months=offset)
        start = as_of - relativedelta(months=offset + 12)
        moves = self.env["account.move"].search(
            [("company_id", "=", self.company.id), ("commercial_partner_id", "=", partner.id)]
        )
        return sum(
            move.amount_untaxed_signed
            for move in moves
            if move.state == "posted"
            and move.move_type in ("out_invoice", "out_refund")
            and start < move.invoice_date <= end
        )

    def lines(self, summary, dimension):
        [found] = [part for part in summary.dimensions if part.dimension == dimension]
        return {line.cls: line for line in found.classes}


@tagged("post_install", "-at_install")
class TestSummaryData(SummaryCommon):
    def check(self, as_of=None, compare_to=None, user=None, partners=None):
        """Compare all figures by class with loops over the documents."""
        company = self.company.with_user(user) if user else self.company
        summary = summarise(company, as_of, compare_to, self.dimensions)
        day = as_of or self.today
        seen = partners if partners is not None else self.env["res.partner"].with_context(active_test=False).search([])
        now = {p: classes for p, classes in self.state(day).items() if p in seen}
        then = {p: classes for p, classes in self.state(compare_to).items() if p in seen} if compare_to else {}
        revenue = {partner: self.revenue(partner, day) for partner in now}
        self.assertEqual(summary.total.customers, len(now))
        self.assertAlmostEqual(summary.total.revenue, sum(revenue.values()), 2)
        for dimension in self.dimensions:
            self.check_classes(summary, dimension, now, then if compare_to else None, revenue, day)
            if compare_to:
                self.check_migration(summary, dimension, now, then)
        self.check_cross(summary, now, revenue)
        self.check_pareto(summary, revenue)
        self.check_top(summary, revenue)
        return summary

    def check_classes(self, summary, dimension, now, then, revenue, day):
        members, before = defaultdict(list), Counter()
        for partner, classes in now.items():
            members[classes[dimension]].append(partner)
        for classes in (then or {}).values():
            before[classes[dimension]] += 1
        lines = self.lines(summary, dimension)
        self.assertLessEqual({*members, *before}, set(lines), dimension.name)
        for cls, line in lines.items():
            partners = members[cls]
            label = f"{dimension.name} {line.name}"
            self.assertEqual(line.customers, len(partners), label)
            self.assertAlmostEqual(line.revenue, sum(revenue[p] for p in partners), 2, label)
            prior = sum(self.revenue(p, day, 12) for p in partners)
            self.assertAlmostEqual(line.own.revenue_prior, prior, 2, label)
            self.assertAlmostEqual(line.customer_share, len(partners) / len(now), 9, label)
            if sum(revenue.values()):
                share = sum(revenue[p] for p in partners) / sum(revenue.values())
                self.assertAlmostEqual(line.revenue_share, share, 6, label)
            if partners:
                self.assertAlmostEqual(line.own.average, line.revenue / len(partners), 6, label)
            if prior > 0:
                self.assertAlmostEqual(line.own.growth, line.revenue / prior - 1, 4, label)
            else:
                self.assertIsNone(line.own.growth, label)
            self.assertEqual(line.own.before, None if then is None else before[cls], label)
            self.assertEqual(line.own.change, None if then is None else len(partners) - before[cls], label)
            overdue = None if summary.is_past else sum(self.profile(p).overdue_receivable or 0 for p in partners)
            if overdue is None:
                self.assertIsNone(line.own.overdue, label)
            else:
                self.assertAlmostEqual(line.own.overdue, overdue, 2, label)

    def check_migration(self, summary, dimension, now, then):
        [found] = [part for part in summary.dimensions if part.dimension == dimension]
        table = found.migration
        cells = {
            (row.cls, column.cls): table.customers[i][j]
            for i, row in enumerate(table.rows)
            for j, column in enumerate(table.columns)
            if table.customers[i][j]
        }
        expected = Counter(
            (
                then[partner][dimension] if partner in then else None,
                now[partner][dimension] if partner in now else None,
            )
            for partner in {*now, *then}
        )
        self.assertEqual(cells, dict(expected), dimension.name)

    def check_cross(self, summary, now, revenue):
        self.assertEqual(len(summary.crosses), 6)
        for table in summary.crosses:
            customers, amounts = Counter(), Counter()
            for partner, classes in now.items():
                key = classes[table.row_dimension], classes[table.column_dimension]
                customers[key] += 1
                amounts[key] += revenue[partner]
            for i, row in enumerate(table.rows):
                for j, column in enumerate(table.columns):
                    self.assertEqual(table.customers[i][j], customers.pop((row.cls, column.cls), 0))
                    self.assertAlmostEqual(table.revenue[i][j], amounts[row.cls, column.cls], 2)
            self.assertFalse(customers)

    def check_pareto(self, summary, revenue):
        amounts = sorted(revenue.values(), reverse=True)
        if sum(amounts) <= 0:
            self.assertEqual(summary.pareto, ())
            return
        self.assertEqual((summary.pareto[0].customers, summary.pareto[0].revenue), (0, 0))
        self.assertEqual(summary.pareto[-1].customers, 1)
        for point in summary.pareto:
            number = round(point.customers * len(amounts))
            self.assertAlmostEqual(point.revenue, sum(amounts[:number]) / sum(amounts), 6)
        self.assertEqual(len(summary.pareto), min(50, len(amounts)) + 1)

    def check_top(self, summary, revenue):
        best = sorted((amount for amount in revenue.values() if amount > 0), reverse=True)[:10]
        for line, amount in zip(summary.top_customers, best, strict=True):
            self.assertAlmostEqual(line.revenue, amount, 2)
            self.assertAlmostEqual(revenue[line.partner], amount, 2)
            self.assertAlmostEqual(line.share, amount / sum(revenue.values()), 6)

    # -- cases ---------------------------------------------------------------------------------

    def test_now(self):
        summary = self.check()
        self.assertEqual((summary.as_of, summary.compare_to, summary.no_data), (self.today, None, ""))
        self.assertEqual((summary.movers_up, summary.movers_down), ((), ()))

    def test_now_against_past_days(self):
        for ago in (1, 20, 21, 40):
            with self.subTest(ago=ago):
                self.check(compare_to=self.day(ago))

    def test_past_days(self):
        for ago, earlier in ((1, 20), (20, 40), (20, 21), (39, 40)):
            with self.subTest(ago=ago):
                self.assertTrue(self.check(self.day(ago), self.day(earlier)).is_past)

    def test_the_past_says_what_it_does_not_know(self):
        summary = summarise(self.company, self.day(5))
        self.assertIsNone(summary.quality.missing)
        self.assertIsNone(summary.total.overdue)
        self.assertTrue(any("recorded then" in note for note in summary.method.notes))
        self.assertFalse(any("recorded then" in note for note in summarise(self.company).method.notes))

    def test_movers(self):
        summary = summarise(self.company, compare_to=self.day(30))
        for direction, movers in (("up", summary.movers_up), ("down", summary.movers_down)):
            expected = set()
            then, now = self.state(self.day(30)), self.state(self.today)
            for partner in then.keys() & now.keys():
                old, new = then[partner][self.size], now[partner][self.size]
                if old and new and old != new and (new.sequence < old.sequence) == (direction == "up"):
                    expected.add((partner, old, new))
            found = {(m.partner, m.source, m.target) for m in movers if m.dimension == self.size}
            self.assertEqual(found, expected, direction)
            amounts = [mover.revenue for mover in movers]
            self.assertEqual(amounts, sorted(amounts, reverse=True))
        self.assertIn(self.people[0], [mover.partner for mover in summary.movers_up])

    def test_missing_facts(self):
        summary = summarise(self.company)
        files = self.env["segmentation.profile"].search([("company_id", "=", self.company.id)])
        expected = Counter(fact for file in files for fact in (file.missing_facts or "").split(",") if fact)
        self.assertTrue(expected)
        found = {fact.name: fact.customers for fact in summary.quality.missing}
        names = self.env["segmentation.profile"]._fact_names
        self.assertEqual(found, {names(code): count for code, count in expected.items()})
        for dimension, figures in summary.quality.unclassified:
            number = sum(not file[dimension.field_name] for file in files)
            self.assertEqual(figures.customers, number, dimension.name)

    def test_rules_that_were_in_force(self):
        for run in self.env["segmentation.run"].search([("company_id", "=", self.company.id)]):
            self.env.cr.execute("UPDATE segmentation_run SET create_date = as_of WHERE id = %s", (run.id,))
        self.env.invalidate_all()
        self.bound("large", "employee_count", 777)
        self.classify(as_of=self.today)
        for as_of, bound in ((self.day(20), "250"), (self.day(21), "250"), (None, "777")):
            method = summarise(self.company, as_of=as_of, dimensions=self.size).method
            large = dict(method.dimensions[0].rules)["Large"]
            self.assertIn(f"Employees ≥ {bound}", large, as_of)

    def test_rules_that_are_not_known(self):
        self.env["segmentation.rules"].sudo().search([]).unlink()
        method = summarise(self.company, as_of=self.day(20)).method
        self.assertTrue(any("rules of today" in note and self.size.name in note for note in method.notes))
        self.assertTrue(method.dimensions[0].rules)

    def test_rules_that_cannot_be_kept_lose_no_class(self):
        self.bound("large", "employee_count", 777)
        with (
            patch.object(self.registry["segmentation.dimension"], "_method_texts", side_effect=ValueError("broken")),
            mute_logger("odoo.addons.partner_segmentation.models.segmentation_rules"),
        ):
            run = self.classify(as_of=self.today)
        self.assertEqual(run.state, "done")

    def test_method_names_rules_and_metrics(self):
        method = summarise(self.company, dimensions=self.size).method
        [line] = method.dimensions
        self.assertIn(("Large", self.env.ref("partner_segmentation.class_size_large").rule), line.rules)
        self.assertTrue(line.standard)
        self.assertIn("Employees", [name for name, _sentence in method.metrics])
        self.assertTrue(method.last_run)

    def test_filter(self):
        domain = [("country_id", "=", self.china.id)]
        summary = summarise(self.company, domain=domain)
        chinese = [p for p in self.state(self.today) if p.country_id == self.china]
        self.assertEqual(summary.total.customers, len(chinese))
        nobody = summarise(self.company, compare_to=self.day(20), domain=[("id", "=", 0)])
        self.assertEqual((nobody.total.customers, nobody.total.revenue, nobody.no_data), (0, 0.0, ""))
        self.assertEqual(nobody.pareto, ())

    def test_salesperson_sees_own_customers(self):
        own = (self.people | self.late).filtered(lambda partner: partner.user_id == self.seller)
        summary = self.check(user=self.seller, partners=own)
        self.assertLess(summary.total.customers, len(self.state(self.today)))
        self.check(self.day(20), self.day(40), user=self.seller, partners=own)
        listed = [line.partner for line in summary.top_customers]
        self.assertLessEqual(set(listed), set(own))

    def test_users_without_figures_get_customers_only(self):
        viewer = self.new_viewer()
        for as_of in (None, self.day(20)):
            summary = summarise(self.company.with_user(viewer), as_of, self.day(30))
            self.assertFalse(summary.shows_figures)
            self.assertEqual(summary.total.customers, len(self.state(as_of or self.today)))
            for part in summary.dimensions:
                for line in part.classes:
                    for figures in (line.own, line.total):
                        amounts = (figures.revenue, figures.revenue_prior, figures.overdue, figures.growth)
                        self.assertEqual(amounts, (None,) * 4)
                    self.assertIsNone(line.revenue_share)
                self.assertIsNone(part.migration.revenue)
            self.assertEqual((summary.pareto, summary.top_customers), ((), ()))
            self.assertTrue(all(mover.revenue is None for mover in summary.movers_up))
            self.assertTrue(all(table.revenue is None for table in summary.crosses))
            self.assertTrue(all(fact.revenue is None for fact in summary.quality.missing or ()))

    def test_other_users_get_nothing(self):
        user = new_test_user(self.env, "segmentation_nobody", "base.group_user")
        user.write({"company_ids": [Command.set(self.company.ids)], "company_id": self.company.id})
        with self.assertRaises(AccessError):
            summarise(self.company.with_user(user))

    def test_other_company(self):
        data = self.setup_other_company()
        other = data["company"]
        self.assertIn("has been classified", summarise(other).no_data)
        self.invoice(self.people[0], 4_321, self.today, company=other)
        self.classify(company=other, as_of=self.today)
        summary = summarise(other)
        self.assertEqual(summary.total.revenue, 4_321)
        self.assertEqual(summary.company, other)
        self.check()
        with self.assertRaises(AccessError):
            summarise(other.with_user(self.seller))

    def test_dates_without_data(self):
        before = summarise(self.company, self.day(41))
        self.assertIn("No data", before.no_data)
        self.assertEqual((before.dimensions, before.total), ((), Figures()))
        self.assertIn("future", summarise(self.company, self.day(-1)).no_data)
        for wrong in (41, 0, -1):
            summary = summarise(self.company, compare_to=self.day(wrong))
            self.assertTrue(summary.no_comparison, wrong)
            self.assertIsNone(summary.compare_to)
            self.assertEqual(summary.total.before, None)
            self.assertTrue(summary.total.customers)
        self.company.segmentation_history_start = self.day(10)
        self.assertIn("removed", summarise(self.company, self.day(20)).no_data)
        self.assertFalse(summarise(self.company, self.day(10)).no_data)

    def test_nothing_is_there(self):
        company = self.env["res.company"].create({"name": "Empty"})
        self.env.user.company_ids |= company
        summary = summarise(company)
        self.assertIn("Empty", summary.no_data)
        self.assertEqual(summary.total, Figures())
        self.assertTrue(summary.method.dimensions)

    def test_constant_number_of_statements(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            summarise(self.company, compare_to=self.day(30))
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for number in range(30):
            self.customer(f"More {number}", employee_count=60)
        self.classify(as_of=self.today)
        count()
        self.assertLessEqual(count(), few)
