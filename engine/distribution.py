"""How the values of a metric are spread over the customers: a histogram in one statement."""

from odoo.tools import SQL

# The same for all data, so that one pass will do, and readable: 1, 1.5, 2, 3, 5, 7, 10, 15 …
EDGES = [step * 10.0**exponent for exponent in range(-2, 13) for step in (1, 1.5, 2, 3, 5, 7)]


def distribution(env, query, value: SQL) -> dict:
    """Counts of the rows of a query by their value.

    :param query: ``Query`` of customer files
    :param value: expression over its rows
    :return: ``edges`` and ``counts`` of the bins of positive values, each from its edge to the next one, and
        the counts ``zero``, ``negative`` and ``unknown``
    """
    number = SQL("%s::float8", value)
    bucket = SQL(
        "CASE WHEN %(number)s > 0 THEN GREATEST(WIDTH_BUCKET(%(number)s, %(edges)s::float8[]), 1) "
        "ELSE SIGN(%(number)s) - 2 END",
        number=number,
        edges=EDGES,
    )
    statement = SQL(
        "SELECT bucket, COUNT(*) FROM (%s) AS valued GROUP BY bucket", query.select(SQL("%s AS bucket", bucket))
    )
    counts = {None if key is None else int(key): count for key, count in env.execute_query(statement)}
    bins = [key for key in counts if key is not None and key > 0]
    first, last = min(bins, default=1), max(bins, default=0)
    return {
        "edges": EDGES[first - 1 : last + 1],
        "counts": [counts.get(key, 0) for key in range(first, last + 1)],
        "zero": counts.get(-2, 0),
        "negative": counts.get(-3, 0),
        "unknown": counts.get(None, 0),
    }
