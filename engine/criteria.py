"""Method ``criteria``: the highest class whose lower bounds are reached."""

from odoo.exceptions import UserError
from odoo.tools import SQL

from .history import recorded_classes, stored_classes
from .rule import NO_CLASS, NOTHING, Rule, case, column, constant, fallback, join_codes

INDUSTRY = "partner_industry_id"


def criteria(dimension, scope, query) -> Rule:
    """The highest class whose criteria hold, in three-valued logic.

    A criterion on a missing fact is NULL. A class whose test is NULL can be neither given nor
    excluded: then the class is open, and ``dimension.undecided`` says what to do.
    """
    class_branches, missing_branches = [], []
    for cls in dimension.class_ids:
        test = class_test(cls, scope, query)
        undecided = SQL("WHEN (%s) IS NULL THEN", test)
        if dimension.undecided == "fallback":
            class_branches.append(SQL("%s %s", undecided, fallback(dimension)))
        class_branches.append(SQL("WHEN %s THEN %s", test, constant(cls)))
        missing_branches.append(SQL("%s %s", undecided, _missing_facts(cls)))
        missing_branches.append(SQL("WHEN %s THEN %s", test, NOTHING))
    missing = case(missing_branches, NOTHING)
    if dimension.undecided == "certain" and class_branches:
        class_branches.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    criteria_records = dimension.class_ids.criterion_ids
    inputs = criteria_records.metric_id.mapped("field_name")
    if criteria_records.industry_ids:
        inputs.append(INDUSTRY)
    return Rule(case(class_branches, fallback(dimension)), missing, tuple(inputs))


def class_test(cls, scope, query) -> SQL:
    """Whether a row reaches the class: TRUE, FALSE, or NULL when a missing fact decides.

    The last class may do without criteria and takes the rest; another one without is not finished, and
    takes nobody. Criteria that name industries are for customers of these; the others are for customers of all
    industries that no criterion of the dimension names.
    """
    if not cls.criterion_ids:
        return SQL("TRUE") if cls == cls.dimension_id.class_ids[-1:] else SQL("FALSE")
    named = cls.dimension_id.class_ids.criterion_ids.industry_ids
    if not named:
        return _combined(cls, cls.criterion_ids, scope, query)
    industries_by_criteria = named.grouped(
        lambda industry: cls.criterion_ids.filtered(lambda criterion: industry in criterion.industry_ids)
    )
    branches = [SQL("WHEN %s IS NULL THEN NULL", column(INDUSTRY))]
    for criteria_records, industries in industries_by_criteria.items():
        test = _combined(cls, criteria_records, scope, query)
        branches.append(SQL("WHEN %s = ANY(%s) THEN %s", column(INDUSTRY), industries.ids, test))
    general = cls.criterion_ids.filtered(lambda criterion: not criterion.industry_ids)
    return SQL("(%s)", case(branches, _combined(cls, general, scope, query)))


def _combined(cls, criteria_records, scope, query) -> SQL:
    """Any or all of the criteria; a class that demands nothing of these customers is not theirs."""
    if not criteria_records:
        return SQL("FALSE")
    operator = SQL(" OR ") if cls.dimension_id.criteria_mode == "any" else SQL(" AND ")
    return SQL("(%s)", operator.join(criterion_test(criterion, scope, query) for criterion in criteria_records))


def criterion_test(criterion, scope, query) -> SQL:
    """Whether a row reaches the lower bound; the bound itself belongs to the class.

    With hysteresis, a customer that has the class or a higher one keeps it down to
    ``bound * (1 - margin)``.
    """
    dimension = criterion.dimension_id
    value = metric_value(criterion.metric_id, dimension, scope)
    if not dimension.hysteresis:
        return SQL("%s >= %s::numeric", value, criterion.lower_bound)
    return SQL(
        "%s >= %s::numeric * CASE WHEN %s = ANY(%s) THEN 1 - %s::numeric ELSE 1 END",
        value,
        criterion.lower_bound,
        _current_class(dimension, scope, query),
        _at_least(criterion.class_id).ids,
        dimension.hysteresis,
    )


def _current_class(dimension, scope, query) -> SQL:
    """The class the customer has now, or had on the day that is looked back at."""
    alias = f"current_{dimension.id}"
    held = (recorded_classes if scope.retrospective else stored_classes)(scope, dimension)
    condition = SQL("%s = %s", SQL.identifier(alias, "partner_id"), column("partner_id"))
    query.add_join("LEFT JOIN", alias, SQL("(%s)", held), condition)
    return SQL.identifier(alias, "class_id")


def _at_least(cls):
    """The class and those above it."""
    rank = (cls.sequence, cls.id)
    return cls.dimension_id.class_ids.filtered(lambda other: (other.sequence, other.id) <= rank)


def metric_value(metric, dimension, scope) -> SQL:
    """Value of a metric as the dimension compares it: amounts in its currency, rounded."""
    value = column(metric.field_name)
    if not metric.is_amount:
        return value
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
    if rate != 1.0:
        value = SQL("%s * %s::numeric", value, rate)
    return SQL("(ROUND(%s / %s::numeric) * %s::numeric)", value, currency.rounding, currency.rounding)


def _missing_facts(cls) -> SQL:
    conditions = [(SQL("%s IS NULL", column(metric.field_name)), metric.code) for metric in cls.criterion_ids.metric_id]
    if cls.dimension_id.class_ids.criterion_ids.industry_ids:
        conditions.append((SQL("%s IS NULL", column(INDUSTRY)), "industry_id"))
    return join_codes(conditions)
