"""The first sheet of the workbook: what it is about, and what matters most."""

from odoo.tools import format_date, format_datetime


def write_front(book, summary, domain_text: str):
    """Sheet "Summary": what it is about, totals, largest customers, movers, data quality, Pareto curve."""
    env = summary.company.env
    sheet = book.add_sheet(env._("Summary"))
    sheet.widths(("text", "text", "text", "text", "money", "money", "money", "percent"))
    sheet.line(env._("Customer classification of %s", summary.company.name), "title")
    for text in facts(summary, domain_text):
        sheet.line(text)
    if summary.no_data:
        sheet.space()
        sheet.line(summary.no_data, "section")
        return
    _write_totals(sheet, summary, env)
    _write_top(sheet, summary, env)
    _write_movers(sheet, summary, env)
    _write_quality(sheet, summary, env)
    _write_pareto(sheet, summary, env)


def facts(summary, domain_text: str):
    """What a reader needs to know first, in lines."""
    env = summary.company.env
    yield env._("As of: %s", format_date(env, summary.as_of))
    if summary.compare_to:
        yield env._("Compared with: %s", format_date(env, summary.compare_to))
    if summary.no_comparison:
        yield summary.no_comparison
    yield env._("Amounts in: %s", summary.company.currency_id.name)
    if domain_text:
        yield env._("Only customers that match: %s", domain_text)
    yield env._("Made by %(user)s on %(moment)s.", user=env.user.name, moment=format_datetime(env, env.cr.now()))


def _write_totals(sheet, summary, env):
    total = summary.total
    lines = [(env._("Customers"), "integer", total.customers)]
    if summary.compare_to:
        lines.append((env._("Change of the number of customers"), "change", total.change))
    if summary.shows_figures:
        lines += [
            (env._("Revenue"), "money", total.revenue),
            (env._("Prior revenue"), "money", total.revenue_prior),
            (env._("Growth"), "percent", total.growth),
            (env._("Average revenue"), "money", total.average),
        ]
        if not summary.is_past:
            lines.append((env._("Overdue"), "money", total.overdue))
    sheet.space()
    for title, kind, value in lines:
        sheet.cells(("text", kind), (title, value))


def _write_top(sheet, summary, env):
    if not summary.top_customers:
        return
    sheet.space()
    sheet.line(env._("Largest customers"), "section")
    columns = [(env._("Customer"), "text"), (env._("Revenue"), "money"), (env._("Share of revenue"), "percent")]
    sheet.table(columns, [(line.partner.name or "", line.revenue, line.share) for line in summary.top_customers])


def _write_movers(sheet, summary, env):
    for title, movers in ((env._("Moved up"), summary.movers_up), (env._("Moved down"), summary.movers_down)):
        if not movers:
            continue
        sheet.space()
        sheet.line(title, "section")
        columns = [(name, "text") for name in (env._("Customer"), env._("Dimension"), env._("From"), env._("To"))]
        rows = [(m.partner.name or "", m.dimension.name, m.source.name, m.target.name) for m in movers]
        if summary.shows_figures:
            columns.append((env._("Revenue"), "money"))
            rows = [(*row, mover.revenue) for row, mover in zip(rows, movers, strict=True)]
        sheet.table(columns, rows)


def _write_quality(sheet, summary, env):
    sheet.space()
    sheet.line(env._("Data quality"), "section")
    columns = [("", "text"), (env._("Customers"), "integer")]
    lines = [
        (env._("%s: unclassified", d.name), figures.customers, figures.revenue)
        for d, figures in summary.quality.unclassified
    ]
    lines += [
        (env._("%s: not known", fact.name), fact.customers, fact.revenue) for fact in summary.quality.missing or ()
    ]
    if summary.shows_figures:
        columns.append((env._("Revenue"), "money"))
    sheet.table(columns, [line[: len(columns)] for line in lines])


def _write_pareto(sheet, summary, env):
    if not summary.pareto:
        return
    sheet.space()
    sheet.line(env._("Concentration: share of revenue of the largest customers"), "section")
    columns = [(env._("Share of customers"), "percent"), (env._("Share of revenue"), "percent")]
    start = sheet.row
    first, last = sheet.table(columns, [(point.customers, point.revenue) for point in summary.pareto])
    series = {
        "name": env._("Share of revenue"),
        "categories": [sheet.name, first, 0, last, 0],
        "values": [sheet.name, first, 1, last, 1],
        "line": {"color": "#714B67", "width": 2},
    }
    x_axis = {"name": env._("Share of customers"), "num_format": "0%", "interval_unit": 10}
    sheet.chart("line", start - 1, [series], (start, 2), x_axis=x_axis, y_axis={"num_format": "0%"})
