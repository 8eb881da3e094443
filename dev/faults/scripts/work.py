"""Do the jobs in FAULT_JOBS as the scheduler does, until nothing waits; FAULT_AT names where the process kills itself.

FAULT_AT is `<before|after|during|pause> <place>`, with the places below; `during` kills it from another thread, a
moment after the step has begun; `pause` only makes it last.
"""

import json
import os
import signal
import threading
import time

from odoo.exceptions import UserError

from odoo.addons.partner_segmentation.engine.evaluate import Evaluation
from odoo.addons.partner_segmentation.engine.write import Writer

JOBS = os.environ.get("FAULT_JOBS", "cron_work cron_next_steps cron_actions cron_recommend").split()
PAUSE = float(os.environ.get("FAULT_PAUSE", "10"))
WAITING = """
    SELECT (SELECT count(*) FROM segmentation_run WHERE state IN ('queued', 'running'))
         + (SELECT count(*) FROM segmentation_touch)
         + (SELECT count(*) FROM segmentation_export WHERE state IN ('queued', 'running'))
         + (SELECT count(*) FROM segmentation_action_item WHERE state = 'waiting')
"""
# Attempts that were interrupted are repeated after five minutes, and so long runs wait for further changes of rules.
LET_TIME_PASS = """
    UPDATE segmentation_action_item SET not_before = now() AT TIME ZONE 'UTC' WHERE state = 'waiting';
    UPDATE segmentation_run SET not_before = now() AT TIME ZONE 'UTC' WHERE state = 'queued'
"""
PLACES = {
    "begin": (type(env["segmentation.run"]), "_begin"),
    "execute": (type(env["segmentation.run"]), "_execute"),
    "load": (Evaluation, "_load"),
    "classify": (Evaluation, "classified"),
    "compare": (Writer, "compare"),
    "update": (Writer, "update"),
    "insert": (Writer, "insert"),
    "history": (Writer, "write_history"),
    "notify": (type(env["segmentation.run"]), "_notify_user"),
    "run": (type(env["segmentation.run"]), "_work"),
    "queue changes": (type(env["segmentation.action"]), "_queue_changes"),
    "next steps": (type(env["segmentation.next.step"]), "_refresh"),
    "recommend": (type(env["segmentation.peer.product"]), "_refresh"),
    "action": (type(env["segmentation.action.item"]), "_run_server_action"),
    "attempt": (type(env["segmentation.action.item"]), "_run"),
    "touched": (type(env["segmentation.run"]), "_classify"),
    "export": (type(env["segmentation.export"]), "_finish"),
    "exported": (type(env["segmentation.export"]), "_work"),
}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def stop_at(when, place):
    cls, name = PLACES[place]
    original = getattr(cls, name)

    def patched(*args, **kwargs):
        if when == "before":
            die()
        if when == "during":
            threading.Timer(0.1, die).start()
        result = original(*args, **kwargs)
        if when == "after":
            die()
        time.sleep(PAUSE)  # also when the step was too short to be killed in its middle: then it is killed at its end
        return result

    setattr(cls, name, patched)


def do(job):
    """Do a job; one that the killed process seems to do still is left for later."""
    try:
        env.ref(f"partner_segmentation.{job}").method_direct_trigger()
    except UserError as error:
        print(job, error)
    finally:
        env.cr.commit()


if os.environ.get("FAULT_AT"):
    stop_at(*os.environ["FAULT_AT"].split(" ", 1))
start = time.monotonic()
while True:
    for job in JOBS:
        do(job)
    env.cr.execute(LET_TIME_PASS)
    env.cr.execute(WAITING)
    waiting = env.cr.fetchone()[0]
    env.cr.commit()
    if not waiting or time.monotonic() - start > 120:
        break
    time.sleep(1)
print()
print(json.dumps({"waiting": waiting, "seconds": time.monotonic() - start}))
