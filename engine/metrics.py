"""Metrics: configuration → one SELECT per source → one row of numbers per customer."""

from odoo.fields import Domain
from odoo.tools import SQL, Query

from .paths import domain_to_sql, path_to_sql
from .population import TRADE, candidates_query, in_scope

# What the rules may know about the partner besides the metrics: column of the row → field.
PARTNER_COLUMNS = {
    "partner_industry_id": "industry_id",
    "partner_country_id": "country_id",
    "partner_state_id": "state_id",
    "partner_city": "city",
    "partner_zip": "zip",
}

# A customer without documents has 0 of these, and nothing of the others.
COUNTING = {"sum", "count", "count_distinct"}


def input_query(scope, metrics, population: Domain) -> SQL:
    """SELECT of one row per customer: ``partner_id``, ``PARTNER_COLUMNS``, a column per metric.

    Customers are the candidates that match ``population`` or have traded with the company.

    Amounts are in company currency with 6 decimals, so that they can be compared in any currency. A
    fact nobody stated is NULL; a customer without transactions has 0.
    """
    Partner = scope.env["res.partner"]
    query = candidates_query(scope)
    partner = SQL.identifier(Partner._table, "id")
    archived = metrics.filtered(lambda metric: not metric.active)
    facts = (metrics - archived).filtered(lambda metric: metric.aggregate == "value")
    columns = [SQL("%s AS partner_id", partner)]
    for name, field_name in PARTNER_COLUMNS.items():
        columns.append(SQL("%s AS %s", Partner._field_to_sql(Partner._table, field_name, query), SQL.identifier(name)))
    for metric in facts:
        value = _kept(metric, _measure(metric, scope, query))
        columns.append(SQL("%s AS %s", value, SQL.identifier(metric.field_name)))
    is_customer = [domain_to_sql(population, Partner, Partner._table, query)]
    for number, (key, source_metrics) in enumerate(_sources(metrics - archived - facts).items()):
        alias = f"source_{number}"
        condition = SQL("%s = %s", SQL.identifier(alias, "partner_id"), partner)
        query.add_join("LEFT JOIN", alias, SQL("(%s)", source_query(key, source_metrics, scope)), condition)
        columns += [_source_column(alias, metric) for metric in source_metrics]
        is_customer.append(SQL.identifier(alias, "traded"))
    query.add_where(SQL("(%s)", SQL(" OR ").join(is_customer)))
    columns += [SQL("NULL::int4 AS %s", SQL.identifier(metric.field_name)) for metric in archived]
    return query.select(*columns)


def _sources(metrics) -> dict:
    """(model, path) → metrics of these documents; those that make customers are always among them."""
    sources = {key: [] for key in TRADE}
    for metric in metrics:
        sources.setdefault(source_key(metric), []).append(metric)
    return sources


def source_key(metric) -> tuple[str, str]:
    return metric.model_name, metric.partner_path


def _source_column(alias: str, metric) -> SQL:
    value = SQL.identifier(alias, metric.field_name)
    if metric.aggregate in COUNTING:
        value = SQL("COALESCE(%s, 0)", value)
    return SQL("%s AS %s", value, SQL.identifier(metric.field_name))


def value_query(metric, scope) -> SQL:
    """SELECT of a fact for every partner."""
    query = Query(scope.env, "res_partner")
    return query.select(_kept(metric, _measure(metric, scope, query)))


def source_query(key: tuple[str, str], metrics, scope) -> SQL:
    """SELECT ``partner_id``, whether it ``traded`` and a column per metric, for one model and partner path.

    The documents are read once, whatever the number of metrics on them.
    """
    model_name, path = key
    Model = scope.env[model_name]
    query = Query(scope.env, Model._table)
    partner = path_to_sql(Model, Model._table, path, query)
    traded = domain_to_sql(TRADE.get(key, Domain.FALSE), Model, Model._table, query)
    conditions = [_condition(metric, scope, Model, query) for metric in metrics]
    query.add_where(SQL("(%s)", SQL(" OR ").join([traded, *conditions])))
    query.add_where(in_scope(scope, partner))
    if "company_id" in Model._fields:
        company = Domain("company_id", "in", (False, scope.company_id))
        query.add_where(domain_to_sql(company, Model, Model._table, query))
    query.groupby = partner
    return query.select(
        SQL("%s AS partner_id", partner),
        SQL("BOOL_OR(%s) AS traded", traded),
        *(
            SQL("%s AS %s", _aggregate(metric, condition, scope, query), SQL.identifier(metric.field_name))
            for metric, condition in zip(metrics, conditions, strict=True)
        ),
    )


