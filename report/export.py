"""The Excel export: summary, customers, and a reconciliation with the ledger, from the same customers."""

from dataclasses import dataclass, field
from datetime import date

from odoo.fields import Domain

from ..models.domain_text import describe_domain
from .reconciliation import reconcile
from .summary import open_rows, summarise_rows
from .workbook import Book
from .workbook_customers import write_customers
from .workbook_front import write_front
from .workbook_sheets import (
    write_crosses,
    write_dimension,
    write_method,
    write_migration,
    write_reconciliation,
)


@dataclass(frozen=True)
class ExportOptions:
    """What is exported; dates and domain as for :func:`~.summary.summarise`.

    :ivar domain: on ``res.partner``
    :ivar metrics: ``segmentation.metric`` records, further columns of the customers
    :ivar details: keys of ``DETAILS`` in ``workbook_customers``
    """

    as_of: date | None = None
    compare_to: date | None = None
    dimensions: object = None
    domain: list = field(default_factory=list)
    metrics: object = None
    details: tuple[str, ...] = ()


class Export:
    """An export with the rights of the company record's user; the customers are found when it is made."""

    def __init__(self, company, options: ExportOptions):
        self.options = options
        self.rows, self.reasons = open_rows(company, options.as_of, options.compare_to, options.domain, options.metrics)
        self.rows.fill()

    def count(self) -> int:
        """Number of rows of the sheet Customers."""
        return self.rows.select("SELECT COUNT(*) FROM %(rows)s WHERE is_customer")[0][0]

    def _condition(self) -> str:
        """Which customers were chosen, in words; empty for all."""
        domain = Domain(self.options.domain)
        return "" if domain.is_true() else describe_domain(domain, self.rows.env["res.partner"])

    def save(self, path: str, on_progress=None) -> int:
        """Write the workbook; the number of customers in it.

        :param on_progress: called with the number of customers written, now and then
        """
        rows = self.rows
        summary = summarise_rows(rows, self.reasons, self.options.dimensions)
        written = 0
        with Book(path, rows.company.currency_id) as book:
            write_front(book, summary, self._condition())
            for part in summary.dimensions:
                write_dimension(book, part, summary)
            if not summary.no_data:
                write_crosses(book, summary)
                write_migration(book, summary)
                written = write_customers(book, rows, summary, self.options.details, on_progress)
                write_reconciliation(book, summary, reconcile(rows, summary))
            write_method(book, summary)
        return written
