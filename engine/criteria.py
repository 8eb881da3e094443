"""Method ``criteria``: the highest class whose lower bounds are reached."""

from odoo.exceptions import UserError
from odoo.tools import SQL

from .history import recorded_classes, stored_classes
from .industries import spoken_for
from .rule import NO_CLASS, NOTHING, Rule, case, column, constant, fallback, join_codes

INDUSTRY = "partner_industry_id"


def criteria(dimension, scope, query) -> Rule:
    """The highest class whose criteria hold, in three-valued logic.

    A criterion on a missing fact is NULL. A class whose test is NULL can be neither given nor
    excluded: then the class is open, and ``dimension.undecided`` says what to do.
    """
    speakers = spoken_for(dimension.class_ids.criterion_ids.industry_ids)
    metrics = dimension.class_ids.criterion_ids.metric_id
    # Computed once per row: the tests look at them many times, and so do the expressions below at the tests.
    values = _once(f"value_{dimension.id}", {m: metric_value(m, dimension, scope) for m in metrics}, query)
    tests = _once(
        f"test_{dimension.id}",
        {cls: _class_test(cls, speakers, values, scope, query) for cls in dimension.class_ids},
        query,
    )
    class_branches, missing_branches = [], []
    for cls, test in tests.items():
        undecided = SQL("WHEN %s IS NULL THEN", test)
        if dimension.undecided == "fallback":
            class_branches.append(SQL("%s %s", undecided, fallback(dimension)))
        class_branches.append(SQL("WHEN %s THEN %s", test, constant(cls)))
        if cls.criterion_ids:
            missing_branches.append(SQL("%s %s", undecided, by_industry(cls, speakers, _missing_facts)))
        missing_branches.append(SQL("WHEN %s THEN %s", test, NOTHING))
    missing = case(missing_branches, NOTHING)
    if dimension.undecided == "certain":
        class_branches.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    inputs = metrics.mapped("field_name")
    if speakers:
        inputs.append(INDUSTRY)
    return Rule(case(class_branches, fallback(dimension)), missing, tuple(inputs))


def criteria_sets(criteria_records, speakers: dict, industry) -> set:
    """The criteria that may apply to a customer of the industry: one set of them, or several.

    Criteria that name industries are for customers of these and of their parts; the others are for
    customers of all industries that no criterion of the dimension speaks for. An unknown or too general
    industry leaves several sets.

    :param speakers: what :func:`~.industries.spoken_for` says of all industries that the dimension names
    """
    general = criteria_records.filtered(lambda criterion: not criterion.industry_ids)
    if not speakers:
        return {general}
    named = [industry] if industry else [general.industry_ids, *speakers]
    others = {other for one in named for other in speakers.get(one, {one.browse()})}
    return {
        criteria_records.filtered(lambda c, other=other: other in c.industry_ids) if other else general
        for other in others
    }


def _once(alias: str, expressions: dict, query) -> dict:
    """The expressions, each as a column that is computed once per row.

    :param expressions: record → expression over the row
    """
    if not expressions:
        return {}
    names = {record: f"c{record.id}" for record in expressions}
    columns = [SQL("%s AS %s", expressions[record], SQL.identifier(name)) for record, name in names.items()]
    # OFFSET keeps the planner from putting the expressions where the columns are used.
    query.add_join("LEFT JOIN", alias, SQL("LATERAL (SELECT %s OFFSET 0)", SQL(", ").join(columns)), SQL("TRUE"))
    return {record: SQL.identifier(alias, name) for record, name in names.items()}


def _class_test(cls, speakers: dict, values: dict, scope, query) -> SQL:
    """Whether a row reaches the class: TRUE, FALSE, or NULL when a missing fact decides.

    The last class may do without criteria and takes the rest; another one without is not finished, and
    takes nobody.
    """
    if not cls.criterion_ids:
        return SQL("TRUE") if cls == cls.dimension_id.class_ids[-1:] else SQL("FALSE")

    def test(sets):
        return _unanimous([_combined(criteria_records, values, scope, query) for criteria_records in sets])

    return by_industry(cls, speakers, test)


def by_industry(cls, speakers: dict, make) -> SQL:
    """What ``make`` makes of the criteria of the class that may apply, by the customer's industry."""
    industries_by_sets = {}
    for industry in speakers:
        sets = frozenset(criteria_sets(cls.criterion_ids, speakers, industry))
        industries_by_sets.setdefault(sets, []).append(industry.id)
    branches = [
        SQL("WHEN %s = ANY(%s) THEN %s", column(INDUSTRY), ids, make(sets)) for sets, ids in industries_by_sets.items()
    ]
    nothing_known = criteria_sets(cls.criterion_ids, speakers, cls.industry_ids.browse())
    if speakers:
        branches.append(SQL("WHEN %s IS NULL THEN %s", column(INDUSTRY), make(nothing_known)))
    general = cls.criterion_ids.filtered(lambda criterion: not criterion.industry_ids)
    return SQL("(%s)", case(branches, make({general})))


def _unanimous(tests: list[SQL]) -> SQL:
    """What all of the tests say; NULL when they contradict each other or one does not know."""
    if len(tests) == 1:
        return tests[0]
    every, some = SQL(" AND ").join(tests), SQL(" OR ").join(tests)
    return SQL("CASE WHEN %s THEN TRUE WHEN NOT (%s) THEN FALSE END", every, some)


def _combined(criteria_records, values: dict, scope, query) -> SQL:
    """One of the alternatives in full; a class that demands nothing of these customers is not theirs."""
    alternatives = [
        SQL("(%s)", SQL(" AND ").join(criterion_test(c, values[c.metric_id], scope, query) for c in alternative))
        for alternative in criteria_records._alternatives()
    ]
    return SQL("(%s)", SQL(" OR ").join(alternatives)) if alternatives else SQL("FALSE")


def criterion_test(criterion, value: SQL, scope, query) -> SQL:
    """Whether the value of the metric reaches the lower bound; the bound itself belongs to the class.

    With hysteresis, a customer that has the class or a higher one keeps it down to
    ``bound * (1 - margin)``.
    """
    dimension = criterion.dimension_id
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


def _missing_facts(sets) -> SQL:
    """Codes of the facts whose absence matters where one of these sets of criteria applies."""
    metrics = next(iter(sets)).metric_id.union(*(criteria_records.metric_id for criteria_records in sets))
    conditions = [(SQL("%s IS NULL", column(metric.field_name)), metric.code) for metric in metrics]
    if len(sets) > 1:
        conditions.append((SQL("TRUE"), "industry_id"))
    return join_codes(conditions)
