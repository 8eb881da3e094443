"""The best next step for each customer, with what is at stake: one SELECT per reason, the largest amount wins."""

from dataclasses import dataclass, replace
from datetime import timedelta

from odoo.fields import Domain
from odoo.tools import SQL, Query

from .metrics import PARTNER_COLUMNS, active_rows, input_query
from .near import near_classes
from .paths import path_to_sql
from .population import in_scope
from .rule import ROW, column
from .rules import compile_dimension

# Of those with the same amount at stake the first one counts.
REASONS = ["overdue", "cold", "lapsing", "near"]
# What a reason tells besides the amount, by type; what it does not tell is NULL.
FACTS = {"day": "date", "usual_interval": "numeric", "class_id": "int4", "metric_id": "int4"}
LEAST_PURCHASES = 3  # of 24 months: fewer are no habit
FORGOTTEN = timedelta(days=365)  # an offer that is older is not going cold but cold

EXPECTED_ORDER = SQL(
    "COALESCE(NULLIF(%s, 0), (COALESCE(%s, 0) + COALESCE(%s, 0)) / NULLIF(%s, 0))",
    *map(column, ("average_order_12m", "revenue_12m", "revenue_prior_12m", "invoices_24m")),
)
YEARLY_REVENUE = SQL("GREATEST(%s, %s)", column("revenue_12m"), column("revenue_prior_12m"))
# What customers have done so far, beside metrics that may be those of a later day.
SO_FAR = {"waited": column("days_since_purchase"), "yearly_revenue": YEARLY_REVENUE}


@dataclass(frozen=True)
class Terms:
    """When something is a reason to act.

    :ivar overdue_factor: overdue after so many times the usual interval between purchases
    :ivar lapse_days: about to lapse when the class would be lost within so many days without a purchase
    :ivar near_percent: close to a class when at most this part of its bound is lacking
    :ivar cold_days: an offer goes cold when nothing has happened for so many days
    """

    overdue_factor: float
    lapse_days: int
    near_percent: float
    cold_days: int


def best_steps(scope, terms, buying_class, dimensions) -> SQL:
    """SELECT of a row per customer that there is a reason for: ``partner_id``, ``reason``, ``value``, ``FACTS``.

    :param terms: :class:`Terms`
    :param buying_class: class of those who buy, in a dimension that they fall out of when they stop; may be empty
    :param dimensions: those whose next class is worth reaching
    """
    selects = [_overdue(scope, terms), *_cold(scope, terms)]
    if buying_class:
        selects.append(_lapsing(scope, terms, buying_class))
    selects += [
        _select("near", query, gap, SQL("%s IS NOT NULL", gap), class_id=cls, metric_id=metric, first_by=gap)
        for query, gap, cls, metric in near_classes(scope, terms.near_percent / 100, dimensions)
    ]
    rank = SQL("ARRAY_POSITION(%s, reason)", REASONS)
    return SQL(
        "SELECT DISTINCT ON (partner_id) * FROM (%s) AS step WHERE value > 0 ORDER BY partner_id, value DESC, %s",
        SQL(" UNION ALL ").join(SQL("(%s)", select) for select in selects),
        rank,
    )


