"""Rules of dimensions on rows made by hand, beside what they should say: see test_mutants_sql.py."""

from odoo.tests import tagged
from odoo.tools import SQL, Query

from ..engine.conditions import conditions
from ..engine.criteria import criteria_sets
from ..engine.industries import spoken_for
from ..engine.relative import compute_cuts, relative
from ..engine.rule import ROW
from ..engine.rules import compile_dimension, compile_rule
from ..engine.scope import Scope
from .common import AS_OF
from .test_methods import EMPLOYEES, MethodCase

TURNOVER = "partner_segmentation.metric_annual_turnover"


def reaches(value, bound):
    return None if value is None else value >= bound


class RuleCase(MethodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employees = cls.env.ref(EMPLOYEES)
        cls.turnover = cls.env.ref(TURNOVER)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)
        self.scope = Scope(self.env, self.company.id, AS_OF)

    def rows(self, *rows, **types):
        """SELECT of rows given as tuples in the order of the columns."""

        def typed(value, kind):
            return SQL("%s::%s", value, SQL(kind))

        values = SQL(", ").join(SQL("(%s)", SQL(", ").join(map(typed, row, types.values()))) for row in rows)
        names = SQL(", ").join(map(SQL.identifier, types))
        return SQL("SELECT * FROM (VALUES %s) AS given(%s)", values, names)

    def said(self, make, source):
        """What the rule says of each row: class id and missing facts."""
        self.env.flush_all()
        query = Query(self.env, ROW, SQL("(%s)", source))
        rule = make(query)
        query.order = SQL("%s", SQL.identifier(ROW, "partner_id"))
        return rule, self.env.execute_query(query.select(rule.class_id, rule.missing))


