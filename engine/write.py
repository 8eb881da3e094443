"""Writing of an evaluation: compare → update → insert → history."""

from odoo.tools import SQL

from .metrics import PARTNER_COLUMNS

DIFFERENCE = SQL.identifier("segmentation_difference")


class Writer:
    """Brings the stored profiles of a scope up to date; only what differs is written, in the order of the methods.

    :param rules: dimension → :class:`~.rule.Rule`, for the evidence in the history
    :param result: :class:`~.evaluate.Result` whose counts are filled
    :param summary: columns that are made from the classes
    """

    def __init__(self, scope, metrics, rules, result, summary=("segmentation_code", "missing_facts")):
        self.scope = scope
        self.metrics = metrics
        self.rules = rules
        self.result = result
        self._class_columns = [dimension.field_name for dimension in rules]
        self._value_columns = [
            *metrics.mapped("field_name"),
            *self._class_columns,
            *summary,
        ]

    def compare(self, classified: SQL):
        """Put the customers whose stored profile differs into a temporary table.

        :param classified: SELECT of the customers of the scope with metrics and classes

        A stored profile without an evaluated customer left the population: all its values become
        NULL and it is archived.
        """
        columns = self._value_columns
        old_classes = [
            SQL("%s AS %s", SQL.identifier("old", name), SQL.identifier(f"old_{name}")) for name in self._class_columns
        ]
        self._execute(SQL("DROP TABLE IF EXISTS %s", DIFFERENCE))
        self._execute(
            SQL(
                """CREATE TEMPORARY TABLE %(difference)s ON COMMIT DROP AS
                   SELECT old.id AS profile_id, COALESCE(new.partner_id, old.partner_id) AS partner_id,
                          new.partner_id IS NOT NULL AS active, %(kept)s
                     FROM (%(classified)s) AS new
                FULL JOIN (SELECT * FROM segmentation_profile WHERE %(scope)s) AS old ON old.partner_id = new.partner_id
                    WHERE (new.partner_id IS NOT NULL, %(new)s) IS DISTINCT FROM (old.active, %(stored)s)""",
                difference=DIFFERENCE,
                kept=SQL(", ").join([_columns("new", [*PARTNER_COLUMNS, *columns]), *old_classes]),
                new=_columns("new", columns),
                stored=_columns("old", columns),
                classified=classified,
                scope=self.scope.stored_condition,
            )
        )

    def update(self):
        """Write the files that differ."""
        columns = ["active", *self._value_columns]
        self.result.changed = self._execute(
            SQL(
                """UPDATE segmentation_profile
                      SET %(assignments)s, write_uid = %(uid)s, write_date = NOW() AT TIME ZONE 'UTC'
                     FROM %(difference)s AS new
                    WHERE segmentation_profile.id = new.profile_id""",
                assignments=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("new", name)) for name in columns
                ),
                difference=DIFFERENCE,
                uid=self.scope.base_env.uid,
            )
        )

    def insert(self):
        """Make the files of new customers."""
        columns = ["partner_id", "active", *self._value_columns]
        self.result.created = self._execute(
            SQL(
                """INSERT INTO segmentation_profile (%(columns)s, company_id,
                                                     create_uid, write_uid, create_date, write_date)
                   SELECT %(columns)s, %(company)s,
                          %(uid)s, %(uid)s, NOW() AT TIME ZONE 'UTC', NOW() AT TIME ZONE 'UTC'
                     FROM %(difference)s
                    WHERE profile_id IS NULL""",
                columns=SQL(", ").join(map(SQL.identifier, columns)),
                difference=DIFFERENCE,
                company=self.scope.company_id,
                uid=self.scope.base_env.uid,
            )
        )

    def write_history(self, run_id: int, trigger: str):
        """One row of history per class that a known customer changed, with the values it rests on."""
        if not self.rules:
            return
        self.result.changes = self._execute(
            SQL(
                """INSERT INTO segmentation_change (company_id, partner_id, run_id, reason, date, dimension_id,
                                                    from_class_id, to_class_id, evidence, create_uid, create_date)
                   SELECT %(company)s, partner_id, %(run)s, %(reason)s, NOW() AT TIME ZONE 'UTC', dimension_id,
                          from_class_id, to_class_id, evidence, %(uid)s, NOW() AT TIME ZONE 'UTC'
                     FROM (%(moves)s) AS move
                    WHERE profile_id IS NOT NULL""",
                company=self.scope.company_id,
                run=run_id,
                reason=trigger,
                moves=self.moves(),
                uid=self.scope.base_env.uid,
            )
        )

    def moves(self) -> SQL:
        """SELECT of a row per customer and dimension whose class differs, with the values that the new one rests on.

        ``profile_id`` is NULL for customers without a file.
        """
        return SQL(
            """SELECT new.*, change.*
                 FROM %s AS new
           CROSS JOIN LATERAL (VALUES %s) AS change(dimension_id, from_class_id, to_class_id, evidence)
                WHERE change.from_class_id IS DISTINCT FROM change.to_class_id""",
            DIFFERENCE,
            SQL(", ").join(self._history_row(dimension) for dimension in self.rules),
        )

    def _history_row(self, dimension) -> SQL:
        known = {*PARTNER_COLUMNS, *self._value_columns}
        inputs = [name for name in self.rules[dimension].inputs if name in known]
        return SQL(
            "(%s, %s, %s, jsonb_build_object(%s))",
            dimension.id,
            SQL.identifier("new", f"old_{dimension.field_name}"),
            SQL.identifier("new", dimension.field_name),
            SQL(", ").join(SQL("%s, %s", name, SQL.identifier("new", name)) for name in inputs),
        )

    def _execute(self, query: SQL) -> int:
        self.scope.env.cr.execute(query)
        return self.scope.env.cr.rowcount


def _columns(alias: str, names) -> SQL:
    return SQL(", ").join(SQL.identifier(alias, name) for name in names)
