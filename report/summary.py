"""The summary of a classification, for whoever presents it.

Renderers (tables, QWeb, spreadsheets) show these objects and compute nothing themselves.
"""

from datetime import date
from itertools import combinations

from odoo.tools import format_date

from ..engine.scope import Scope
from .summary_classes import ClassCounts, cross, total
from .summary_data import Figures, Quality, Summary
from .summary_parts import method, movers, pareto, quality, top_customers
from .summary_rows import SummaryRows

CROSSED = 4  # so many dimensions are crossed with each other unless the caller names pairs


def summarise(company, as_of=None, compare_to=None, dimensions=None, domain=None, crosses=None) -> Summary:
    """Summary of the classification of a company, with the rights of the company record's user.

    :param as_of: day of the classes, ``None`` for those stored now; of a past day, the classes that were recorded and
        the revenue of the documents up to it
    :param compare_to: day before it to compare with
    :param dimensions: ``segmentation.dimension`` records; ``None`` for all that apply to the company
    :param domain: on ``res.partner``: the customers to look at
    :param crosses: pairs of dimensions to cross; ``None`` for those of the first ones
    """
    rows, reasons = open_rows(company, as_of, compare_to, domain)
    rows.fill()
    return summarise_rows(rows, reasons, dimensions, crosses)


def open_rows(company, as_of=None, compare_to=None, domain=None, metrics=None):
    """The customers of a summary, and why a date has no data: as-of date, comparison date.

    :param metrics: further figures of each customer, see :class:`~.summary_rows.SummaryRows`
    """
    company = company.with_company(company)
    today = company.env["segmentation.run"]._today(company)
    is_past = bool(as_of) and as_of < today
    day = as_of or _evaluated_day(company) or today
    no_data = _no_data(company, as_of, today)
    no_comparison = _no_comparison(company, compare_to, as_of or today) if compare_to else ""
    known = compare_to if compare_to and not no_data and not no_comparison else None
    dimensions = company.env["segmentation.dimension"]._used_by(company)
    return SummaryRows(company, day, is_past, known, dimensions, domain, metrics), (no_data, no_comparison)


def summarise_rows(rows, reasons, dimensions=None, crosses=None) -> Summary:
    """Summary of customers that are at hand.

    :param rows: :class:`~.summary_rows.SummaryRows`, filled
    :param reasons: as given by :func:`open_rows`
    """
    no_data, no_comparison = reasons
    dimensions = rows.dimensions if dimensions is None else rows.dimensions & dimensions.with_env(rows.env)
    if no_data:
        return _without_data(rows, reasons, dimensions)
    pairs = list(combinations(dimensions[:CROSSED], 2)) if crosses is None else crosses
    all_ = total(rows)
    summaries = tuple(ClassCounts(rows, dimension).summary(all_) for dimension in dimensions)
    return Summary(
        rows.company,
        rows.as_of,
        rows.compare_to,
        "",
        no_comparison,
        rows.shows_figures,
        rows.is_past,
        all_,
        summaries,
        tuple(cross(rows, *pair) for pair in pairs),
        pareto(rows),
        top_customers(rows, all_),
        movers(rows, dimensions, "up"),
        movers(rows, dimensions, "down"),
        quality(rows, summaries),
        method(rows, dimensions),
    )


def _without_data(rows, reasons, dimensions) -> Summary:
    return Summary(
        rows.company,
        rows.as_of,
        None,
        *reasons,
        rows.shows_figures,
        rows.is_past,
        Figures(),
        *((),) * 6,
        Quality(None, ()),
        method(rows, dimensions),
    )


def _evaluated_day(company) -> date | None:
    """The day that the windows of the stored figures end with."""
    Run = company.env["segmentation.run"]
    last = Run._last_complete(company)
    if not last:
        domain = [("company_id", "=", company.id), ("state", "in", ("done", "partial"))]
        last = Run.search(domain, limit=1)
    return last.as_of or None


def _first_day(company, today: date) -> date | None:
    """The day the first customer file was made; ``None`` when there is none."""
    Profile = company.env["segmentation.profile"].with_context(active_test=False)
    [[first]] = Profile._read_group([("company_id", "=", company.id)], [], ["create_date:min"])
    return Scope(company.env, company.id, today).day_of(first) if first else None


def _no_data(company, day: date | None, today: date) -> str:
    """Why there are no classes of a day; empty when there are."""
    first = _first_day(company, today)
    if not first:
        return company.env._("No customer of %s has been classified yet.", company.name)
    if not day:
        return ""
    text = format_date(company.env, day)
    if day > today:
        return company.env._("No data: %s lies in the future.", text)
    if day == today:
        return ""
    if day < first:
        return company.env._(
            "No data: no customer was classified on %(date)s. The first customer file is of %(first)s.",
            date=text,
            first=format_date(company.env, first),
        )
    start = company.segmentation_history_start
    if start and day < start:
        return company.env._(
            "No data: history before %(start)s has been removed, %(date)s included.",
            start=format_date(company.env, start),
            date=text,
        )
    return ""


def _no_comparison(company, day: date, as_of: date) -> str:
    if day >= as_of:
        return company.env._(
            "No comparison: the comparison date %(date)s must be before %(as_of)s.",
            date=format_date(company.env, day),
            as_of=format_date(company.env, as_of),
        )
    return _no_data(company, day, as_of)
