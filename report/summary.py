"""The figures of a classification, for whoever presents them.

Renderers (tables, QWeb, spreadsheets) show these objects and compute nothing themselves.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClassSummary:
    """Customers of one class.

    :ivar cls: ``segmentation.class`` record, empty for unclassified customers
    :ivar customers: number of customers
    :ivar revenue: their invoiced revenue of 12 months, in company currency
    """

    cls: object
    customers: int
    revenue: float


@dataclass(frozen=True)
class DimensionSummary:
    """All customers of a company by the classes of one dimension, highest class first."""

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
    return DimensionSummary(
        dimension, tuple(ClassSummary(cls, count, revenue or 0.0) for cls, count, revenue in groups)
    )
