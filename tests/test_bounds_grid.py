"""The form of a dimension: bounds as a grid, histogram, figures and sentences of the classes."""

import random
from collections import Counter
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form, new_test_user, tagged

from ..engine.distribution import EDGES
from ..models.domain_text import describe_domain
from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class BoundsCommon(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metrics = {
            name: cls.env.ref(f"partner_segmentation.metric_{name}")
            for name in ("employee_count", "annual_turnover", "revenue_12m")
        }
        cls.large, cls.medium, cls.small = (
            cls.env.ref(f"partner_segmentation.class_size_{name}") for name in ("large", "medium", "small")
        )
        cls.manager = cls.new_user("partner_segmentation.group_manager", "account.group_account_readonly")

    @classmethod
    def new_user(cls, *groups):
        return new_test_user(
            cls.env,
            f"segmentation_{len(cls.env['res.users'].search([]))}",
            ",".join(groups),
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def row(self, metric, cells, industries=(), alternative=1):
        """A row of the grid; cells are bounds by class."""
        return {
            "metric_id": self.metrics[metric].id,
            "industry_ids": [industry.id for industry in industries],
            "alternative": alternative,
            "cells": {str(cls.id): bound for cls, bound in cells.items()},
        }

    def stored(self, dimension):
        """What is stored, as a set of (metric, industries, alternative, class, bound)."""
        return {
            (c.metric_id.id, tuple(sorted(c.industry_ids.ids)), c.alternative, str(c.class_id.id), c.lower_bound)
            for c in dimension.class_ids.criterion_ids
        }

    def shown(self, rows):
        return {
            (row["metric_id"], tuple(sorted(row["industry_ids"])), row["alternative"], cls, bound)
            for row in rows or []
            for cls, bound in row["cells"].items()
        }


class TestBoundsGrid(BoundsCommon):
    def test_grid_shows_what_is_stored(self):
        self.assertEqual(self.shown(self.size.bounds), self.stored(self.size))
        self.assertEqual(len(self.size.bounds), len(self.size.class_ids.criterion_ids.metric_id))

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 10**6))
    def test_round_trip(self, seed):
        rng = random.Random(seed)
        industries = self.env["res.partner.industry"].search([], limit=4)
        keys = {
            (rng.choice(list(self.metrics)), tuple(rng.sample(list(industries), rng.choice((0, 1))))) for _i in range(6)
        }
        rows = []
        for metric, named in keys:
            bounds = sorted(rng.sample(range(1, 1000), 3), reverse=True)
            cells = dict(zip((self.large, self.medium, self.small), bounds, strict=True))
            for cls in rng.sample(list(cells), rng.choice((0, 0, 1, 2))):
                del cells[cls]
            rows.append(self.row(metric, cells, named))
        self.size.bounds = rows
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.stored(self.size), self.shown(rows))
        self.assertEqual(self.shown(self.size.bounds), self.shown(rows))

    def test_criteria_that_stay_are_the_same_records(self):
        before = {(c.metric_id, c.class_id): c for c in self.size.class_ids.criterion_ids}
        rows = self.size.bounds
        [row] = [row for row in rows if row["metric_id"] == self.metrics["employee_count"].id]
        row["cells"] = {str(self.large.id): 999, str(self.medium.id): row["cells"][str(self.medium.id)]}
        version = self.size.rule_version
        self.size.bounds = rows
        after = {(c.metric_id, c.class_id): c for c in self.size.class_ids.criterion_ids}
        self.assertEqual({key: before[key] for key in after}, after)
        self.assertEqual(after[self.metrics["employee_count"], self.large].lower_bound, 999)
        self.assertGreater(self.size.rule_version, version)
        version = self.size.rule_version
        self.size.bounds = self.size.bounds
        self.assertEqual(self.size.rule_version, version, "nothing changed")

    def test_bounds_move_past_each_other(self):
        self.size.bounds = [self.row("employee_count", {self.large: 300, self.medium: 30})]
        self.size.bounds = [self.row("employee_count", {self.large: 3000, self.medium: 1000})]
        self.size.bounds = [self.row("employee_count", {self.large: 20, self.medium: 10})]
        self.assertEqual(self.large.criterion_ids.lower_bound, 20)

    def test_bounds_and_new_classes_are_saved_together(self):
        self.size.write(
            {
                "class_ids": [Command.create({"code": "XL", "name": "Giant", "sequence": 1})],
                "bounds": [
                    {**self.row("employee_count", {self.large: 250}), "cells": {"+XL": 5000, str(self.large.id): 250}}
                ],
            }
        )
        giant = self.size.class_ids[0]
        self.assertEqual((giant.code, giant.criterion_ids.lower_bound), ("XL", 5000))
        with self.assertRaisesRegex(ValidationError, "XXL"):
            self.size.bounds = [{**self.row("employee_count", {}), "cells": {"+XXL": 5}}]

    def test_new_dimension_with_bounds(self):
        dimension = self.env["segmentation.dimension"].create(
            {
                "name": "Head count",
                "code": "heads",
                "class_ids": [
                    Command.create({"code": "01", "name": "Many", "sequence": 1}),
                    Command.create({"code": "02", "name": "Few", "sequence": 2}),
                ],
                "bounds": [{**self.row("employee_count", {}), "cells": {"+01": 50}}],
            }
        )
        self.assertEqual(dimension.class_ids[0].criterion_ids.lower_bound, 50)
        copied = dimension.copy({"code": "heads2", "name": "Heads"})
        self.assertEqual(copied.bounds[0]["cells"], {str(copied.class_ids[0].id): 50})

    def test_onchange_keeps_what_is_typed(self):
        with Form(self.size) as form:
            form.bounds = [self.row("employee_count", {self.large: 77})]
            with form.class_ids.edit(0) as line:
                line.name = "Very large"
            form.hysteresis = 0.1
        self.assertEqual(self.shown(self.size.bounds), self.stored(self.size))
        self.assertEqual(self.large.criterion_ids.lower_bound, 77)
        self.assertEqual(self.large.name, "Very large")

    def test_refusals_name_class_metric_and_value(self):
        wrong = (
            ({self.large: 5, self.medium: 50}, ("Employees", "Large", "50", "Medium")),
            ({self.large: -5}, ("Employees", "Large", "-5", "negative")),
            ({self.large: "many"}, ("Employees", "Large", "many", "number")),
            ({self.large: True}, ("Employees", "Large", "number")),
            ({self.large: float("inf")}, ("Employees", "Large", "number")),
        )
        before = self.stored(self.size)
        for cells, words in wrong:
            with self.assertRaises(ValidationError) as refusal, self.env.cr.savepoint():
                self.size.bounds = [self.row("employee_count", cells)]
                self.env.flush_all()
            for word in words:
                self.assertIn(word, str(refusal.exception))
            self.env.invalidate_all()
        self.assertEqual(self.stored(self.size), before)

    def test_rows_that_are_none(self):
        row = self.row("employee_count", {self.large: 5})
        for rows, word in (
            ([row, row], "two rows"),
            ([{**row, "metric_id": False}], "Metric"),
            ([{"cells": {}}], "Metric"),
            (["row"], "Metric"),
            ({"a": 1}, "Metric"),
        ):
            with self.assertRaisesRegex(ValidationError, word), self.env.cr.savepoint():
                self.size.bounds = rows
            self.env.invalidate_all()
        self.size.bounds = [row, {**row, "metric_id": False, "cells": {}}]  # a row that was added and left empty
        self.assertEqual(len(self.size.bounds), 1)

    def test_alternatives_are_rows_of_their_own(self):
        self.size.write(
            {
                "criteria_mode": "alternatives",
                "bounds": [
                    self.row("employee_count", {self.large: 250}, alternative=1),
                    self.row("annual_turnover", {self.large: 100}, alternative=2),
                    self.row("employee_count", {self.large: 50}, alternative=2),
                ],
            }
        )
        self.assertEqual([row["alternative"] for row in self.size.bounds], [1, 2, 2])

    def test_official_table_reads_industry_by_industry(self):
        standard = self.env["segmentation.standard"].search([("code", "=", "CN_NBS_2017")])
        standard._apply(self.env["res.company"])
        rows = self.size.bounds
        groups = [tuple(row["industry_ids"]) for row in rows]
        self.assertGreater(len(set(groups)), 14)
        changes = sum(before != after for before, after in pairwise(groups))
        self.assertEqual(changes, len(set(groups)) - 1, "industries stand together")
        self.assertFalse(groups[-1], "all others come last")
        before = self.size.class_ids.criterion_ids
        rows[0]["cells"][str(self.large.id)] += 1
        self.size.bounds = rows
        self.assertEqual(self.size.class_ids.criterion_ids, before)
        self.assertEqual(self.shown(self.size.bounds), self.shown(rows))

    # -- rights --------------------------------------------------------------------------------

    def test_manager_sets_bounds(self):
        size = self.size.with_user(self.manager)
        with Form(size) as form:
            form.bounds = [self.row("employee_count", {self.large: 66})]
        self.assertEqual(self.large.criterion_ids.lower_bound, 66)

    def test_others_cannot_set_bounds(self):
        size = self.size.with_user(self.salesperson)
        self.assertTrue(size.bounds)
        with self.assertRaises(AccessError):
            size.write({"bounds": [self.row("employee_count", {self.large: 66})]})
        with self.assertRaises(AccessError):
            size.class_ids[0].action_archive()


