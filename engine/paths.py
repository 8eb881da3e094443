"""Odoo field paths as SQL."""

from odoo.tools import SQL


def path_to_sql(model, alias: str, path: str, query) -> SQL:
    """SQL of a dotted path such as ``partner_id.commercial_partner_id``, joining what it passes.

    :raise ValueError: a step is not a stored many2one, or the last field is not stored
    """
    *links, name = path.split(".")
    for link in links:
        field = model._fields.get(link)
        if field is None or field.type != "many2one":
            raise ValueError(f"{link} is not a many2one field of {model._name}")
        model, alias = field.join(model, alias, query)
    return model._field_to_sql(alias, name, query)


def domain_to_sql(domain, model, alias: str, query) -> SQL:
    """SQL condition of an Odoo domain on ``model`` whose rows are ``alias`` in ``query``."""
    return domain.optimize_full(model)._to_sql(model, alias, query)
