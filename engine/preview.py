"""What rules that have changed would do to the classes that are stored; nothing is written."""

from odoo.tools import SQL

from .evaluate import Evaluation
from .metrics import PARTNER_COLUMNS, input_query, stored_rows
from .write import Writer

REVENUE = "revenue_12m"  # what a customer is worth


class Preview(Evaluation):
    """Evaluation of what has changed, by the engine's own statement, on the stored customer files.

    ``dimensions`` are those whose rules have changed, ``metrics`` what they look at. The figures of other metrics and
    the classes of other dimensions are taken as they are stored.

    :param stale: those of ``metrics`` that are computed anew; ``None`` for all, and for everybody who is a customer
    """

    def __init__(self, *args, stale=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.stale = stale

    def _input(self, metrics) -> SQL:
        if self.stale is None:
            return super()._input(metrics)
        stale = metrics & self.stale
        changed = set(self.dimensions.mapped("field_name"))
        others = self.dimensions.search([]).filtered(lambda d: d.field_name not in changed)
        stored = ["partner_id", *PARTNER_COLUMNS, *(metrics - stale).mapped("field_name"), *others.mapped("field_name")]
        columns = [SQL.identifier("file", name) for name in dict.fromkeys(stored)]
        computed = SQL()
        if stale:
            computed = SQL(
                "LEFT JOIN (%s) AS computed ON computed.partner_id = file.partner_id",
                input_query(self.scope, stale, None),
            )
            columns += [SQL.identifier("computed", name) for name in stale.mapped("field_name")]
        return SQL(
            "SELECT %s FROM (%s) AS file %s",
            SQL(", ").join(columns),
            stored_rows(
                SQL("segmentation_profile.active AND segmentation_profile.company_id = %s", self.scope.company_id)
            ),
            computed,
        )

    def find_moves(self):
        """Find the customers that would have another class; the methods below tell about them."""
        classified = self.classified_customers()
        self._writer = Writer(self.scope, self.metrics, self.rules, self.result, summary=())
        self._writer.compare(classified)

    def counted_moves(self) -> list[tuple]:
        """Dimension, class now, class then, number of customers, their revenue, and how many of them have a file.

        A row per way to move. Who has no file yet is classified for the first time.
        """
        return self._rows(
            """SELECT dimension_id, from_class_id, to_class_id, COUNT(*), COALESCE(SUM(%(revenue)s), 0),
                      COUNT(profile_id)
                 FROM (%(moves)s) AS move
             GROUP BY dimension_id, from_class_id, to_class_id"""
        )

    def moved_customers(self) -> tuple:
        """Number of customers that move in any dimension, and their revenue."""
        rows = self._rows(
            """SELECT COUNT(*), COALESCE(SUM(revenue), 0)
                 FROM (SELECT DISTINCT partner_id, %(revenue)s AS revenue FROM (%(moves)s) AS move) AS customer"""
        )
        return rows[0] if rows else (0, 0.0)

    def biggest_moves(self, partners: SQL, limit: int) -> list[tuple]:
        """Customer, dimension, class now, class then, revenue and evidence of the largest customers that move.

        :param partners: subselect of the customers to choose from
        """
        return self._rows(
            """SELECT partner_id, dimension_id, from_class_id, to_class_id, %(revenue)s, evidence
                 FROM (%(moves)s) AS move
                WHERE partner_id IN %(partners)s
             ORDER BY %(revenue)s DESC NULLS LAST, partner_id, dimension_id
                LIMIT %(limit)s""",
            partners=partners,
            limit=limit,
        )

    def _rows(self, query: str, **values) -> list[tuple]:
        if not self.rules:
            return []  # nothing has changed
        values |= {"moves": self._writer.moves(), "revenue": SQL.identifier("move", REVENUE)}
        return self.scope.env.execute_query(SQL(query, **values))
