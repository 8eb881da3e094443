"""Method ``mapping``: the class of the customer's address or industry, or of what it prefers."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from odoo.tools import SQL

from .industries import spoken_for
from .rule import NO_CLASS, ROW, Rule, case, column, constant, fallback, join_codes

# Facts a class can be mapped from, most specific first: field of the class → column of the row.
MAPPING_FACTS = {
    "zip_prefixes": "partner_zip",
    "cities": "partner_city",
    "state_ids": "partner_state_id",
    "country_ids": "partner_country_id",
    "industry_ids": "partner_industry_id",
}
TEXT_FACTS = ("zip_prefixes", "cities")  # they mean something only in a country

# What people put into postal codes to make them readable, after compatibility normalisation.
ZIP_FILLERS = " \t\r\n-‐–"
BLANKS = " \t\r\n"


# -- entries that people type -----------------------------------------------------------------------


def split_entries(text: str | bool) -> list[str]:
    """Entries of a text, separated by commas, semicolons or line breaks."""
    return [entry for part in re.split(r"[,;\n，；、]", text or "") if (entry := part.strip())]


def normalized_zip(text: str) -> str:
    """A postal code as it is compared, see :func:`_zip`."""
    return unicodedata.normalize("NFKC", text).translate(dict.fromkeys(map(ord, ZIP_FILLERS))).upper()


def normalized_city(text: str) -> str:
    """A city as it is compared; at least what the database takes for equal is equal."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _zip(value: SQL) -> SQL:
    return SQL("upper(translate(normalize(%s, NFKC), %s, ''))", value, ZIP_FILLERS)


def _city(value: SQL) -> SQL:
    return SQL("lower(btrim(normalize(%s, NFKC), %s))", value, BLANKS)


# -- rule -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Level:
    """What one fact leads to; levels are tried in order.

    :ivar fact: field of the class
    :ivar branches: ``WHEN … THEN class``
    :ivar matched: whether any of the branches holds
    :ivar absent: column of the row → whether its absence leaves open what the level says
    """

    fact: str
    branches: list[SQL]
    matched: SQL
    absent: dict[str, SQL]


def mapping(dimension, scope, query) -> Rule:
    """The class that the customer's address or industry is mapped to; the most specific wins.

    A missing fact leaves the class open unless a more specific fact has decided it. With a metric, the
    class stands for the record that the metric gives.
    """
    if dimension.metric_id:
        return _preference(dimension, scope, query)
    levels = _levels(dimension, scope, query)
    class_branches = [branch for level in levels for branch in level.branches]
    missing = case(
        [SQL("WHEN %s THEN %s", level.matched, _missing(levels[:index])) for index, level in enumerate(levels)],
        _missing(levels),
    )
    if dimension.undecided == "certain":
        class_branches.append(SQL("WHEN %s IS NOT NULL THEN %s", missing, NO_CLASS))
    else:
        class_branches.insert(0, SQL("WHEN %s IS NOT NULL THEN %s", missing, fallback(dimension)))
    inputs = {name for level in levels for name in (MAPPING_FACTS[level.fact], *level.absent)}
    ordered = tuple(name for name in MAPPING_FACTS.values() if name in inputs)
    return Rule(case(class_branches, fallback(dimension)), missing, ordered)


def _levels(dimension, scope, query) -> list[Level]:
    """The levels in the order they are tried: own country first, then the most specific fact."""
    levels = []
    for own in (True, False):
        classes = dimension.class_ids.filtered(lambda cls, own=own: cls.own_country_only == own)
        for fact in MAPPING_FACTS:
            make_level = _text_level if fact in TEXT_FACTS else _record_level
            if level := make_level(fact, classes, scope, query):
                levels.append(level)
    return levels


def _record_level(fact: str, classes, scope, _query) -> Level | None:
    """Level of a fact that is a record: state, country or industry."""
    mapped = [(cls, values) for cls in classes if (values := mapped_values(cls, fact, scope))]
    if not mapped:
        return None
    name = MAPPING_FACTS[fact]
    value, country = column(name), column("partner_country_id")
    absent = {name: SQL("%s IS NULL", value)}
    if fact == "state_ids":
        # A state is missing only where states of the customer's country are mapped.
        countries = [country_id for _cls, states in mapped for country_id in states.country_id.ids]
        absent = {
            name: SQL("(%s IS NULL AND %s = ANY(%s))", value, country, countries),
            "partner_country_id": SQL("(%s IS NULL AND %s IS NULL)", value, country),
        }
    return Level(
        fact,
        [SQL("WHEN %s = ANY(%s) THEN %s", value, values.ids, constant(cls)) for cls, values in mapped],
        SQL("%s = ANY(%s)", value, [id_ for _cls, values in mapped for id_ in values.ids]),
        absent,
    )


def mapped_values(cls, fact: str, scope):
    """Countries, states or industries that lead to the class in the scope's company.

    The parts of an industry go with it, unless they are mapped themselves.
    """
    if fact == "industry_ids" and cls.industry_ids:
        values = cls.industry_ids
        speakers = spoken_for(cls.dimension_id.class_ids.industry_ids)
        return values.union(*(industry for industry, others in speakers.items() if others <= set(values)))
    if fact == "country_ids":
        # They say where its postal codes and cities are, if it has any.
        return cls.country_ids.browse() if has_text_rules(cls) else _countries(cls, scope)
    if fact == "state_ids" and cls.own_country_only:
        return cls.state_ids.filtered(lambda state: state.country_id == scope.company.country_id)
    return cls[fact]


def _countries(cls, scope):
    """Countries of the class that count in the scope's company."""
    return cls.country_ids & scope.company.country_id if cls.own_country_only else cls.country_ids


