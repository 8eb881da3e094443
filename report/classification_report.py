from dataclasses import dataclass

from odoo import models

from .charts import bar_chart, curve_chart
from .findings import Findings
from .formats import Formats
from .reconciliation import revenue_window
from .summary import summarise_rows
from .summary_risk import at_risk
from .tables import BLOCK, COLUMNS, MOVES, RULES, charted, grid, moves


@dataclass(frozen=True)
class Content:
    """What the template shows.

    :ivar wizard: ``segmentation.report`` record: what was asked for
    :ivar summary: :class:`~.summary_data.Summary`
    :ivar risk: :class:`~.summary_risk.Risk` or ``None``
    :ivar formats: :class:`~.formats.Formats`
    :ivar findings: list of :class:`~.findings.Finding`
    :ivar period: first and last day of the revenue; the first is ``None`` when all of it counts
    """

    wizard: object
    summary: object
    risk: object
    formats: object
    findings: list
    period: tuple

    @property
    def env(self):
        return self.formats.env

    def rules(self, part) -> tuple[list, int]:
        """The rules of a dimension, and how many are left out: of many, only those of classes with customers."""
        shown = [summary for summary in self.summary.dimensions if summary.dimension == part.dimension]
        held = {line.name for summary in shown for line in summary.classes}
        rules = [rule for rule in part.rules if len(part.rules) <= RULES or rule[0] in held]
        return rules, len(part.rules) - len(rules)

    def chart(self, part):
        """Bars of the classes of a dimension."""
        return bar_chart(part.dimension.name, *charted(part, self.formats, self.env))

    def pareto(self):
        points = [(point.customers, point.revenue) for point in self.summary.pareto]
        axes = (self.env._("Share of the customers, the largest first"), self.env._("Share of the revenue"))
        return curve_chart(self.env._("Pareto curve"), points, axes, self.formats.percent)

    def blocks(self, lines) -> list:
        """Lines of a table in parts that fit on a page: wkhtmltopdf cuts longer ones through a line."""
        return [lines[start : start + BLOCK] for start in range(0, len(lines), BLOCK)]

    def crosses(self):
        return [grid(cross, self.env) for cross in self.summary.crosses]

    def migration(self, part):
        """The migration of a dimension as a table; ``None`` where it is too wide and the moves must do."""
        return grid(part.migration, self.env) if len(part.migration.columns) <= COLUMNS else None

    def moves(self, part):
        return moves(part.migration)[:MOVES]


class ClassificationReport(models.AbstractModel):
    _name = "report.partner_segmentation.report_classification"
    _description = "Customer Classification Report"

    def _get_report_values(self, docids, data=None):
        wizards = self.env["segmentation.report"].browse(docids)
        return {"doc_ids": docids, "doc_model": wizards._name, "docs": wizards, "content": self._content}

    def _content(self, wizard) -> Content:
        """What the report shows, with the rights of the user and in the language of the report."""
        rows, reasons = wizard._open_rows()
        rows.fill()
        pair = (wizard.row_dimension_id, wizard.column_dimension_id)
        pairs = [tuple(dimension.with_env(rows.env) for dimension in pair)] if all(pair) else []
        pairs = [pair for pair in pairs if all(dimension in rows.dimensions for dimension in pair)]
        summary = summarise_rows(rows, reasons, wizard.dimension_ids, pairs)
        risk = None if summary.no_data else at_risk(rows)
        formats = Formats(rows.env, rows.company.currency_id)
        findings = Findings(summary, risk, formats).all()
        return Content(wizard.with_env(rows.env), summary, risk, formats, findings, revenue_window(rows))
