"""Method ``tag``: the first class that names a tag of the contact."""

from odoo.tools import SQL

from odoo.addons.partner_segmentation.engine import explain, rules
from odoo.addons.partner_segmentation.engine.rule import Rule, case, column, constant, fallback


def by_tag(dimension, _scope, _query) -> Rule:
    """The rule as SQL over a row of the customer file; contacts of the customer do not count."""
    branches = [
        SQL(
            """WHEN EXISTS (SELECT FROM res_partner_res_partner_category_rel AS tagged
                             WHERE tagged.partner_id = %s AND tagged.category_id = ANY(%s)) THEN %s""",
            column("partner_id"),
            cls.tag_ids.ids,
            constant(cls),
        )
        for cls in dimension.class_ids
    ]
    return Rule(case(branches, fallback(dimension)))


def why_by_tag(_scope, _dimension, cls, profile) -> tuple[str, str, str]:
    """Value, reason and next step of the explanation."""
    tags = ", ".join((profile.partner_id.category_id & cls.tag_ids).mapped("name"))
    return tags, profile.env._("Tagged %s.", tags) if tags else "", ""


rules.METHODS["tag"] = by_tag
explain.METHODS["tag"] = why_by_tag
