"""Classify for FAULT_SECONDS, as scheduled jobs do, with a bound that goes up and down so that much is written."""

import json
import os
import time

JOBS = ("cron_work", "cron_classify_touched", "cron_next_steps", "cron_recommend")
bounds = env["segmentation.criterion"].search(
    [("dimension_id", "=", env.ref("partner_segmentation.dimension_size").id)]
)
env["segmentation.action"].search([]).active = False  # what they do is no part of a run
low = {bound.id: bound.lower_bound for bound in bounds}
end = time.monotonic() + float(os.environ["FAULT_SECONDS"])
times = []
while time.monotonic() < end:
    for bound in bounds:
        bound.lower_bound = low[bound.id] * (1 + len(times) % 2)
    env["segmentation.run"]._queue(env.company, "manual")
    env.cr.commit()
    start = time.monotonic()
    for job in JOBS:
        env.ref(f"partner_segmentation.{job}").method_direct_trigger()
        env.cr.commit()
    times.append(round(time.monotonic() - start, 1))
runs = env["segmentation.run"].search([])
print()
print(
    json.dumps({"runs": len(times), "seconds": times, "states": {s: len(r) for s, r in runs.grouped("state").items()}})
)
