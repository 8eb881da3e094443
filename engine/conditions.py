"""Method ``domain``: the first class whose condition on the customer file is met."""

from odoo.tools import SQL

from .paths import domain_to_sql
from .rule import ROW, Rule, case, constant, fallback


def conditions(dimension, scope, query) -> Rule:
    """The first class whose domain matches; a domain may use the class of an earlier dimension."""
    Profile = scope.env["segmentation.profile"]
    branches, inputs = [], []
    for cls in dimension.class_ids:
        domain = cls._get_domain()
        branches.append(SQL("WHEN %s THEN %s", domain_to_sql(domain, Profile, ROW, query), constant(cls)))
        inputs += [condition.field_expr.partition(".")[0] for condition in domain.iter_conditions()]
    return Rule(case(branches, fallback(dimension)), inputs=tuple(dict.fromkeys(inputs)))
