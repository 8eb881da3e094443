"""Classes on a past day, as recorded and by the rules of today; and the removal of old history."""

import random
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, given, settings

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from ..engine.history import computed_classes, recorded_classes
from ..engine.scope import Scope
from ..models import segmentation_change
from .common import AS_OF, SegmentationCommon
from .test_oracle import OracleCase, examples

ZONE = ZoneInfo("Asia/Shanghai")
TABLES = ("profile", "change", "cut", "run", "override", "dimension", "class")


def utc(day: date, hour=12) -> datetime:
    """An hour of a day in Shanghai."""
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC).replace(tzinfo=None)


class Classes:
    """Mixin of tests that compare classes, by partner and dimension."""

    def rows(self, query: SQL) -> dict:
        """(partner id, dimension id) → class id."""
        self.env.flush_all()
        rows = self.env.execute_query(query)
        self.assertEqual(len({row[:2] for row in rows}), len(rows), "a customer has two classes")
        return {row[:2]: row[2] for row in rows}

    def evaluation(self, day, partners, company):
        values = {"company_id": company.id, "as_of": day, "scope": "selection" if partners else "all"}
        if partners:
            values["partner_ids"] = [Command.set(partners.ids)]
        return self.env["segmentation.run"].new(values)._evaluation(retrospective=True)

    def stored_rows(self, company) -> dict:
        """The classes stored now, of those who are customers."""
        profiles = self.env["segmentation.profile"].search([("company_id", "=", company.id)])
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        return {(p.partner_id.id, d.id): p[d.field_name].id or None for p in profiles for d in dimensions}

    def contents(self) -> list:
        """Place and version of every row of the engine's tables."""
        self.env.flush_all()
        tables = [SQL.identifier(f"segmentation_{name}") for name in TABLES]
        return [self.env.execute_query(SQL("SELECT id, ctid, xmin FROM %s ORDER BY id", table)) for table in tables]


