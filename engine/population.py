"""Who is a customer of a company."""

from odoo.fields import Domain
from odoo.tools import SQL, Query

# Documents that make a partner a customer of the company that holds them, by model and path.
TRADE = {
    ("sale.order", "partner_id.commercial_partner_id"): Domain.TRUE,
    ("crm.lead", "partner_id.commercial_partner_id"): Domain("type", "=", "opportunity"),
    ("account.move", "commercial_partner_id"): Domain("move_type", "in", ("out_invoice", "out_refund")),
}


def candidates_query(scope) -> Query:
    """Query on ``res.partner``: those who may be customers of the scope's company.

    These are active commercial partners visible to the company, not its own companies or internal users.
    """
    Partner = scope.env["res.partner"]
    own = scope.env["res.company"].search([]).partner_id
    staff = scope.env["res.users"]._search([("share", "=", False)])
    domain = Domain("active", "=", True) & Domain("company_id", "in", (False, *scope.company.parent_ids.ids))
    domain &= Domain("id", "not in", own.ids)
    if scope.partner_ids is not None:
        domain &= Domain("id", "in", scope.partner_ids)
    query = Partner._search(domain)
    partner = SQL.identifier(Partner._table, "id")
    query.add_join(
        "LEFT JOIN", "staff", staff.subselect(SQL("DISTINCT partner_id")), SQL("staff.partner_id = %s", partner)
    )
    query.add_where(SQL("staff.partner_id IS NULL"))
    query.add_where(SQL("%s = %s", Partner._field_to_sql(Partner._table, "commercial_partner_id"), partner))
    return query


def in_scope(scope, partner: SQL) -> SQL:
    """Condition that ``partner`` is one of the evaluated customers."""
    if scope.partner_ids is None:
        return SQL("%s IS NOT NULL", partner)
    return SQL("%s = ANY(%s)", partner, list(scope.partner_ids))
