"""Domains in words."""

from odoo.fields import Domain
from odoo.tools import LazyTranslate, OrderedSet, format_date, formatLang

_lt = LazyTranslate(__name__)

SHOWN = 5  # values of one condition
SIGNS = {"=": "=", "!=": "≠", ">": ">", ">=": "≥", "<": "<", "<=": "≤"}
WORDS = {
    "in": _lt("is"),
    "not in": _lt("is not"),
    "like": _lt("contains"),
    "ilike": _lt("contains"),
    "not like": _lt("does not contain"),
    "not ilike": _lt("does not contain"),
    "child_of": _lt("is part of"),
}
NEGATIVE = ("!=", "not in")


def describe_domain(domain: Domain, model) -> str:
    """The domain as the user would say it; a condition that has no words stays as it is written."""
    if domain.is_true():
        return model.env._("Everybody else")
    if domain.is_false():
        return model.env._("Nobody: no condition is set")
    if hasattr(domain, "children"):
        word = model.env._(" and ") if domain.OPERATOR == "&" else model.env._(" or ")
        return word.join(_nested(child, model) for child in domain.children)
    if hasattr(domain, "child"):
        return model.env._("not (%s)", describe_domain(domain.child, model))
    return _describe_condition(domain, model)


def _nested(domain, model) -> str:
    text = describe_domain(domain, model)
    return f"({text})" if hasattr(domain, "children") else text


def _describe_condition(condition, model) -> str:
    labels, end, comodel = [], None, model
    for name in condition.field_expr.split("."):
        end = comodel._fields.get(name) if comodel is not None else None
        if end is None:
            return str(condition)
        labels.append(end.get_description(model.env, ["string"])["string"])
        comodel = model.env[end.comodel_name] if end.relational else None
    label, operator, values = " › ".join(labels), condition.operator, _values(condition.value)
    if values is None or operator not in {**SIGNS, **WORDS}:
        return str(condition)
    if all(value is False for value in values):
        return f"{label} {model.env._('is set') if operator in NEGATIVE else model.env._('is not set')}"
    if end.relational and operator in ("=", "!="):
        operator = "not in" if operator in NEGATIVE else "in"
    word = SIGNS.get(operator) or str(model.env._(WORDS[operator]))
    texts = [_value_text(end, value, comodel, model.env) for value in values[:SHOWN]]
    more = model.env._(" and %s more", len(values) - SHOWN) if len(values) > SHOWN else ""
    return f"{label} {word} {model.env._(' or ').join(texts)}{more}"


def _values(value) -> list | None:
    """The values of a condition; None for what is not made of values."""
    if isinstance(value, list | tuple | set | frozenset | OrderedSet):
        return list(value)
    return [value] if value is None or isinstance(value, str | bool | int | float) else None


def _value_text(field, value, comodel, env) -> str:
    if value is False or value is None:
        return env._("not set")
    if comodel is not None and isinstance(value, int):
        return comodel.browse(value).exists()._filtered_access("read").display_name or str(value)
    if field.type == "selection":
        return dict(field._description_selection(env)).get(value, str(value))
    if field.type == "boolean":
        return env._("yes") if value else env._("no")
    if field.type == "date" and isinstance(value, str):
        return format_date(env, value) if value[:1].isdigit() else value
    if isinstance(value, int | float):
        return formatLang(env, value, digits=0 if float(value).is_integer() else 2)
    return f"“{value}”"
