"""The figures of a classification, for whoever presents them.

Renderers (tables, QWeb, spreadsheets) show these objects and compute nothing themselves.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClassSummary:
    """Customers of one class, and of the classes that are part of it.

    :ivar cls: ``segmentation.class`` record, empty for unclassified customers
    :ivar level: depth in the hierarchy, 0 for a class that is part of no other
    :ivar customers: number of customers in the class itself
    :ivar revenue: their invoiced revenue of 12 months, in company currency
    :ivar total_customers: number of customers in the class and in all classes below it
    :ivar total_revenue: their revenue
    """

    cls: object
    level: int
    customers: int
    revenue: float
    total_customers: int
    total_revenue: float


@dataclass(frozen=True)
class DimensionSummary:
    """All customers of a company by the classes of one dimension, highest class first.

    A class comes right before those that are part of it; those without customers in or below them are left
    out. Unclassified customers come last. The totals count every customer once.
    """

    dimension: object
    classes: tuple[ClassSummary, ...]

    @property
    def customers(self) -> int:
        return sum(line.customers for line in self.classes)

    @property
    def revenue(self) -> float:
        return sum(line.revenue for line in self.classes)


def summarise(company) -> list[DimensionSummary]:
    """Summary of the stored classification of a company, one object per dimension.

    Reads with the rights of the company record's user.
    """
    dimensions = company.env["segmentation.dimension"].search([])
    return [_summarise(company, dimension) for dimension in dimensions if dimension._applies_to(company)]


def _summarise(company, dimension) -> DimensionSummary:
    groups = company.env["segmentation.profile"]._read_group(
        [("company_id", "=", company.id)], [dimension.field_name], ["__count", "revenue_12m:sum"]
    )
    own = {cls: (count, revenue or 0.0) for cls, count, revenue in groups}
    nobody = company.env["segmentation.class"]
    unclassified = [ClassSummary(nobody, 0, *own[nobody], *own.pop(nobody))] if nobody in own else []
    held = nobody.browse({int(id_) for cls in own for id_ in cls.parent_path.split("/") if id_})
    children = held.sorted(lambda cls: (cls.sequence, cls.id)).grouped("parent_id")
    return DimensionSummary(dimension, (*_branches(nobody, children, own, 0), *unclassified))


def _branches(parent, children: dict, own: dict, level: int) -> list[ClassSummary]:
    """Summaries of the classes below ``parent``, each followed by those below it.

    :param children: class → the classes that are part of it
    :param own: class → number of its customers and their revenue
    """
    lines = []
    for cls in children.get(parent, ()):
        below = _branches(cls, children, own, level + 1)
        customers, revenue = own.get(cls, (0, 0.0))
        parts = [line for line in below if line.level == level + 1]
        total_customers = customers + sum(line.total_customers for line in parts)
        total_revenue = revenue + sum(line.total_revenue for line in parts)
        lines += [ClassSummary(cls, level, customers, revenue, total_customers, total_revenue), *below]
    return lines
