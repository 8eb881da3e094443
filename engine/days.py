"""What the days tell that a customer bought on, as SQL over the array of them, in order and each once."""

from datetime import date

from dateutil.relativedelta import relativedelta

from odoo.tools import SQL

# What a season is, and how much must be known before one is recognized: by chance it is found in a few of 100.
SEASON_MONTHS = 3
SEASON_HISTORY = 24  # months from the first day on
SEASON_DAYS = 6


def interval_deviation(days: SQL) -> SQL:
    """Standard deviation of the days from one to the next, in percent of their average; NULL below three days."""
    gaps = SQL("SELECT day - LAG(day) OVER (ORDER BY day) AS gap FROM unnest(%s) AS listed(day)", days)
    return SQL("(SELECT 100 * STDDEV_SAMP(gap) / AVG(gap) FROM (%s) AS gaps)", gaps)


def season_share(days: SQL, end: date) -> SQL:
    """Percentage of the days that lie in the strongest season: three calendar months in a row, in two years or more.

    NULL where too little is known to tell a season from chance.

    :param end: last day that could be among the days
    """
    return SQL(
        """(SELECT CASE WHEN COUNT(*) >= %(least)s AND MIN(day) <= %(begin)s THEN %(share)s END
              FROM unnest(%(days)s) AS listed(day))""",
        least=SEASON_DAYS,
        begin=end - relativedelta(months=SEASON_HISTORY),
        share=_largest_season(),
        days=days,
    )


def _largest_season() -> SQL:
    """Share of the largest of the twelve seasons, over the rows of ``listed``.

    A season begins in January when its days are moved back by the months before it: then a year and three
    months say which days are in which season of which year.
    """
    return SQL(
        """(SELECT COALESCE(MAX(100.0 * inside / every), 0)
              FROM (SELECT COUNT(*) AS every,
                           COUNT(*) FILTER (WHERE month <= %(months)s) AS inside,
                           COUNT(DISTINCT year) FILTER (WHERE month <= %(months)s) AS years
                      FROM unnest(ARRAY_AGG(listed.day)) AS bought(day)
                CROSS JOIN generate_series(0, 11) AS before(months)
                CROSS JOIN LATERAL (SELECT bought.day - make_interval(months => before.months)) AS moved(day)
                CROSS JOIN LATERAL (SELECT EXTRACT(MONTH FROM moved.day)) AS m(month)
                CROSS JOIN LATERAL (SELECT EXTRACT(YEAR FROM moved.day)) AS y(year)
                  GROUP BY before.months) AS seasons
             WHERE years >= 2)""",
        months=SEASON_MONTHS,
    )
