"""Parts of a summary that are about customers rather than classes: curve, largest, movers, missing facts, method."""

from itertools import chain

from odoo.tools import SQL

from ..models.segmentation_change import RANKED
from .summary_data import DimensionMethod, Method, MissingFact, Mover, ParetoPoint, Quality, TopCustomer
from .summary_rows import FIGURES

POINTS = 50  # of the Pareto curve
LISTED = 10  # customers in a list


def pareto(rows) -> tuple[ParetoPoint, ...]:
    """Share of the revenue by share of the customers, the largest first; empty without revenue."""
    points = rows.select(
        """SELECT place::float / customers, running::float / total
             FROM (SELECT ROW_NUMBER() OVER largest AS place, SUM(COALESCE(revenue, 0)) OVER largest AS running,
                          COUNT(*) OVER () AS customers, SUM(revenue) OVER () AS total
                     FROM %(rows)s
                    WHERE is_customer
                   WINDOW largest AS (ORDER BY COALESCE(revenue, 0) DESC, partner_id ROWS UNBOUNDED PRECEDING)
                  ) AS customer
            WHERE total > 0 AND CEIL(place * %(points)s::numeric / customers)
                              <> CEIL((place + 1) * %(points)s::numeric / customers)
         ORDER BY place""",
        points=POINTS,
    )
    return tuple(ParetoPoint(*point) for point in [(0.0, 0.0), *points]) if points else ()


def top_customers(rows, total) -> tuple[TopCustomer, ...]:
    """The customers with the most revenue.

    :param total: :class:`~.summary_data.Figures` of all
    """
    if not rows.shows_figures:
        return ()
    largest = rows.select(
        """SELECT partner_id, revenue, revenue_prior, overdue
             FROM %(rows)s WHERE is_customer AND revenue > 0
         ORDER BY revenue DESC, partner_id LIMIT %(limit)s""",
        limit=LISTED,
    )
    browse = rows.env["res.partner"].browse
    return tuple(
        TopCustomer(
            browse(partner_id),
            *(None if amount is None else float(amount) for amount in amounts),
            float(amounts[0]) / total.revenue if total.revenue > 0 else None,
        )
        for partner_id, *amounts in largest
    )


def movers(rows, dimensions, direction: str) -> tuple[Mover, ...]:
    """The customers that rose or fell most of all, by revenue; in order of their ids where that is not to be seen.

    :param direction: ``up`` or ``down``
    """
    ranked = dimensions.filtered(lambda dimension: dimension.method in RANKED)
    if not rows.compare_to or not ranked:
        return ()
    moves = SQL(", ").join(
        SQL("(%s, %s, %s)", d.id, SQL.identifier(f"then_{d.id}"), SQL.identifier(f"now_{d.id}")) for d in ranked
    )
    found = rows.select(
        """SELECT partner_id, move.dimension_id, source_id, target_id, revenue
             FROM %(rows)s CROSS JOIN LATERAL (VALUES %(moves)s) AS move(dimension_id, source_id, target_id)
             JOIN segmentation_class AS source ON source.id = source_id
             JOIN segmentation_class AS target ON target.id = target_id
            WHERE (target.sequence, target.id) %(comparison)s (source.sequence, source.id)
         ORDER BY revenue DESC NULLS LAST, partner_id, move.dimension_id LIMIT %(limit)s""",
        moves=moves,
        comparison=SQL("<") if direction == "up" else SQL(">"),
        limit=LISTED,
    )
    env = rows.env
    browse = env["segmentation.class"].browse
    return tuple(
        Mover(
            env["res.partner"].browse(partner_id),
            env["segmentation.dimension"].browse(dimension_id),
            browse(source_id),
            browse(target_id),
            None if revenue is None else float(revenue),
        )
        for partner_id, dimension_id, source_id, target_id, revenue in found
    )


def quality(rows, summaries) -> Quality:
    """Missing facts, and who has no class.

    :param summaries: :class:`~.summary_data.DimensionSummary` of the dimensions
    """
    unclassified = tuple((summary.dimension, summary.unclassified) for summary in summaries)
    if rows.is_past:
        return Quality(None, unclassified)
    counted = rows.select(
        """SELECT fact, COUNT(*), SUM(revenue)
             FROM %(rows)s CROSS JOIN LATERAL UNNEST(STRING_TO_ARRAY(missing_facts, ',')) AS fact
            WHERE is_customer AND missing_facts <> ''
         GROUP BY fact ORDER BY COUNT(*) DESC, fact"""
    )
    names = rows.env["segmentation.profile"]._fact_names
    facts = (
        MissingFact(names(fact) or fact, customers, float(revenue or 0) if rows.shows_figures else None)
        for fact, customers, revenue in counted
    )
    return Quality(tuple(facts), unclassified)


def method(rows, dimensions) -> Method:
    """How the dimensions classify, and what the figures are computed from."""
    env = rows.env
    shown = env["segmentation.metric"].search([("field_name", "in", list(FIGURES.values()))])
    metrics = shown.union(*(dimension._used_metrics() for dimension in dimensions)).sorted()
    run = env["segmentation.run"]._last_complete(rows.company)
    then = _rules_then(rows, dimensions)
    return Method(
        tuple(_dimension_method(d, then.get(d) or d._method_texts()) for d in dimensions),
        tuple((metric.name, metric.sentence) for metric in metrics),
        run.create_date or None,
        tuple(_notes(rows, dimensions.filtered(lambda dimension: dimension not in then))),
    )


def _dimension_method(dimension, texts) -> DimensionMethod:
    rules = tuple((name, rule) for name, rule in texts["rules"])
    return DimensionMethod(dimension, texts["method"], texts["standard"], rules)


def _rules_then(rows, dimensions) -> dict:
    """Dimension → how it classified on a past day, as far as that is known."""
    # The rules are shown to everybody who sees classes; who evaluated when is not told.
    then = rows.env["segmentation.rules"].sudo()._in_force(rows.company, rows.scope.end) if rows.is_past else {}
    return {dimension: then[dimension] for dimension in dimensions if dimension in then}


def _notes(rows, unknown):
    """What a reader has to know.

    :param unknown: dimensions whose rules of a past day are not known, so that those of today are listed
    """
    if rows.compare_to and not rows.is_past:
        yield rows.env._("The classes of past days are those recorded then; the rules listed here are those of today.")
    elif rows.is_past:
        yield rows.env._("The classes are those recorded then, and the rules listed here those that were in force.")
        if unknown:
            yield rows.env._(
                "Of these dimensions the rules of today are listed: %s.", ", ".join(unknown.mapped("name"))
            )
    if rows.is_past:
        yield rows.env._(
            "Revenue is that of the documents dated up to the as-of date as they are posted now. Overdue amounts and "
            "missing facts of past days are not recorded."
        )
    if not rows.shows_figures:
        yield rows.env._("Amounts are not shown: they need rights for sales or invoicing.")
    yield from chain(
        _outdated(rows),
        [rows.env._("Only customers that %s may see are counted.", rows.env.user.name)],
    )


def _outdated(rows):
    names = rows.dimensions.filtered("is_outdated").mapped("name")
    if names and not rows.is_past:
        yield rows.env._("Rules have changed since all customers were last evaluated: %s.", ", ".join(names))
