"""What an evaluation does around its statements: see test_mutants_sql.py."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..engine import evaluate
from ..engine.evaluate import Evaluation, Result
from ..engine.rule import Rule
from .common import AS_OF
from .test_mapping import MappingCase, Place
from .test_methods import EMPLOYEES, MethodCase

STEPS = ["load", "classify", "compare", "write", "history"]


def evaluation(env, company, **options):
    run = env["segmentation.run"].new({"company_id": company.id, "as_of": AS_OF, "scope": "all"})
    return run._evaluation(**options)


@tagged("post_install", "-at_install")
class TestEvaluation(MethodCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.reset_changes)

    def evaluation(self, **options):
        return evaluation(self.env, self.company, **options)

    def test_steps_are_told(self):
        partner = self.customer(employee_count=5000)
        run = self.classify(self.customer())
        steps = []
        result = self.evaluation(on_step=steps.append).run(run.id, "manual")
        self.assertEqual(steps, STEPS)
        self.assertClass(partner, self.size, "L")
        self.assertGreaterEqual(result.created, 1)
        self.assertEqual((Result().customers, Result().created, Result().changed, Result().changes), (0, 0, 0, 0))

    def test_what_was_just_written_counts(self):
        partner = self.customer()
        self.env.flush_all()
        evaluation = self.evaluation()
        partner.city = "Suzhou"
        rows = self.env.execute_query_dict(evaluation.classified_customers())
        self.assertEqual([row["partner_city"] for row in rows if row["partner_id"] == partner.id], ["Suzhou"])

    def test_a_failing_metric_is_no_error_of_the_log(self):
        metric = self.env.ref(EMPLOYEES)
        evaluation = self.evaluation()
        query = evaluation._input

        def broken(metrics):
            return SQL("SELECT 1 / 0 FROM nowhere") if metric in metrics else query(metrics)

        evaluation._input = broken
        with self.assertNoLogs("odoo.sql_db"):
            evaluation.classified_customers()
        self.assertIn("nowhere", evaluation.result.failures[metric])
        self.assertNotIn("\n", evaluation.result.failures[metric])

    def test_an_error_without_a_message_is_one(self):
        metric = self.env.ref(EMPLOYEES)
        evaluation = self.evaluation()
        query = evaluation._input

        def broken(metrics):
            if metric in metrics:
                raise KeyError
            return query(metrics)

        evaluation._input = broken
        with patch.object(evaluate, "compile_dimension", side_effect=ValueError):
            evaluation.classified_customers()
        self.assertEqual(evaluation.result.failures.keys(), {metric, *evaluation.dimensions})
        self.assertNotIn(metric, evaluation.metrics)

    def test_missing_facts_each_once(self):
        evaluation = self.evaluation()
        parts = [SQL("'b'"), SQL("NULL"), SQL("'a,c'"), SQL("'b'")]

        def facts(*inputs):
            evaluation.rules = {number: Rule(SQL(), inputs=names) for number, names in enumerate(inputs)}
            return self.env.execute_query(SQL("SELECT %s", evaluation._missing_facts(parts)))[0][0]

        self.assertEqual(facts(("b",), ("a", "c"), ("b",)), "b,a,c")
        self.assertEqual(facts(("b",), ("a",)), "b,a,c,b", "no fact is asked for twice")

    def test_code(self):
        """Made of the dimensions that are in the code and classify the customers of the company."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.make_dimension("ELSEWHERE", company_ids=company.ids, in_code=True)
        outside = self.make_dimension("OUTSIDE", in_code=False)
        inside = self.make_dimension("INSIDE", in_code=True)
        for dimension in (elsewhere, outside, inside):
            self.make_classes(dimension, dimension.code[:2])
        dimensions = elsewhere | outside | inside
        evaluation = self.evaluation()
        evaluation.dimensions = dimensions
        columns = [SQL("%s AS %s", d.class_ids.id, SQL.identifier(d.field_name)) for d in dimensions]
        [row] = self.env.execute_query_dict(evaluation._summary(SQL("SELECT %s", SQL(", ").join(columns)), []))
        self.assertEqual(row["segmentation_code"], "IN")

    def test_lines_of_a_comparison_that_failed_stay(self):
        employees = self.env.ref(EMPLOYEES).id
        failed, compared = (self.make_dimension(code, method="quantile", metric_id=employees) for code in "PQ")
        for dimension in (failed, compared):
            self.make_classes(dimension, "A", "B")
        evaluation = self.evaluation()
        evaluation.dimensions = failed | compared
        evaluation.result.failures[failed] = "No"
        evaluation.scope.cuts[compared.id] = {compared.class_ids[0].id: 5}
        Cut = self.env["segmentation.cut"].sudo()
        Cut.create({"company_id": self.company.id, "class_id": failed.class_ids[0].id, "value": 3})
        evaluation._store_cuts()
        stored = Cut.search([("class_id", "in", (failed | compared).class_ids.ids)])
        values = {cut.class_id: cut.value for cut in stored}
        self.assertEqual(values, {failed.class_ids[0]: 3, compared.class_ids[0]: 5})

    def test_codes_are_made_anew(self):
        partner, unchanged, archived = (self.customer(employee_count=number) for number in (5000, 1, 5000))
        self.classify()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        profiles = {name: self.profile(p) for name, p in (("one", partner), ("two", unchanged), ("three", archived))}
        before = {name: profile.segmentation_code for name, profile in profiles.items()}
        Profile = self.env["segmentation.profile"].sudo()
        elsewhere = Profile.create({"partner_id": partner.id, "company_id": company.id, "segmentation_code": "E"})
        profiles["two"].sudo().segmentation_code = "Z"
        profiles["three"].sudo().write({"active": False, "segmentation_code": "T"})
        self.env.flush_all()
        self.assertNotEqual(before["one"], before["two"])
        self.evaluation().update_codes()
        found = [profiles[name].segmentation_code for name in ("one", "two", "three")]
        self.assertEqual(found, [before["one"], before["two"], "T"])
        self.assertEqual(elsewhere.segmentation_code, "E")