class HistoryCommon(Classes, SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dimensions = cls.size | cls.industry | cls.region | cls.stage
        cls.today = cls.env["segmentation.run"]._today(cls.company)

    def recorded(self, day, partners=None, dimensions=None) -> dict:
        scope = Scope(self.env, self.company.id, day, partners and tuple(partners.ids))
        return self.rows(recorded_classes(scope, dimensions or self.dimensions))

    def by_rules(self, day, partners=None, dimensions=None) -> dict:
        return self.rows(computed_classes(self.evaluation(day, partners, self.company), dimensions or self.dimensions))

    def classify_at(self, moment, partners=None):
        """Classify, and let it have happened at the moment."""
        self.env.cr.execute("SELECT MAX(id) FROM segmentation_profile")
        [[last]] = self.env.cr.fetchall()
        run = self.classify(partners)
        self.env.flush_all()
        self.env.cr.execute("UPDATE segmentation_change SET date = %s WHERE run_id = %s", (moment, run.id))
        self.env.cr.execute("UPDATE segmentation_profile SET create_date = %s WHERE id > %s", (moment, last or 0))
        self.env.invalidate_all()
        return run

    def random_history(self, seed, days=100):
        """Classify a few customers again and again; what was stored at the end of each day.

        :return: customers, and a function: day → the classes at its end
        """
        dice = random.Random(seed)
        partners = self.env["res.partner"]
        for number in range(4):
            partners |= self.customer(f"Random {number}", employee_count=dice.choice([1, 60, 250]))
        first = self.today - timedelta(days=days)
        moments = sorted(utc(first) + timedelta(hours=dice.randrange(24 * days)) for _number in range(30))
        states = []
        for moment in [moments[0], moments[0], *moments[1:]]:
            some = partners.filtered(lambda _partner: dice.random() < 0.5)
            for partner in some:
                self.change_something(partner, dice)
            self.classify_at(moment, some)
            files = self.env["segmentation.profile"].with_context(active_test=False)
            files = files.search([("partner_id", "in", partners.ids), ("company_id", "=", self.company.id)])
            states.append(
                (moment, {(f.partner_id.id, d.id): f[d.field_name].id or None for f in files for d in self.dimensions})
            )

        def at(day):
            end = utc(day + timedelta(days=1), hour=0)
            return next((classes for moment, classes in reversed(states) if moment < end), {})

        return partners, at

    def change_something(self, partner, dice):
        values = [
            {"employee_count": dice.choice([1, 60, 250])},
            {"country_id": dice.choice([False, self.china.id, self.env.ref("base.de").id])},
            {"active": dice.random() < 0.7},
        ]
        partner.write(dice.choice(values))

    def days(self, number=102):
        return [self.today - timedelta(days=ago) for ago in range(number)]


@tagged("post_install", "-at_install")
class TestRecorded(HistoryCommon):
    def test_random_histories(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                partners, at = self.random_history(seed)
                mine = set(partners.ids)
                for day in self.days():
                    expected = at(day)
                    everybody = {key: value for key, value in self.recorded(day).items() if key[0] in mine}
                    self.assertEqual(everybody, expected, day)
                    one = {key: value for key, value in expected.items() if key[0] == partners[0].id}
                    self.assertEqual(self.recorded(day, partners[0]), one, day)
                    size = {key: value for key, value in expected.items() if key[1] == self.size.id}
                    self.assertEqual(self.recorded(day, partners, self.size), size, day)
                self.assertTrue(self.env["segmentation.change"].search_count([("partner_id", "in", partners.ids)]))

    def test_day_ends_where_the_company_is(self):
        partner = self.customer(employee_count=250)
        self.classify_at(utc(date(2026, 5, 10), hour=23), partner)
        self.assertFalse(self.recorded(date(2026, 5, 9), partner))
        self.assertTrue(self.recorded(date(2026, 5, 10), partner))

    def test_companies_do_not_mix(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        partner = self.customer(employee_count=250)
        self.classify_at(utc(date(2026, 5, 10)), partner)
        self.classify(partner, company=other)
        partner.employee_count = 1
        self.classify(partner, company=other)
        large = self.env.ref("partner_segmentation.class_size_large").id
        self.assertEqual(self.recorded(date(2026, 5, 10), partner, self.size), {(partner.id, self.size.id): large})
        self.assertEqual(self.recorded(self.today, partner, self.size), {(partner.id, self.size.id): large})


@tagged("post_install", "-at_install")
class TestRemoval(HistoryCommon):
    def setUp(self):
        super().setUp()
        self.company.segmentation_history_months = 1
        self.start = self.today - relativedelta(months=1)

    def since(self, partners):
        profiles = self.env["segmentation.profile"].search([("partner_id", "in", partners.ids)])
        return [(e.dimension, e.since) for profile in profiles for e in profile._explain()]

    def remove(self) -> int:
        done, remaining = 0, True
        while remaining:
            removed, remaining = self.env["segmentation.change"]._gc_history()
            done += removed
        return done

    def test_random_histories(self):
        Change = self.env["segmentation.change"]
        most = 0
        with patch.object(segmentation_change, "GC_UNLINK_LIMIT", 3):
            for seed in range(3):
                with self.subTest(seed=seed):
                    partners, _at = self.random_history(seed, days=45)  # many around the day of the removal
                    kept = [day for day in self.days() if day >= self.start]
                    before = [self.recorded(day, partners) for day in kept], self.since(partners)
                    count = Change.search_count([])
                    removed = self.remove()
                    most = max(most, removed)
                    self.assertEqual(Change.search_count([]), count - removed)
                    self.assertEqual(([self.recorded(day, partners) for day in kept], self.since(partners)), before)
                    self.assertEqual(self.company.segmentation_history_start, self.start)
                    self.assertFalse(self.recorded(self.start - timedelta(days=1), partners))
                    self.assertFalse(self.classify(partners).changes)
                    self.assertFalse(self.remove())
        self.assertGreater(most, 3, "no removal took more than one batch")

    def test_what_was_removed_does_not_come_back(self):
        partner = self.customer(employee_count=250)
        for months, employees in ((5, 250), (4, 60), (3, 1)):
            partner.employee_count = employees
            self.classify_at(utc(self.today - relativedelta(months=months)), partner)
        self.assertEqual(self.remove(), 1)
        self.company.segmentation_history_months = 2
        partner.employee_count = 250
        self.classify(partner)
        self.assertEqual(self.remove(), 1, "the latest of the old changes is not the latest any more")
        self.assertEqual(self.company.segmentation_history_start, self.start)
        comparison = self.env["segmentation.comparison"].create({"date": self.start - timedelta(days=1)})
        with self.assertRaisesRegex(UserError, "has been removed"):
            comparison.action_show()
        comparison.date = self.start
        comparison.action_show()
        comparison.write({"date": self.start - timedelta(days=1), "basis": "rules"})
        comparison.action_show()

    def test_nothing_removed_is_nothing_unknown(self):
        partner = self.customer(employee_count=250)
        self.classify_at(utc(self.today - relativedelta(months=5)), partner)
        partner.employee_count = 1
        self.classify_at(utc(self.today - relativedelta(months=4)), partner)
        self.assertEqual(self.remove(), 0)
        self.assertFalse(self.company.segmentation_history_start)

    def test_months_of_other_companies_do_not_count(self):
        other = self.setup_other_company()["company"]
        other.segmentation_history_months = 1
        self.company.segmentation_history_months = 0
        self.random_history(1)
        self.assertEqual(self.remove(), 0)

    def test_settings(self):
        with self.assertRaisesRegex(ValidationError, "Months of history: -1 is less than 0"):
            self.company.segmentation_history_months = -1
        self.company.invalidate_recordset()
        self.env["segmentation.settings"]._of_company(self.company).history_months = 12
        self.assertEqual(self.company.segmentation_history_months, 12)


@tagged("post_install", "-at_install")
class TestByRules(HistoryCommon):
    def abc(self):
        dimension = self.env["segmentation.dimension"].create(
            {
                "name": "ABC",
                "code": "HABC",
                "method": "share",
                "metric_id": self.env.ref("partner_segmentation.metric_revenue_12m").id,
            }
        )
        for code, share in (("A", 80), ("B", 95), ("C", 0)):
            self.make_class(dimension, code, share=share)
        return dimension

    def test_relative_classes_are_cut_on_that_day(self):
        abc = self.abc()
        partners = self.env["res.partner"]
        for number in range(6):
            partners |= self.customer(f"C{number}")
            self.invoice(partners[-1], 100 * (number + 1), day=date(2024, 3, 1))
            self.invoice(partners[-1], 10_000 * (6 - number) ** 2, day=date(2026, 3, 1))
        self.classify()
        cuts = self.env["segmentation.cut"].search([]).mapped("value")
        before = self.contents()
        day = date(2024, 6, 30)
        everybody = self.by_rules(day, dimensions=abc)
        some = self.by_rules(day, partners[1:3], abc)
        self.assertEqual(self.contents(), before)
        self.assertEqual(self.env["segmentation.cut"].search([]).mapped("value"), cuts)
        with self.cr.savepoint() as savepoint:
            self.classify(as_of=day)
            expected = {key: value for key, value in self.stored_rows(self.company).items() if key[1] == abc.id}
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual(everybody, expected)
        self.assertEqual(some, {key: value for key, value in expected.items() if key[0] in partners[1:3].ids})
        self.assertEqual(abc.class_ids.browse(everybody[partners[-1].id, abc.id]).code, "A")
        self.assertEqual(self.code(partners[-1], abc), "C")

    def test_class_kept_below_its_bound_is_the_recorded_one(self):
        self.size.hysteresis = 0.1
        self.bound("medium", "revenue_12m", 500)
        self.bound("large", "revenue_12m", 1000)
        partner = self.customer()
        self.invoice(partner, 1000, day=date(2024, 1, 15))
        self.invoice(partner, 950, day=date(2024, 7, 1))
        for day in (date(2024, 6, 1), date(2025, 2, 1), date(2026, 2, 1)):
            run = self.classify(partner, as_of=day)
            self.env.flush_all()
            self.env.cr.execute("UPDATE segmentation_change SET date = %s WHERE run_id = %s", (utc(day), run.id))
            if day == date(2024, 6, 1):
                file = self.profile(partner)
                self.env.cr.execute(
                    "UPDATE segmentation_profile SET create_date = %s WHERE id = %s", (utc(day), file.id)
                )
            self.env.invalidate_all()
        self.assertClass(partner, self.size, "S")

        def code(day):
            class_id = self.by_rules(day, partner, self.size)[partner.id, self.size.id]
            return self.size.class_ids.browse(class_id).code

        self.assertEqual(code(date(2025, 2, 1)), "L")  # 950, held L
        self.assertEqual(code(date(2026, 2, 1)), "S")
        self.company.segmentation_history_start = date(2026, 1, 1)
        self.assertEqual(code(date(2025, 2, 1)), "M")  # what was held is not known

    def test_class_set_by_hand_counts_while_it_was_in_force(self):
        partner = self.customer(employee_count=250)
        self.classify(partner)
        small = self.env.ref("partner_segmentation.class_size_small")
        override = self.env["segmentation.override"].create(
            {
                "company_id": self.company.id,
                "partner_id": partner.id,
                "dimension_id": self.size.id,
                "class_id": small.id,
            }
        )
        override.action_end()
        self.assertTrue(override.ended_at)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE segmentation_override SET create_date = %s, ended_at = %s WHERE id = %s",
            (utc(date(2026, 3, 10)), utc(date(2026, 5, 10)), override.id),
        )
        self.env.invalidate_all()

        def code(day):
            return self.size.class_ids.browse(self.by_rules(day, partner, self.size)[partner.id, self.size.id]).code

        codes = [code(date(2026, month, day)) for month, day in ((3, 9), (3, 10), (5, 9), (5, 10))]
        self.assertEqual(codes, ["L", "S", "S", "L"])
        override.until = date(2026, 4, 1)
        self.assertEqual([code(date(2026, 4, 1)), code(date(2026, 4, 2))], ["S", "L"])
        override.active = True
        self.assertFalse(override.ended_at)

    def test_failure_is_told(self):
        partner = self.customer()
        later = self.env["segmentation.dimension"].create(
            {
                "name": "Later",
                "code": "HLATER",
                "sequence": 1000,
                "method": "manual",
                "domain": "[('stage_class_id.code', '=', 'CLOSED')]",
            }
        )
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        closed.flush_recordset()
        self.env.cr.execute(
            "UPDATE segmentation_class SET domain = %s WHERE id = %s", ("[('no_such_field', '>', 0)]", closed.id)
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "no_such_field"):
            self.by_rules(AS_OF, partner)
        self.by_rules(AS_OF, partner, self.size)
        with self.assertRaisesRegex(UserError, "no_such_field"):
            self.by_rules(AS_OF, partner, later)


@tagged("post_install", "-at_install")
class TestByRulesOracle(Classes, OracleCase):
    """A day is evaluated as a run on that day would, and nothing is written."""

    @settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(example=examples())
    def test_random_worlds(self, example):
        world = example.before
        with self.written(world):
            company = self.env["res.company"].browse(self.ids[world.company.name])
            dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
            partners = self.env["res.partner"].browse(self.partner_ids[index] for index in sorted(example.others))
            before = self.contents()
            computed = self.rows(computed_classes(self.evaluation(world.as_of, None, company), dimensions))
            some = {}
            if partners:
                query = computed_classes(self.evaluation(world.as_of, partners, company), dimensions)
                some = self.rows(query)
            self.assertEqual(self.contents(), before)
            run = self.env["segmentation.run"]._classify(company, "manual", as_of=world.as_of)
            self.assertEqual(run.state, "done", run.error)
            stored = self.stored_rows(company)
            self.assertEqual(computed, stored)
            self.assertEqual(some, {key: value for key, value in stored.items() if key[0] in partners.ids})


@tagged("post_install", "-at_install")
class TestComparison(HistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = cls.today - timedelta(days=60)
        cls.mover = cls.customer("Mover", employee_count=250)
        cls.stayer = cls.customer("Stayer", employee_count=250)
        cls.leaver = cls.customer("Leaver", employee_count=250)

    def setUp(self):
        super().setUp()
        self.classify_at(utc(self.day))
        self.mover.employee_count = 1
        self.leaver.active = False
        self.classify_at(utc(self.day + timedelta(days=10)))

    def comparison(self, user=None, **values):
        values = {"date": self.day, "dimension_ids": [Command.set(self.size.ids)], **values}
        return self.env["segmentation.comparison"].with_user(user or self.env.user).create(values)

    def lines(self, comparison) -> dict:
        action = comparison.action_show()
        lines = self.env[action["res_model"]].with_user(comparison.env.user).search(action["domain"])
        return {
            line.partner_id: (line.class_id.code, line.current_class_id.code, line.moved)
            for line in lines
            if line.partner_id in self.mover | self.stayer | self.leaver
        }

    def new_user(self, *groups):
        company = {"company_id": self.company.id, "company_ids": [Command.set(self.company.ids)]}
        return new_test_user(self.env, f"history_{len(groups)}_{groups[0]}", ",".join(groups), **company)

    def test_as_recorded(self):
        expected = {self.mover: ("L", "S", True), self.stayer: ("L", "L", False), self.leaver: ("L", False, True)}
        self.assertEqual(self.lines(self.comparison()), expected)
        later = self.comparison(date=self.day + timedelta(days=20))
        self.assertEqual(self.lines(later), {self.mover: ("S", "S", False), self.stayer: ("L", "L", False)})
        self.assertEqual(self.lines(later), {self.mover: ("S", "S", False), self.stayer: ("L", "L", False)}, "again")

    def test_by_todays_rules(self):
        self.mover.employee_count = 250
        self.assertEqual(self.lines(self.comparison(basis="rules"))[self.mover], ("L", "S", True))
        self.assertEqual(self.code(self.mover, self.size), "S")

    def test_dates_that_cannot_be_shown(self):
        with self.assertRaisesRegex(ValidationError, "future"):
            self.comparison(date=self.today + timedelta(days=1))
        self.assertTrue(self.lines(self.comparison(date=self.today)))
        with self.assertRaisesRegex(UserError, "first file is of"):
            self.comparison(date=self.day - timedelta(days=1)).action_show()
        nobody = self.customer("New", is_company=False)
        with self.assertRaisesRegex(UserError, "nothing to show"):
            self.comparison(partner_ids=[Command.set(nobody.ids)]).action_show()

    def test_defaults(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.mover.id})
        Wizard = self.env["segmentation.comparison"].with_context(active_model="res.partner", active_ids=contact.ids)
        with Form(Wizard) as form:
            self.assertEqual(form.date, self.today.replace(day=1))
        comparison = form.save()
        self.assertEqual(comparison.partner_ids, self.mover)
        self.assertEqual(comparison.dimension_ids, self.env["segmentation.dimension"].search([]))
        self.assertFalse(self.env["segmentation.comparison"].create({}).partner_ids)

    def test_everybody_by_rules_is_for_managers(self):
        viewer = self.new_user("partner_segmentation.group_user")
        self.assertEqual(len(self.lines(self.comparison(viewer))), 3)
        with self.assertRaises(AccessError):
            self.comparison(viewer, basis="rules").action_show()
        some = self.comparison(viewer, basis="rules", partner_ids=[Command.set(self.stayer.ids)])
        self.assertEqual(self.lines(some), {self.stayer: ("L", "L", False)})

    def test_lines_are_of_customers_the_user_may_read(self):
        user = self.new_user("sales_team.group_sale_salesman")
        self.stayer.user_id = user
        self.env["ir.rule"].create(
            {
                "name": "Own customers",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "['|', ('user_id', '=', user.id), ('customer_rank', '<', 0)]",
                "groups": [Command.set(self.env.ref("sales_team.group_sale_salesman").ids)],
            }
        )
        self.env["ir.rule"].search(
            [("model_id.model", "=", "res.partner"), ("groups", "!=", False), ("name", "!=", "Own customers")]
        ).active = False
        self.assertEqual(self.lines(self.comparison(user)), {self.stayer: ("L", "L", False)})
        action = self.comparison(user).action_show()
        self.assertEqual(self.env[action["res_model"]].sudo().search_count(action["domain"]), 1)

    def test_lines_are_ones_own(self):
        viewer = self.new_user("partner_segmentation.group_user")
        mine = self.comparison()
        mine.action_show()
        Line = self.env["segmentation.comparison.line"]
        line = Line.search([("comparison_id", "=", mine.id)], limit=1)
        self.assertFalse(Line.with_user(viewer).search([]))
        with self.assertRaises(AccessError):
            line.with_user(viewer).read(["class_id"])
        with self.assertRaises(AccessError):
            mine.with_user(viewer).action_show()
        with self.assertRaises(AccessError):
            line.with_user(viewer).moved = False

    def test_other_company_is_refused(self):
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self.comparison(self.new_user("partner_segmentation.group_user"), company_id=other.id)

    def test_vacuum(self):
        comparison = self.comparison()
        comparison.action_show()
        Line = self.env["segmentation.comparison.line"]
        Line._transient_vacuum()
        self.assertTrue(Line.search([("comparison_id", "=", comparison.id)]))
        self.env.cr.execute("UPDATE segmentation_comparison_line SET write_date = write_date - interval '2 hours'")
        Line._transient_vacuum()
        self.assertFalse(Line.search([("comparison_id", "=", comparison.id)]))

    def test_customer_that_is_deleted_meanwhile(self):
        action = self.comparison().action_show()
        self.leaver.unlink()
        specification = {"partner_id": {"fields": {"display_name": {}}}, "class_id": {"fields": {"display_name": {}}}}
        lines = self.env[action["res_model"]].web_search_read(action["domain"], specification)["records"]
        self.assertTrue(lines)

    def test_number_of_statements_does_not_grow(self):
        def count(customers):
            self.env["res.partner"].create([{"name": f"C{n}", "is_company": True} for n in range(customers)])
            self.classify()
            comparison = self.comparison(date=self.today, basis="rules")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            comparison.action_show()
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(10), count(500))


@tagged("post_install", "-at_install")
class TestChanges(HistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer("Changing", employee_count=60)
        cls.invoice(cls.partner, 1234.5)
        cls.classify(cls.partner)
        cls.partner.write({"employee_count": 250, "country_id": cls.china.id})
        cls.classify(cls.partner)
        cls.partner.employee_count = 1
        cls.classify(cls.partner)

    def changes(self, *domain):
        return self.env["segmentation.change"].search([("partner_id", "=", self.partner.id), *domain])

    def test_direction(self):
        up, down = self.changes(("direction", "=", "up")), self.changes(("direction", "=", "down"))
        self.assertEqual([(c.from_class_id.code, c.to_class_id.code, c.direction) for c in up], [("M", "L", "up")])
        self.assertEqual([(c.from_class_id.code, c.to_class_id.code, c.direction) for c in down], [("L", "S", "down")])
        self.assertEqual(self.changes(("direction", "in", ["up", "down"])), up | down)
        self.assertEqual(self.changes(("direction", "not in", ["up", "down"])).dimension_id, self.region)

    def test_evidence_in_words(self):
        size = self.changes(("dimension_id", "=", self.size.id))[0]
        self.assertIn("Employees: 1", size.evidence_text)
        self.assertIn("1,234.50", size.evidence_text)
        viewer = new_test_user(
            self.env, "history_viewer", "partner_segmentation.group_user", company_id=self.company.id
        )
        text = size.with_user(viewer).evidence_text
        self.assertIn("Employees: 1", text)
        self.assertNotIn("1,234.50", text)
        region = self.changes(("dimension_id", "=", self.region.id))
        self.assertIn("China", region.evidence_text)

    def test_history_of_a_customer(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.partner.id})
        action = contact.with_user(self.salesperson).action_view_class_changes()
        found = self.env[action["res_model"]].with_user(self.salesperson).search(action["domain"])
        self.assertEqual(found, self.changes())

    def test_filters_of_the_last_days(self):
        old = fields.Datetime.now() - timedelta(days=40)
        self.changes()[0].sudo().date = old
        self.assertEqual(len(self.changes(("date", ">=", "today -30d"))), len(self.changes()) - 1)
