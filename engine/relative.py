"""Methods ``share`` and ``quantile``: the class depends on the other customers as well.

A full evaluation cuts the customers into classes and keeps the cut values; between full
evaluations a customer is compared with these. Customers with the same value get the same class.
"""

from odoo.tools import SQL, Query

from .paths import domain_to_sql
from .rule import NO_CLASS, ROW, Rule, case, column, constant, fallback

METHODS = ("share", "quantile")


def relative(dimension, scope, _query) -> Rule:
    """The first class whose cut value is reached; the lowest class takes the rest."""
    metric = dimension.metric_id
    value = column(metric.field_name)
    cuts = scope.cuts_of(dimension)
    if cuts is None:
        return Rule(NO_CLASS)
    missing = SQL("CASE WHEN %s IS NULL THEN %s END", value, metric.code)
    unknown = fallback(dimension) if dimension.undecided == "fallback" else NO_CLASS
    reaches = SQL("<=") if dimension.lower_is_better else SQL(">=")
    branches = [SQL("WHEN %s IS NULL THEN %s", value, unknown)]
    branches += [
        SQL("WHEN %s %s %s::numeric THEN %s", value, reaches, cuts[cls.id], constant(cls))
        for cls in dimension.class_ids[:-1]
        if cls.id in cuts
    ]
    return Rule(case(branches, constant(dimension.class_ids[-1:])), missing, (metric.field_name,))


def compute_cuts(dimension, scope, source: SQL) -> dict:
    """Class id → the last value that belongs to the class, best class first, over the rows of ``source``.

    ``share``: the customers in order of value, until the values of those before reach the share of the
    total that the class ends at; the customer that crosses the line belongs to the class it started in.
    Only positive values count. ``quantile``: the same with the number of customers, in equal groups.
    """
    classes = dimension.class_ids[:-1]
    if not classes:
        return {}
    if dimension.method == "share":
        weight, ends, whole = SQL("value"), classes.mapped("share"), 100
    else:
        weight, ends, whole = SQL("1"), range(1, len(classes) + 1), len(classes) + 1
    last = SQL("MAX(value)") if dimension.lower_is_better else SQL("MIN(value)")
    order = SQL("value") if dimension.lower_is_better else SQL("value DESC")
    query = SQL(
        """SELECT %(columns)s
             FROM (SELECT value,
                          COALESCE(SUM(weight) OVER (
                              ORDER BY %(order)s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
                          SUM(weight) OVER () AS total
                     FROM (SELECT value, SUM(%(weight)s) AS weight FROM %(values)s GROUP BY value) AS weighed
                  ) AS cumulated""",
        columns=SQL(", ").join(
            SQL("%s FILTER (WHERE before * %s::numeric < %s::numeric * total)", last, whole, end) for end in ends
        ),
        order=order,
        weight=weight,
        values=_values(dimension, scope, source),
    )
    [row] = scope.env.execute_query(query)
    return {cls.id: value for cls, value in zip(classes, row, strict=True) if value is not None}


def _values(dimension, scope, source: SQL) -> SQL:
    """Subselect of the metric's known values, in column ``value``."""
    query = Query(scope.env, ROW, SQL("(%s)", source))
    value = column(dimension.metric_id.field_name)
    query.add_where(SQL("%s IS NOT NULL", value))
    if dimension.method == "share":
        query.add_where(SQL("%s > 0", value))
    Profile = scope.env["segmentation.profile"]
    query.add_where(domain_to_sql(dimension._get_domain(), Profile, ROW, query))
    return SQL("(%s) AS known", query.select(SQL("%s AS value", value)))
