"""Two users post invoices, confirm orders and edit contacts while everybody is classified again and again."""

from collections import defaultdict

from ..console import say
from . import base

SECONDS = 60
USERS = 2
LIMIT = 50  # milliseconds that nobody may wait longer for a lock of ours, nor at the 95th percentile
# Title → the script that runs beside the users. The second one shows what is due to the processors alone.
LOADS = {"alone": None, "with other load": "burn", "with runs": "runs"}


def check(server):
    """Return what is wrong, a sentence for each."""
    figures, problems = {}, []
    for title, load in LOADS.items():
        base.renew(server)
        base.work(server)
        figures[title], found = measure(server, load)
        problems += [f"{title}: {problem}" for problem in found] if load != "burn" else []
    tell(figures)
    left = base.work(server, jobs="cron_work cron_classify_touched")["waiting"]
    return [*problems, *(["runs or touched customers wait for ever"] if left else [])]


def measure(server, load):
    users = [base.start(server, "users", seed=number, seconds=SECONDS) for number in range(USERS)]
    waits = base.start(server, "waits", seconds=SECONDS + 10)
    other = base.start(server, load, seconds=SECONDS) if load else None
    results = [base.finish(user) for user in users]
    waiting = base.finish(waits)
    if other:
        say(f"    {load}: {base.finish(other)}")
    times = defaultdict(list)
    for result in results:
        for action, values in result["times"].items():
            times[action] += values
    problems = [error for result in results for error in result["errors"]]
    return times, problems + long_waits(waiting, users, other)


def long_waits(waiting, users, other):
    """Waits of users for a lock that a run holds."""
    names = {f"odoo-{user.pid}" for user in users}
    own = f"odoo-{other.pid}" if other else None
    found = [wait for wait in waiting["waits"] if wait[0] in names and wait[1] == own]
    between = [wait[-1] for wait in waiting["waits"] if wait[0] in names and wait[1] in names]
    ours = [wait[-1] for wait in found]
    say(
        f"    {waiting['looks']} looks: {len(ours)} waits for a run, the longest {max(ours, default=0)} ms;"
        f" {len(between)} of users for each other, the longest {max(between, default=0)} ms"
    )
    return [f"a user waited {wait[-1]} ms for a lock: {wait[4]}" for wait in found if wait[-1] > LIMIT]


def tell(figures):
    say(f"    {'milliseconds':<16}{'':<18}{'number':>8}{'median':>8}{'p95':>8}{'max':>8}")
    for action in figures["alone"]:
        for title, times in figures.items():
            values = sorted(times[action])
            cells = [len(values), *(values[int(len(values) * part)] for part in (0.5, 0.95)), values[-1]]
            say(f"    {action:<16}{title:<18}" + "".join(f"{cell:>8.0f}" for cell in cells))
