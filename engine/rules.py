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
    metrics = dimension.class_ids.criterion_ids.metric_id
    fallback = _fallback(dimension)
    class_branches, missing_branches = [], []
    for cls, test in tests:
        undecided = SQL("WHEN (%s) IS NULL THEN", test)
        if dimension.undecided == "fallback":
            class_branches.append(SQL("%s %s", undecided, fallback))
        class_branches.append(SQL("WHEN %s THEN %s", test, _constant(cls)))
        missing_branches.append(SQL("%s %s", undecided, _missing_facts(cls.criterion_ids.metric_id)))
        missing_branches.append(SQL("WHEN %s THEN %s", test, NOTHING))
    missing = _case(missing_branches, NOTHING)
    if dimension.undecided == "certain" and tests:
        class_branches.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    return Rule(_case(class_branches, fallback), missing, tuple(metrics.mapped("field_name")))


def class_test(cls, scope) -> SQL:
    """Whether a row reaches the class: TRUE, FALSE, or NULL when a missing fact decides."""
    if not cls.criterion_ids:
        return SQL("TRUE")
    operator = SQL(" OR ") if cls.dimension_id.criteria_mode == "any" else SQL(" AND ")
    return SQL("(%s)", operator.join(criterion_test(criterion, scope) for criterion in cls.criterion_ids))


def criterion_test(criterion, scope) -> SQL:
    """Whether a row reaches the lower bound; the bound itself belongs to the class."""
    return SQL(
        "%s >= %s::numeric", metric_value(criterion.metric_id, criterion.dimension_id, scope), criterion.lower_bound
    )


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
    """The class that the customer's address or industry is mapped to; the most specific wins.

    A missing fact leaves the class open unless a more specific fact has decided it.
    """
    class_branches, missing_branches = [], []
    levels = _mapping_levels(dimension, scope)
    facts = [fact for fact in MAPPING_FACTS if any(fact == level for level, _mapped in levels)]
    for fact, mapped in levels:
        class_branches += [SQL("WHEN %s = ANY(%s) THEN %s", _fact(fact), ids, _constant(cls)) for cls, ids in mapped]
        every = [id_ for _cls, ids in mapped for id_ in ids]
        more_specific = facts[: facts.index(fact)]
        missing_branches.append(
            SQL("WHEN %s = ANY(%s) THEN %s", _fact(fact), every, _missing_mapping(more_specific, levels, scope))
        )
    missing = _case(missing_branches, _missing_mapping(facts, levels, scope))
    if dimension.undecided == "certain":
        class_branches.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    inputs = tuple(MAPPING_FACTS[fact] for fact in facts)
    return Rule(_case(class_branches, _fallback(dimension)), missing, inputs)


def _mapping_levels(dimension, scope) -> list[tuple[str, list]]:
    """(fact, [(class, ids of the fact)]) in the order they are tried: own country first."""
    levels = []
    for own in (True, False):
        classes = dimension.class_ids.filtered(lambda cls, own=own: cls.own_country_only == own)
        for fact in MAPPING_FACTS:
            mapped = [(cls, mapped_values(cls, fact, scope).ids) for cls in classes]
            if mapped := [(cls, ids) for cls, ids in mapped if ids]:
                levels.append((fact, mapped))
    return levels


def mapped_values(cls, fact: str, scope):
    """Countries, states or industries that lead to the class in the scope's company."""
    values = cls[fact]
    country = scope.company.country_id
    if cls.own_country_only and fact == "country_ids":
        return values & country
    if cls.own_country_only and fact == "state_ids":
        return values.filtered(lambda state: state.country_id == country)
    return values


def _missing_mapping(facts, levels, scope) -> SQL:
    """Which of the facts the customer does not have; NULL when it has all of them.

    A state is missing only where states of the customer's country are mapped.
    """
    conditions = []
    for fact in facts:
        condition = SQL("%s IS NULL", _fact(fact))
        if fact == "state_ids":
            mapped = [id_ for level, classes in levels if level == fact for _cls, ids in classes for id_ in ids]
            countries = scope.env["res.country.state"].browse(mapped).country_id
            condition = SQL("(%s AND %s = ANY(%s))", condition, _fact("country_ids"), countries.ids)
        conditions.append((condition, MAPPING_FACTS[fact].removeprefix("partner_")))
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
