"""The sheet of the customers: streamed from the database, a row each, on as many sheets as it takes."""

from dataclasses import dataclass

from odoo.tools import SQL

from . import workbook
from .summary_classes import class_name
from .summary_rows import FIGURES, TABLE

BATCH = 2000
CURSOR = SQL.identifier("segmentation_customers")

# Group of columns → title and path from res.partner; a path to a record shows its name.
DETAILS = {
    "reference": ("ref", "vat"),
    "salesperson": ("user_id",),
    "industry": ("industry_id",),
    "address": ("country_id", "state_id", "city"),
    "contact": ("email", "phone"),
}


@dataclass(frozen=True)
class Column:
    """A column of the sheet.

    :ivar kind: how its cells are written, see ``workbook``
    :ivar expression: SQL over ``file`` (the customers of the summary) and ``partner``
    :ivar names: id → name, for a reference to a record
    """

    title: str
    kind: str
    expression: SQL
    names: dict | None = None


def write_customers(book, rows, summary, details, on_progress=None) -> int:
    """Write the customers of the as-of date, the largest first, and continue on further sheets; how many there are.

    :param rows: :class:`~.summary_rows.SummaryRows`, filled
    :param details: keys of ``DETAILS``
    :param on_progress: called with the number of rows written, now and then
    """
    env = rows.env
    columns = _columns(rows, summary, details)
    writer = _Writer(book, env, columns)
    env.cr.execute(
        SQL(
            """DECLARE %s NO SCROLL CURSOR FOR
               SELECT partner.id, %s
                 FROM %s AS file JOIN res_partner AS partner ON partner.id = file.partner_id
                WHERE file.is_customer
             ORDER BY file.revenue DESC NULLS LAST, partner.id""",
            CURSOR,
            SQL(", ").join(column.expression for column in columns),
            TABLE,
        )
    )
    fetch = SQL("FETCH %s FROM %s", BATCH, CURSOR)
    while batch := env.execute_query(fetch):
        writer.write_rows(batch)
        if on_progress:
            on_progress(writer.written)
    env.cr.execute(SQL("CLOSE %s", CURSOR))
    writer.end_sheet()
    return writer.written


def _columns(rows, summary, details) -> list[Column]:
    env = rows.env
    columns = [Column(env._("Customer"), "text", SQL("partner.name"))]
    for group in details:
        columns += [_partner_column(env, name) for name in DETAILS[group]]
    for part in summary.dimensions:
        names = _class_names(part.dimension)
        for prefix, title in (
            ("now", part.dimension.name),
            ("then", env._("%s then", part.dimension.name)),
        ):
            if prefix == "now" or summary.compare_to:
                expression = SQL("COALESCE(file.%s, 0)", SQL.identifier(f"{prefix}_{part.dimension.id}"))
                if prefix == "then":
                    expression = SQL("CASE WHEN file.was_customer THEN %s END", expression)
                columns.append(Column(title, "text", expression, names))
    if summary.shows_figures:
        columns += [
            Column(env._("Revenue"), "money", SQL("file.revenue")),
            Column(env._("Prior revenue"), "money", SQL("file.revenue_prior")),
        ]
        if not rows.is_past:
            columns.append(Column(env._("Overdue"), "money", SQL("file.overdue")))
    return columns + [_metric_column(metric) for metric in rows.metrics if metric.field_name not in FIGURES.values()]


def _partner_column(env, name: str) -> Column:
    field = env["res.partner"]._fields[name]
    title = field.get_description(env, ["string"])["string"]
    expression = SQL("partner.%s", SQL.identifier(name))
    if field.type != "many2one":
        return Column(title, "text", expression)
    found = env.execute_query(
        SQL(
            "SELECT DISTINCT %s FROM res_partner AS partner JOIN %s AS file ON file.partner_id = partner.id",
            expression,
            TABLE,
        )
    )
    # Names of salespeople, industries and places are shown with every customer.
    records = env[field.comodel_name].sudo().browse(id_ for [id_] in found if id_)
    return Column(title, "text", expression, {record.id: record.name for record in records})


def _class_names(dimension) -> dict:
    classes = dimension.with_context(active_test=False).class_ids
    return {0: class_name(dimension.env, classes.browse()), **{cls.id: cls.name for cls in classes}}


def _metric_column(metric) -> Column:
    kind = "money" if metric.is_amount else {"integer": "integer", "date": "date"}.get(metric.result_type, "decimal")
    expression = SQL("file.%s", SQL.identifier(f"metric_{metric.id}"))
    return Column(metric.name, kind, expression)


class _Writer:
    """Writes rows, and begins another sheet when one is full."""

    def __init__(self, book, env, columns):
        self.book = book
        self.env = env
        self.columns = columns
        self.titles = workbook.different([*(column.title for column in columns), env._("In Odoo")])
        self.written = 0
        # A formula of our own text and the id: a sheet holds 65,530 real links, and keeps them in memory.
        base = env["res.partner"].get_base_url().replace('"', "%22").replace("{", "").replace("}", "")
        self.label = env._("Open")
        self.link = f'=HYPERLINK("{base}/odoo/res.partner/{{}}","{self.label.replace(chr(34), "")}")'
        self.begin_sheet()

    def begin_sheet(self):
        self.sheet = self.book.add_sheet(self.env._("Customers"))
        self.sheet.widths([*(column.kind for column in self.columns), "link"])
        self.sheet.head(self.titles)
        self.sheet.sheet.freeze_panes(1, 1)
        self.sheet.sheet.repeat_rows(0)
        self.cells = [self._cell(number, column) for number, column in enumerate(self.columns)]

    def end_sheet(self):
        self.sheet.filterable(self.titles)

    def write_rows(self, batch):
        """Write rows of an id and the values of the columns."""
        for partner_id, *values in batch:
            if self.sheet.row == workbook.MAX_ROWS:
                self.end_sheet()
                self.begin_sheet()
            row = self.sheet.row
            for (number, write, names, cell_format), value in zip(self.cells, values, strict=True):
                if value is not None:
                    write(row, number, names[value] if names else value, cell_format)
            link = self.link.format(partner_id)
            self.sheet.sheet.write_formula(row, len(values), link, self.book.formats["link"], self.label)
            self.sheet.row += 1
            self.written += 1

    def _cell(self, number: int, column: Column) -> tuple:
        """Place, method, names and format of the cells of a column."""
        sheet = self.sheet.sheet
        methods = {"text": sheet.write_string, "date": sheet.write_datetime}
        return number, methods.get(column.kind, sheet.write_number), column.names, self.book.formats[column.kind]
