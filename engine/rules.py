"""Dimensions: configuration → SQL expression of the class over a row of metrics."""

from odoo.tools import SQL

from .conditions import conditions
from .criteria import criteria
from .mapping import mapping
from .paths import domain_to_sql
from .relative import relative
from .rule import NO_CLASS, ROW, Rule, column


def manual(_dimension, _scope, _query) -> Rule:
    """Method ``manual``: only people set the class."""
    return Rule(NO_CLASS)


METHODS = {
    "criteria": criteria,
    "share": relative,
    "quantile": relative,
    "mapping": mapping,
    "domain": conditions,
    "manual": manual,
}


def compile_dimension(dimension, scope, query) -> Rule:
    """Compile a dimension for one company and date, with the classes that people set.

    :param query: the query whose table is ``ROW``; joins that the rule needs are added to it
    :raise UserError: an amount cannot be compared because no exchange rate is known
    """
    if not dimension._applies_to(scope.company):
        return Rule(NO_CLASS)
    return _overridden(dimension, scope, query, compile_rule(dimension, scope, query))


def compile_rule(dimension, scope, query) -> Rule:
    """Compile a dimension without what people set: the computed class."""
    rule = METHODS[dimension.method](dimension, scope, query)
    domain = dimension._get_domain()
    if domain.is_true():
        return rule
    within = domain_to_sql(domain, scope.env["segmentation.profile"], ROW, query)
    return Rule(
        SQL("CASE WHEN %s THEN %s END", within, rule.class_id),
        SQL("CASE WHEN %s THEN %s END", within, rule.missing),
        rule.inputs,
    )


def _overridden(dimension, scope, query, rule: Rule) -> Rule:
    """The class a person set wins over the computed one while the override lasts."""
    overrides = scope.overrides(dimension)
    if overrides is None:
        return rule
    alias = f"override_{dimension.id}"
    condition = SQL("%s = %s", SQL.identifier(alias, "partner_id"), column("partner_id"))
    query.add_join("LEFT JOIN", alias, overrides, condition)
    manual_class = SQL.identifier(alias, "class_id")
    return Rule(
        SQL("COALESCE(%s, %s)", manual_class, rule.class_id),
        SQL("CASE WHEN %s IS NULL THEN %s END", manual_class, rule.missing),
        rule.inputs,
    )