class TestClassesOnForm(BoundsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(7)
        cls.values = [0, 0, None, 1, 1, 2, 1_000_000, *(rng.randint(1, 10 ** rng.randint(1, 5)) for _i in range(40))]
        for value in cls.values:
            cls.customer(employee_count=value)
        cls.buyers = cls.customer("Buyer", employee_count=500), cls.customer("Small buyer", employee_count=1)
        for buyer, amount in zip(cls.buyers, (1500.5, 20), strict=True):
            cls.invoice(buyer, amount)
        cls.values += [500, 1]
        cls.classify()

    def own(self, record, user=None):
        return record.with_user(user or self.manager).with_company(self.company)

    def test_histogram_counts_every_customer_once(self):
        profiles = self.env["segmentation.profile"].search([("company_id", "=", self.company.id)])
        values = profiles.mapped("employee_count")
        data = self.own(self.size).get_distribution(self.metrics["employee_count"].id)
        self.assertEqual(data["unit"], "")
        self.assertEqual(data["zero"], sum(v == 0 and v is not False for v in values))
        self.assertEqual(data["unknown"], sum(v is False for v in values))
        total = sum(data["counts"]) + data["zero"] + data["negative"] + data["unknown"]
        self.assertEqual(total, len(profiles))
        oracle = Counter(max(edge for edge in EDGES if edge <= v) for v in values if v)
        self.assertEqual({e: n for e, n in zip(data["edges"], data["counts"], strict=False) if n}, oracle)

    def test_histogram_of_amounts_in_the_currency_of_the_bounds(self):
        data = self.own(self.size).get_distribution(self.metrics["revenue_12m"].id)
        self.assertEqual((data["unit"], sum(data["counts"])), ("CNY", 2))
        self.size.currency_id = self.env["res.currency"].create({"name": "XQX", "symbol": "x"})
        self.assertIn("XQX", self.own(self.size).get_distribution(self.metrics["revenue_12m"].id)["error"])

    def test_histogram_of_an_industry(self):
        industries = self.env["res.partner.industry"].create([{"name": "Smiths"}, {"name": "Bakers"}])
        whole = industries[0].parent_id.create({"name": "Crafts"})
        industries[0].parent_id = whole
        for industry in (*industries, whole):
            self.customer(employee_count=10, industry_id=industry.id)
        self.classify()
        metric = self.metrics["employee_count"]

        def total(industry_ids):
            data = self.own(self.size).get_distribution(metric.id, industry_ids)
            return sum(data["counts"]) + data["zero"] + data["unknown"]

        everybody = total([])
        self.assertEqual(total(industries[1].ids), 1)
        self.assertEqual(total(whole.ids), 2, "with the parts")
        self.size.bounds = [*self.size.bounds, self.row("employee_count", {self.large: 5}, [whole])]
        self.assertEqual(total([]), everybody - 2, "those that no row names")

    def test_only_customers_of_the_dimension(self):
        self.size.domain = "[('employee_count', '=', 500)]"
        data = self.own(self.size).get_distribution(self.metrics["employee_count"].id)
        self.assertEqual((sum(data["counts"]), data["zero"], data["unknown"]), (1, 0, 0))

    def test_cut_values(self):
        abc = self.env["segmentation.dimension"].create(
            {
                "name": "ABC",
                "code": "abc",
                "method": "share",
                "metric_id": self.metrics["revenue_12m"].id,
                "class_ids": [
                    Command.create({"code": "A", "name": "A", "share": 80}),
                    Command.create({"code": "B", "name": "B"}),
                ],
            }
        )
        self.classify()
        self.assertEqual(self.own(abc).cuts, {str(abc.class_ids[0].id): 1500.5})
        self.assertIn("80 %", abc.class_ids[0].sentence)
        viewer = self.new_user("partner_segmentation.group_manager")
        self.assertFalse(self.own(abc, viewer).cuts)

    def test_figures_are_for_those_who_may_see_them(self):
        viewer = self.new_user("partner_segmentation.group_manager")
        self.assertIn("error", self.own(self.size, viewer).get_distribution(self.metrics["revenue_12m"].id))
        self.assertNotIn("counts", self.own(self.size, viewer).get_distribution(self.metrics["revenue_12m"].id))
        self.assertIn("counts", self.own(self.size, viewer).get_distribution(self.metrics["employee_count"].id))
        with self.assertRaises(AccessError):
            self.own(self.large, viewer).read(["revenue"])
        Form(self.own(self.size, viewer))
        outsider = self.new_user("base.group_user")
        with self.assertRaises(AccessError):
            self.own(self.size, outsider).get_distribution(self.metrics["employee_count"].id)

    def test_customers_and_revenue_of_classes(self):
        profiles = self.env["segmentation.profile"].search([("company_id", "=", self.company.id)])
        for cls in self.size.class_ids:
            held = profiles.filtered(lambda p, cls=cls: p.size_class_id == cls)
            self.assertEqual(self.own(cls).customer_count, len(held))
            self.assertAlmostEqual(self.own(cls).revenue, sum(held.mapped("revenue_12m")))
        self.assertEqual(sum(self.own(self.size.class_ids).mapped("revenue")), 1520.5)
        self.assertEqual(self.own(self.large).company_currency_id, self.cny)

    def test_archive_instead_of_delete(self):
        with self.assertRaisesRegex(UserError, "Archive"):
            self.size.write({"class_ids": [Command.delete(self.large.id)]})
        self.own(self.large).action_archive()
        self.assertNotIn(self.large, self.size.class_ids)
        self.size.invalidate_recordset()
        self.assertEqual(self.size.archived_class_count, 1)
        action = self.own(self.size).action_view_archived_classes()
        found = self.env["segmentation.class"].with_context(**action["context"]).search(action["domain"])
        self.assertEqual(found, self.large)
        found.action_unarchive()
        self.assertIn(self.large, self.size.class_ids)
        self.assertEqual(self.shown(self.size.bounds), self.stored(self.size), "with its bounds")

    def test_sentences(self):
        self.assertTrue(self.large.sentence.startswith("Large: Employees ≥ "))
        groups = self.env["segmentation.dimension"].create(
            {
                "name": "Quarters",
                "code": "quarters",
                "method": "quantile",
                "metric_id": self.metrics["revenue_12m"].id,
                "class_ids": [Command.create({"code": c, "name": c}) for c in "AB"],
            }
        )
        self.assertRegex(groups.class_ids[1].sentence, "^B: group 2 of 2 by “.*”, highest first$")
        groups.lower_is_better = True
        self.assertRegex(groups.class_ids[0].sentence, "^A: group 1 of 2 by “.*”, lowest first$")
        groups.write({"method": "share", "class_ids": [Command.update(groups.class_ids[0].id, {"share": 80})]})
        self.assertRegex(groups.class_ids[0].sentence, "^A: the lowest that together make 80 % of the total of “.*”$")
        stage = self.stage.class_ids
        self.assertEqual(stage[0].sentence, "Closed: Orders, 24 months > 0 or Invoices, 24 months > 0")
        self.assertEqual(stage[-1].rule, "Everybody else")
        stage[0].domain = (
            f"['&', ('size_class_id', 'in', [{self.large.id}]), '|', ('employee_count', '=', 0),"
            " '!', ('industry_id', '=', False)]"
        )
        self.assertEqual(stage[0].rule, "Size is Large and (Employees = 0 or Industry is set)")
        partners = self.env["res.partner"]
        for domain, text in (
            (Domain("type", "in", ["contact", False]), "Address Type is Contact or not set"),
            (Domain("child_ids", "any", [("active", "=", True)]), "[('child_ids', 'any', [('active', '=', True)])]"),
            (Domain("is_company", "!=", True), "Is a Company ≠ yes"),
        ):
            self.assertEqual(describe_domain(domain, partners), text)
