"""What a metric computes, as SQL expressions over its documents or over the partner."""

from odoo.tools import SQL

from .days import interval_deviation, season_share
from .paths import domain_to_sql, path_fields, path_to_sql

# A customer without documents has 0 of these, and nothing of the others.
COUNTING = {"sum", "count", "count_distinct"}

# Type of a result whose further decimals are noise: of conversion, or of the order of addition.
ROUNDED = {"monetary", "float"}


def document_condition(metric, scope, query) -> SQL:
    """Whether a document counts: it matches the domain and lies in the window."""
    Model = scope.env[metric.model_name]
    condition = domain_to_sql(metric._get_domain(), Model, Model._table, query)
    if not metric.date_field_id:
        return condition
    field, column = _column(metric, metric.date_field_id, scope, query)
    window = scope.window(field, column, metric.window_months, metric.offset_months, metric.offset_days)
    return SQL("(%s AND %s)", condition, window)


def aggregated(metric, condition: SQL, scope, query) -> SQL:
    """Value of a metric over the documents of a customer for which ``condition`` holds."""

    def over(function: SQL) -> SQL:
        return SQL("%s FILTER (WHERE %s)", function, condition)

    match metric.aggregate:
        case "count":
            return over(SQL("COUNT(*)"))
        case "count_distinct":
            return over(SQL("COUNT(DISTINCT %s)", _measure(metric, scope, query)))
        case "min" | "max":
            function = SQL("MIN") if metric.aggregate == "min" else SQL("MAX")
            return kept(metric, over(SQL("%s(%s)", function, _measure(metric, scope, query))))
        case "sum":
            return kept(metric, over(SQL("SUM(%s)", _measure(metric, scope, query))))
        case "avg":
            return kept(metric, over(SQL("AVG(%s)", _measure(metric, scope, query))))
    day = _day(metric, metric.date_field_id, scope, query)
    match metric.aggregate:
        case "days_since":
            return SQL("%s - %s", scope.as_of, over(SQL("MAX(%s)", day)))
        case "interval":
            days = SQL("(%s - %s)", over(SQL("MAX(%s)", day)), over(SQL("MIN(%s)", day)))
            steps = SQL("NULLIF(%s - 1, 0)", over(SQL("COUNT(DISTINCT %s)", day)))
            return kept(metric, SQL("%s::numeric / %s", days, steps))
        case "avg_days":
            return kept(metric, over(SQL("AVG(%s - %s)", day, _start_day(metric, scope, query))))
        case "interval_deviation" | "season_share":
            days = over(SQL("ARRAY_AGG(DISTINCT %s ORDER BY %s)", day, day))
            deviation = metric.aggregate == "interval_deviation"
            return kept(metric, interval_deviation(days) if deviation else _season(metric, days, scope))
    raise ValueError(metric.aggregate)


def _season(metric, days: SQL, scope) -> SQL:
    return season_share(days, scope.window_end(metric.offset_months, metric.offset_days))


def total(metric, condition: SQL, scope, query) -> SQL:
    """Sum of the measure over the documents of a customer and a record: what :func:`chosen` chooses from."""
    return SQL("ROUND(SUM(%s) FILTER (WHERE %s)::numeric, 6)", _measure(metric, scope, query), condition)


def chosen(metric) -> SQL:
    """Value of a metric over the records of a customer: rows of ``record_id`` and the total in the metric's column.

    Only records with a positive total are looked at: one of which more was returned than bought is not what
    the customer buys, and would push the share of the others above 100 %. Documents that lead to no record
    cannot be chosen, but are part of the whole that the share is taken of.
    """
    amount = SQL.identifier(metric.field_name)
    candidates = SQL("%s > 0 AND record_id IS NOT NULL", amount)
    if metric.aggregate == "argmax":
        return SQL("(ARRAY_AGG(record_id ORDER BY %s DESC, record_id) FILTER (WHERE %s))[1]", amount, candidates)
    largest = SQL("MAX(%s) FILTER (WHERE %s)", amount, candidates)
    return kept(metric, SQL("100 * %s / SUM(%s) FILTER (WHERE %s > 0)", largest, amount, amount))


def fact(metric, scope, query) -> SQL:
    """Value of a metric that is a field of the partner."""
    return kept(metric, _measure(metric, scope, query))


def kept(metric, value: SQL) -> SQL:
    """Value as the customer file keeps it: 6 decimals."""
    return SQL("ROUND((%s)::numeric, 6)", value) if metric.result_type in ROUNDED else value


def _column(metric, field_record, scope, query):
    """Field and column of the metric's model."""
    Model = scope.env[metric.model_name]
    field = Model._fields[field_record.name]
    return field, Model._field_to_sql(Model._table, field.name, query)


def _day(metric, field_record, scope, query) -> SQL:
    return scope.local_day(*_column(metric, field_record, scope, query))


def _start_day(metric, scope, query) -> SQL:
    Model = scope.env[metric.model_name]
    column = path_to_sql(Model, Model._table, metric.start_path, query)
    return scope.local_day(path_fields(Model, metric.start_path)[-1], column)


def _measure(metric, scope, query) -> SQL:
    """The measured field: a date as day, an amount in company currency, with the sign the metric wants."""
    field, column = _column(metric, metric.measure_field_id, scope, query)
    if metric.result_type == "date":
        return scope.local_day(field, column)
    if field.type == "monetary":
        column = _in_company_currency(field, column, scope.env[metric.model_name], scope, query)
    return SQL("(-%s)", column) if metric.reverse_sign else column


def _in_company_currency(field, column: SQL, Model, scope, query) -> SQL:
    """A monetary field in company currency.

    Documents that store the rate they were made at (``sale.order.currency_rate``) are divided by
    it; other foreign amounts are converted at the rate of the as-of date.
    """
    currency_field = field.get_currency_field(Model)
    if currency_field.startswith("company_currency"):
        return column
    own_rate = Model._fields.get("currency_rate")
    if own_rate is not None and own_rate.store:
        rate = Model._field_to_sql(Model._table, own_rate.name, query)
        return SQL("(%s / NULLIF(%s, 0))", column, rate)
    rates = query.make_alias(Model._table, f"{currency_field}_rate")
    currency = Model._field_to_sql(Model._table, currency_field, query)
    table = SQL("(SELECT * FROM %s AS rate(currency_id, rate))", scope.company_rates)
    query.add_join("LEFT JOIN", rates, table, SQL("%s = %s", SQL.identifier(rates, "currency_id"), currency))
    return SQL("(%s * %s)", column, SQL.identifier(rates, "rate"))
