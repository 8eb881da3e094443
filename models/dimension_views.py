"""The class fields in views of contacts and customer files: one per dimension, whoever made it."""

from lxml.builder import E

from odoo.fields import Domain

USER = "partner_segmentation.group_user"


def add_dimensions(model, arch, view_type: str, **list_attributes):
    """Add the dimensions of the user's companies to a view that shows the segmentation code.

    They are not written in the views, because administrators add, rename and archive them.

    :param arch: the view; list and search get their fields after ``segmentation_code``, search gets filters
        to group by after the filter of that name, a form gets fields in the group ``segmentation_overrides``
    :param list_attributes: attributes of the fields in a list
    """
    fields = list(_fields(model))
    if view_type == "list":
        _insert_after(arch, "field", (E.field(**field, **list_attributes) for field in fields))
    elif view_type == "search":
        _insert_after(arch, "field", (E.field(**field, operator="child_of") for field in fields))
        _insert_after(arch, "filter", map(_group_filter, fields))
    elif view_type == "form":
        options = "{'no_create': True, 'no_open': True}"
        for group in arch.xpath("//group[@name='segmentation_overrides']"):
            group.extend(E.field(**field, options=options) for field in fields)


def dimensions_cache_key(model) -> tuple:
    """What the dimensions of a view depend on, for the view cache."""
    return tuple(model.env.companies.ids)


def _fields(model):
    """Name and label of the class fields."""
    # Views are cached for all users, also for those who see no classes.
    dimensions = model.env["segmentation.dimension"].sudo()
    own = Domain("company_ids", "=", False) | Domain("company_ids", "in", model.env.companies.ids)
    for dimension in dimensions.search(own):
        if dimension.field_name in model._fields:
            yield {"name": dimension.field_name, "string": dimension.name}


def _group_filter(field: dict):
    return E.filter(
        name=f"group_{field['name']}",
        string=field["string"],
        context=f"{{'group_by': '{field['name']}'}}",
        groups=USER,
    )


def _insert_after(arch, tag: str, nodes):
    for marker in arch.xpath(f"//{tag}[@name='segmentation_code']"):
        for node in reversed(list(nodes)):
            marker.addnext(node)
