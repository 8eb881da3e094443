"""What the findings look at, read once per check."""

from functools import cached_property

from odoo.fields import Domain

from ..engine.scope import Scope

# Fewer customers than this tell nothing about how they spread over classes.
ENOUGH = 20


class Look:
    """The stored classification of a company.

    :ivar env: of the superuser, because a check is about all customers, whoever asks for it
    :ivar dimensions: those the company uses
    """

    def __init__(self, company):
        context = {"allowed_company_ids": [company.id], "lang": company.env.context.get("lang")}
        # What is wrong does not depend on who looks; figures are shown to those who may see them.
        self.env = company.env(su=True, context=context)
        self.company = company.with_env(self.env)
        self.today = self.env["segmentation.run"]._today(self.company)
        self.dimensions = self.env["segmentation.dimension"]._used_by(self.company)
        self._counts = {}

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.env, self.company.id, self.today)

    @cached_property
    def total(self) -> tuple[int, float]:
        """Number of all customers and their revenue."""
        return self.count(Domain.TRUE)

    def count(self, domain) -> tuple[int, float]:
        """Number of customers whose file matches, and their revenue."""
        own = Domain("company_id", "=", self.company.id)
        [(customers, revenue)] = self.env["segmentation.profile"]._read_group(
            own & Domain(domain), [], ["__count", "revenue_12m:sum"]
        )
        return customers, revenue or 0.0

    def count_partners(self, domain) -> tuple[int, float]:
        """Number of customers whose contact matches, and their revenue."""
        [(customers, revenue)] = self.env["res.partner"]._read_group(
            Domain("is_classified", "=", True) & Domain(domain), [], ["__count", "revenue_12m:sum"]
        )
        return customers, revenue or 0.0

    def counts(self, dimension) -> dict:
        """Class → its customers and their revenue; the empty class stands for those who have none."""
        if dimension not in self._counts:
            groups = self.env["segmentation.profile"]._read_group(
                [("company_id", "=", self.company.id)], [dimension.field_name], ["__count", "revenue_12m:sum"]
            )
            self._counts[dimension] = {cls: (customers, revenue or 0.0) for cls, customers, revenue in groups}
        return self._counts[dimension]

    def used(self, dimension) -> dict:
        """Class → its customers and their revenue, without those who have no class."""
        return {cls: count for cls, count in self.counts(dimension).items() if cls}
