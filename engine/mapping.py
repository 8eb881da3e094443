"""Method ``mapping``: the class of the customer's address or industry."""

from odoo.tools import SQL

from .industries import spoken_for
from .rule import NO_CLASS, Rule, case, column, constant, fallback, join_codes

# Facts a class can be mapped from, most specific first: field of the class → column of the row.
MAPPING_FACTS = {
    "state_ids": "partner_state_id",
    "country_ids": "partner_country_id",
    "industry_ids": "partner_industry_id",
}


def mapping(dimension, scope, _query) -> Rule:
    """The class that the customer's address or industry is mapped to; the most specific wins.

    A missing fact leaves the class open unless a more specific fact has decided it.
    """
    class_branches, missing_branches = [], []
    levels = _mapping_levels(dimension, scope)
    for index, (fact, mapped) in enumerate(levels):
        class_branches += [SQL("WHEN %s = ANY(%s) THEN %s", _fact(fact), ids, constant(cls)) for cls, ids in mapped]
        every = [id_ for _cls, ids in mapped for id_ in ids]
        more_specific = _missing_mapping(levels[:index], scope)
        missing_branches.append(SQL("WHEN %s = ANY(%s) THEN %s", _fact(fact), every, more_specific))
    missing = case(missing_branches, _missing_mapping(levels, scope))
    if dimension.undecided == "certain":
        class_branches.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    else:
        class_branches.insert(0, SQL("WHEN %s IS NOT NULL THEN %s", missing, fallback(dimension)))
    inputs = tuple(MAPPING_FACTS[fact] for fact in _facts(levels))
    return Rule(case(class_branches, fallback(dimension)), missing, inputs)


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
    """Countries, states or industries that lead to the class in the scope's company.

    The parts of an industry go with it, unless they are mapped themselves.
    """
    values = cls[fact]
    if fact == "industry_ids" and values:
        speakers = spoken_for(cls.dimension_id.class_ids.industry_ids)
        return values.union(*(industry for industry, others in speakers.items() if others <= set(values)))
    country = scope.company.country_id
    if cls.own_country_only and fact == "country_ids":
        return values & country
    if cls.own_country_only and fact == "state_ids":
        return values.filtered(lambda state: state.country_id == country)
    return values


def _facts(levels) -> list[str]:
    """The facts that the levels look at."""
    return [fact for fact in MAPPING_FACTS if any(fact == level for level, _mapped in levels)]


def _missing_mapping(levels, scope) -> SQL:
    """Which of the facts the customer does not have; NULL when it has all of them.

    A state is missing only where states of the customer's country are mapped.
    """
    conditions = []
    for fact in _facts(levels):
        condition = SQL("%s IS NULL", _fact(fact))
        if fact == "state_ids":
            mapped = [id_ for level, classes in levels if level == fact for _cls, ids in classes for id_ in ids]
            countries = scope.env["res.country.state"].browse(mapped).country_id
            condition = SQL("(%s AND %s = ANY(%s))", condition, _fact("country_ids"), countries.ids)
        conditions.append((condition, MAPPING_FACTS[fact].removeprefix("partner_")))
    return join_codes(conditions)


def _fact(name: str) -> SQL:
    return column(MAPPING_FACTS[name])