def _condition(metric, scope, Model, query) -> SQL:
    condition = domain_to_sql(metric._get_domain(), Model, Model._table, query)
    if not metric.date_field_id:
        return condition
    date_field = Model._fields[metric.date_field_id.name]
    column = Model._field_to_sql(Model._table, date_field.name, query)
    return SQL("(%s AND %s)", condition, scope.window(date_field, metric.window_months, metric.offset_months, column))


def _aggregate(metric, condition: SQL, scope, query) -> SQL:
    if metric.aggregate == "count":
        return SQL("COUNT(*) FILTER (WHERE %s)", condition)
    if metric.aggregate == "days_since":
        Model = scope.env[metric.model_name]
        date_field = Model._fields[metric.date_field_id.name]
        day = scope.local_day(date_field, Model._field_to_sql(Model._table, date_field.name, query))
        return SQL("%s::date - MAX(%s) FILTER (WHERE %s)", scope.as_of, day, condition)
    measure = _measure(metric, scope, query)
    return _kept(metric, SQL("%s FILTER (WHERE %s)", _call(metric.aggregate, measure), condition))


def _call(aggregate: str, measure: SQL) -> SQL:
    match aggregate:
        case "sum":
            return SQL("SUM(%s)", measure)
        case "count_distinct":
            return SQL("COUNT(DISTINCT %s)", measure)
        case "avg":
            return SQL("AVG(%s)", measure)
        case "min":
            return SQL("MIN(%s)", measure)
        case "max":
            return SQL("MAX(%s)", measure)
    raise ValueError(aggregate)


def _kept(metric, value: SQL) -> SQL:
    """Value as the customer file keeps it: what conversion adds beyond 6 decimals is noise."""
    return SQL("ROUND(%s::numeric, 6)", value) if metric.is_amount else value


def _measure(metric, scope, query) -> SQL:
    """The measured field; a monetary one in company currency.

    Documents that store the rate they were made at (``sale.order.currency_rate``) are divided by
    it; other foreign amounts are converted at the rate of the as-of date.
    """
    Model = scope.env[metric.model_name]
    field = Model._fields[metric.measure_field_id.name]
    column = Model._field_to_sql(Model._table, field.name, query)
    currency_field = field.type == "monetary" and field.get_currency_field(Model)
    if not currency_field or currency_field.startswith("company_currency"):
        return column
    if "currency_rate" in Model._fields:
        rate = Model._field_to_sql(Model._table, "currency_rate", query)
        return SQL("(%s / NULLIF(%s::numeric, 0))", column, rate)
    rates = query.make_alias(Model._table, "company_rate")
    currency = Model._field_to_sql(Model._table, currency_field, query)
    table = SQL("(SELECT * FROM %s AS rate(currency_id, rate))", scope.company_rates)
    query.add_join("LEFT JOIN", rates, table, SQL("%s = %s", SQL.identifier(rates, "currency_id"), currency))
    return SQL("(%s * %s)", column, SQL.identifier(rates, "rate"))


def stored_row(profile) -> SQL:
    """SELECT of one stored customer file with the columns that rules may use."""
    return SQL(
        """SELECT segmentation_profile.*, %s
             FROM segmentation_profile JOIN res_partner ON res_partner.id = segmentation_profile.partner_id
            WHERE segmentation_profile.id = %s""",
        SQL(", ").join(
            SQL("%s AS %s", SQL.identifier("res_partner", field_name), SQL.identifier(name))
            for name, field_name in PARTNER_COLUMNS.items()
        ),
        profile.id,
    )
