"""A process is killed in every phase of a run of everybody."""

from ..console import say
from . import base

# Where, and what must be stored then: the old state, or the new one.
PHASES = {
    "before begin": "old",
    "before execute": "old",
    "during load": "old",
    "after load": "old",
    "after classify": "old",
    "during compare": "old",
    "after compare": "old",
    "during update": "old",
    "after update": "old",
    "after insert": "old",
    "after history": "old",
    "after queue changes": "old",
    "after execute": "old",
    "before notify": "old",
    "after run": "old",  # all is done but not committed
    "before next steps": "new",
    "after next steps": "new",
    "before attempt": "new",
    "after action": "new",
    "before recommend": "new",
    "after recommend": "new",
}


def check(server):
    """Return what is wrong, a sentence for each."""
    states, wanted = undisturbed(server)
    problems = []
    for phase, expected in PHASES.items():
        base.renew(server)
        base.finish(base.start(server, "work", at=phase), killed=True)
        found = base.written(server)
        if differing := base.differences(found, states[expected]):
            mixed = "a mix" if found not in states.values() else "not what was expected"
            problems.append(f"killed {phase}: {mixed}, {', '.join(differing)}")
        seconds = base.work(server)["seconds"]
        if differing := base.differences(base.everything(server), wanted):
            problems.append(f"killed {phase}: the next run gives something else in {', '.join(differing)}")
        say(f"    killed {phase}: {expected} state; the next run took {seconds:.1f} s")
    return problems


def undisturbed(server):
    """The old and the new state, and all that follows from the new one."""
    base.renew(server)
    states = {"old": base.written(server)}
    seconds = base.work(server)["seconds"]
    states["new"] = base.written(server)
    for table, found in base.everything(server).items():
        say(f"    {table}: {found.split()[0]} rows")
    say(f"    undisturbed: {seconds:.1f} s")
    return states, base.everything(server)
