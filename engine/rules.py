"""Dimensions: configuration → SQL CASE expressions over a row of metrics.

A row is one customer, under the alias ``ROW`` and with the column names of ``segmentation.profile``:
so the same expression runs on freshly computed metrics and on stored profiles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from odoo.exceptions import UserError
from odoo.tools import SQL

from .paths import domain_to_sql

ROW = "segmentation_profile"
NO_CLASS = SQL("NULL::int4")
NOTHING = SQL("NULL::text")

# Facts a class can be mapped from, most specific first: field of the class → column of the row.
MAPPING_FACTS = {
    "state_ids": "partner_state_id",
    "country_ids": "partner_country_id",
    "industry_ids": "partner_industry_id",
}


@dataclass(frozen=True)
class Rule:
    """A compiled dimension.

    :ivar class_id: expression of the class a row belongs to, NULL for none
    :ivar missing: expression naming the facts (comma-separated) whose absence leaves the class open,
        NULL when nothing that matters is missing
    :ivar inputs: columns of the row that the decision rests on, the evidence of a change
    """

    class_id: SQL
    missing: SQL = NOTHING
    inputs: tuple[str, ...] = field(default=())


def compile_dimension(dimension, scope, query) -> Rule:
    """Compile a dimension for one company and date.

    :param query: the query whose table is ``ROW``; joins that a domain needs are added to it
    :raise UserError: an amount cannot be compared because no exchange rate is known
    """
    if not dimension._applies_to(scope.company):
        return Rule(NO_CLASS)
    return METHODS[dimension.method](dimension, scope, query)


# -- criteria ----------------------------------------------------------------------------------


def _criteria(dimension, scope, query) -> Rule:
    """The highest class whose criteria hold, in three-valued logic.

    A criterion on a missing fact is NULL. A class whose test is NULL can be neither given nor
    excluded: then the class is open, and ``dimension.undecided`` says what to do.
    """
    tests = [(cls, class_test(cls, scope)) for cls in dimension.class_ids]
    fallback = _fallback(dimension)
    certain_only = dimension.undecided == "fallback"
    class_branches, missing_branches = [], []
    for cls, test in tests:
        undecided = SQL("WHEN (%s) IS NULL THEN", test)
        if certain_only:
            class_branches.append(SQL("%s %s", undecided, fallback))
        class_branches.append(SQL("WHEN %s THEN %s", test, _constant(cls)))
        missing_branches.append(SQL("%s %s", undecided, _missing_facts(cls.criterion_ids.metric_id)))
        missing_branches.append(SQL("WHEN %s THEN %s", test, NOTHING))
    metrics = dimension.class_ids.criterion_ids.metric_id
    return Rule(
        _case(class_branches, fallback),
        _case(missing_branches, NOTHING),
        tuple(metrics.mapped("field_name")),
    )


def class_test(cls, scope) -> SQL:
    """Whether a row reaches the class: TRUE, FALSE, or NULL when a missing fact decides."""
    if not cls.criterion_ids:
        return SQL("TRUE")
    operator = SQL(" OR ") if cls.dimension_id.criteria_mode == "any" else SQL(" AND ")
    return SQL("(%s)", operator.join(criterion_test(criterion, scope) for criterion in cls.criterion_ids))


def criterion_test(criterion, scope) -> SQL:
    """Whether a row reaches the lower bound; the bound itself belongs to the class."""
    return SQL("%s >= %s::numeric", metric_value(criterion.metric_id, criterion.dimension_id, scope), criterion.lower_bound)


def metric_value(metric, dimension, scope) -> SQL:
    """Value of a metric as the dimension compares it: amounts in its currency, rounded."""
    column = SQL.identifier(ROW, metric.field_name)
    if not metric.is_amount:
        return column
    currency = dimension.currency_id or scope.company.currency_id
    rate = scope.rate(scope.company.currency_id, currency)
    if rate is None:
        raise UserError(
            scope.env._(
                "Dimension “%(dimension)s” compares amounts in %(currency)s, but no exchange rate between "
                "%(company_currency)s and %(currency)s is known. Enter a rate under Currencies, or choose another "
                "Currency on the dimension.",
                dimension=dimension.display_name,
                currency=currency.name,
                company_currency=scope.company.currency_id.name,
            )
        )
    value = column if rate == 1.0 else SQL("%s * %s::numeric", column, rate)
    return SQL("(ROUND(%s / %s::numeric) * %s::numeric)", value, currency.rounding, currency.rounding)


def _missing_facts(metrics) -> SQL:
    return _join_codes((SQL("%s IS NULL", SQL.identifier(ROW, m.field_name)), m.code) for m in metrics)


# -- mapping -----------------------------------------------------------------------------------


def _mapping(dimension, scope, query) -> Rule:
    """The class that the customer's address or industry is mapped to; the most specific wins."""
    own, general = [], []
    for fact in MAPPING_FACTS:
        for cls in dimension.class_ids:
            values = mapped_values(cls, fact, scope)
            if values:
                branch = SQL("WHEN %s = ANY(%s) THEN %s", _fact(fact), values.ids, _constant(cls))
                (own if cls.own_country_only else general).append(branch)
    missing = _missing_mapping(dimension, scope)
    fallback = _fallback(dimension)
    if dimension.undecided == "certain":
        general.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    inputs = tuple(column for name, column in MAPPING_FACTS.items() if dimension.class_ids[name])
    return Rule(_case([*own, *general], fallback), missing, inputs)


