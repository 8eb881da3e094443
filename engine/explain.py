"""Why a customer has its classes: the stored values against the rules, in sentences."""

from dataclasses import dataclass
from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tools import SQL, Query

from .criteria import criteria_sets, criterion_test, metric_value
from .industries import spoken_for
from .mapping import MAPPING_FACTS, matching, value_classes
from .metrics import PARTNER_COLUMNS, stored_rows
from .rule import ROW
from .rules import compile_rule


@dataclass(frozen=True)
class Explanation:
    """Result of one dimension for one customer.

    :ivar dimension: ``segmentation.dimension`` record
    :ivar cls: ``segmentation.class`` record in force, empty when unclassified
    :ivar value: the figure or fact that decided, as text
    :ivar since: day the customer got the class
    :ivar reason: one sentence
    :ivar next_step: what the next class up would need, empty where that cannot be said in a figure
    :ivar override: ``segmentation.override`` record when a person set the class
    :ivar computed: class the rules give, the same as ``cls`` without an override
    """

    dimension: object
    cls: object
    value: str
    since: date
    reason: str
    next_step: str
    override: object
    computed: object


def explain(scope, dimensions, profile) -> list[Explanation]:
    """One explanation per dimension for one stored profile."""
    since = _since(profile)
    overrides = {override.dimension_id: override for override in _overrides(scope, profile)}
    explanations = []
    for dimension in dimensions:
        cls = profile[dimension.field_name]
        override = overrides.get(dimension, profile.env["segmentation.override"])
        computed = cls
        value = next_step = ""
        try:
            computed, missing = _evaluated(scope, dimension, profile)
            if computed == cls or override:
                value, reason, next_step = METHODS[dimension.method](scope, dimension, computed, profile)
                if missing:
                    unknown = profile.env._("not known: %s", profile._fact_names(missing))
                    reason = "; ".join(filter(None, (reason, unknown)))
            else:
                reason = profile.env._("The data or the rules have changed since. Press Reclassify.")
        except UserError as error:  # what kept the dimension from being evaluated
            reason = str(error)
        day = since.get(dimension.id, since[False])
        explanations.append(Explanation(dimension, cls, value, day, reason, next_step, override, computed))
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


def _overrides(scope, profile):
    return profile.env["segmentation.override"].search(
        [
            ("company_id", "=", profile.company_id.id),
            ("partner_id", "=", profile.partner_id.id),
            "|",
            ("until", "=", False),
            ("until", ">=", scope.as_of),
        ]
    )


def _select(scope, profile, columns) -> tuple:
    """Values of expressions over the stored customer file; ``columns`` makes them for a query."""
    profile.env.flush_all()
    query = Query(scope.env, ROW, SQL("(%s)", stored_rows(SQL("segmentation_profile.id = %s", profile.id))))
    [row] = profile.env.execute_query(query.select(*columns(query)))
    return row


def _evaluated(scope, dimension, profile) -> tuple:
    """What the rules give the stored customer file now: class and codes of missing facts."""

    def columns(query):
        rule = compile_rule(dimension, scope, query)
        return rule.class_id, rule.missing

    class_id, missing = _select(scope, profile, columns)
    return profile.env["segmentation.class"].browse(class_id or []), missing


# -- criteria ----------------------------------------------------------------------------------


def _criteria(scope, dimension, cls, profile) -> tuple[str, str, str]:
    every = dimension.class_ids.criterion_ids
    sets = criteria_sets(every, spoken_for(every.industry_ids), profile.partner_id.industry_id)
    if len(sets) > 1:
        return "", _too_general(profile), ""
    tested = _tested(scope, dimension, *sets, profile)
    mine = every.browse().union(*(criterion for criterion in tested if criterion.class_id == cls))
    alternatives = [group for group in mine._alternatives() if all(tested[criterion][1] for criterion in group)]
    reached = [criterion for alternative in alternatives for criterion in alternative]
    missed = _next_class_criteria(every, tested, cls)
    if reached:
        sentences = [_compare(c, tested[c][0], "≥", profile) for c in reached]
        value = _value_text(reached[0], tested[reached[0]][0], profile)
    else:
        sentences = [
            f"{_compare(c, tested[c][0], '<', profile)} ({c.class_id.name})" for c in missed if tested[c][1] is False
        ]
        known = [c for c in missed if tested[c][0] is not None]
        value = _value_text(known[0], tested[known[0]][0], profile) if known else ""
    return value, "; ".join(sentences), _next_step(missed, tested, profile)


def _too_general(profile) -> str:
    """Why no bound can be named; an unknown industry is told with the missing facts."""
    industry = profile.partner_id.industry_id.name
    return profile.env._("the bounds depend on what part of the industry “%s” it is", industry) if industry else ""


def _tested(scope, dimension, criteria, profile) -> dict:
    """Criterion → (value in the dimension's currency, whether it holds); None where unknown.

    Tested by the same SQL that classifies.
    """
    if not criteria:
        return {}

    def columns(query):
        for criterion in criteria:
            value = metric_value(criterion.metric_id, dimension, scope)
            yield value
            yield criterion_test(criterion, value, scope, query)

    row = _select(scope, profile, columns)
    return {criterion: row[2 * index : 2 * index + 2] for index, criterion in enumerate(criteria)}


def _above(higher, cls) -> bool:
    return not cls or (higher.sequence, higher.id) < (cls.sequence, cls.id)


def _next_class_criteria(every, tested, cls):
    """Criteria of the class just above, which the customer did not reach."""
    above = [criterion for criterion in tested if _above(criterion.class_id, cls)]
    return every.browse().union(*(criterion for criterion in above if criterion.class_id == above[-1].class_id))