@tagged("post_install", "-at_install")
class TestCriteriaRules(RuleCase):
    def criterion(self, cls, metric, bound, *industries):
        values = {"class_id": cls.id, "metric_id": metric.id, "lower_bound": bound}
        values["industry_ids"] = [industry.id for industry in industries]
        return self.env["segmentation.criterion"].create(values)

    def decided(self, dimension, *rows):
        """Class code and missing facts of rows of industry, employees and turnover."""
        types = {"partner_id": "int4", "partner_industry_id": "int4", "employee_count": "int4"}
        types["annual_turnover"] = "numeric"
        source = self.rows(*((number, *row) for number, row in enumerate(rows)), **types)
        rule, said = self.said(lambda query: compile_rule(dimension, self.scope, query), source)
        codes = {cls.id: cls.code for cls in dimension.class_ids}
        return rule, [(codes.get(class_id), missing) for class_id, missing in said]

    def test_a_fact_that_does_not_matter_is_not_missing(self):
        dimension = self.make_dimension("TWO")
        self.make_classes(dimension, "A", "B", "C")
        first, second, _rest = dimension.class_ids
        self.criterion(first, self.employees, 100)
        self.criterion(second, self.turnover, 10)
        rows = [(None, 200, None), (None, 20, None), (None, None, 20), (None, None, 5), (None, None, None)]
        unknown = self.employees.code, self.turnover.code
        rule, said = self.decided(dimension, *rows, (None, 20, 5), (None, 20, 10))
        self.assertEqual(
            said,
            [
                ("A", None),
                ("C", unknown[1]),
                ("B", unknown[0]),
                ("C", unknown[0]),
                ("C", unknown[0]),
                ("C", None),
                ("B", None),
            ],
        )
        self.assertCountEqual(rule.inputs, ("employee_count", "annual_turnover"))

    def test_undecided(self):
        dimension = self.make_dimension("ONE")
        self.make_classes(dimension, "A", "B")
        self.criterion(dimension.class_ids[0], self.employees, 100)
        self.criterion(dimension.class_ids[1], self.turnover, 10)
        rows = [(None, None, 20), (None, None, 5), (None, 5, 5)]
        self.assertEqual([code for code, _missing in self.decided(dimension, *rows)[1]], ["B", None, None])
        dimension.fallback_class_id = dimension.class_ids[1]
        self.assertEqual([code for code, _missing in self.decided(dimension, *rows)[1]], ["B", None, "B"])
        dimension.undecided = "fallback"
        self.assertEqual([code for code, _missing in self.decided(dimension, *rows)[1]], ["B", "B", "B"])

    def test_an_unfinished_class_takes_nobody(self):
        dimension = self.make_dimension("UNFINISHED")
        self.make_classes(dimension, "A", "B", "C")
        self.criterion(dimension.class_ids[1], self.employees, 10)
        _rule, said = self.decided(dimension, (None, 20, None), (None, 5, None))
        self.assertEqual(said, [("B", None), ("C", None)])

    def test_bounds_by_industry(self):
        """Nobody speaks for boats as a part of the industry, and somebody for both parts of services."""
        Industry = self.env["res.partner.industry"]
        whole, trade, services = Industry.create([{"name": name} for name in ("Things", "Trade", "Services")])
        parts = [("Food", whole), ("Machines", whole), ("Boats", whole), ("Care", services), ("Repair", services)]
        food, machines, boats, care, repair = Industry.create(
            [{"name": name, "parent_id": parent.id} for name, parent in parts]
        )
        bounds = {food | care: 100, machines: 50, repair: 150, Industry: 200}
        for boats_are_named in (False, True):
            dimension = self.make_dimension(f"INDUSTRY_{boats_are_named}".upper())
            self.make_classes(dimension, "A", "B")
            top, rest = dimension.class_ids
            for industry, bound in bounds.items():
                self.criterion(top, self.employees, bound, *industry)
            named = {food: [100], machines: [50], boats: [200], trade: [200], whole: [50, 100, 200]}
            named |= {care: [100], repair: [150], services: [100, 150]}
            if boats_are_named:  # they have no criterion in the top class
                self.criterion(rest, self.employees, 0, boats)
                self.criterion(rest, self.employees, 0, food, machines, care, repair)
                self.criterion(rest, self.employees, 0)
                named |= {boats: [None], whole: [50, 100, None]}
            named[None] = sorted({bound for found in named.values() for bound in found}, key=str)
            rows, expected = [], []
            for industry, alternatives in named.items():
                for employees in (40, 50, 70, 100, 150, 200, 300, None):
                    tests = {False if bound is None else reaches(employees, bound) for bound in alternatives}
                    rows.append((industry and industry.id, employees, None))
                    facts = []
                    if len(tests) > 1 or None in tests or (boats_are_named and employees is None):
                        facts += ["employee_count"] * (employees is None)
                        facts += ["industry_id"] * (len(alternatives) > 1)
                    code = "A" if tests == {True} else "B" if not (boats_are_named and employees is None) else None
                    expected.append((code, set(facts)))
            rule, said = self.decided(dimension, *rows)
            codes = {self.employees.code: "employee_count"}
            found = [(code, {codes.get(f, f) for f in (missing or "").split(",") if f}) for code, missing in said]
            for row, one, other in zip(rows, found, expected, strict=True):
                self.assertEqual(one, other, (boats_are_named, row))
            self.assertIn("partner_industry_id", rule.inputs)

    def test_criteria_that_may_apply(self):
        industries = self.env["res.partner.industry"].create([{"name": "One"}, {"name": "Two"}, {"name": "Three"}])
        dimension = self.make_dimension("SETS")
        self.make_classes(dimension, "A", "B")
        criteria = [self.criterion(dimension.class_ids[0], self.employees, 1, industry) for industry in industries[:2]]
        general = self.criterion(dimension.class_ids[0], self.employees, 2)
        every = dimension.class_ids.criterion_ids
        speakers = spoken_for(every.industry_ids)
        for industry, expected in zip(industries, ({criteria[0]}, {criteria[1]}, {general}), strict=True):
            self.assertEqual(criteria_sets(every, speakers, industry), expected)
        self.assertEqual(criteria_sets(every, speakers, industries.browse()), {*criteria, general})
        self.assertEqual(criteria_sets(general, {}, industries[0]), {general})


