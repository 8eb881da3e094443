"""Metrics: configuration → one SELECT per source → one row of numbers per customer."""

from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL, Query

from .aggregates import COUNTING, aggregated, chosen, document_condition, fact, kept, total
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

# Aggregates by where their value comes from; the others aggregate documents.
FACTS = {"value"}
DERIVED = {"growth", "ratio", "days_between", "date_after"}
BY_RECORD = {"argmax", "top_share"}


class Source(NamedTuple):
    """Documents of one model that lead to customers by one path: read once for all metrics on them.

    ``group_path`` leads to the records that the documents are added up by, before the largest is chosen.
    """

    model_name: str
    partner_path: str
    group_path: str = ""

    @classmethod
    def of(cls, metric):
        group_path = metric.group_path if metric.aggregate in BY_RECORD else ""
        return cls(metric.model_name, metric.partner_path, group_path)

    @property
    def trade(self) -> Domain | None:
        """Which of the documents make a customer; None when they never do."""
        return None if self.group_path else TRADE.get((self.model_name, self.partner_path))


def input_query(scope, metrics, population: Domain | None) -> SQL:
    """SELECT of one row per customer: ``partner_id``, ``PARTNER_COLUMNS``, a column per metric.

    Customers are the candidates that match ``population`` or have traded with the company. Without a population
    all candidates have a row: for whoever knows the customers already.

    Amounts are in company currency with 6 decimals, so that they can be compared in any currency. A
    fact nobody stated is NULL; a customer without transactions has 0.
    """
    Partner = scope.env["res.partner"]
    query = candidates_query(scope)
    partner = SQL.identifier(Partner._table, "id")
    is_customer = [] if population is None else [domain_to_sql(population, Partner, Partner._table, query)]
    values = {metric: _nothing(metric, scope) for metric in metrics if not metric.active}
    computed = metrics.filtered("active")
    computed |= computed.filtered(lambda metric: metric.aggregate in DERIVED)._bases()
    for metric in computed.filtered(lambda metric: metric.aggregate in FACTS):
        values[metric] = fact(metric, scope, query)
    documents = computed.filtered(lambda metric: metric.aggregate not in FACTS | DERIVED)
    for number, (source, source_metrics) in enumerate(_sources(documents, bool(is_customer)).items()):
        alias = f"source_{number}"
        condition = SQL("%s = %s", SQL.identifier(alias, "partner_id"), partner)
        trade = source.trade if is_customer else None
        select = source_query(source, source_metrics, scope, trade)
        query.add_join("LEFT JOIN", alias, SQL("(%s)", select), condition)
        values |= {metric: _source_value(alias, metric) for metric in source_metrics}
        if trade is not None:
            is_customer.append(SQL.identifier(alias, "traded"))
    for metric in computed.filtered(lambda metric: metric.aggregate in DERIVED):
        values[metric] = _derived(metric, values)
    if is_customer:
        query.add_where(SQL("(%s)", SQL(" OR ").join(is_customer)))
    return query.select(
        SQL("%s AS partner_id", partner),
        *(
            SQL("%s AS %s", Partner._field_to_sql(Partner._table, field_name, query), SQL.identifier(name))
            for name, field_name in PARTNER_COLUMNS.items()
        ),
        *(SQL("%s AS %s", values[metric], SQL.identifier(metric.field_name)) for metric in metrics),
    )


def _nothing(metric, scope) -> SQL:
    """What an archived metric leaves in its column."""
    column = scope.env["segmentation.profile"]._fields[metric.field_name]
    return SQL("NULL::%s", SQL(column.column_type[1]))


def _sources(metrics, trade: bool) -> dict:
    """Source → its metrics; with ``trade``, the documents that make customers are among them."""
    sources = {Source(*key): [] for key in TRADE if trade}
    for metric in metrics:
        sources.setdefault(Source.of(metric), []).append(metric)
    return sources


