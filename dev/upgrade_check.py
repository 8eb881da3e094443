"""Prove that an update from the previous release keeps what users have made and leads to what a new installation has.

The previous release is taken from the history of the repository, installed beside Odoo, used, and updated.
"""

import json
import shutil
import subprocess
from collections import Counter

from . import database, odoo, odoo_log, upgrade_schema
from .console import run_logged, say
from .paths import LOGS, MODULE, ROOT, WORK
from .postgres import query

RELEASE, COMMIT = "19.0.1.0.0", "9e5d7742d6feb9205af63c9edc6ba4894a7273e3"
NAME = "upgrade"
FOLDER = WORK / "releases" / COMMIT[:12]
SHOWN = 10  # differences of a kind

# What upgrade_use.py changes in shipped records: external id → fields. "How to serve" comes from the description.
CHANGED = {
    "class_industry_other": {"active"},
    "class_size_large": {"name", "description", "service_description", "color"},
    "criterion_size_large_employee_count": {"lower_bound"},
    "cron_work": {"interval_number"},
    "dimension_region": {"hysteresis"},
    "metric_revenue_12m": {"description"},
}
DELETED = {"action_first_purchase"}


def passes(server, empty, fresh):
    """Say whether an update keeps everything and makes everything new; the updated database is kept if not.

    :param empty: database without the add-on that can be copied
    :param fresh: database into which the present version was installed
    """
    if not take_release():
        return True  # there is nothing to say about this version
    database.copy(server, empty, NAME)
    problems = work_with_release(server)
    before = upgrade_schema.rows(server, NAME)
    run(server, "Updating it", "update", "-d", NAME, "-u", MODULE, "--stop-after-init")
    problems += logged("update")
    problems += [f"not as before the update: {row}" for row in lost(before, upgrade_schema.rows(server, NAME, before))]
    problems += upgrade_schema.differences(server, NAME, fresh)
    problems += different_records(server, fresh)
    problems += without_rules(server)
    problems += evaluated(server)
    for problem in problems:
        say(f"    {problem}")
    if problems:
        say(f"    FAILED; the database {NAME} is kept for a look.")
        return False
    say(f"    The update from {RELEASE} keeps everything, and leads to what a new installation has.")
    return True


def take_release():
    """Put the add-on of the release into a folder of its own; say why if that is not possible."""
    target = FOLDER / MODULE
    if target.is_dir():
        return True
    archive = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        say(
            f"    The update from {RELEASE} cannot be tried: this clone does not have its commit {COMMIT[:12]}."
            " Clone the whole history, or run `git fetch --unshallow`."
        )
        return False
    target.mkdir(parents=True)
    try:
        subprocess.run(["tar", "-x", "-C", target], input=archive.stdout, check=True)
    except BaseException:
        shutil.rmtree(target)
        raise
    return True


def work_with_release(server):
    path = f"{odoo.source()},{FOLDER}"
    release = ("-d", NAME, "--addons-path", path)
    run(server, f"Installing {RELEASE}", "install", *release, "-i", MODULE, "--with-demo", "--stop-after-init")
    run(server, "Using it", "use", "shell", *release, "--log-level=warn", script="upgrade_use.py")
    return logged("install") + logged("use")


def run(server, title, step, *words, script=None):
    script = ROOT / "dev" / script if script else None
    command = odoo.command(*words, "--no-http")
    return run_logged(title, command, f"{NAME}-{step}.log", script=script, env=odoo.environ(server))


def told(server, name, script):
    """What a script prints as its last line."""
    words = ("shell", "-d", name, "--log-level=warn")
    log = run(server, f"Looking at {name}", script.removesuffix(".py"), *words, script=script)
    return json.loads(log.read_text().strip().splitlines()[-1])


def logged(step):
    return odoo_log.complaints(LOGS / f"{NAME}-{step}.log")


def lost(before, after):
    """Some of the rows that are not there any more, of each table."""
    return [
        f"{table} {row}"
        for table, rows in before.items()
        for row in list((Counter(rows) - Counter(after[table])).elements())[:SHOWN]
    ]


def different_records(server, fresh):
    updated, wanted = (told(server, name, "upgrade_describe.py") for name in (NAME, fresh))
    own = set(
        query(
            server,
            "SELECT 'field_' || replace(model, '.', '_') || '__' || name FROM ir_model_fields WHERE state = 'manual'",
            NAME,
        ).split()
    )
    problems = [f"only after an update: {name}" for name in updated.keys() - wanted.keys() - own]
    problems += [f"missing after an update: {name}" for name in wanted.keys() - updated.keys() - DELETED]
    for name in sorted(updated.keys() & wanted.keys()):
        fields = {field for field in wanted[name] if updated[name].get(field) != wanted[name][field]}
        problems += [
            f"{name}.{field} is {updated[name].get(field)!r:.200} after an update, else {wanted[name][field]!r:.200}"
            for field in sorted(fields - CHANGED.get(name, set()))
        ]
    return problems


def without_rules(server):
    """Reports of days before the update list the rules that were in force then."""
    sql = "SELECT code FROM segmentation_dimension WHERE id NOT IN (SELECT dimension_id FROM segmentation_rules)"
    return [f"the rules of dimension {code} were not kept" for code in query(server, sql, NAME).split()]


def evaluated(server):
    """Nobody has changed since the last run, so the next one changes no class."""
    found = told(server, NAME, "upgrade_run.py")
    problems = [f"a run after the update: {message}" for message in found["failures"]]
    problems += [f"a run after the update is {state}" for state in found["states"] if state not in ("done", "partial")]
    return problems + [f"a run after the update changes a class: {change}" for change in found["changes"][:SHOWN]]
