"""Evaluation of a scope: load → classify → compare → write → history.

Each step is one SQL statement over all customers of the scope, so the number of statements depends
on the configuration only.
"""

import logging
from dataclasses import dataclass, field

from psycopg2 import Error as DatabaseError

from odoo.exceptions import UserError
from odoo.tools import SQL, Query

from .metrics import PARTNER_COLUMNS, input_query
from .rules import NOTHING, ROW, Rule, compile_dimension

_logger = logging.getLogger(__name__)

INPUT = SQL.identifier("segmentation_input")
DIFFERENCE = SQL.identifier("segmentation_difference")


@dataclass
class Result:
    """Counts of one evaluation.

    :ivar customers: customers evaluated
    :ivar created: customer files made
    :ivar changed: customer files of which any value or class changed
    :ivar changes: class changes written to the history
    :ivar failures: dimension → message; its classes were left as they were
    """

    customers: int = 0
    created: int = 0
    changed: int = 0
    changes: int = 0
    failures: dict = field(default_factory=dict)


class Evaluation:
    """One evaluation of ``dimensions`` from ``metrics`` for a :class:`~.scope.Scope`.

    :param population: domain on ``res.partner``, see :func:`~.population.population_query`
    :param code_separator: what stands between the class codes in the segmentation code
    """

    def __init__(self, scope, metrics, dimensions, population, code_separator):
        self.scope = scope
        self.metrics = metrics
        self.dimensions = dimensions
        self.population = population
        self.code_separator = code_separator
        self.rules: dict = {}
        self.result = Result()

    def run(self, run_id: int, trigger: str) -> Result:
        """Bring the stored profiles of the scope up to date and record what changed.

        The caller owns the transaction; nothing is committed here.
        """
        self.scope.env.flush_all()
        self._load()
        self._compare()
        self._update()
        self._insert()
        self._write_history(run_id, trigger)
        self.scope.env.invalidate_all(flush=False)
        return self.result

    # -- load ----------------------------------------------------------------------------------

    def _load(self):
        """Compute the metrics of the scope's customers into a temporary table."""
        self._execute(SQL("DROP TABLE IF EXISTS %s, %s", INPUT, DIFFERENCE))
        query = input_query(self.scope, self.metrics, self.population)
        self.result.customers = self._execute(SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", INPUT, query))
        self._execute(SQL("ANALYZE %s", INPUT))

    # -- classify ------------------------------------------------------------------------------

    def classified(self, source: SQL) -> SQL:
        """SELECT of the rows of ``source`` with a class column per dimension, code and missing facts.

        A dimension sees the classes of those before it. One that cannot be evaluated keeps the
        stored classes and is reported in ``result.failures``.
        """
        missing = []
        for dimension in self.dimensions:
            select, rule = self._layer(dimension, source)
            missing.append(SQL.identifier(ROW, _missing_column(dimension)))
            self.rules[dimension] = rule
            source = select
        return self._summary(source, missing)

    def _layer(self, dimension, source: SQL) -> tuple[SQL, Rule]:
        try:
            with self.scope.env.cr.savepoint(flush=False):
                select, rule = self._select_class(dimension, source, compile_dimension)
                self._execute(SQL("EXPLAIN %s", select))
                return select, rule
        except (UserError, ValueError, KeyError, DatabaseError) as error:
            _logger.info("Dimension %s cannot be evaluated: %s", dimension.code, error)
            self.result.failures[dimension] = str(error)
            return self._select_class(dimension, source, _stored_class)

    def _select_class(self, dimension, source: SQL, compiler) -> tuple[SQL, Rule]:
        query = Query(self.scope.env, ROW, SQL("(%s)", source))
        rule = compiler(dimension, self.scope, query)
        select = query.select(
            SQL("%s.*", SQL.identifier(ROW)),
            SQL("%s AS %s", rule.class_id, SQL.identifier(dimension.field_name)),
            SQL("%s AS %s", rule.missing, SQL.identifier(_missing_column(dimension))),
        )
        return select, rule

    def _summary(self, source: SQL, missing: list[SQL]) -> SQL:
        """Add the segmentation code and the list of missing facts to classified rows."""
        query = Query(self.scope.env, ROW, SQL("(%s)", source))
        codes = []
        for dimension in self.dimensions.filtered(lambda d: d.in_code and d._applies_to(self.scope.company)):
            alias = query.make_alias(ROW, dimension.field_name)
            condition = SQL("%s = %s", SQL.identifier(alias, "id"), SQL.identifier(ROW, dimension.field_name))
            query.add_join("LEFT JOIN", alias, "segmentation_class", condition)
            codes.append(SQL("COALESCE(%s, '?')", SQL.identifier(alias, "code")))
        return query.select(
            SQL("%s.*", SQL.identifier(ROW)),
            SQL("%s AS segmentation_code", _concat(self.code_separator or "", codes)),
            SQL("%s AS missing_facts", self._missing_facts(missing)),
        )

    def _missing_facts(self, missing: list[SQL]) -> SQL:
        """The missing facts of all dimensions, each once."""
        facts = _concat(",", missing)
        inputs = [name for dimension in self.rules for name in self.rules[dimension].inputs]
        if len(inputs) == len(set(inputs)):
            return facts
        return SQL(
            """(SELECT string_agg(fact, ',' ORDER BY place)
                  FROM (SELECT fact, MIN(place) AS place
                          FROM unnest(string_to_array(%s, ',')) WITH ORDINALITY AS listed(fact, place)
                      GROUP BY fact) AS facts)""",
            facts,
        )

    # -- compare and write ---------------------------------------------------------------------

    @property
    def _value_columns(self) -> list[str]:
        return [*self.metrics.mapped("field_name"), *self._class_columns, "segmentation_code", "missing_facts"]

    @property
    def _class_columns(self) -> list[str]:
        return self.dimensions.mapped("field_name")

    def _compare(self):
        """Put the customers whose stored profile differs into a temporary table.

        A stored profile without an evaluated customer left the population: all its values become
        NULL and it is archived.
        """
        columns = self._value_columns
        self._execute(
            SQL(
                """CREATE TEMPORARY TABLE %(difference)s ON COMMIT DROP AS
                   SELECT old.id AS profile_id, COALESCE(new.partner_id, old.partner_id) AS partner_id,
                          new.partner_id IS NOT NULL AS active, %(inputs)s, %(new)s, %(old)s
                     FROM (%(classified)s) AS new
                FULL JOIN (SELECT * FROM segmentation_profile WHERE %(scope)s) AS old ON old.partner_id = new.partner_id
                    WHERE (new.partner_id IS NOT NULL, %(new)s) IS DISTINCT FROM (old.active, %(stored)s)""",
                difference=DIFFERENCE,
                inputs=_columns("new", PARTNER_COLUMNS),
                new=_columns("new", columns),
                old=SQL(", ").join(
                    SQL("%s AS %s", SQL.identifier("old", name), SQL.identifier(f"old_{name}"))
                    for name in self._class_columns
                ),
                stored=_columns("old", columns),
                classified=self.classified(SQL("SELECT * FROM %s", INPUT)),
                scope=self._stored_scope(),
            )
        )

    def _stored_scope(self) -> SQL:
        company = SQL("company_id = %s", self.scope.company_id)
        if self.scope.partner_ids is None:
            return company
        return SQL("%s AND partner_id = ANY(%s)", company, list(self.scope.partner_ids))

    def _update(self):
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

    def _insert(self):
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

    def _write_history(self, run_id: int, trigger: str):
        """One row of history per class that a known customer changed, with the values it rests on."""
        if not self.dimensions:
            return
        rows = SQL(", ").join(self._history_row(dimension) for dimension in self.dimensions)
        self.result.changes = self._execute(
            SQL(
                """INSERT INTO segmentation_change (company_id, partner_id, run_id, reason, date, dimension_id,
                                                    from_class_id, to_class_id, evidence, create_uid, create_date)
                   SELECT %(company)s, new.partner_id, %(run)s, %(reason)s, NOW() AT TIME ZONE 'UTC', change.*,
                          %(uid)s, NOW() AT TIME ZONE 'UTC'
                     FROM %(difference)s AS new
               CROSS JOIN LATERAL (VALUES %(rows)s) AS change(dimension_id, from_class_id, to_class_id, evidence)
                    WHERE new.profile_id IS NOT NULL
                      AND change.from_class_id IS DISTINCT FROM change.to_class_id""",
                company=self.scope.company_id,
                run=run_id,
                reason=trigger,
                difference=DIFFERENCE,
                rows=rows,
                uid=self.scope.base_env.uid,
            )
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

    def update_codes(self):
        """Rebuild the segmentation codes from the stored classes."""
        self.scope.env.flush_all()
        columns = SQL(", ").join(map(SQL.identifier, ["id", *self._class_columns]))
        stored = SQL("SELECT %s FROM segmentation_profile WHERE active AND %s", columns, self._stored_scope())
        self._execute(
            SQL(
                """UPDATE segmentation_profile SET segmentation_code = new.segmentation_code
                     FROM (%s) AS new
                    WHERE segmentation_profile.id = new.id
                      AND segmentation_profile.segmentation_code IS DISTINCT FROM new.segmentation_code""",
                self._summary(stored, []),
            )
        )
        self.scope.env.invalidate_all(flush=False)

    def _execute(self, query: SQL) -> int:
        self.scope.env.cr.execute(query)
        return self.scope.env.cr.rowcount


def _stored_class(dimension, scope, _query) -> Rule:
    """Rule of a dimension that cannot be evaluated: the class stays what it is."""
    column = SQL.identifier("stored", dimension.field_name)
    return Rule(
        SQL(
            "(SELECT %s FROM segmentation_profile AS stored WHERE stored.company_id = %s AND stored.partner_id = %s)",
            column,
            scope.company_id,
            SQL.identifier(ROW, "partner_id"),
        )
    )


def _missing_column(dimension) -> str:
    return f"missing_{dimension.id}"


def _columns(alias: str, names) -> SQL:
    return SQL(", ").join(SQL.identifier(alias, name) for name in names)


def _concat(separator: str, parts: list[SQL]) -> SQL:
    """Parts joined by the separator, without the NULL ones; NULL when nothing is left."""
    return SQL("NULLIF(concat_ws(%s, %s), '')", separator, SQL(", ").join(parts)) if parts else NOTHING
