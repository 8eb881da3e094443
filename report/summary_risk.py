"""Customers at risk: those whose revenue has fallen most."""

from dataclasses import dataclass

from odoo.tools import SQL

from .summary_parts import LISTED

KEPT = 0.5  # at risk: at most this part of the revenue of the window before is left


@dataclass(frozen=True)
class Risk:
    """Customers that lost at least half of the revenue they made in the window before.

    :ivar customers: how many
    :ivar revenue: of the window, of all of them
    :ivar revenue_prior: of the window before
    :ivar largest: partner, revenue and revenue before of those who lost most
    """

    customers: int
    revenue: float
    revenue_prior: float
    largest: tuple[tuple[object, float, float], ...]

    @property
    def lost(self) -> float:
        return self.revenue_prior - self.revenue


def at_risk(rows) -> Risk | None:
    """The customers at risk; ``None`` for users who may not see revenue.

    :param rows: :class:`~.summary_rows.SummaryRows`, filled
    """
    if not rows.shows_figures:
        return None
    fallen = SQL("is_customer AND revenue_prior > 0 AND COALESCE(revenue, 0) <= revenue_prior * %s", KEPT)
    [(customers, revenue, prior)] = rows.select(
        """SELECT COUNT(*), COALESCE(SUM(revenue), 0), COALESCE(SUM(revenue_prior), 0)
             FROM %(rows)s WHERE %(fallen)s""",
        fallen=fallen,
    )
    largest = rows.select(
        """SELECT partner_id, COALESCE(revenue, 0), revenue_prior
             FROM %(rows)s WHERE %(fallen)s
         ORDER BY revenue_prior - COALESCE(revenue, 0) DESC, partner_id LIMIT %(limit)s""",
        fallen=fallen,
        limit=LISTED,
    )
    rounded = rows.company.currency_id.round
    browse = rows.env["res.partner"].browse
    return Risk(
        customers,
        rounded(float(revenue)),
        rounded(float(prior)),
        tuple((browse(partner_id), float(now), float(before)) for partner_id, now, before in largest),
    )
