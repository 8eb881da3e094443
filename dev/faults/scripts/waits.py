"""Look every few milliseconds, for FAULT_SECONDS, who waits for a lock, and for whom."""

import json
import os
import time
from collections import defaultdict

WAITING = """
    SELECT waits.application_name, blocks.application_name, waits.pid, waits.query_start::text,
           left(regexp_replace(waits.query, '\\s+', ' ', 'g'), 60),
           extract(epoch FROM clock_timestamp() - waits.query_start) * 1000
      FROM pg_stat_activity AS waits, unnest(pg_blocking_pids(waits.pid)) AS blocker
      JOIN pg_stat_activity AS blocks ON blocks.pid = blocker
     WHERE waits.wait_event_type = 'Lock' AND waits.datname = current_database()
"""
longest = defaultdict(float)
looks, end = 0, time.monotonic() + float(os.environ["FAULT_SECONDS"])
while time.monotonic() < end:
    env.cr.execute(WAITING)
    for waiter, blocker, pid, start, query, milliseconds in env.cr.fetchall():
        key = (waiter, blocker, pid, start, query)
        longest[key] = max(longest[key], float(milliseconds))
    env.cr.rollback()
    looks += 1
    time.sleep(0.01)
print()
print(json.dumps({"looks": looks, "waits": [[*key, round(value)] for key, value in longest.items()]}))
