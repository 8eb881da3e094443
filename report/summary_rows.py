"""The customers of a summary, a row each: who may be seen, their classes on both dates, their figures."""

from dataclasses import replace

from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.aggregates import COUNTING
from ..engine.history import recorded_classes
from ..engine.metrics import DERIVED, FACTS, Source, source_query
from ..engine.scope import Scope

TABLE = SQL.identifier("segmentation_summary")
FIGURES = {"revenue": "revenue_12m", "revenue_prior": "revenue_prior_12m", "overdue": "overdue_receivable"}


class SummaryRows:
    """Temporary table with a row per customer of either date; later statements of the transaction read it.

    Read replicas cannot make tables; there each statement finds the rows anew.

    Columns: ``partner_id``; ``is_customer`` and ``was_customer`` on the as-of and the comparison date; ``FIGURES``,
    NULL for users who may not see them; ``missing_facts``; ``now_<id>`` and ``then_<id>`` for each dimension;
    ``metric_<id>`` for further metrics.

    :param company: customers that its user may read are in the table
    :param as_of: day of the classes and figures
    :param is_past: take the recorded classes of that day, and figures from the documents up to it
    :param compare_to: ``None`` for no comparison
    :param dimensions: those that apply to the company
    :param domain: on ``res.partner``
    :param metrics: further ones; those the user may not see, or that are not known on a past day, are left out
    """

    def __init__(self, company, as_of, is_past, compare_to, dimensions, domain=None, metrics=None):
        self.env = company.env
        self.company = company
        self.as_of = as_of
        self.is_past = is_past
        self.compare_to = compare_to
        self.dimensions = dimensions
        self.domain = Domain(domain or Domain.TRUE)
        self.scope = Scope(self.env, company.id, as_of)
        self.table = TABLE
        self.shows_figures = self._may_see(FIGURES["revenue"])
        metrics = metrics if metrics is not None else self.env["segmentation.metric"]
        self.metrics = metrics.filtered(lambda metric: self._may_see(metric.field_name) and self._is_known(metric))

    def fill(self):
        """Make the table, in place of that of a summary before."""
        self.env.flush_all()
        if self.env.cr.readonly:
            self.table = SQL("(%s) AS %s", self._query(), TABLE)
            return
        self._execute(SQL("DROP TABLE IF EXISTS %s", TABLE))
        self._execute(SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", TABLE, self._query()))
        self._execute(SQL("ANALYZE %s", TABLE))

    def _query(self) -> SQL:
        return SQL(
            """SELECT file.partner_id, now.partner_id IS NOT NULL AS is_customer,
                      past.partner_id IS NOT NULL AS was_customer, %(columns)s
                 FROM %(files)s AS file
            LEFT JOIN (%(now)s) AS now ON now.partner_id = file.partner_id
            LEFT JOIN (%(past)s) AS past ON past.partner_id = file.partner_id
                WHERE now.partner_id IS NOT NULL OR past.partner_id IS NOT NULL""",
            columns=SQL(", ").join([*self._figures(), *self._classes()]),
            files=self._files().subselect("partner_id"),
            now=self._past_customers() if self.is_past else self._customers(),
            past=self._compared(),
        )

    def select(self, query: str, **values) -> list[tuple]:
        """Rows of a statement in which ``%(rows)s`` is the table."""
        return self.env.execute_query(SQL(query, rows=self.table, **values))

    def readable_partners(self):
        """Query of the contacts the user may read that match the domain, archived ones too."""
        return self.env["res.partner"].with_context(active_test=False)._search(self.domain)

    # -- rights --------------------------------------------------------------------------------

    def _may_see(self, name: str) -> bool:
        Profile = self.env["segmentation.profile"]
        return name in Profile._fields and Profile._has_field_access(Profile._fields[name], "read")

    def _is_known(self, metric) -> bool:
        """Whether the metric is known on the day: later ones only from documents with a date."""
        if not self.is_past:
            return True
        by_documents = metric.active and metric.aggregate not in FACTS | DERIVED and metric.date_field_id
        return bool(by_documents) and metric.field_name != FIGURES["overdue"]  # open amounts are the present ones

    def _files(self):
        Profile = self.env["segmentation.profile"].with_context(active_test=False)
        return Profile._search(
            Domain("company_id", "=", self.company.id) & Domain("partner_id", "in", self.readable_partners())
        )

    # -- columns -------------------------------------------------------------------------------

    def _figures(self) -> list[SQL]:
        columns = [
            SQL("now.%s", SQL.identifier(name))
            if self.shows_figures
            else SQL("NULL::numeric AS %s", SQL.identifier(name))
            for name in FIGURES
        ]
        return [
            *columns,
            SQL("now.missing_facts"),
            *(SQL("now.%s", SQL.identifier(f"metric_{metric.id}")) for metric in self.metrics),
        ]

    def _classes(self) -> list[SQL]:
        return [
            SQL("%s.%s", SQL.identifier(alias), SQL.identifier(f"{prefix}_{dimension.id}"))
            for dimension in self.dimensions
            for alias, prefix in (("now", "now"), ("past", "then"))
        ]

    # -- customers of a day ----------------------------------------------------------------------

    def _customers(self) -> SQL:
        """The customers of now, as they are stored."""
        named = {
            **FIGURES,
            "missing_facts": "missing_facts",
            **{f"metric_{metric.id}": metric.field_name for metric in self.metrics},
            **{f"now_{dimension.id}": dimension.field_name for dimension in self.dimensions},
        }
        return SQL(
            "SELECT partner_id, %s FROM segmentation_profile WHERE active AND company_id = %s",
            SQL(", ").join(
                SQL("%s AS %s", SQL.identifier(column), SQL.identifier(name)) for name, column in named.items()
            ),
            self.company.id,
        )

    def _past_customers(self) -> SQL:
        """The customers of the as-of day with the classes recorded, and the figures of the documents up to then."""
        named = {**FIGURES, **{f"metric_{metric.id}": metric.field_name for metric in self.metrics}}
        metrics = self.env["segmentation.metric"].search([("field_name", "in", list(FIGURES.values()))])
        metrics = (metrics | self.metrics).filtered(self._is_known)
        values, joins = {}, []
        for number, (source, grouped) in enumerate(metrics.grouped(Source.of).items()):
            alias = SQL.identifier(f"source_{number}")
            joins.append(
                SQL(
                    "LEFT JOIN (%s) AS %s ON %s.partner_id = held.partner_id",
                    source_query(source, grouped, self.scope, None),
                    alias,
                    alias,
                )
            )
            for metric in grouped:
                value = SQL("%s.%s", alias, SQL.identifier(metric.field_name))
                counted = metric.aggregate in COUNTING
                values[metric.field_name] = SQL("COALESCE(%s, 0)", value) if counted else value
        columns = [
            SQL("%s AS %s", values.get(column, SQL("NULL::numeric")), SQL.identifier(name))
            for name, column in named.items()
        ]
        return SQL(
            "SELECT held.*, NULL AS missing_facts, %s FROM (%s) AS held %s",
            SQL(", ").join(columns),
            self._recorded(self.scope, "now"),
            SQL(" ").join(joins),
        )

    def _compared(self) -> SQL:
        if self.compare_to:
            return self._recorded(replace(self.scope, as_of=self.compare_to), "then")
        columns = [SQL("NULL::int AS %s", SQL.identifier(f"then_{d.id}")) for d in self.dimensions]
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join([SQL("NULL::int AS partner_id"), *columns]))

    def _recorded(self, scope, prefix: str) -> SQL:
        """The customers of a day with the classes recorded at its end.

        A file without any class on that day, which is archived now, is of somebody who was no customer then.
        """
        classes = [
            SQL(
                ", MAX(class_id) FILTER (WHERE dimension_id = %s) AS %s",
                dimension.id,
                SQL.identifier(f"{prefix}_{dimension.id}"),
            )
            for dimension in self.dimensions
        ]
        if not self.dimensions:
            return SQL("SELECT NULL::int AS partner_id WHERE FALSE")
        return SQL(
            """SELECT recorded.partner_id%(classes)s
                 FROM (%(recorded)s) AS recorded
                 JOIN segmentation_profile AS file
                   ON file.partner_id = recorded.partner_id AND file.company_id = %(company)s
             GROUP BY recorded.partner_id
               HAVING BOOL_OR(file.active) OR COUNT(class_id) > 0""",
            classes=SQL().join(classes),
            recorded=recorded_classes(scope, self.dimensions),
            company=self.company.id,
        )

    def _execute(self, query: SQL):
        self.env.cr.execute(query)
