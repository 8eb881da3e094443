"""Conclusions and charts of the report for figures that real data seldom have."""

from dataclasses import replace
from types import SimpleNamespace

from odoo.tests import TransactionCase, tagged

from ..report.findings import Findings
from ..report.formats import Formats
from ..report.summary_data import ClassSummary, DimensionSummary, Figures, Quality, TopCustomer
from ..report.tables import CHARTED, charted


@tagged("post_install", "-at_install")
class TestFindings(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.size = cls.env.ref("partner_segmentation.dimension_size")
        cls.formats = Formats(cls.env, cls.env.company.currency_id)

    def findings(self, **summary):
        return Findings(SimpleNamespace(**summary), None, self.formats)

    def line(self, name, figures):
        return ClassSummary(self.size.class_ids[:1], name, 0, figures, figures, 0.0, 0.0)

    def part(self, *figures):
        lines = tuple(self.line(f"Class {number}", each) for number, each in enumerate(figures))
        return DimensionSummary(self.size, lines, sum(figures, Figures()))

    def top(self, *shares):
        partner = self.env["res.partner"].create({"name": "Somebody"})
        return tuple(TopCustomer(partner, share * 1000, None, None, share) for share in shares)

    def test_concentration(self):
        for shares, step in (
            ([0.04] * 10, "spread well"),
            ([0.11] + [0.01] * 9, "yearly plan"),
            ([0.06] * 10, "yearly plan"),
        ):
            finding = self.findings(top_customers=self.top(*shares), pareto=())._concentration()
            self.assertIn(step, finding.step)
        self.assertIsNone(self.findings(top_customers=(), pareto=())._concentration())

    def test_growth(self):
        for before, now, title in ((100, 200, "Growth"), (200, 100, "Shrinkage"), (1000, 1019, "Steady revenue")):
            finding = self.findings(total=Figures(1, None, now, before), dimensions=())._growth()
            self.assertEqual(finding.title, title)
        self.assertIsNone(self.findings(total=Figures(1, None, 100, 0), dimensions=())._growth())

    def test_classes_that_grow_and_shrink(self):
        up, same, down = (Figures(1, None, now, 100) for now in (150, 100, 60))
        for figures, expected in (
            ((up, same, down), "Size: Class 0 gained most"),
            ((same, up), "no class lost"),
            ((same, down), "no class gained"),
            ((same, same), None),
            ((), None),
        ):
            texts = list(self.findings(dimensions=(self.part(*figures),))._growing_classes())
            self.assertEqual(len(texts), 1 if expected else 0)
            if expected:
                self.assertIn(expected, texts[0])

    def test_data_without_gaps(self):
        quality = Quality((), ((self.size, Figures()),))
        finding = self.findings(quality=quality, total=Figures(3))._gaps()
        self.assertEqual((finding.title, finding.step), ("Data quality", "No step is needed."))

    def test_chart_of_many_classes(self):
        """The largest are drawn in their order, all others as one bar; empty ones not at all."""
        figures = [Figures(number + 1, None, 10.0 * number) for number in range(CHARTED + 4)]
        part = self.part(*figures, Figures(0, None, 0.0))
        names, measures = charted(part, self.formats, self.env)
        self.assertEqual(names, [*(f"Class {number}" for number in range(5, CHARTED + 4)), "Others"])
        customers, revenue = ([value for value, _text in bars] for _title, bars in measures)
        self.assertEqual((sum(customers), customers[-1]), (part.customers, 1 + 2 + 3 + 4 + 5))
        self.assertEqual((sum(revenue), revenue[-1]), (part.revenue, 100))

    def test_chart_without_figures(self):
        figures = [Figures(number + 1) for number in range(CHARTED + 1)]
        names, measures = charted(self.part(*figures), self.formats, self.env)
        self.assertEqual((len(names), len(measures)), (CHARTED, 1))
        few = replace(self.part(Figures(2), Figures(0)), migration=None)
        self.assertEqual(charted(few, self.formats, self.env)[0], ["Class 0"])
