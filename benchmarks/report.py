"""Measure everything and print the table; the bounds are those of the issue."""

from pathlib import Path

from . import orm_loop, statements
from .indexes import CANDIDATES, Indexes
from .measure import Bench
from .pages import Pages
from .previews import Previews
from .recommend import Recommendations
from .scenarios import Scenarios
from .table import Row, show, timing


def main(env, repeat, plans=None):
    """Measure; ``plans`` names the file for query plans, if they are wanted."""
    bench = Bench(env.registry, env.ref("base.main_company").id, repeat)
    env.cr.rollback()
    scenarios = Scenarios(bench)
    scenarios.run()
    pages = Pages(bench)
    pages.run()
    previews = Previews(bench)
    previews.run()
    loop = orm_loop.measure(bench)
    indexes = Indexes(bench, scenarios.classify)
    indexes.run()
    recommendations = Recommendations(bench)
    recommendations.run()
    print(
        f"\n{scenarios.customers:,} customers of one company, median of {repeat} runs or more; bounds are for 300,000\n"
    )
    show(
        [
            *engine_rows(scenarios),
            *page_rows(pages),
            *preview_rows(previews),
            *loop_rows(scenarios, loop),
            *index_rows(indexes),
            *recommendations.rows(),
        ]
    )
    print("\nThe hand-written statement and the engine gave the same classes to every customer of both companies.")
    if plans:
        write_plans(bench, scenarios, Path(plans))


def engine_rows(scenarios):
    samples, costs = scenarios.samples, scenarios.costs
    first, unchanged = samples["first"].median, samples["unchanged"].median
    queries = costs["one customer"].queries
    constant = {"against": "one customer", "bound": 1, "measure": "ratio"}
    by_hand = {"against": "by hand", "bound": 2, "measure": "ratio"}
    return [
        timing("first run, by hand", samples["first by hand"]),
        timing("first run", samples["first"], ratio=first / samples["first by hand"].median, **by_hand),
        timing("nothing changed, by hand", samples["unchanged by hand"]),
        timing(
            "nothing changed", samples["unchanged"], ratio=unchanged / samples["unchanged by hand"].median, **by_hand
        ),
        timing(
            "1 % changed, everybody evaluated",
            samples["1 % changed"],
            ratio=samples["1 % changed"].median / first,
            against="first run",
        ),
        timing(
            "1 % changed, these evaluated",
            samples["1 % only"],
            ratio=samples["1 % only"].median / first,
            against="first run",
            bound=0.1,
            measure="ratio",
        ),
        timing("one customer", samples["one customer"], 1000, bound=100),
        timing("one customer, the busiest", samples["one customer, the busiest"], 1000, bound=100),
        Row("memory, first run", costs["first"].megabytes, "MB", bound=100),
        Row("memory, nothing changed", costs["unchanged"].megabytes, "MB", bound=100),
        Row("queries, one customer", queries, ""),
        Row("queries, 1 % only", costs["1 % only"].queries, "", ratio=costs["1 % only"].queries / queries, **constant),
        # Runs of everybody wake a job, and the first notes the rules; neither depends on how many customers there are.
        *(Row(f"queries, {name}", costs[name].queries, "") for name in ("first", "unchanged")),
    ]


def page_rows(pages):
    samples = pages.samples
    without = samples["form without ours"].median
    form = samples["form"].median
    return [
        timing("partner form", samples["form"], 1000, ratio=form / without, against="without ours"),
        timing("partner form without ours", samples["form without ours"], 1000),
        timing("Contacts: group by size", samples["group"], 1000, bound=200),
        timing("Contacts: search a size, list and count", samples["search"], 1000, bound=200),
        timing("Contacts: sort by size", samples["sort"], 1000),
        timing("Customers: group by size", samples["group of customers"], 1000),
        timing("Customers: counters of the search panel", samples["search panel"], 1000),
    ]


def preview_rows(previews):
    return [
        timing(f"preview of {name}, {previews.moved[name]:,} would move", samples, bound=3)
        for name, samples in previews.samples.items()
    ]


def loop_rows(scenarios, loop):
    seconds, sample = loop
    total = seconds / sample * scenarios.customers
    ratio = total / scenarios.samples["first"].median
    title = f"ORM loop, {sample} customers"
    return [Row(title, seconds), Row("ORM loop, extrapolated to all", total, ratio=ratio, against="first run")]


def index_rows(indexes):
    rows = [timing("one customer without the indexes", indexes.samples["none of them"], 1000)]
    for name in CANDIDATES:
        rows.append(timing(f"  with {name}", indexes.samples[name], 1000))
        rows.append(timing("    building it", indexes.build[name]))
        rows.append(Row("    its size", indexes.sizes[name], "MB"))
    without = indexes.samples["posting without"]
    ratio = indexes.samples["posting with"].median / without.median
    rows.append(timing("posting 200 invoices without the first index", without))
    rows.append(timing("posting 200 invoices with it", indexes.samples["posting with"], ratio=ratio, against="without"))
    return rows


def write_plans(bench, scenarios, path):
    """Plans of a first run, of one that changes nothing, and of one customer."""
    for name, truncate, count in (("first", True, 0), ("unchanged", False, 0), ("one", False, 1)):
        plans = path.with_name(f"{path.stem}-{name}.sql")
        with bench.transaction() as env:
            if truncate:
                env.cr.execute("TRUNCATE segmentation_profile CASCADE")
            partner_ids = scenarios.some(env, count) if count else None
            with statements.explained(plans, least=0 if count else 0.02):
                scenarios.classify(env, partner_ids)
        print(f"Plans: {plans}")
