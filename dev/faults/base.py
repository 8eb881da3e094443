"""The databases that faults are tried in, the processes that work in them, and what is compared afterwards."""

import json
import subprocess
import time
from pathlib import Path

from .. import bench, database, odoo
from ..console import DevError, end_with_parent, tail
from ..paths import LOGS, MODULE
from ..postgres import query

BASE = "faults_base"  # classified; a run that changes much is waiting
WORK = "faults_work"
SCRIPTS = Path(__file__).parent / "scripts"
FOLLOWING = ("cron_next_steps", "cron_actions", "cron_recommend")
PATIENCE = 300

# What a run writes in one transaction: table → columns that say when and by which record, not what.
WRITTEN = {
    "segmentation_profile": "id create_uid create_date write_uid write_date",
    "segmentation_change": "id create_uid create_date date run_id",
    "segmentation_cut": "id create_uid create_date write_uid write_date",
}
# What the jobs after it make of that.
FOLLOWED = {
    "segmentation_next_step": "id create_uid create_date write_uid write_date",
    "segmentation_peer_product": "id",
    "segmentation_action_item": "id change_id attempts not_before done_at error",
}


def make(server, data):
    """Make the base from a database of `make bench`."""
    database.copy(server, data, BASE)
    bench.call_odoo(
        server, "Installing the add-on", "faults-install.log", "-d", BASE, "-i", MODULE, "--stop-after-init"
    )
    finish(start(server, "prepare", BASE))
    query(server, "VACUUM (ANALYZE)", BASE)


def renew(server, name=WORK, source=BASE):
    database.copy(server, source, name)


def start(server, script, name=WORK, **variables):
    """Begin a script of `scripts/` in an `odoo shell` of its own."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"faults-{script}-{time.monotonic_ns()}.log"
    env = {**odoo.environ(server), **{f"FAULT_{key.upper()}": str(value) for key, value in variables.items()}}
    command = odoo.command("shell", "-d", name, "--no-http", "--log-level=warn")
    with log.open("wb") as output, (SCRIPTS / f"{script}.py").open("rb") as stdin:
        options = {"stdin": stdin, "stdout": output, "stderr": subprocess.STDOUT, "env": env}
        process = subprocess.Popen(command, preexec_fn=end_with_parent, **options)  # noqa: PLW1509
    process.log = log
    return process


def finish(process, killed=False):
    """Wait for a script; return what it printed as its last line, as JSON."""
    code = process.wait(PATIENCE)
    if killed:
        if code != -9:
            raise DevError(f"The process was to be killed but ended with {code}:\n{tail(process.log, 15)}")
        return None
    lines = process.log.read_text().strip().splitlines()
    if code or not lines or not lines[-1].startswith("{"):
        raise DevError(f"A process failed with exit code {code}:\n{tail(process.log, 15)}")
    return json.loads(lines[-1])


def work(server, name=WORK, **variables):
    """Work off all that waits, as the scheduler does."""
    return finish(start(server, "work", name, **variables))


def written(server, name=WORK):
    """What is stored of a run."""
    return prints(server, WRITTEN, name)


def everything(server, name=WORK):
    """What is stored of a run and of what follows from it."""
    marks = "SELECT md5(string_agg(id || comment, ',' ORDER BY id)) FROM res_partner WHERE comment LIKE '%fault%'"
    return {**prints(server, WRITTEN | FOLLOWED, name), "res_partner": query(server, marks, name)}


def prints(server, tables, name):
    return {table: query(server, _print(table, left_out), name) for table, left_out in tables.items()}


def _print(table, left_out):
    row = f"md5((to_jsonb(t) - '{{{','.join(left_out.split())}}}'::text[])::text)"
    return f"SELECT count(*) || ' ' || coalesce(md5(string_agg({row}, '' ORDER BY {row})), '') FROM {table} t"


def differences(found, wanted):
    return [table for table in wanted if found[table] != wanted[table]]
