"""Odoo field paths as SQL."""

from odoo.tools import SQL


def path_fields(model, path: str) -> list:
    """Fields of a dotted path such as ``partner_id.commercial_partner_id``, from ``model`` on.

    :raise ValueError: a step is not a field, or one before the last is not a many2one
    """
    fields = []
    for name in path.split("."):
        if fields and fields[-1].type != "many2one":
            raise ValueError(f"{fields[-1].name} is not a many2one field")
        field = model._fields.get(name)
        if field is None:
            raise ValueError(f"{model._name} has no field {name}")
        fields.append(field)
        model = model.env[field.comodel_name] if field.comodel_name else model
    return fields


def path_to_sql(model, alias: str, path: str, query) -> SQL:
    """SQL of a dotted path, joining what it passes.

    :raise ValueError: the path does not exist or passes something that is not stored
    """
    *links, last = path_fields(model, path)
    for link in links:
        model, alias = link.join(model, alias, query)
    return model._field_to_sql(alias, last.name, query)


def domain_to_sql(domain, model, alias: str, query) -> SQL:
    """SQL condition of an Odoo domain on ``model`` whose rows are ``alias`` in ``query``."""
    return domain.optimize_full(model)._to_sql(model, alias, query)
