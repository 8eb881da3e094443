"""The sheets of the workbook that show the summary: every figure is taken from it."""

from odoo.tools import format_date, format_datetime

CHARTED = 40  # classes in a chart


def write_dimension(book, part, summary):
    """A sheet per dimension: the classes with their figures, and a chart of them."""
    env = summary.company.env
    sheet = book.add_sheet(part.dimension.name)
    sheet.line(part.dimension.name, "title")
    columns = _columns(summary, part, env)
    kinds = [kind for _title, kind, _value in columns]
    sheet.widths(kinds)
    sheet.sheet.freeze_panes(2, 1)
    lines = [[value(line) for _title, _kind, value in columns] for line in part.classes]
    total = [env._("Total"), *(_total_cell(part, title, columns) for title, *_rest in columns[1:])]
    first, last = sheet.table([(title, kind) for title, kind, _value in columns], lines, total)
    if last < first:
        return
    last = min(last, first + CHARTED - 1)
    titles = [title for title, *_rest in columns]

    def series(title, **options):
        column = titles.index(title)
        return {
            "name": title,
            "categories": [sheet.name, first, 0, last, 0],
            "values": [sheet.name, first, column, last, column],
            **options,
        }

    charted = [series(env._("Customers"), fill={"color": "#714B67"})]
    axes = {"y_axis": {"name": env._("Customers")}}
    if summary.shows_figures:
        charted.append(series(env._("Revenue"), fill={"color": "#C9B8C4"}, border={"color": "#555555"}, y2_axis=True))
        axes["y2_axis"] = {"name": env._("Revenue")}
    sheet.chart("column", 0, charted, (sheet.row + 1, 0), **axes)


def _columns(summary, part, env) -> list[tuple]:
    """Title, kind and value of a line for each column."""
    columns = [
        (env._("Class"), "text", lambda line: "    " * line.level + line.name),
        (env._("Customers"), "integer", lambda line: line.own.customers),
        (env._("Share of customers"), "percent", lambda line: line.customer_share),
    ]
    if summary.compare_to:
        columns += [
            (env._("Customers then"), "integer", lambda line: line.own.before),
            (env._("Change"), "change", lambda line: line.own.change),
        ]
    if summary.shows_figures:
        columns += [
            (env._("Revenue"), "money", lambda line: line.own.revenue),
            (env._("Share of revenue"), "percent", lambda line: line.revenue_share),
            (env._("Prior revenue"), "money", lambda line: line.own.revenue_prior),
            (env._("Growth"), "percent", lambda line: line.own.growth),
            (env._("Average revenue"), "money", lambda line: line.own.average),
        ]
        if not summary.is_past:
            columns.append((env._("Overdue"), "money", lambda line: line.own.overdue))
    if any(line.level for line in part.classes):
        columns.append((env._("Customers with parts"), "integer", lambda line: line.total.customers))
        if summary.shows_figures:
            columns.append((env._("Revenue with parts"), "money", lambda line: line.total.revenue))
    return columns


class _All:
    """The total of a dimension in the place of a line."""

    def __init__(self, part):
        self.own = self.total = part.total
        self.customer_share = 1.0 if part.total.customers else 0.0
        self.revenue_share = 1.0 if part.total.revenue else None


def _total_cell(part, title, columns):
    return next(value for name, _kind, value in columns if name == title)(_All(part))


def write_crosses(book, summary):
    """Sheet "Cross table": customers and revenue by two dimensions, one table below the other."""
    env = summary.company.env
    sheet = book.add_sheet(env._("Cross table"))
    sheet.line(env._("Cross table"), "title")
    sheet.widths(("text",))
    for table in summary.crosses:
        title = f"{table.row_dimension.name} × {table.column_dimension.name}"
        _write_matrix(sheet, title, table, env)


def write_migration(book, summary):
    """Sheet "Migration": from which class to which the customers of each dimension went."""
    env = summary.company.env
    sheet = book.add_sheet(env._("Migration"))
    sheet.line(env._("Migration"), "title")
    sheet.widths(("text",))
    if not summary.compare_to:
        sheet.line(summary.no_comparison or env._("No comparison date was chosen."))
        return
    dates = env._(
        "Rows: class on %(then)s. Columns: class on %(now)s.",
        then=format_date(env, summary.compare_to),
        now=format_date(env, summary.as_of),
    )
    sheet.line(dates, "note")
    for part in summary.dimensions:
        _write_matrix(sheet, part.dimension.name, part.migration, env)


