"""Two processes classify the same customers at once."""

import time

from .. import postgres
from ..console import say
from . import base, kills

BUSY = "being classified"


def check(server):
    """Return what is wrong, a sentence for each."""
    _states, wanted = kills.undisturbed(server)
    problems = []
    for title, race in (
        ("a user while the job works", user_meets_job),
        ("the job while a user classifies", job_meets_user),
        ("two schedulers", job_meets_job),
    ):
        base.renew(server)
        problems += [f"{title}: {problem}" for problem in race(server)]
        base.work(server)
        if differing := base.differences(base.everything(server), wanted):
            problems.append(f"{title}: something else than alone in {', '.join(differing)}")
        say(f"    {title}: tried")
    return problems


def user_meets_job(server):
    job = base.start(server, "work", at="pause update")
    wait_for_lock(server)
    outcome = base.finish(base.start(server, "classify"))["outcome"]
    say(f"        the user is told: {outcome}")
    base.finish(job)
    return [] if BUSY in outcome else [f"the user was not refused: {outcome}"]


def job_meets_user(server):
    user = base.start(server, "classify", pause=10)
    wait_for_lock(server)
    job = base.finish(base.start(server, "work"))
    outcome = base.finish(user)["outcome"]
    say(f"        the job waited for the user and then took, with that, {job['seconds']:.1f} s")
    lost = [f"{job['waiting']} runs wait still"] if job["waiting"] else []
    return lost if outcome == "done" else [*lost, f"the user was disturbed: {outcome}"]


def job_meets_job(server):
    first, second = (base.start(server, "work", at="pause update", pause=3) for _number in range(2))
    base.finish(first)
    base.finish(second)
    return []


def wait_for_lock(server):
    """Until somebody classifies."""
    locks = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        f" AND database = (SELECT oid FROM pg_database WHERE datname = '{base.WORK}')"
        f" AND classid = {0x5E6}"
    )
    deadline = time.monotonic() + base.PATIENCE
    while postgres.query(server, locks) == "0" and time.monotonic() < deadline:
        time.sleep(0.2)
