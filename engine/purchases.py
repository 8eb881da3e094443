"""What customers bought and kept, and what the company sells."""

from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL, Query

from .paths import path_fields, path_to_sql
from .population import in_scope


class Lines(NamedTuple):
    """Lines of documents that are purchases.

    :ivar sign: of ``amount`` where the customer receives goods
    """

    model_name: str
    domain: Domain
    partner_path: str
    date_path: str
    amount: str
    sign: int


# Invoices decide; an order counts until it is invoiced. Amounts are in the currency of the document, so that a refund
# takes a purchase back whatever the rates.
PURCHASES = (
    Lines(
        "account.move.line",
        Domain(
            [
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "in", ("out_invoice", "out_refund")),
                ("display_type", "=", "product"),
                ("is_downpayment", "=", False),
            ]
        ),
        "move_id.commercial_partner_id",
        "move_id.invoice_date",
        "amount_currency",
        -1,
    ),
    Lines(
        "sale.order.line",
        Domain(
            [
                ("state", "=", "sale"),
                ("display_type", "=", False),
                ("is_downpayment", "=", False),
                ("invoice_lines", "not any", [("parent_state", "=", "posted")]),
            ]
        ),
        "order_partner_id.commercial_partner_id",
        "order_id.date_order",
        "price_subtotal",
        1,
    ),
)


def purchases_query(scope, months: int) -> SQL:
    """SELECT of ``partner_id`` and ``product_id``: what the customers of the scope bought and kept.

    :param months: how far back; 0 for ever
    """
    lines = (_lines_query(scope, lines, months) for lines in PURCHASES)
    return SQL(
        """SELECT partner_id, product_id FROM (%s) AS line
            WHERE product_id IS NOT NULL GROUP BY partner_id, product_id HAVING SUM(amount) > 0""",
        SQL(" UNION ALL ").join(lines),
    )


def _lines_query(scope, lines: Lines, months: int) -> SQL:
    """SELECT of ``partner_id``, ``product_id`` and ``amount``, which is negative where goods were given back."""
    Line = scope.env[lines.model_name]
    query = Line._search(lines.domain & Domain("company_id", "=", scope.company_id))
    partner = path_to_sql(Line, Line._table, lines.partner_path, query)
    day = path_to_sql(Line, Line._table, lines.date_path, query)
    query.add_where(in_scope(scope, partner))
    query.add_where(scope.window(path_fields(Line, lines.date_path)[-1], day, months, 0, 0))
    return query.select(
        SQL("%s AS partner_id", partner),
        SQL("%s AS product_id", Line._field_to_sql(Line._table, "product_id", query)),
        SQL("%s * %s AS amount", lines.sign, Line._field_to_sql(Line._table, lines.amount, query)),
    )


def offered_products(scope, model) -> Query:
    """Query on ``product.product``: what the company sells and may be recommended.

    Left out are combinations, which the customer has to choose from, and what stands for something else on an order:
    delivery, discounts and rewards.

    :param model: ``product.product`` of the user whose rights matter
    """
    domain = Domain("active", "=", True) & Domain("sale_ok", "=", True) & Domain("type", "!=", "combo")
    domain &= Domain("company_id", "in", (False, *scope.company.parent_ids.ids))
    return model._search(domain & Domain("id", "not in", _stand_ins(scope.env)))


def _stand_ins(env) -> list[int]:
    """Ids of the products of modules that add lines to orders by themselves."""
    ids = env["res.company"].search([]).sale_discount_product_id.ids
    for model_name, field_name in (("delivery.carrier", "product_id"), ("loyalty.reward", "discount_line_product_id")):
        if model_name in env:
            ids += env[model_name].search([])[field_name].ids
    return ids
