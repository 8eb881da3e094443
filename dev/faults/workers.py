"""Servers work off the jobs of OCA's queue_job together: nothing is done twice or left out, also when one is killed."""

import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

from .. import database, odoo
from ..console import DevError, end_with_parent, say, stop, tail
from ..paths import LOGS
from ..postgres import query
from . import base

QUEUED = "faults_queued"
JOBS = "cron_work cron_classify_touched cron_export cron_next_steps cron_actions cron_recommend"
PATIENCE = 900
LEFT = """
SELECT count(*) FILTER (WHERE state IN ('enqueued', 'started')) || ' ' || count(*) FILTER (WHERE state = 'pending')
  FROM queue_job
"""
# What has failed once, or met the work of another server, is repeated minutes later.
LET_TIME_PASS = """
UPDATE segmentation_action_item SET not_before = now() AT TIME ZONE 'UTC' WHERE state = 'waiting';
UPDATE queue_job SET eta = NULL WHERE state = 'pending'
"""
DONE = """
SELECT format('%s runs: %s; %s exports: %s, %s files, %s messages; %s actions: %s, for at most %s per customer',
              (SELECT count(*) FROM segmentation_run), (SELECT string_agg(DISTINCT state, ' ') FROM segmentation_run),
              (SELECT count(*) FROM segmentation_export),
              (SELECT string_agg(DISTINCT state, ' ') FROM segmentation_export),
              (SELECT count(*) FROM ir_attachment WHERE res_model = 'segmentation.export'),
              (SELECT count(*) FROM mail_message WHERE model = 'segmentation.export'),
              (SELECT count(*) FROM segmentation_action_item),
              (SELECT string_agg(DISTINCT state, ' ') FROM segmentation_action_item),
              (SELECT max(length(function)) FROM res_partner WHERE function ~ '^x+$'))
"""
COUNTED = "SELECT md5(string_agg(id || function, ',' ORDER BY id)) FROM res_partner WHERE function ~ '^x+$'"
FIGURES = """
SELECT format('%s jobs in %s s: %s; attempts at actions: %s', sum(jobs), sum(seconds), string_agg(text, ', '),
              (SELECT string_agg(format('%s × %s', count, attempts), ', ')
                 FROM (SELECT count(*), attempts FROM segmentation_action_item GROUP BY attempts) AS a))
  FROM (SELECT count(*) AS jobs, 0 AS seconds, format('%s by %s', count(*), worker_pid) AS text
          FROM queue_job WHERE state = 'done' GROUP BY worker_pid
         UNION ALL
        SELECT 0, extract(epoch FROM max(date_done) - min(date_started)),
               string_agg(DISTINCT state, ' ') FROM queue_job) AS by_worker
"""


def check(server):
    """Return what is wrong, a sentence for each."""
    base.renew(server, QUEUED)
    database.install(server, QUEUED, "queue_job")
    say(f"    waiting: {base.finish(base.start(server, 'queue', QUEUED))}")
    base.renew(server, source=QUEUED)
    say(f"    scheduled jobs alone: {base.work(server, jobs=JOBS)['seconds']:.0f} s")
    wanted = found(server)
    say(f"        {wanted['done']}")
    problems = []
    for title, servers, options in (
        ("one server", 1, {}),
        ("two servers", 2, {}),
        ("two servers with scheduled jobs, one is killed", 2, {"scheduled": True, "kill": True}),
    ):
        base.renew(server, source=QUEUED)
        say(f"    {title}")
        work(server, servers, **options)
        say(f"        {query(server, FIGURES, base.WORK)}")
        base.work(server, jobs=JOBS)  # next steps and the like
        problems += [f"{title}: something else in {name}" for name in base.differences(found(server), wanted)]
    return problems


def found(server):
    return {
        **base.everything(server),
        "done": query(server, DONE, base.WORK),
        "counted": query(server, COUNTED, base.WORK),
    }


def work(server, number, scheduled=False, kill=False):
    """Have so many servers work off all jobs."""
    ports = [free_port() for _number in range(number)]
    with balancer(ports) as address:
        processes = {port: start(server, port, address, number, scheduled) for port in ports}
        try:
            if kill:
                wait_for_jobs(server, until=6)
                processes.pop(ports.pop()).kill()
            wait_for_jobs(server)
        finally:
            for process in processes.values():
                stop(process)


def start(server, port, address, jobs, scheduled):
    """Begin a server that hands its jobs to the balancer, as on several hosts."""
    words = ["-d", base.WORK, "--load=base,rpc,web,queue_job", f"--http-port={port}", "--log-level=warn"]
    command = odoo.command(*words, f"--max-cron-threads={int(scheduled)}")
    env = {
        **odoo.environ(server),
        "ODOO_QUEUE_JOB_CHANNELS": f"root:{jobs}",
        "ODOO_QUEUE_JOB_HOST": address[0],
        "ODOO_QUEUE_JOB_PORT": str(address[1]),
    }
    with (LOGS / f"faults-workers-{port}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env, preexec_fn=end_with_parent)  # noqa: PLW1509


def wait_for_jobs(server, until=None):
    """Until all jobs have ended, or so many."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(1)
        if until and int(query(server, "SELECT count(*) FROM queue_job WHERE state = 'done'", base.WORK)) >= until:
            return
        active, pending = map(int, query(server, LEFT, base.WORK).split())
        later = query(server, "SELECT count(*) FROM queue_job WHERE state = 'pending' AND eta > now()", base.WORK)
        if not active and pending and int(later) == pending:
            query(server, LET_TIME_PASS, base.WORK)
        if not active and not pending:
            return
    raise DevError(f"Jobs are left after {PATIENCE} s:\n{tail(max(LOGS.glob('faults-workers-*.log')), 15)}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def balancer(ports):
    """Send whoever asks to one of the servers after the other."""
    turns = cycle(range(len(ports)))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{ports[next(turns) % len(ports)]}{self.path}")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield http.server_address
        http.shutdown()
