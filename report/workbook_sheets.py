"""The sheets of the workbook that show the summary: every figure is taken from it."""

from odoo.tools import format_date, format_datetime

CHARTED = 40  # classes in a chart


def write_dimension(book, part, summary):
    """A sheet per dimension: the classes with their figures, and a chart of them."""
    _ = summary.company.env._
    sheet = book.add_sheet(part.dimension.name)
    sheet.line(part.dimension.name, "title")
    columns = _columns(summary, part, _)
    kinds = [kind for _title, kind, _value in columns]
    sheet.widths(kinds)
    sheet.sheet.freeze_panes(2, 1)
    lines = [[value(line) for _title, _kind, value in columns] for line in part.classes]
    total = [_("Total"), *(_total_cell(part, title, columns) for title, *_rest in columns[1:])]
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

    charted = [series(_("Customers"), fill={"color": "#714B67"})]
    axes = {"y_axis": {"name": _("Customers")}}
    if summary.shows_figures:
        charted.append(series(_("Revenue"), fill={"color": "#C9B8C4"}, border={"color": "#555555"}, y2_axis=True))
        axes["y2_axis"] = {"name": _("Revenue")}
    sheet.chart("column", 0, charted, (sheet.row + 1, 0), **axes)


def _columns(summary, part, _) -> list[tuple]:
    """Title, kind and value of a line for each column."""
    columns = [
        (_("Class"), "text", lambda line: "    " * line.level + line.name),
        (_("Customers"), "integer", lambda line: line.own.customers),
        (_("Share of customers"), "percent", lambda line: line.customer_share),
    ]
    if summary.compare_to:
        columns += [
            (_("Customers then"), "integer", lambda line: line.own.before),
            (_("Change"), "change", lambda line: line.own.change),
        ]
    if summary.shows_figures:
        columns += [
            (_("Revenue"), "money", lambda line: line.own.revenue),
            (_("Share of revenue"), "percent", lambda line: line.revenue_share),
            (_("Prior revenue"), "money", lambda line: line.own.revenue_prior),
            (_("Growth"), "percent", lambda line: line.own.growth),
            (_("Average revenue"), "money", lambda line: line.own.average),
        ]
        if not summary.is_past:
            columns.append((_("Overdue"), "money", lambda line: line.own.overdue))
    if any(line.level for line in part.classes):
        columns.append((_("Customers with parts"), "integer", lambda line: line.total.customers))
        if summary.shows_figures:
            columns.append((_("Revenue with parts"), "money", lambda line: line.total.revenue))
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
    _ = summary.company.env._
    sheet = book.add_sheet(_("Cross table"))
    sheet.line(_("Cross table"), "title")
    sheet.widths(("text",))
    for table in summary.crosses:
        title = f"{table.row_dimension.name} × {table.column_dimension.name}"
        _write_matrix(sheet, title, table, _)


def write_migration(book, summary):
    """Sheet "Migration": from which class to which the customers of each dimension went."""
    _ = summary.company.env._
    sheet = book.add_sheet(_("Migration"))
    sheet.line(_("Migration"), "title")
    sheet.widths(("text",))
    if not summary.compare_to:
        sheet.line(summary.no_comparison or _("No comparison date was chosen."))
        return
    env = summary.company.env
    dates = _(
        "Rows: class on %(then)s. Columns: class on %(now)s.",
        then=format_date(env, summary.compare_to),
        now=format_date(env, summary.as_of),
    )
    sheet.line(dates, "note")
    for part in summary.dimensions:
        _write_matrix(sheet, part.dimension.name, part.migration, _)


def _write_matrix(sheet, title: str, table, _):
    matrices = [(_("Customers"), "integer", table.customers)]
    if table.revenue is not None:
        matrices.append((_("Revenue"), "money", table.revenue))
    for measure, kind, cells in matrices:
        sheet.space()
        sheet.line(f"{title}: {measure}", "section")
        columns = [("", "text"), *((head.name, kind) for head in table.columns), (_("Total"), kind)]
        rows = [[head.name, *row, sum(row)] for head, row in zip(table.rows, cells, strict=True)]
        totals = [sum(column) for column in zip(*cells, strict=True)] if cells else [0] * len(table.columns)
        sheet.table(columns, rows, [_("Total"), *totals, sum(totals)])


def write_method(book, summary, notes=()):
    """Sheet "Method": rules, figures and what a reader has to know.

    :param notes: further sentences
    """
    env = summary.company.env
    _ = env._
    method = summary.method
    sheet = book.add_sheet(_("Method"))
    sheet.widths(("text", "text", "wrapped"))
    sheet.line(_("Method"), "title")
    run = _("Never: nobody has been classified yet.")
    if method.last_run:
        run = format_datetime(env, method.last_run)
    for title, value in ((_("As of"), format_date(env, summary.as_of)), (_("Last evaluation of all customers"), run)):
        sheet.cells(("text", "text"), (title, value))
    for note in (*method.notes, *notes):
        sheet.line(note, "note")
    for line in method.dimensions:
        sheet.space()
        sheet.line(line.dimension.name, "section")
        sheet.cells(("text", "text"), (_("Method"), line.method))
        sheet.cells(("text", "text"), (_("Standard"), line.standard or _("Own rules")))
        sheet.table([("", "text"), (_("Class"), "text"), (_("Rule"), "wrapped")], [("", *rule) for rule in line.rules])
    sheet.space()
    sheet.line(_("Figures"), "section")
    sheet.table(
        [("", "text"), (_("Figure"), "text"), (_("Computed from"), "wrapped")],
        [("", *metric) for metric in method.metrics],
    )


def write_reconciliation(book, summary, found):
    """Sheet "Reconciliation": classes and unclassified beside the ledger, and what explains a difference.

    :param found: :class:`~.reconciliation.Reconciliation`, or ``None``
    """
    env = summary.company.env
    _ = env._
    sheet = book.add_sheet(_("Reconciliation"))
    sheet.widths(("text", "money", "money", "money", "money", "wrapped"))
    sheet.line(_("Reconciliation with the ledger"), "title")
    if not found:
        sheet.line(summary.no_data or _("Reconciliation needs rights for sales or invoicing."))
        return
    _write_scope(sheet, found, env)
    columns = [(_("Dimension"), "text")]
    columns += [(name, "money") for name in (_("Classes"), _("Unclassified"), _("Ledger"), _("Difference"))]
    rows = [(c.dimension.name, c.classes, c.unclassified, c.ledger, c.difference) for c in found.comparisons]
    sheet.table(columns, rows)
    sheet.space()
    sheet.line(_("The ledger's total by account"), "section")
    rows = [(" ".join(filter(None, (account.code, account.name))), amount) for account, amount in found.accounts]
    sheet.table([(_("Account"), "text"), (_("Amount"), "money")], rows, (_("Total"), found.ledger))
    sheet.space()
    sheet.line(_("What explains differences"), "section")
    if not found.causes:
        sheet.line(_("There is no difference."))
        return
    columns = [(_("Customer"), "text")]
    columns += [(name, "money") for name in (_("Customer file"), _("Ledger"), _("Difference"))]
    columns += [("", "text"), (_("Reason"), "wrapped")]
    rows = [
        (c.partner.name or "", c.classified, c.ledger, (c.classified or 0.0) - c.ledger, None, c.reason)
        for c in found.causes
    ]
    sheet.table(columns, rows)
    if found.further:
        sheet.line(_("And %s more customers with smaller differences.", found.further), "note")


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