def _source_value(alias: str, metric) -> SQL:
    value = SQL.identifier(alias, metric.field_name)
    return SQL("COALESCE(%s, 0)", value) if metric.aggregate in COUNTING else value


def _derived(metric, values) -> SQL:
    """What two other metrics give together, NULL when one of them is not known.

    A percentage of them; of nothing, or of less, there is none. Or days: from the one to the other, or later.
    """
    value, base = values[metric.metric_id], values[metric.base_metric_id]
    if metric.aggregate == "days_between":
        return SQL("(%s - %s)", value, base)
    if metric.aggregate == "date_after":
        return SQL("(%s + ROUND(%s)::int)", value, base)
    base = SQL("%s::numeric", base)
    part = SQL("(%s - %s)", value, base) if metric.aggregate == "growth" else value
    return SQL("CASE WHEN %s > 0 THEN %s END", base, kept(metric, SQL("100 * %s / %s", part, base)))


def source_query(source: Source, metrics, scope, trade: Domain | None) -> SQL:
    """SELECT ``partner_id``, whether it ``traded`` and a column per metric, for one source.

    :param trade: which of the documents are trade; ``None`` when that does not count
    """
    Model = scope.env[source.model_name]
    query = Query(scope.env, Model._table)
    partner = path_to_sql(Model, Model._table, source.partner_path, query)
    conditions = [document_condition(metric, scope, query) for metric in metrics]
    columns = [SQL("%s AS partner_id", partner)]
    relevant = list(conditions)
    if trade is not None:
        traded = domain_to_sql(trade, Model, Model._table, query)
        columns.append(SQL("BOOL_OR(%s) AS traded", traded))
        relevant.append(traded)
    query.add_where(SQL("(%s)", SQL(" OR ").join(relevant)))
    query.add_where(in_scope(scope, partner))
    if "company_id" in Model._fields:
        company = Domain("company_id", "in", (False, scope.company_id))
        query.add_where(domain_to_sql(company, Model, Model._table, query))
    aggregate = total if source.group_path else aggregated
    columns += [
        SQL("%s AS %s", aggregate(metric, condition, scope, query), SQL.identifier(metric.field_name))
        for metric, condition in zip(metrics, conditions, strict=True)
    ]
    if not source.group_path:
        query.groupby = partner
        return query.select(*columns)
    record = path_to_sql(Model, Model._table, source.group_path, query)
    query.groupby = SQL("%s, %s", partner, record)
    return _by_record(metrics, query.select(*columns, SQL("%s AS record_id", record)))


def _by_record(metrics, totals: SQL) -> SQL:
    """SELECT of a row per customer from a row per customer and record."""
    columns = [SQL("%s AS %s", chosen(metric), SQL.identifier(metric.field_name)) for metric in metrics]
    return SQL("SELECT partner_id, %s FROM (%s) AS totals GROUP BY partner_id", SQL(", ").join(columns), totals)


def stored_rows(condition: SQL) -> SQL:
    """SELECT of stored customer files with the columns that rules may use.

    :param condition: on ``segmentation_profile``
    """
    return SQL(
        """SELECT segmentation_profile.*, %s
             FROM segmentation_profile JOIN res_partner ON res_partner.id = segmentation_profile.partner_id
            WHERE %s""",
        SQL(", ").join(
            SQL("%s AS %s", SQL.identifier("res_partner", field_name), SQL.identifier(name))
            for name, field_name in PARTNER_COLUMNS.items()
        ),
        condition,
    )


def active_rows(scope) -> SQL:
    """SELECT of the stored files of the scope's customers, with the columns that rules may use."""
    condition = SQL("segmentation_profile.active AND segmentation_profile.company_id = %s", scope.company_id)
    if scope.partner_ids is not None:
        condition = SQL("%s AND segmentation_profile.partner_id = ANY(%s)", condition, list(scope.partner_ids))
    return stored_rows(condition)