@tagged("post_install", "-at_install")
class TestOtherRules(RuleCase):
    def test_inputs_of_conditions(self):
        dimension = self.make_dimension("CONDITIONS", method="domain", sequence=90)
        self.make_class(dimension, "A", domain="[('size_class_id.code', '=', 'L'), ('employee_count', '>', 5)]")
        self.make_class(dimension, "B", domain="[('revenue_12m', '>', 5), ('size_class_id.name', '=', 'L')]")
        rule = conditions(dimension, self.scope, Query(self.env, ROW, SQL("(SELECT)")))
        self.assertEqual(rule.inputs, ("size_class_id", "employee_count", "revenue_12m"))

    def numbers(self, *values):
        return self.rows(*enumerate(values), partner_id="int4", employee_count="int4")

    def test_values_that_count_in_a_comparison(self):
        dimension = self.make_dimension("THIRDS", method="quantile", metric_id=self.employees.id)
        self.make_classes(dimension, "A", "B", "C")
        first, second, _last = dimension.class_ids
        unknown = [None] * 3
        cuts = compute_cuts(dimension, self.scope, self.numbers(30, 20, 10, *unknown))
        self.assertEqual(cuts, {first.id: 30, second.id: 20})
        cuts = compute_cuts(dimension, self.scope, self.numbers(2, 1, 0, -1, -2, -3))
        self.assertEqual(cuts, {first.id: 1, second.id: -1})
        dimension = self.make_dimension("SHARES", method="share", metric_id=self.employees.id)
        self.make_classes(dimension, "A", "B", "C", share=(50, 90))
        first, second, _last = dimension.class_ids
        cuts = compute_cuts(dimension, self.scope, self.numbers(60, 30, 10, 0, -70, None))
        self.assertEqual(cuts, {first.id: 60, second.id: 30})

    def test_unknown_value_in_a_comparison(self):
        dimension = self.make_dimension("HALVES", method="quantile", metric_id=self.employees.id)
        self.make_classes(dimension, "A", "B")
        top, rest = dimension.class_ids
        dimension.fallback_class_id = rest
        self.scope.cuts[dimension.id] = {top.id: 10}
        for undecided, cls in (("certain", None), ("fallback", rest.id)):
            dimension.undecided = undecided
            _rule, said = self.said(lambda query: relative(dimension, self.scope, query), self.numbers(10, 9, None))
            self.assertEqual(said, [(top.id, None), (rest.id, None), (cls, self.employees.code)])

    def test_cuts_of_a_comparison(self):
        """None until customers were compared by these rules, even when no value counted."""
        dimension = self.make_dimension("CUTS", method="share", metric_id=self.employees.id)
        self.make_classes(dimension, "A", "B", share=(80,))
        other = self.make_dimension("OTHERS", method="share", metric_id=self.employees.id)
        self.make_classes(other, "A", "B", share=(80,))
        company = self.env["res.company"].create({"name": "Elsewhere"})
        top, Cut = dimension.class_ids[0], self.env["segmentation.cut"].sudo()

        def cuts():
            return Scope(self.env, self.company.id, AS_OF).cuts_of(dimension)

        self.assertIsNone(cuts())
        Cut.create({"company_id": company.id, "class_id": top.id, "value": 1})
        Cut.create({"company_id": self.company.id, "class_id": other.class_ids[0].id, "value": 2})
        self.assertIsNone(cuts())
        Cut.create({"company_id": self.company.id, "class_id": top.id, "value": 3})
        self.assertEqual(cuts(), {top.id: 3})
        self.company.segmentation_population = "[('ref', '=', 'compared')]"
        self.customer(ref="compared", employee_count=0)
        self.classify()
        self.assertEqual(cuts(), {})
        top.share = 70
        self.assertIsNone(cuts())

    # -- overrides -----------------------------------------------------------------------------

    def test_overrides_in_force(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        classes = self.size.class_ids
        names = ("Forever", "Last day", "Over", "Ended", "Elsewhere", "Other dimension")
        forever, last_day, over, ended, elsewhere, other = (self.customer(name) for name in names)
        Override = self.env["segmentation.override"]

        def override(partner, cls=classes[0], **values):
            values = {"company_id": self.company.id, "reason": "A reason", **values}
            values |= {"class_id": cls.id, "dimension_id": cls.dimension_id.id}
            return Override.create({"partner_id": partner.id, **values})

        self.assertIsNone(self.scope.overrides(self.size))
        override(elsewhere, company_id=company.id)
        override(other, self.stage.class_ids[0])
        override(ended).active = False
        expired = override(over)
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE segmentation_override SET until = %s WHERE id = %s", "2026-06-29", expired.id))
        self.env.invalidate_all()
        self.assertIsNone(self.scope.overrides(self.size))
        override(forever)
        until = override(last_day, classes[1])
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE segmentation_override SET until = %s WHERE id = %s", AS_OF, until.id))
        self.env.invalidate_all()
        found = self.env.execute_query(SQL("SELECT * FROM %s AS found", self.scope.overrides(self.size)))
        self.assertEqual(dict(found), {forever.id: classes[0].id, last_day.id: classes[1].id})

    def test_overrides_and_rules(self):
        """The class a person set, and no missing facts; everybody else keeps what the rule says."""
        dimension = self.make_dimension("SET")
        self.make_classes(dimension, "A", "B", "C")
        top, middle, rest = dimension.class_ids
        for cls, bound in ((top, 100), (middle, 10)):
            self.env["segmentation.criterion"].create(
                {"class_id": cls.id, "metric_id": self.employees.id, "lower_bound": bound}
            )
        partners = [self.customer(str(number)) for number in range(4)]
        values = {"class_id": top.id, "dimension_id": dimension.id, "company_id": self.company.id, "reason": "A reason"}
        for partner in (partners[0], partners[2]):
            self.env["segmentation.override"].create({"partner_id": partner.id, **values})
        numbers = [(partner.id, value) for partner, value in zip(partners, (5, 20, None, None), strict=True)]
        source = self.rows(*numbers, partner_id="int4", employee_count="int4")
        _rule, said = self.said(lambda query: compile_dimension(dimension, self.scope, query), source)
        code = self.employees.code
        self.assertEqual(said, [(top.id, None), (middle.id, None), (top.id, None), (rest.id, code)])
