"""Customers by class: per dimension, by two dimensions, and from one date to another."""

from collections import defaultdict
from dataclasses import replace

from odoo.tools import SQL

from ..models.segmentation_profile import UNCLASSIFIED
from .summary_data import ClassSummary, CrossTable, DimensionSummary, Figures, Head

NO_CUSTOMER = None  # class of who is no customer on a date


def total(rows) -> Figures:
    """All customers of the as-of date.

    :param rows: :class:`~.summary_rows.SummaryRows`, filled
    """
    [figures] = _counted(rows, "SELECT %(counts)s FROM %(rows)s")
    return figures[-1]


def _counted(rows, query: str, **values) -> list[tuple]:
    """Rows of a statement whose last columns are ``%(counts)s``, which become :class:`Figures`."""
    counts = SQL(
        """COUNT(*) FILTER (WHERE is_customer), COUNT(*) FILTER (WHERE was_customer),
           SUM(revenue) FILTER (WHERE is_customer), SUM(revenue_prior) FILTER (WHERE is_customer),
           SUM(overdue) FILTER (WHERE is_customer)"""
    )
    return [
        (*key, _figures(rows, customers, before, *amounts))
        for *key, customers, before, revenue, prior, overdue in rows.select(query, counts=counts, **values)
        for amounts in [(revenue, prior, overdue)]
    ]


def _figures(rows, customers=0, before=0, revenue=0.0, prior=0.0, overdue=0.0) -> Figures:
    """Sums without the noise of adding up floats, and without those that are not known or not to be seen."""
    known = (rows.shows_figures, rows.shows_figures, rows.shows_figures and not rows.is_past)
    amounts = zip((revenue, prior, overdue), known, strict=True)
    return Figures(
        customers,
        before if rows.compare_to else None,
        *(rows.company.currency_id.round(amount or 0.0) if is_known else None for amount, is_known in amounts),
    )


class ClassCounts:
    """The customers of a dimension by the classes they have and had: one statement.

    :param rows: :class:`~.summary_rows.SummaryRows`, filled
    """

    def __init__(self, rows, dimension):
        self.rows = rows
        self.dimension = dimension
        self.env = rows.env
        # A key is the class then and the class now: an id, 0 for unclassified, None for no customer.
        self.cells = {
            (then, now): figures
            for then, now, figures in _counted(
                rows,
                """SELECT CASE WHEN was_customer THEN COALESCE(%(then)s, 0) END,
                          CASE WHEN is_customer THEN COALESCE(%(now)s, 0) END, %(counts)s
                     FROM %(rows)s
                 GROUP BY 1, 2""",
                then=SQL.identifier(f"then_{dimension.id}"),
                now=SQL.identifier(f"now_{dimension.id}"),
            )
        }

    def summary(self, all_: Figures) -> DimensionSummary:
        """The customers by class, as a tree.

        :param all_: of all customers
        """
        own = defaultdict(self._nothing)
        for (then, now), figures in self.cells.items():
            if now is not NO_CUSTOMER:
                own[now] = self._sum(own[now], replace(figures, before=self._nothing().before))
            if then is not NO_CUSTOMER:
                own[then] = self._sum(own[then], replace(self._nothing(), before=figures.before))
        nobody = self.env["segmentation.class"]
        unclassified = own.pop(0, None)
        classes = {nobody.browse(class_id): figures for class_id, figures in own.items()}
        held = nobody.browse({int(id_) for cls in classes for id_ in cls.parent_path.split("/") if id_})
        children = held.sorted(lambda cls: (cls.sequence, cls.id)).grouped("parent_id")
        lines = self._branches(nobody, children, classes, 0, all_)
        if unclassified:
            lines.append(self._line(nobody, 0, unclassified, unclassified, all_))
        migration = self._migration() if self.rows.compare_to else None
        return DimensionSummary(self.dimension, tuple(lines), all_, migration)

    def _nothing(self) -> Figures:
        return _figures(self.rows)

    def _sum(self, *several: Figures) -> Figures:
        figures = sum(several, self._nothing())
        amounts = (figures.revenue, figures.revenue_prior, figures.overdue)
        return _figures(self.rows, figures.customers, figures.before, *amounts)

    def _branches(self, parent, children: dict, own: dict, level: int, all_: Figures) -> list[ClassSummary]:
        """Summaries of the classes below ``parent``, each followed by those below it.

        :param children: class → the classes that are part of it
        :param own: class → figures of its customers
        """
        lines = []
        for cls in children.get(parent, ()):
            below = self._branches(cls, children, own, level + 1, all_)
            figures = own.get(cls) or self._nothing()
            parts = (line.total for line in below if line.level == level + 1)
            total = self._sum(figures, *parts)
            lines += [self._line(cls, level, figures, total, all_), *below]
        return lines

    def _line(self, cls, level: int, own: Figures, total: Figures, all_: Figures) -> ClassSummary:
        return ClassSummary(
            cls,
            class_name(self.env, cls),
            level,
            own,
            total,
            own.customers / all_.customers if all_.customers else 0.0,
            own.revenue / all_.revenue if all_.revenue and own.revenue is not None else None,
        )

    def _migration(self) -> CrossTable:
        """Rows are the classes then, columns the classes now; who came or went is there as well."""
        counts = {key: (figures.customers or figures.before, figures.revenue) for key, figures in self.cells.items()}
        return cross_table(self.rows, (self.dimension, self.dimension), counts)


def cross(rows, first, second) -> CrossTable:
    """Customers of the as-of date by the classes of two dimensions."""
    counts = {
        (one, two): (customers, rows.company.currency_id.round(float(revenue or 0)) if rows.shows_figures else None)
        for one, two, customers, revenue in rows.select(
            """SELECT COALESCE(%(first)s, 0), COALESCE(%(second)s, 0), COUNT(*), SUM(revenue)
                 FROM %(rows)s WHERE is_customer GROUP BY 1, 2""",
            first=SQL.identifier(f"now_{first.id}"),
            second=SQL.identifier(f"now_{second.id}"),
        )
    }
    return cross_table(rows, (first, second), counts)


def cross_table(rows, dimensions, counts: dict) -> CrossTable:
    """Table of pairs of class ids → customers and revenue; only classes with customers are in it."""
    heads = [_ordered(rows.env, {key[side] for key in counts}) for side in (0, 1)]
    cells = [[counts.get((row, column), (0, 0.0)) for column in heads[1]] for row in heads[0]]
    return CrossTable(
        *dimensions,
        *(tuple(_head(rows.env, class_id) for class_id in side) for side in heads),
        tuple(tuple(customers for customers, _revenue in row) for row in cells),
        tuple(tuple(revenue for _customers, revenue in row) for row in cells) if rows.shows_figures else None,
    )


def class_name(env, cls) -> str:
    """Name of a class for a reader, also for customers without one."""
    return cls.name if cls else env._(UNCLASSIFIED)


def _ordered(env, class_ids: set) -> list:
    """Ids of classes highest first; then unclassified, then no customer."""
    classes = env["segmentation.class"].browse(class_id for class_id in class_ids if class_id)
    last = [class_id for class_id in (0, NO_CUSTOMER) if class_id in class_ids]
    return [*classes.sorted(lambda cls: (cls.sequence, cls.id)).ids, *last]


def _head(env, class_id) -> Head:
    if class_id is NO_CUSTOMER:
        return Head(None, env._("Not a customer"))
    cls = env["segmentation.class"].browse(class_id or [])
    return Head(cls, class_name(env, cls))
