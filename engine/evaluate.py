"""Evaluation of a scope: load → classify → compare → write → history.

Each step is one SQL statement over all customers of the scope, so the number of statements depends
on the configuration only.
"""

import logging
from dataclasses import dataclass, field

from psycopg2 import Error as DatabaseError

from odoo.exceptions import UserError
from odoo.tools import SQL, Query

from .mapping import unmapped_values
from .metrics import input_query
from .relative import METHODS as RELATIVE
from .relative import compute_cuts
from .rule import NOTHING, ROW, Rule
from .rules import compile_dimension
from .write import Writer

_logger = logging.getLogger(__name__)

INPUT = SQL.identifier("segmentation_input")


@dataclass
class Result:
    """Counts of one evaluation.

    :ivar customers: customers evaluated
    :ivar created: customer files made
    :ivar changed: customer files of which any value or class changed
    :ivar changes: class changes written to the history
    :ivar failures: dimension or metric → message; its classes or values were left as they were
    """

    customers: int = 0
    created: int = 0
    changed: int = 0
    changes: int = 0
    failures: dict = field(default_factory=dict)


class Evaluation:
    """One evaluation of ``dimensions`` from ``metrics`` for a :class:`~.scope.Scope`.

    :param population: domain on ``res.partner``: customers even before they trade
    :param code_separator: what stands between the class codes in the segmentation code
    :param on_step: called with the name of each step that begins: ``load``, ``classify``, ``compare``, ``write``,
        ``history``; what it raises ends the evaluation
    :param make_classes: called with a dimension and the ids of records that its metric gives and that no class of it
        stands for yet; makes the classes
    """

    def __init__(self, scope, metrics, dimensions, population, code_separator, on_step=None, make_classes=None):
        self.scope = scope
        self.metrics = metrics
        self.dimensions = dimensions
        self.population = population
        self.code_separator = code_separator
        self.on_step = on_step or (lambda _name: None)
        self.make_classes = make_classes or (lambda _dimension, _ids: None)
        self.rules: dict = {}
        self.result = Result()

    def run(self, run_id: int, trigger: str) -> Result:
        """Bring the stored profiles of the scope up to date and record what changed.

        The caller owns the transaction; nothing is committed here.
        """
        classified = self.classified_customers()
        writer = Writer(self.scope, self.metrics, self.rules, self.result)
        self.on_step("compare")
        writer.compare(classified)
        self.on_step("write")
        writer.update()
        writer.insert()
        self.on_step("history")
        writer.write_history(run_id, trigger)
        self._store_cuts()
        self.scope.env.invalidate_all(flush=False)
        return self.result

    def classified_customers(self) -> SQL:
        """SELECT of the customers of the scope with metrics and classes; nothing is written."""
        self.scope.env.flush_all()
        self.on_step("load")
        self._load()
        self.on_step("classify")
        if not self.scope.retrospective:
            self._complete_classes()
        return self.classified(SQL("SELECT * FROM %s", INPUT))

    # -- load ----------------------------------------------------------------------------------

    def _load(self):
        """Compute the metrics of the scope's customers into a temporary table."""
        self._execute(SQL("DROP TABLE IF EXISTS %s", INPUT))
        query, error = self._tried(lambda: self._checked(self._input(self.metrics)))
        if error is not None:
            self._leave_out_failing_metrics()
            query = self._input(self.metrics)
        self.result.customers = self._execute(SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", INPUT, query))
        self._execute(SQL("ANALYZE %s", INPUT))

    def _input(self, metrics) -> SQL:
        """SELECT of the customers of the scope with the metrics."""
        return input_query(self.scope, metrics, self.population)

    def _leave_out_failing_metrics(self):
        """A metric that cannot be computed keeps its stored values and is reported."""
        for metric in self.metrics:
            _query, error = self._tried(lambda metric=metric: self._checked(self._input(metric)))
            if error is not None:
                self.metrics -= metric
                self.result.failures[metric] = self.scope.base_env._(
                    "Metric “%(metric)s” could not be computed and kept its values: %(error)s",
                    metric=metric.name,
                    error=error,
                )

    def _tried(self, make) -> tuple:
        """What ``make`` returns, and why it cannot; one of them is None."""
        try:
            with self.scope.env.cr.savepoint(flush=False):
                return make(), None
        except UserError as error:
            return None, str(error)
        except (ValueError, KeyError, DatabaseError) as error:
            return None, str(error).partition("\n")[0]

    def _checked(self, query: SQL) -> SQL:
        """The statement, after PostgreSQL has planned it."""
        self.scope.env.cr.execute(SQL("EXPLAIN %s", query), log_exceptions=False)
        return query

    # -- classify ------------------------------------------------------------------------------

    def _complete_classes(self):
        """Have classes made for the records that customers prefer since now."""
        # A metric that could not be computed has no column.
        mapped = self.dimensions.filtered(lambda d: d.method == "mapping" and d.metric_id & self.metrics)
        for dimension in mapped.filtered(lambda d: d._applies_to(self.scope.company)):
            try:
                with self.scope.env.cr.savepoint():
                    if ids := unmapped_values(dimension, self.scope, INPUT):
                        self.make_classes(dimension, ids)
            except Exception as error:  # records of any app are named here
                self._fail(dimension, str(error).partition("\n")[0])

    def _fail(self, dimension, error: str):
        """Report a dimension that cannot be evaluated."""
        _logger.info("Dimension %s cannot be evaluated: %s", dimension.code, error)
        self.result.failures[dimension] = self.scope.base_env._(
            "Dimension “%(dimension)s” could not be evaluated and kept its classes: %(error)s",
            dimension=dimension.name,
            error=error,
        )

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
        def layer():
            if self._cuts_anew(dimension):
                self.scope.cuts[dimension.id] = compute_cuts(dimension, self.scope, source)
            select, rule = self._select_class(dimension, source, compile_dimension)
            return self._checked(select), rule

        if dimension not in self.result.failures:
            found, error = self._tried(layer)
            if error is None:
                return found
            self._fail(dimension, error)
        return self._select_class(dimension, source, _stored_class)

    def _cuts_anew(self, dimension) -> bool:
        """Only an evaluation of everybody may move the lines between relative classes."""
        everybody = self.scope.partner_ids is None
        return everybody and dimension.method in RELATIVE and dimension._applies_to(self.scope.company)

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
        """Add the segmentation code and the list of missing facts to classified rows.

        ``OFFSET 0`` keeps the planner from merging the layers, which would evaluate each CASE wherever
        its class is used.
        """
        query = Query(self.scope.env, ROW, SQL("(%s OFFSET 0)", source))
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

    def _store_cuts(self):
        """Keep the cut values for evaluations of single customers; a dimension that failed keeps what it had."""
        for dimension in self.dimensions.filtered(self._cuts_anew):
            if dimension in self.result.failures:
                continue
            stored = self.scope.env["segmentation.cut"].search(
                [("company_id", "=", self.scope.company_id), ("class_id.dimension_id", "=", dimension.id)]
            )
            stored.unlink()
            stored.create(
                [
                    {"company_id": self.scope.company_id, "class_id": class_id, "value": value}
                    for class_id, value in self.scope.cuts[dimension.id].items()
                ]
            )

    def update_codes(self):
        """Rebuild the segmentation codes from the stored classes."""
        self.scope.env.flush_all()
        columns = SQL(", ").join(map(SQL.identifier, ["id", *self.dimensions.mapped("field_name")]))
        stored = SQL("SELECT %s FROM segmentation_profile WHERE active AND %s", columns, self.scope.stored_condition)
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


def _concat(separator: str, parts: list[SQL]) -> SQL:
    """Parts joined by the separator, without the NULL ones; NULL when nothing is left."""
    return SQL("NULLIF(concat_ws(%s, %s), '')", separator, SQL(", ").join(parts)) if parts else NOTHING
