"""Which dimension a standard is applied to, and which companies it serves."""

from dataclasses import dataclass, field

PREFIX = "x_segmentation_"


@dataclass
class Target:
    """The dimension that a standard's dimension stands for here.

    Companies may use different standards for the same thing, each a dimension and a column of its own; all
    of them are one family, and each company is served by one of them.

    :ivar dimension: ``segmentation.dimension`` record, empty when it is still to be made
    :ivar code: code to make it with
    :ivar companies: companies it serves afterwards, empty for all
    :ivar others: dimension of the family → companies it is left with, where that changes
    :ivar file_column: name of its column in the file
    """

    dimension: object
    code: str
    companies: object
    others: dict = field(default_factory=dict)
    file_column: str = ""


def find_target(node, standard, items, companies) -> Target:
    """The target of a dimension node.

    :param items: items of dimensions that this or another standard calls the same
    :param companies: companies the standard is applied for, empty for all
    """
    # A company is served by one dimension, whatever companies the user may see.
    Dimension = standard.env["segmentation.dimension"].sudo().with_context(active_test=False)
    every_company = standard.env["res.company"].sudo().search([])
    if companies >= every_company:
        companies = companies.browse()
    base = Dimension.search([("code", "=", node.key)])
    family = base | Dimension.browse([item.res_id for item in items]).exists()
    own = family & Dimension.browse([item.res_id for item in items if item.standard_id == standard])
    target = Target(_chosen(own, base, family, companies), node.key, companies)
    target.file_column = node.raw.get("column") or f"{PREFIX}{node.key.lower()}"
    if not target.dimension and family:
        target.code = f"{node.key}_{standard.code}"[:40]
    elif companies and target.dimension.active:
        served = target.dimension.company_ids
        target.companies = served and served | companies
    for other in (family - target.dimension).filtered("active"):
        served = other.company_ids or every_company
        left = served - (target.companies or every_company)
        if left != served:
            target.others[other] = left
    target.dimension = target.dimension.sudo(False).with_context(active_test=True)
    return target


def _chosen(own, base, family, companies):
    """The standard's own dimension; otherwise one that serves none but these companies; otherwise a new one."""
    if own or not family:
        return own.sorted("active", reverse=True)[:1]
    if not companies:
        return base or family[:1]
    return family.filtered(lambda d: d.active and d.company_ids and d.company_ids <= companies)[:1]
