"""Unclear standard: rules that are not there, that nobody can meet, or that leave customers out."""

from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.criteria import metric_value
from ..engine.mapping import MAPPING_FACTS
from ..engine.rule import ROW
from .finding import Finding


def without_rules(look):
    """Dimensions that can place nobody."""
    for dimension in look.dimensions:
        if not _has_rules(dimension):
            customers, revenue = look.total
            yield Finding("no_rules", dimension, customers=customers, revenue=revenue, whole=True)


def unreachable(look):
    """Classes that nobody can reach, because their rule is empty or another class takes everybody before."""
    for dimension in look.dimensions:
        classes = _without_rule(dimension) | _after_everybody(dimension)
        if classes and _has_rules(dimension):
            yield Finding("unreachable", dimension, classes, whole=True)


def too_high(look):
    """Classes whose bounds are higher than the value of any customer."""
    for dimension in look.dimensions:
        if dimension.method == "criteria" and (classes := _above_everybody(look, dimension)):
            yield Finding("too_high", dimension, classes, whole=True)


def without_class(look):
    """Customers that a dimension places nowhere, although it is for them."""
    for dimension in look.dimensions:
        nobody = dimension.class_ids.browse()
        # Only people set these, and a customer that buys nothing prefers nothing.
        if dimension.method == "manual" or (dimension.metric_id and dimension.method == "mapping"):
            continue
        domain = dimension._get_domain()
        if domain.is_true():
            customers, revenue = look.counts(dimension).get(nobody, (0, 0.0))
        else:
            customers, revenue = look.count(domain & type(domain)(dimension.field_name, "=", False))
        if customers and _has_rules(dimension):
            yield Finding("without_class", dimension, customers=customers, revenue=revenue)


FINDERS = (without_rules, unreachable, too_high, without_class)


def _has_rules(dimension) -> bool:
    classes = dimension.class_ids
    if dimension.method == "criteria":
        return bool(classes.criterion_ids)
    if dimension.method == "mapping":
        return bool(dimension.metric_id) or any(map(_is_mapped, classes))
    if dimension.method == "domain":
        return any(classes.mapped("domain"))
    return bool(classes)


def _is_mapped(cls) -> bool:
    return any(cls[fact] for fact in MAPPING_FACTS)


def _without_rule(dimension):
    """Classes that have no rule of their own and are not there for the rest or for their parts."""
    classes = dimension.class_ids - dimension.fallback_class_id - dimension.class_ids.parent_id
    if dimension.method == "criteria":
        return classes.filtered(lambda cls: not cls.criterion_ids) - dimension.class_ids[-1:]
    if dimension.method == "mapping" and not dimension.metric_id:
        return classes.filtered(lambda cls: not _is_mapped(cls))
    if dimension.method == "domain":
        return classes.filtered(lambda cls: not cls.domain)
    return classes.browse()


def _after_everybody(dimension):
    """Classes after one whose condition everybody meets."""
    if dimension.method == "domain":
        for index, cls in enumerate(dimension.class_ids, 1):
            if cls.domain and cls._get_domain().is_true():
                return dimension.class_ids[index:]
    return dimension.class_ids.browse()


def _above_everybody(look, dimension):
    """Classes without customers, each way into which demands more than any customer has."""
    held = look.used(dimension)
    empty = dimension.class_ids.filtered(lambda cls: cls.criterion_ids and cls not in held)
    highest = _highest(look, dimension, empty.criterion_ids.metric_id)

    def is_above(criterion):
        value = highest.get(criterion.metric_id)
        return value is not None and criterion.lower_bound > value

    return empty.filtered(
        lambda cls: all(any(map(is_above, alternative)) for alternative in cls.criterion_ids._alternatives())
    )


def _highest(look, dimension, metrics) -> dict:
    """Metric → its highest value, as the dimension compares it; None where no customer has any."""
    if not metrics:
        return {}
    look.env["segmentation.profile"].flush_model()
    try:
        values = [SQL("max(%s)", metric_value(metric, dimension, look.scope)) for metric in metrics]
    except UserError:
        return {}  # no exchange rate: the run says so
    query = SQL(
        "SELECT %s FROM segmentation_profile AS %s WHERE company_id = %s AND active",
        SQL(", ").join(values),
        SQL.identifier(ROW),
        look.company.id,
    )
    [row] = look.env.execute_query(query)
    return dict(zip(metrics, row, strict=True))