def has_text_rules(cls) -> bool:
    """Whether the class is for parts of its countries only."""
    return any(cls[fact] for fact in TEXT_FACTS)


def matching(cls, fact: str, value, country, scope):
    """What of the class leads from the fact to it: the state, the country, the entry; falsy when nothing does.

    :param value: the customer's fact: a record, or a text
    :param country: the customer's country
    """
    if fact not in TEXT_FACTS:
        return value if value in mapped_values(cls, fact, scope) else None
    entries = split_entries(cls[fact]) if country in cls.country_ids else []
    if fact == "cities":
        return next((entry for entry in entries if normalized_city(entry) == normalized_city(value)), None)
    return max((entry for entry in entries if normalized_zip(value).startswith(entry)), key=len, default=None)


def _text_level(fact: str, classes, scope, query) -> Level | None:
    """Level of postal codes or cities; a longer beginning of a postal code beats a shorter one."""
    rules = defaultdict(list)  # compared length → (country id, entry, class id)
    for cls in classes:
        countries = _countries(cls, scope)
        for entry in split_entries(cls[fact]) if countries else ():
            length = len(normalized_zip(entry)) if fact == "zip_prefixes" else 0
            rules[length] += [(country.id, entry, cls.id) for country in countries]
    if not rules:
        return None
    name, country = MAPPING_FACTS[fact], column("partner_country_id")
    normalized = _zip if fact == "zip_prefixes" else _city
    value = _computed_once(name, normalized(column(name)), query)
    found = []
    for length in sorted(rules, reverse=True):
        alias = query.make_alias(ROW, f"{fact}_{length}_{'own' if classes[0].own_country_only else 'any'}")
        condition = SQL(
            "%s = %s AND %s = %s",
            SQL.identifier(alias, "country_id"),
            country,
            SQL.identifier(alias, "entry"),
            SQL("left(%s, %s)", value, length) if length else value,
        )
        query.add_join("LEFT JOIN", alias, _entries(rules[length], normalized), condition)
        found.append(SQL.identifier(alias, "class_id"))
    countries = list({country_id for rows in rules.values() for country_id, _entry, _class_id in rows})
    return Level(
        fact,
        [SQL("WHEN %s IS NOT NULL THEN %s", class_id, class_id) for class_id in found],
        SQL("COALESCE(%s) IS NOT NULL", SQL(", ").join(found)),
        {
            name: SQL("(COALESCE(%s, '') = '' AND %s = ANY(%s))", value, country, countries),
            "partner_country_id": SQL("%s IS NULL", country),
        },
    )


def _computed_once(name: str, expression: SQL, query) -> SQL:
    """The expression as a column of its own; ``OFFSET 0`` keeps the planner from repeating it wherever it is used."""
    alias = query.make_alias(ROW, name)
    query.add_join("LEFT JOIN", alias, SQL("LATERAL (SELECT %s AS value OFFSET 0)", expression), SQL("TRUE"))
    return SQL.identifier(alias, "value")


def _entries(rows: list[tuple], normalized) -> SQL:
    """Subselect of country, entry as it is compared, and class; an entry of a country occurs once."""
    countries, entries, class_ids = (list(values) for values in zip(*rows, strict=True))
    return SQL(
        """(SELECT DISTINCT ON (country_id, entry) country_id, entry, class_id
              FROM (SELECT country_id, %s AS entry, class_id, place
                      FROM unnest(%s::int4[], %s::text[], %s::int4[])
                           WITH ORDINALITY AS given(country_id, text, class_id, place)) AS entries
          ORDER BY country_id, entry, place)""",
        normalized(SQL.identifier("given", "text")),
        countries,
        entries,
        class_ids,
    )


def _missing(levels: list[Level]) -> SQL:
    """Which facts the customer does not have that these levels ask for; NULL when it has all of them."""
    absent = {name: [level.absent[name] for level in levels if name in level.absent] for name in MAPPING_FACTS.values()}
    return join_codes(
        (SQL("(%s)", SQL(" OR ").join(conditions)), name.removeprefix("partner_"))
        for name, conditions in absent.items()
        if conditions
    )


# -- preference -------------------------------------------------------------------------------------


def _preference(dimension, scope, query) -> Rule:
    """The class that stands for the record in the metric's column.

    Without a record the customer prefers nothing: that is no missing fact. An archived class has no customers.
    """
    name = dimension.metric_id.field_name
    classes = value_classes(dimension).filtered("active")
    table = SQL(
        "(SELECT * FROM unnest(%s::int4[], %s::int4[]) AS given(record_id, class_id))",
        classes.mapped("res_id"),
        classes.ids,
    )
    alias = query.make_alias(ROW, "preference")
    query.add_join("LEFT JOIN", alias, table, SQL("%s = %s", SQL.identifier(alias, "record_id"), column(name)))
    class_id = SQL("COALESCE(%s, %s)", SQL.identifier(alias, "class_id"), fallback(dimension))
    return Rule(class_id, inputs=(name,))


def value_classes(dimension):
    """Classes of the dimension, archived ones too, that stand for records of its metric's model."""
    field = dimension.env["segmentation.profile"]._fields.get(dimension.metric_id.field_name)
    classes = dimension.with_context(active_test=False).class_ids
    return classes.filtered(lambda cls: cls.res_id and field is not None and cls.res_model == field.comodel_name)


def unmapped_values(dimension, scope, table: SQL) -> list[int]:
    """Ids of the records in the metric's column of ``table`` that no class of the dimension stands for."""
    value = SQL.identifier(dimension.metric_id.field_name)
    known = value_classes(dimension).mapped("res_id")
    query = SQL("SELECT DISTINCT %s FROM %s WHERE %s IS NOT NULL AND %s != ALL(%s)", value, table, value, value, known)
    return [record_id for (record_id,) in scope.env.execute_query(query)]