def _next_step(missed, tested, profile) -> str:
    """What is lacking to the class just above."""
    steps = missed._describe(
        {
            criterion: profile.env._(
                "%(amount)s more %(metric)s",
                amount=criterion._format_value(criterion.lower_bound - float(tested[criterion][0])),
                metric=criterion.metric_id.name,
            )
            for criterion in missed
            if tested[criterion][1] is False and _visible(criterion.metric_id, profile)
        }
    )
    return profile.env._("%(steps)s for %(name)s", steps=steps, name=missed.class_id.name) if steps else ""


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


# -- share and quantile ------------------------------------------------------------------------


def _relative(scope, dimension, cls, profile) -> tuple[str, str, str]:
    env, metric = profile.env, dimension.metric_id
    cuts = scope.cuts_of(dimension)
    if cuts is None:
        return "", env._("the customers have not been compared yet"), ""
    if not _visible(metric, profile):
        return "", env._("compared with the other customers by %s", metric.name), ""
    value = profile[metric.field_name]
    if value is False:
        return "", "", ""

    def text(number):
        return metric._format_value(float(number), profile.currency_id)

    sign, other = ("≤", ">") if dimension.lower_is_better else ("≥", "<")
    above = dimension.class_ids.filtered(lambda candidate: candidate.id in cuts and _above(candidate, cls))[-1:]
    if cls.id in cuts:
        reason = f"{metric.name} {text(value)} {sign} {text(cuts[cls.id])}"
    elif above:
        reason = f"{metric.name} {text(value)} {other} {text(cuts[above.id])} ({above.name})"
    else:
        reason = env._("no customer has a positive %s", metric.name)
    next_step = ""
    if above and not dimension.lower_is_better:
        lacking = text(float(cuts[above.id]) - value)
        step = env._("%(amount)s more %(metric)s", amount=lacking, metric=metric.name)
        next_step = env._("%(steps)s for %(name)s", steps=step, name=above.name)
    return text(value), reason, next_step


# -- mapping -----------------------------------------------------------------------------------


def _mapping(scope, dimension, cls, profile) -> tuple[str, str, str]:
    if dimension.metric_id:
        return _preference(dimension, cls, profile)
    env, partner = profile.env, profile.partner_id
    for fact in MAPPING_FACTS:
        value = _fact(partner, fact)
        if matched := value and matching(cls, fact, value, partner.country_id, scope):
            label, text = _label(partner, fact), _fact_text(value)
            if fact != "zip_prefixes":
                return text, _labelled(env, label, text), ""
            begins = env._("%(label)s %(value)s begins with %(prefix)s", label=label, value=text, prefix=matched)
            return text, begins, ""
    values = [_fact(partner, fact) for fact in MAPPING_FACTS if any(cls[fact] for cls in dimension.class_ids)]
    values = [_fact_text(value) for value in values if value]
    if not values:
        return "", "", ""
    return ", ".join(values), env._("no class is mapped to %s", ", ".join(values)), ""


def _preference(dimension, cls, profile) -> tuple[str, str, str]:
    """The record that the metric gives, by the name of its class: not everybody may read the record."""
    env, metric = profile.env, dimension.metric_id
    if not _visible(metric, profile):
        return "", env._("decided by %s", metric.name), ""
    record_id = profile[metric.field_name].id
    if not record_id:
        return "", env._("%s: none", metric.name), ""
    name = value_classes(dimension).filtered(lambda candidate: candidate.res_id == record_id).name
    if cls.res_id == record_id:
        return name, _labelled(env, metric.name, name), ""
    return name or "", env._("no class is mapped to %s", _labelled(env, metric.name, name or "?")), ""


def _fact(partner, fact: str):
    return partner[PARTNER_COLUMNS[MAPPING_FACTS[fact]]]


def _fact_text(value) -> str:
    return value.strip() if isinstance(value, str) else value.name


def _labelled(env, label: str, value: str) -> str:
    return env._("%(label)s: %(value)s", label=label, value=value)


def _label(partner, fact: str) -> str:
    field = partner._fields[PARTNER_COLUMNS[MAPPING_FACTS[fact]]]
    return field.get_description(partner.env, ["string"])["string"]


# -- domain and manual -------------------------------------------------------------------------


def _domain(_scope, _dimension, cls, profile) -> tuple[str, str, str]:
    """What the class stands for, with the figures and classes its conditions look at."""
    if not cls:
        return "", profile.env._("no condition is met"), ""
    columns = {condition.field_expr.partition(".")[0] for condition in cls._get_domain().iter_conditions()}
    metrics = profile.env["segmentation.metric"].search([("field_name", "in", list(columns))])
    figures = [
        _labelled(profile.env, metric.name, metric._format_value(profile[metric.field_name], profile.currency_id))
        for metric in metrics
        if _visible(metric, profile) and profile[metric.field_name]
    ]
    dimensions = profile.env["segmentation.dimension"].search([("field_name", "in", list(columns))])
    figures += [profile[dimension.field_name].name for dimension in dimensions if profile[dimension.field_name]]
    return ", ".join(figures), (cls.description or cls.name).partition("\n")[0], ""


def _manual(_scope, _dimension, _cls, profile) -> tuple[str, str, str]:
    return "", profile.env._("only people set this class"), ""


METHODS = {
    "criteria": _criteria,
    "share": _relative,
    "quantile": _relative,
    "mapping": _mapping,
    "domain": _domain,
    "manual": _manual,
}