def mapped_values(cls, fact: str, scope):
    """Countries, states or industries that lead to the class in the scope's company."""
    values = cls[fact]
    if not cls.own_country_only:
        return values
    country = scope.company.country_id
    if fact == "country_ids":
        return values & country
    if fact == "state_ids":
        return values.filtered(lambda state: state.country_id == country)
    return values


def _missing_mapping(dimension, scope) -> SQL:
    """Which of the mapped facts the customer does not have.

    A state is missing only where states of the customer's country are mapped.
    """
    classes = dimension.class_ids
    conditions = []
    if classes.country_ids:
        conditions.append((SQL("%s IS NULL", _fact("country_ids")), "country_id"))
    states = classes.browse().state_ids.union(*(mapped_values(cls, "state_ids", scope) for cls in classes))
    if states:
        in_country = SQL("%s = ANY(%s)", _fact("country_ids"), states.country_id.ids)
        conditions.append((SQL("%s IS NULL AND %s", _fact("state_ids"), in_country), "state_id"))
    if classes.industry_ids:
        conditions.append((SQL("%s IS NULL", _fact("industry_ids")), "industry_id"))
    return _join_codes(conditions)


def _fact(name: str) -> SQL:
    return SQL.identifier(ROW, MAPPING_FACTS[name])


# -- domain ------------------------------------------------------------------------------------


def _domain(dimension, scope, query) -> Rule:
    """The first class whose domain on the customer file matches."""
    Profile = scope.env["segmentation.profile"]
    branches, inputs = [], []
    for cls in dimension.class_ids:
        domain = cls._get_domain()
        condition = domain_to_sql(domain, Profile, ROW, query)
        branches.append(SQL("WHEN %s THEN %s", condition, _constant(cls)))
        inputs += [condition.field_expr.partition(".")[0] for condition in domain.iter_conditions()]
    return Rule(_case(branches, _fallback(dimension)), inputs=tuple(dict.fromkeys(inputs)))


METHODS = {"criteria": _criteria, "mapping": _mapping, "domain": _domain}


# -- SQL ---------------------------------------------------------------------------------------


def _constant(cls) -> SQL:
    return SQL("%s::int4", cls.id) if cls else NO_CLASS


def _fallback(dimension) -> SQL:
    return _constant(dimension.fallback_class_id.filtered("active"))


def _case(branches: list[SQL], default: SQL) -> SQL:
    return SQL("CASE %s ELSE %s END", SQL(" ").join(branches), default) if branches else default


def _join_codes(conditions: Iterable[tuple[SQL, str]]) -> SQL:
    """Comma-separated codes of the conditions that hold, NULL when none does."""
    codes = [SQL("CASE WHEN %s THEN %s END", condition, code) for condition, code in conditions]
    return SQL("NULLIF(concat_ws(',', %s), '')", SQL(", ").join(codes)) if codes else NOTHING
