"""Statements of the engine beside what they should say, computed the obvious way: see test_mutants.py."""

from bisect import bisect_right
from collections import Counter
from datetime import date

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, Query

from ..engine.days import season_share
from ..engine.distribution import EDGES, distribution
from ..engine.sizes import class_sizes
from .common import AS_OF, SegmentationCommon

END = date(2026, 6, 30)


@tagged("post_install", "-at_install")
class TestDistribution(TransactionCase):
    def spread(self, *values):
        rows = Query(self.env, "listed", SQL("(SELECT unnest(%s::numeric[]) AS value)", list(values)))
        return distribution(self.env, rows, SQL.identifier("listed", "value"))

    def test_edges_are_round_numbers(self):
        digits = [f"{edge:.2e}".split("e") for edge in self.spread(0.01, 1e14)["edges"]]
        self.assertEqual([float(digit) for digit, _exponent in digits], [1, 1.5, 2, 3, 5, 7] * 15)
        self.assertEqual([int(exponent) for _digit, exponent in digits][::6], list(range(-2, 13)))

    def test_values_of_every_size(self):
        values = [0.005, *EDGES, *(edge * 1.1 for edge in EDGES), 1e14]
        expected = Counter(max(bisect_right(EDGES, value), 1) for value in values)
        spread = self.spread(*values, 0, 0, -0.001, -7, -7, None)
        self.assertEqual(spread["edges"], EDGES)
        self.assertEqual(spread["counts"], [expected[place] for place in range(1, len(EDGES) + 1)])
        self.assertEqual((spread["zero"], spread["negative"], spread["unknown"]), (2, 3, 1))

    def test_bins_begin_and_end_with_the_values(self):
        spread = self.spread(1.2, 1.4, 2.5)
        self.assertEqual((spread["edges"], spread["counts"]), ([1, 1.5, 2, 3], [2, 0, 1]))

    def test_smallest_bin(self):
        spread = self.spread(0.001)
        self.assertEqual((spread["edges"], spread["counts"]), ([0.01, 0.015], [1]))

    def test_without_positive_values(self):
        spread = self.spread(0, -1)
        self.assertEqual((spread["edges"], spread["counts"]), ([0.01], []))


@tagged("post_install", "-at_install")
class TestSeason(TransactionCase):
    def share(self, *days):
        statement = SQL("SELECT %s", season_share(SQL("%s::date[]", sorted(days)), END))
        [[share]] = self.env.execute_query(statement)
        return share

    def test_known_for_two_years_to_the_day(self):
        rest = [date(2026, 1, day) for day in range(1, 6)]
        self.assertEqual(self.share(date(2024, 6, 30), *rest), 0, "known, and January was in one year only")
        self.assertIsNone(self.share(date(2024, 7, 1), *rest))
        self.assertIsNone(self.share(date(2024, 6, 30), *rest[1:]), "five days")

    def test_years_are_those_of_all_three_months(self):
        january, march = ([date(year, month, day) for day in (1, 2, 3)] for year, month in ((2024, 1), (2026, 3)))
        self.assertEqual(self.share(*january, *march), 100)


@tagged("post_install", "-at_install")
class TestClassSizes(SegmentationCommon):
    def test_as_many_as_a_run_places(self):
        for count in (None, 5, 6, 500, 5000):
            self.customer(employee_count=count)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        values = {"name": "Elsewhere", "code": "ELSEWHERE", "company_ids": company.ids}
        elsewhere = self.env["segmentation.dimension"].create(values)
        Run = self.env["segmentation.run"]
        evaluation = Run.new({"company_id": self.company.id, "as_of": AS_OF, "scope": "all"})._evaluation()
        sizes = class_sizes(evaluation)
        self.classify()
        profiles = self.env["segmentation.profile"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(sizes), set(evaluation.dimensions) - {elsewhere})
        for dimension, counts in sizes.items():
            placed = Counter(profile[dimension.field_name].id or None for profile in profiles)
            self.assertEqual(counts, dict(placed), dimension.code)
        self.assertGreater(len(sizes), 3)
        self.assertGreater(len(sizes[self.size]), 2)
