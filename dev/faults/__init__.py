"""`python3 -m dev faults`: kill, race and restart real processes on a real PostgreSQL, and look at what is left.

Nothing of it is in the add-on: processes are `odoo shell`s whose methods are patched to stop at a named step.
"""

from .. import bench, environment
from ..console import DevError, say
from . import base, jobs, kills, races, restart, traffic, upgrade, workers

CHECKS = {
    "kills": kills.check,
    "races": races.check,
    "restart": restart.check,
    "jobs": jobs.check,
    "traffic": traffic.check,
    "upgrade": upgrade.check,
    "workers": workers.check,
}


def run(customers, names):
    """Return the exit code."""
    failed = []
    with environment.ready() as server:
        bench.ensure_base(server)
        data = f"bench_data_{customers}"
        bench.ensure_data(server, data, customers)
        base.make(server, data)
        for name in names or CHECKS:
            say(f"\n{name}")
            failed += [f"{name}: {problem}" for problem in CHECKS[name](server)]
    if failed:
        raise DevError("\n".join(["faults found:", *failed]))
    say("\nNo fault found.")
    return 0
