"""Whether the classes add up to the ledger: the journal items are added up apart from the customer files."""

from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo.tools import SQL

from .summary_rows import FIGURES

LISTED = 1000  # causes of a difference
DOCUMENTS = 5  # named per cause


@dataclass(frozen=True)
class Comparison:
    """Revenue of a dimension beside that of the ledger; difference 0.00 where they agree."""

    dimension: object
    classes: float
    unclassified: float
    ledger: float
    difference: float


@dataclass(frozen=True)
class Cause:
    """A customer whose figure is not that of the ledger.

    :ivar classified: revenue in the customer file, ``None`` for who is no customer
    """

    partner: object
    classified: float | None
    ledger: float
    reason: str


@dataclass(frozen=True)
class Reconciliation:
    """Revenue by classes against the journal items of the same customers and days.

    :ivar start: first day of the window, ``None`` without one
    :ivar accounts: account and its part of the ledger's total
    :ivar causes: largest differences first
    :ivar further: number of causes that are not listed
    """

    start: date | None
    end: date
    ledger: float
    comparisons: tuple[Comparison, ...]
    accounts: tuple[tuple[object, float], ...]
    causes: tuple[Cause, ...]
    further: int


def reconcile(rows, summary) -> Reconciliation | None:
    """Compare a summary with the ledger; ``None`` for users who may not see amounts, or without data.

    :param rows: :class:`~.summary_rows.SummaryRows` the summary was made from
    """
    if not rows.shows_figures or summary.no_data:
        return None
    round_ = rows.company.currency_id.round
    start, end = revenue_window(rows)
    items = _items(rows, start, end)
    accounts = rows.select(
        "SELECT account_id, SUM(amount) FROM (%(items)s) AS item GROUP BY account_id ORDER BY 2 DESC, 1", items=items
    )
    ledger = round_(sum(amount for _account, amount in accounts))
    comparisons = [
        Comparison(
            part.dimension,
            round_(sum(line.revenue for line in part.classes if line.cls)),
            part.unclassified.revenue or 0.0,
            ledger,
            round_(sum(line.revenue for line in part.classes) - ledger),
        )
        for part in summary.dimensions
    ]
    causes, further = _causes(rows, items)
    # Names of accounts are no secret for who sees the amounts of the customers.
    browse = rows.env["account.account"].sudo().browse
    named = tuple((browse(account_id), round_(amount)) for account_id, amount in accounts)
    return Reconciliation(start, end, ledger, tuple(comparisons), named, causes, further)


def revenue_window(rows) -> tuple:
    """First and last day of the documents that the revenue is made of."""
    metric = rows.env["segmentation.metric"].search([("field_name", "=", FIGURES["revenue"])])
    end = rows.scope.window_end(metric.offset_months, metric.offset_days)
    if not metric.window_months:
        return None, end
    before = relativedelta(months=metric.offset_months + metric.window_months, days=metric.offset_days)
    return rows.as_of - before + relativedelta(days=1), end


def _items(rows, start, end) -> SQL:
    """SELECT of ``partner_id``, ``account_id``, ``amount`` and document of the untaxed journal items.

    They are read whatever the user's rights on journal items, but only those of customers that the user may read:
    the revenue of these is in their files. Odoo shows salespeople their own invoices only, which never tie out.
    """
    return SQL(
        """SELECT move.commercial_partner_id AS partner_id, line.account_id, -line.balance AS amount, move.id AS move_id
             FROM account_move_line AS line
             JOIN account_move AS move ON move.id = line.move_id
            WHERE move.company_id = %(company)s AND move.state = 'posted'
              AND move.move_type IN ('out_invoice', 'out_refund')
              AND move.invoice_date BETWEEN %(start)s AND %(end)s
              AND (line.display_type IN ('product', 'non_deductible_product', 'non_deductible_product_total')
                   OR line.display_type = 'rounding' AND line.tax_repartition_line_id IS NULL)
              AND move.commercial_partner_id IN %(partners)s""",
        company=rows.company.id,
        start=start or date.min,
        end=end,
        partners=rows.readable_partners().subselect(),
    )


def _causes(rows, items: SQL) -> tuple:
    """Customers whose figure differs, and how many are not listed."""
    digits = rows.company.currency_id.decimal_places
    found = rows.select(
        """SELECT COALESCE(file.partner_id, item.partner_id), file.partner_id IS NULL, file.revenue,
                  COALESCE(item.amount, 0), COUNT(*) OVER ()
             FROM (SELECT partner_id, COALESCE(revenue, 0) AS revenue FROM %(rows)s WHERE is_customer) AS file
        FULL JOIN (SELECT partner_id, SUM(amount) AS amount FROM (%(items)s) AS item GROUP BY partner_id) AS item
               ON item.partner_id = file.partner_id
            WHERE ROUND(COALESCE(file.revenue, 0)::numeric, %(digits)s)
               <> ROUND(COALESCE(item.amount, 0)::numeric, %(digits)s)
         ORDER BY ABS(COALESCE(file.revenue, 0) - COALESCE(item.amount, 0)) DESC, 1
            LIMIT %(limit)s""",
        items=items,
        digits=digits,
        limit=LISTED,
    )
    changed = _changed_documents(rows, items, [partner_id for partner_id, *_rest in found])
    causes = tuple(
        Cause(
            rows.env["res.partner"].browse(partner_id),
            None if is_stranger else float(revenue),
            float(amount),
            _reason(rows, is_stranger, changed.get(partner_id, [])),
        )
        for partner_id, is_stranger, revenue, amount, _all in found
    )
    return causes, found[0][-1] - len(found) if found else 0


def _changed_documents(rows, items: SQL, partner_ids: list) -> dict:
    """Partner id → names of documents that were changed after its file was written."""
    return dict(
        rows.select(
            """SELECT move.commercial_partner_id, ARRAY_AGG(move.name ORDER BY move.write_date DESC, move.id DESC)
                 FROM account_move AS move
                 JOIN segmentation_profile AS file
                   ON file.partner_id = move.commercial_partner_id AND file.company_id = move.company_id
                WHERE move.commercial_partner_id = ANY(%(partners)s) AND move.company_id = %(company)s
                  AND move.move_type IN ('out_invoice', 'out_refund')
                  AND move.write_date >= COALESCE(file.write_date, file.create_date)
                  AND (move.state <> 'posted' OR move.id IN (SELECT move_id FROM (%(items)s) AS item))
             GROUP BY move.commercial_partner_id""",
            partners=partner_ids,
            company=rows.company.id,
            items=items,
        )
    )


def _reason(rows, is_stranger: bool, documents: list) -> str:
    if is_stranger:
        return rows.env._("Not a customer: archived, an own company or user, or left out by Customers to classify.")
    if documents:
        names = ", ".join(name or "/" for name in documents[:DOCUMENTS])
        more = rows.env._(" and %s more", len(documents) - DOCUMENTS) if len(documents) > DOCUMENTS else ""
        return rows.env._("Changed after the customer was evaluated: %s.", names + more)
    return rows.env._("The customer was evaluated on another day or by another rule. Classify all customers again.")
