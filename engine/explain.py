"""Why a customer has its classes: the stored values against the rules, in sentences."""

from dataclasses import dataclass
from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tools import SQL

from .rules import MAPPING_FACTS, ROW, criterion_test, metric_value

PARTNER_FIELDS = {"state_ids": "state_id", "country_ids": "country_id", "industry_ids": "industry_id"}


@dataclass(frozen=True)
class Explanation:
    """Result of one dimension for one customer.

    :ivar dimension: ``segmentation.dimension`` record
    :ivar cls: ``segmentation.class`` record, empty when unclassified
    :ivar value: the figure or fact that decided, as text
    :ivar since: day the customer got the class
    :ivar reason: one sentence
    """

    dimension: object
    cls: object
    value: str
    since: date
    reason: str


def explain(scope, dimensions, profile) -> list[Explanation]:
    """One explanation per dimension for one stored profile."""
    since = _since(profile)
    explanations = []
    for dimension in dimensions:
        cls = profile[dimension.field_name]
        try:
            value, reason = METHODS[dimension.method](scope, dimension, cls, profile)
        except UserError as error:  # what kept the dimension from being evaluated
            value, reason = "", str(error)
        explanations.append(Explanation(dimension, cls, value, since.get(dimension.id, since[False]), reason))
    return explanations


def _since(profile) -> dict:
    """Dimension id → day of the last change; ``False`` → day the customer file was made."""
    changes = profile.env["segmentation.change"]._read_group(
        [("company_id", "=", profile.company_id.id), ("partner_id", "=", profile.partner_id.id)],
        ["dimension_id"],
        ["date:max"],
    )
    moments = {False: profile.create_date, **{dimension.id: moment for dimension, moment in changes}}
    return {key: Datetime.context_timestamp(profile, moment).date() for key, moment in moments.items()}


# -- criteria ----------------------------------------------------------------------------------


def _tested_criteria(scope, dimension, profile) -> dict:
    """Criterion → (value in the dimension's currency, whether it holds); None where unknown.

    The criteria are tested by the same SQL that classifies, on the stored values.
    """
    criteria = dimension.class_ids.criterion_ids
    if not criteria:
        return {}
    columns = [
        column
        for criterion in criteria
        for column in (metric_value(criterion.metric_id, dimension, scope), criterion_test(criterion, scope))
    ]
    query = SQL("SELECT %s FROM %s WHERE id = %s", SQL(", ").join(columns), SQL.identifier(ROW), profile.id)
    profile.flush_recordset()
    [row] = profile.env.execute_query(query)
    return {criterion: row[2 * index : 2 * index + 2] for index, criterion in enumerate(criteria)}


def _criteria(scope, dimension, cls, profile) -> tuple[str, str]:
    tested = _tested_criteria(scope, dimension, profile)
    reached = [c for c in cls.criterion_ids if tested[c][1]]
    if reached:
        sentences = [_compare(c, tested[c][0], "≥", profile) for c in reached]
        value = _value_text(reached[0], tested[reached[0]][0], profile)
    else:
        missed = _next_class_criteria(dimension, cls)
        sentences = [
            f"{_compare(c, tested[c][0], '<', profile)} ({c.class_id.name})" for c in missed if tested[c][1] is False
        ]
        known = [c for c in missed if tested[c][0] is not None]
        value = _value_text(known[0], tested[known[0]][0], profile) if known else ""
    unknown = [c for c in dimension.class_ids.criterion_ids if tested[c][1] is None and _above(c.class_id, cls)]
    if unknown:
        names = ", ".join(dict.fromkeys(c.metric_id.name for c in unknown))
        sentences.append(profile.env._("not known: %s", names))
    return value, "; ".join(sentences)


def _above(higher, cls) -> bool:
    return not cls or (higher.sequence, higher.id) < (cls.sequence, cls.id)


def _next_class_criteria(dimension, cls):
    """Criteria of the class just above, which the customer did not reach."""
    above = dimension.class_ids.filtered(lambda other: other.criterion_ids and _above(other, cls))
    return above[-1:].criterion_ids


def _compare(criterion, value, sign: str, profile) -> str:
    text = _value_text(criterion, value, profile)
    return " ".join(filter(None, (criterion.metric_id.name, text, sign, criterion._format_bound())))


def _value_text(criterion, value, profile) -> str:
    """The value as text, empty when the user may not see this figure."""
    if not _visible(criterion.metric_id, profile):
        return ""
    return criterion._format_value(value)


def _visible(metric, profile) -> bool:
    return profile._has_field_access(profile._fields[metric.field_name], "read")


# -- mapping -----------------------------------------------------------------------------------


def _mapping(_scope, dimension, cls, profile) -> tuple[str, str]:
    env, partner = profile.env, profile.partner_id
    for fact in MAPPING_FACTS:
        value = partner[PARTNER_FIELDS[fact]]
        if value and value in cls[fact]:
            return value.name, _labelled(env, _label(partner, fact), value.name)
    facts = [fact for fact in MAPPING_FACTS if dimension.class_ids[fact]]
    missing = [_label(partner, fact) for fact in facts if not partner[PARTNER_FIELDS[fact]]]
    if missing:
        return "", env._("not known: %s", ", ".join(missing))
    values = ", ".join(partner[PARTNER_FIELDS[fact]].name for fact in facts)
    return values, env._("no class is mapped to %s", values)


def _labelled(env, label: str, value: str) -> str:
    return env._("%(label)s: %(value)s", label=label, value=value)


def _label(partner, fact: str) -> str:
    return partner._fields[PARTNER_FIELDS[fact]].get_description(partner.env, ["string"])["string"]


# -- domain ------------------------------------------------------------------------------------


def _domain(_scope, _dimension, cls, profile) -> tuple[str, str]:
    """What the class stands for, with the figures its conditions look at."""
    if not cls:
        return "", profile.env._("no condition is met")
    columns = {condition.field_expr for condition in cls._get_domain().iter_conditions()}
    metrics = profile.env["segmentation.metric"].search([("field_name", "in", list(columns))])
    figures = ", ".join(
        _labelled(profile.env, metric.name, metric._format_value(profile[metric.field_name], profile.currency_id))
        for metric in metrics
        if _visible(metric, profile) and profile[metric.field_name]
    )
    return figures, (cls.description or cls.name).partition("\n")[0]


METHODS = {"criteria": _criteria, "mapping": _mapping, "domain": _domain}
