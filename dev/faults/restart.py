"""PostgreSQL crashes and comes back while customers are classified."""

import os
import signal
import time
from dataclasses import replace

from .. import postgres
from ..console import say
from . import base, kills, races

PLACES = ("load", "update", "notify", "next steps")


def check(server):
    """Return what is wrong, a sentence for each."""
    if server.external:
        say("    left out: the server is not of this checkout")
        return []
    states, wanted = kills.undisturbed(server)
    problems = []
    for place in PLACES:
        base.renew(server)
        checkpoint(server)
        process = base.start(server, "work", at=f"pause {place}", pause=20)
        wait_until_paused(server)
        crash()
        code = process.wait(base.PATIENCE)
        if base.written(server) not in states.values():
            problems.append(f"{place}: a mix")
        seconds = base.work(server)["seconds"]
        if differing := base.differences(base.everything(server), wanted):
            problems.append(f"{place}: the next run gives something else in {', '.join(differing)}")
        say(f"    crashed at {place}, the process ended with {code}; the next run took {seconds:.1f} s")
    return problems


def checkpoint(server):
    """Without one, sequences of a database that was just copied fall back in a crash."""
    postgres.query(replace(server, user="postgres"), "CHECKPOINT")


def wait_until_paused(server):
    """The paused process is idle within a transaction for a while."""
    races.wait_for_lock(server)
    idle = (
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{base.WORK}' AND state = 'idle in transaction'"
        " AND state_change < clock_timestamp() - interval '3 seconds'"
    )
    deadline = time.monotonic() + 60
    while postgres.query(server, idle) == "0" and time.monotonic() < deadline:
        time.sleep(0.2)


def crash():
    """What `pg_ctl restart -m immediate` does: all processes of the server end at once, and it recovers."""
    os.kill(int(postgres.first_line(postgres.PID_FILE)), signal.SIGQUIT)
    deadline = time.monotonic() + postgres.STOP_PATIENCE
    while postgres.PID_FILE.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    postgres.start()