def _select(reason: str, query, value: SQL, condition: SQL, first_by=None, **facts) -> SQL:
    """SELECT of one reason; of several rows per customer the first one by ``first_by``."""
    partner = column("partner_id")
    query.add_where(condition)
    query.order = first_by and SQL("%s, %s", partner, first_by)
    return query.select(
        SQL("%s %s AS partner_id", SQL("DISTINCT ON (%s)", partner) if first_by else SQL(), partner),
        SQL("%s AS reason", reason),
        SQL("ROUND(%s, 6) AS value", value),
        *(
            SQL("(%s)::%s AS %s", facts.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
            for name, kind in FACTS.items()
        ),
    )


def _customers(scope) -> Query:
    return Query(scope.env, ROW, SQL("(%s)", active_rows(scope)))


# -- habit -------------------------------------------------------------------------------------


def _overdue(scope, terms) -> SQL:
    """Those who have not bought for longer than usual; at stake is an average order."""
    waited, usual = column("days_since_purchase"), column("days_between_purchases")
    return _select(
        "overdue",
        _customers(scope),
        EXPECTED_ORDER,
        SQL(
            "%s > %s * %s::numeric AND %s >= %s",
            waited,
            usual,
            terms.overdue_factor,
            column("invoices_24m"),
            LEAST_PURCHASES,
        ),
        day=SQL("%s - %s", scope.as_of, waited),
        usual_interval=usual,
    )


# -- stage -------------------------------------------------------------------------------------


def _lapsing(scope, terms, buying_class) -> SQL:
    """Those who would leave the class if they bought nothing until a day soon; at stake is the revenue of a year.

    The rule of the dimension is asked what it would say on that day. Who has bought within as many days is no case.
    """
    dimension = buying_class.dimension_id
    then = replace(scope, as_of=scope.as_of + timedelta(days=terms.lapse_days))
    query = Query(scope.env, ROW, SQL("(%s)", _rows_of_day(then, dimension)))
    later = compile_dimension(dimension, then, query).class_id
    held, waited = column(dimension.field_name), column("waited")
    query.add_where(SQL("COALESCE(%s >= %s, TRUE)", waited, terms.lapse_days))
    return _select(
        "lapsing",
        query,
        column("yearly_revenue"),
        SQL("%s = %s AND %s IS DISTINCT FROM %s", held, buying_class.id, later, held),
        day=SQL("%s - %s", scope.as_of, waited),
        class_id=later,
    )


def _rows_of_day(scope, dimension) -> SQL:
    """The stored customer files and ``SO_FAR``, with the metrics of the dimension as of the scope's day."""
    used = dimension._used_metrics().filtered("active")
    moving = used.filtered(lambda metric: any(map(_moves, metric | metric._bases())))
    stored = SQL(
        "SELECT %s.*, %s FROM (%s) AS %s",
        SQL.identifier(ROW),
        SQL(", ").join(SQL("%s AS %s", value, SQL.identifier(name)) for name, value in SO_FAR.items()),
        active_rows(scope),
        SQL.identifier(ROW),
    )
    if not moving:
        return stored
    fields = scope.env["segmentation.profile"]._fields
    everything = [name for name, field in fields.items() if field.store and field.column_type]
    kept = [name for name in everything if name not in moving.mapped("field_name")]
    return SQL(
        "SELECT %s FROM (%s) AS stored JOIN (%s) AS moved ON moved.partner_id = stored.partner_id",
        SQL(", ").join(
            [
                *(SQL.identifier("stored", name) for name in (*kept, *PARTNER_COLUMNS, *SO_FAR)),
                *(SQL.identifier("moved", metric.field_name) for metric in moving),
            ]
        ),
        stored,
        input_query(scope, moving, None),
    )


def _moves(metric) -> bool:
    """Whether the metric changes with time alone."""
    return metric.window_months > 0 or metric.aggregate == "days_since"


# -- offers ------------------------------------------------------------------------------------


def _cold(scope, terms) -> list[SQL]:
    """Open quotations and opportunities that nothing has happened with; at stake is the largest one."""
    open_quotation = Domain("state", "in", ("draft", "sent")) & Domain("company_id", "=", scope.company_id)
    open_opportunity = (
        Domain("type", "=", "opportunity")
        & Domain("active", "=", True)
        & Domain("won_status", "=", "pending")
        & Domain("company_id", "in", (False, scope.company_id))
    )
    in_currency = SQL("sale_order.amount_untaxed / NULLIF(sale_order.currency_rate::numeric, 0)")
    return [
        _offers(scope, terms, "sale.order", open_quotation, "date_order", in_currency),
        _offers(scope, terms, "crm.lead", open_opportunity, "date_last_stage_update", SQL("crm_lead.expected_revenue")),
    ]


def _offers(scope, terms, model_name: str, domain, date_field: str, amount: SQL) -> SQL:
    Model = scope.env[model_name]
    quiet = replace(scope, as_of=scope.as_of - timedelta(days=terms.cold_days))
    forgotten = replace(scope, as_of=scope.as_of - FORGOTTEN)
    domain &= Domain(date_field, "<", quiet.start) & Domain(date_field, ">=", forgotten.start)
    offers = Model._search(domain)
    partner = path_to_sql(Model, Model._table, "partner_id.commercial_partner_id", offers)
    offers.add_where(in_scope(scope, partner))
    day = scope.local_day(Model._fields[date_field], Model._field_to_sql(Model._table, date_field, offers))
    select = offers.select(SQL("%s AS partner_id", partner), SQL("%s AS day", day), SQL("%s AS amount", amount))
    query = _customers(scope)
    query.add_join("JOIN", "offer", SQL("(%s)", select), SQL("offer.partner_id = %s", column("partner_id")))
    value, day = SQL("offer.amount"), SQL("offer.day")
    return _select("cold", query, value, SQL("offer.amount > 0"), first_by=SQL("offer.amount DESC, day"), day=day)
