"""The figures of a classification as plain objects: what renderers show."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Figures:
    """Sums over some customers; amounts in company currency, ``None`` where they are not known or not to be seen.

    :ivar before: number of customers on the comparison date, ``None`` without one
    :ivar revenue: invoiced revenue of the window, usually 12 months
    :ivar revenue_prior: revenue of the window before
    """

    customers: int = 0
    before: int | None = None
    revenue: float | None = None
    revenue_prior: float | None = None
    overdue: float | None = None

    @property
    def change(self) -> int | None:
        """How many customers more than on the comparison date."""
        return None if self.before is None else self.customers - self.before

    @property
    def growth(self) -> float | None:
        """By what part the revenue exceeds that of the window before; ``None`` unless that is positive."""
        if self.revenue is None or self.revenue_prior is None or self.revenue_prior <= 0:
            return None
        return self.revenue / self.revenue_prior - 1

    @property
    def average(self) -> float | None:
        """Revenue of a customer."""
        return None if self.revenue is None or not self.customers else self.revenue / self.customers

    def __add__(self, other):
        return Figures(
            self.customers + other.customers,
            *(
                None if one is None and two is None else (one or 0) + (two or 0)
                for one, two in (
                    (self.before, other.before),
                    (self.revenue, other.revenue),
                    (self.revenue_prior, other.revenue_prior),
                    (self.overdue, other.overdue),
                )
            ),
        )


@dataclass(frozen=True)
class ClassSummary:
    """Customers of one class, and of the classes that are part of it.

    :ivar cls: ``segmentation.class`` record, empty for unclassified customers
    :ivar name: in the user's language
    :ivar level: depth in the hierarchy, 0 for a class that is part of no other
    :ivar own: customers in the class itself; they add up to the dimension's total
    :ivar total: customers in the class and in all classes below it
    :ivar customer_share: part of the dimension's customers that the class itself has, from 0 to 1
    :ivar revenue_share: the same of the revenue; ``None`` where there is none
    """

    cls: object
    name: str
    level: int
    own: Figures
    total: Figures
    customer_share: float
    revenue_share: float | None

    @property
    def customers(self) -> int:
        return self.own.customers

    @property
    def revenue(self) -> float | None:
        return self.own.revenue


@dataclass(frozen=True)
class Head:
    """Head of a row or column of a table: a class, or those without one.

    :ivar cls: ``segmentation.class`` record; empty for unclassified customers, ``None`` for who was no customer
    """

    cls: object
    name: str


@dataclass(frozen=True)
class CrossTable:
    """Customers by two classes. For a migration the rows are the classes then, the columns those of the as-of date.

    :ivar customers: number of customers by row and column
    :ivar revenue: their revenue; ``None`` for users who may not see it
    """

    row_dimension: object
    column_dimension: object
    rows: tuple[Head, ...]
    columns: tuple[Head, ...]
    customers: tuple[tuple[int, ...], ...]
    revenue: tuple[tuple[float, ...], ...] | None


@dataclass(frozen=True)
class DimensionSummary:
    """All customers of a company by the classes of one dimension, highest class first.

    A class comes right before those that are part of it; those without customers in or below them are left
    out. Unclassified customers come last. The totals count every customer once.

    :ivar migration: from the comparison date to the as-of date; ``None`` without a comparison
    """

    dimension: object
    classes: tuple[ClassSummary, ...]
    total: Figures
    migration: CrossTable | None = None

    @property
    def customers(self) -> int:
        return self.total.customers

    @property
    def revenue(self) -> float | None:
        return self.total.revenue

    @property
    def unclassified(self) -> Figures:
        return next((line.own for line in self.classes if not line.cls), Figures())


@dataclass(frozen=True)
class ParetoPoint:
    """So many of the customers, the largest first, make so much of the revenue; both from 0 to 1."""

    customers: float
    revenue: float


@dataclass(frozen=True)
class TopCustomer:
    """One of the customers with the most revenue.

    :ivar share: part of all revenue, ``None`` where there is none
    """

    partner: object
    revenue: float
    revenue_prior: float | None
    overdue: float | None
    share: float | None


@dataclass(frozen=True)
class Mover:
    """A customer that rose or fell in a ranked dimension between the two dates."""

    partner: object
    dimension: object
    source: object
    target: object
    revenue: float | None


@dataclass(frozen=True)
class MissingFact:
    """A fact whose absence leaves classes open, with the customers concerned."""

    name: str
    customers: int
    revenue: float | None


@dataclass(frozen=True)
class Quality:
    """What the data lack.

    :ivar missing: ``None`` for a past date: what was missing then is not recorded
    :ivar unclassified: dimension → its customers without a class
    """

    missing: tuple[MissingFact, ...] | None
    unclassified: tuple[tuple[object, Figures], ...]


@dataclass(frozen=True)
class DimensionMethod:
    """How a dimension classifies.

    :ivar standard: name of the standard it was made from, empty for one's own
    :ivar rules: name of each class and its rule in words, highest first
    """

    dimension: object
    method: str
    standard: str
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Method:
    """What the figures rest on.

    :ivar metrics: name of each metric, and what it computes from which documents in which window
    :ivar last_run: when all customers were last evaluated, in UTC; ``None`` before the first time
    :ivar notes: what a reader has to know, in sentences
    """

    dimensions: tuple[DimensionMethod, ...]
    metrics: tuple[tuple[str, str], ...]
    last_run: datetime | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """Everything a report tells about the customers of a company that a user may see.

    :ivar as_of: day the classes and figures are of
    :ivar compare_to: day they are compared with, ``None`` without a comparison
    :ivar no_data: why there is nothing to show, a sentence; empty when there is something
    :ivar no_comparison: why there is no comparison although one was asked for
    :ivar shows_figures: whether the user may see what customers buy; all amounts are ``None`` otherwise
    :ivar is_past: whether the classes are recorded ones instead of those stored now
    """

    company: object
    as_of: date
    compare_to: date | None
    no_data: str
    no_comparison: str
    shows_figures: bool
    is_past: bool
    total: Figures
    dimensions: tuple[DimensionSummary, ...]
    crosses: tuple[CrossTable, ...]
    pareto: tuple[ParetoPoint, ...]
    top_customers: tuple[TopCustomer, ...]
    movers_up: tuple[Mover, ...]
    movers_down: tuple[Mover, ...]
    quality: Quality
    method: Method
