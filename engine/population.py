"""Who is a customer of a company."""

from odoo.fields import Domain
from odoo.tools import SQL, Query

from .paths import path_to_sql

# Documents that make a partner a customer of the company that holds them.
TRADE = (
    ("sale.order", "partner_id.commercial_partner_id", []),
    ("crm.lead", "partner_id.commercial_partner_id", [("type", "=", "opportunity")]),
    ("account.move", "commercial_partner_id", [("move_type", "in", ("out_invoice", "out_refund"))]),
)


def population_query(scope, population: Domain) -> Query:
    """Query on ``res.partner``: the customers of the scope's company.

    Customers are active commercial partners visible to the company, not its own companies or
    internal users, that match the ``population`` domain or have traded with the company.
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
    query.add_join("LEFT JOIN", "traded", _traded(scope), SQL("traded.id = %s", partner))
    query.add_join(
        "LEFT JOIN", "staff", staff.subselect(SQL("DISTINCT partner_id")), SQL("staff.partner_id = %s", partner)
    )
    query.add_where(SQL("staff.partner_id IS NULL"))
    query.add_where(SQL("%s = %s", Partner._field_to_sql(Partner._table, "commercial_partner_id"), partner))
    matches = population.optimize_full(Partner)._to_sql(Partner, Partner._table, query)
    query.add_where(SQL("(traded.id IS NOT NULL OR %s)", matches))
    return query


def _traded(scope) -> SQL:
    """Subselect of the commercial partners with a document of the company, in column ``id``.

    A join on this set is immune to the planner's choice of a subplan per row, which makes
    ``id IN (subselect) OR …`` take hours on large tables.
    """
    selects = []
    for model_name, path, domain in TRADE:
        Model = scope.env[model_name]
        query = Model._search(Domain(domain) & Domain("company_id", "in", (False, scope.company_id)))
        partner = path_to_sql(Model, Model._table, path, query)
        query.add_where(in_scope(scope, partner))
        selects.append(query.select(SQL("%s AS id", partner)))
    return SQL("(%s)", SQL(" UNION ").join(selects))


def in_scope(scope, partner: SQL) -> SQL:
    """Condition that ``partner`` is one of the evaluated customers."""
    if scope.partner_ids is None:
        return SQL("%s IS NOT NULL", partner)
    return SQL("%s = ANY(%s)", partner, list(scope.partner_ids))
