"""Customers that lack little to the next class up, by what they buy."""

from odoo.exceptions import UserError
from odoo.tools import SQL, Query

from .criteria import by_industry, criterion_test, metric_value
from .industries import spoken_for
from .metrics import active_rows
from .paths import domain_to_sql
from .rule import ROW, column

# Who buys more raises sums of these; not its own turnover, nor what it owes.
PURCHASES = {"account.move", "sale.order"}
NOT_NEAR = SQL("NULL::numeric")


def near_classes(scope, share: float, dimensions):
    """Per dimension a query on the customer files, and its columns: what is lacking, the class, the metric.

    A row per class and metric; what is lacking is in company currency, and NULL for who is not close.

    :param share: part of the bound that may be lacking
    """
    for dimension in dimensions.filtered(lambda dimension: dimension.method in METHODS):
        query = _customers(scope, dimension)
        try:
            rows = METHODS[dimension.method](dimension, scope, share, query)
        except UserError:  # no exchange rate is known: every run fails to evaluate the dimension, and says so
            continue
        if rows:
            values = SQL("(VALUES %s) AS line(gap, class_id, metric_id)", SQL(", ").join(rows))
            query.add_join("JOIN", "near", SQL("LATERAL (SELECT * FROM %s)", values), SQL("TRUE"))
            yield query, *(SQL.identifier("near", name) for name in ("gap", "class_id", "metric_id"))


def _customers(scope, dimension) -> Query:
    """The customers whose class the rules decide, as no person has set one."""
    query = Query(scope.env, ROW, SQL("(%s)", active_rows(scope)))
    domain = dimension._get_domain()
    if not domain.is_true():
        query.add_where(domain_to_sql(domain, scope.env["segmentation.profile"], ROW, query))
    if overrides := scope.overrides(dimension):
        query.add_join("LEFT JOIN", "override", overrides, SQL("override.partner_id = %s", column("partner_id")))
        query.add_where(SQL("override.partner_id IS NULL"))
    return query


def is_bought(metric) -> bool:
    """Whether the metric adds up what the customer buys."""
    return metric.active and metric.is_amount and metric.aggregate == "sum" and metric.model_name in PURCHASES


def _row(cls, metric, gap: SQL) -> SQL:
    """What is lacking to the class for those who have the one below."""
    dimension = cls.dimension_id
    classes = list(dimension.class_ids)
    below = classes[classes.index(cls) + 1 :]
    held = column(dimension.field_name)
    is_below = SQL("%s = %s", held, below[0].id) if below else SQL("%s IS NULL", held)
    return SQL("(CASE WHEN %s THEN %s END, %s, %s)", is_below, gap, cls.id, metric.id)


def _lacking(value: SQL, bound: float, share: float) -> tuple[SQL, SQL]:
    """Whether the value is close to the bound, and what it lacks. Nobody is close to a bound of zero or less."""
    close = SQL("%s < %s::numeric AND %s >= %s::numeric", value, bound, value, bound * (1 - share))
    return close, SQL("(%s::numeric - %s)", bound, value)


# -- methods -----------------------------------------------------------------------------------


def _criteria(dimension, scope, share: float, query) -> list[SQL]:
    """One bound is lacking; whatever else the class demands with it is there."""
    criteria_records = dimension.class_ids.criterion_ids.filtered(lambda c: is_bought(c.metric_id))
    speakers = spoken_for(dimension.class_ids.criterion_ids.industry_ids)
    currency = scope.company.currency_id
    rate = scope.rate(currency, dimension.currency_id or currency)

    def gap(criterion, sets) -> SQL:
        if len(sets) > 1:
            return NOT_NEAR  # what is demanded depends on an unknown industry
        [together] = [group for group in next(iter(sets))._alternatives() if criterion in group] or [None]
        if not together:
            return NOT_NEAR
        close, lacking = _lacking(metric_value(criterion.metric_id, dimension, scope), criterion.lower_bound, share)
        others = [
            criterion_test(other, metric_value(other.metric_id, dimension, scope), scope, query)
            for other in together - criterion
        ]
        conditions = SQL(" AND ").join([close, *others])
        return SQL("CASE WHEN %s THEN %s / %s::numeric END", conditions, lacking, rate)

    return [
        _row(c.class_id, c.metric_id, by_industry(c.class_id, speakers, lambda sets, c=c: gap(c, sets)))
        for c in criteria_records
    ]


def _share(dimension, scope, share: float, _query) -> list[SQL]:
    """The value of the last customer in the class is lacking."""
    metric, cuts = dimension.metric_id, scope.cuts_of(dimension) or {}
    if dimension.lower_is_better or not is_bought(metric):
        return []
    rows = []
    for cls in dimension.class_ids.filtered(lambda cls: cls.id in cuts):
        close, lacking = _lacking(column(metric.field_name), float(cuts[cls.id]), share)
        rows.append(_row(cls, metric, SQL("CASE WHEN %s THEN %s END", close, lacking)))
    return rows


METHODS = {"criteria": _criteria, "share": _share}