def _write_matrix(sheet, title: str, table, env):
    matrices = [(env._("Customers"), "integer", table.customers)]
    if table.revenue is not None:
        matrices.append((env._("Revenue"), "money", table.revenue))
    for measure, kind, cells in matrices:
        sheet.space()
        sheet.line(f"{title}: {measure}", "section")
        columns = [("", "text"), *((head.name, kind) for head in table.columns), (env._("Total"), kind)]
        rows = [[head.name, *row, sum(row)] for head, row in zip(table.rows, cells, strict=True)]
        totals = [sum(column) for column in zip(*cells, strict=True)] if cells else [0] * len(table.columns)
        sheet.table(columns, rows, [env._("Total"), *totals, sum(totals)])


def write_method(book, summary, notes=()):
    """Sheet "Method": rules, figures and what a reader has to know.

    :param notes: further sentences
    """
    env = summary.company.env
    method = summary.method
    sheet = book.add_sheet(env._("Method"))
    sheet.widths(("text", "text", "wrapped"))
    sheet.line(env._("Method"), "title")
    run = env._("Never: nobody has been classified yet.")
    if method.last_run:
        run = format_datetime(env, method.last_run)
    for title, value in (
        (env._("As of"), format_date(env, summary.as_of)),
        (env._("Last evaluation of all customers"), run),
    ):
        sheet.cells(("text", "text"), (title, value))
    for note in (*method.notes, *notes):
        sheet.line(note, "note")
    for line in method.dimensions:
        sheet.space()
        sheet.line(line.dimension.name, "section")
        sheet.cells(("text", "text"), (env._("Method"), line.method))
        sheet.cells(("text", "text"), (env._("Standard"), line.standard or env._("Own rules")))
        sheet.table(
            [("", "text"), (env._("Class"), "text"), (env._("Rule"), "wrapped")], [("", *rule) for rule in line.rules]
        )
    sheet.space()
    sheet.line(env._("Figures"), "section")
    sheet.table(
        [("", "text"), (env._("Figure"), "text"), (env._("Computed from"), "wrapped")],
        [("", *metric) for metric in method.metrics],
    )


def write_reconciliation(book, summary, found):
    """Sheet "Reconciliation": classes and unclassified beside the ledger, and what explains a difference.

    :param found: :class:`~.reconciliation.Reconciliation`, or ``None``
    """
    env = summary.company.env
    sheet = book.add_sheet(env._("Reconciliation"))
    sheet.widths(("text", "money", "money", "money", "money", "wrapped"))
    sheet.line(env._("Reconciliation with the ledger"), "title")
    if not found:
        sheet.line(summary.no_data or env._("Reconciliation needs rights for sales or invoicing."))
        return
    _write_scope(sheet, found, env)
    columns = [(env._("Dimension"), "text")]
    columns += [
        (name, "money") for name in (env._("Classes"), env._("Unclassified"), env._("Ledger"), env._("Difference"))
    ]
    rows = [(c.dimension.name, c.classes, c.unclassified, c.ledger, c.difference) for c in found.comparisons]
    sheet.table(columns, rows)
    sheet.space()
    sheet.line(env._("The ledger's total by account"), "section")
    rows = [(" ".join(filter(None, (account.code, account.name))), amount) for account, amount in found.accounts]
    sheet.table([(env._("Account"), "text"), (env._("Amount"), "money")], rows, (env._("Total"), found.ledger))
    sheet.space()
    sheet.line(env._("What explains differences"), "section")
    if not found.causes:
        sheet.line(env._("There is no difference."))
        return
    columns = [(env._("Customer"), "text")]
    columns += [(name, "money") for name in (env._("Customer file"), env._("Ledger"), env._("Difference"))]
    columns += [("", "text"), (env._("Reason"), "wrapped")]
    rows = [
        (c.partner.name or "", c.classified, c.ledger, (c.classified or 0.0) - c.ledger, None, c.reason)
        for c in found.causes
    ]
    sheet.table(columns, rows)
    if found.further:
        sheet.line(env._("And %s more customers with smaller differences.", found.further), "note")


def _write_scope(sheet, found, env):
    end = format_date(env, found.end)
    text = env._("Posted customer invoices and refunds up to %s.", end)
    if found.start:
        text = env._(
            "Posted customer invoices and refunds from %(start)s to %(end)s, by invoice date.",
            start=format_date(env, found.start),
            end=end,
        )
    sheet.line(text)
    sheet.line(
        env._(
            "Ledger: minus the balance of their untaxed journal items, in company currency, of the same customers; "
            "added up apart from the customer files."
        )
    )
    sheet.space()