@tagged("post_install", "-at_install")
class TestMadeClasses(MappingCase):
    """Classes for records that a metric gives are made by an evaluation of today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env["segmentation.metric"].create(
            {
                "name": "Best seller",
                "code": "BEST_SELLER",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "partner_path": "partner_id.commercial_partner_id",
                "aggregate": "argmax",
                "group_path": "user_id",
                "measure_field_id": cls.env["ir.model.fields"]._get("crm.lead", "probability").id,
            }
        )
        cls.dimension.metric_id = cls.metric
        [cls.partner] = cls.customers(Place())
        lead = cls.env["crm.lead"].create(
            {"name": "Lead", "partner_id": cls.partner.id, "company_id": cls.company.id, "user_id": cls.env.uid}
        )
        lead.probability = 50

    def made(self, **options):
        made = []
        found = evaluation(self.env, self.company, **options)
        found.make_classes = lambda dimension, ids: made.append((dimension, ids))
        found.classified_customers()
        self.assertFalse(found.result.failures)
        return made

    def test_only_by_an_evaluation_of_today(self):
        self.assertEqual(self.made(retrospective=True), [])
        self.assertEqual(self.made(), [(self.dimension, [self.env.uid])])

    def test_by_a_run(self):
        self.classify()
        self.assertEqual(self.profile(self.partner)[self.dimension.field_name].res_id, self.env.uid)

    def test_without_a_way_to_make_them(self):
        whole = evaluation(self.env, self.company)
        bare = Evaluation(whole.scope, whole.metrics, whole.dimensions, whole.population, "-")
        bare.classified_customers()
        self.assertFalse(bare.result.failures)

    def test_an_error_is_told_in_one_line(self):
        found = evaluation(self.env, self.company)

        def fail(_dimension, _ids):
            raise ArithmeticError("first line\nsecond line")

        found.make_classes = fail
        found.classified_customers()
        message = found.result.failures[self.dimension]
        self.assertTrue(message.endswith(": first line"), message)
