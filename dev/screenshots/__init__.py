"""`python3 -m dev screenshots`: the pictures in `static/description`, of a fresh database with demo data.

The same Chromium and fonts make the same pictures, but for dates: the demo data are as old as the database.
"""

import socket
import subprocess

from .. import check, database, demo, environment, odoo
from ..console import DevError, run_logged, step, stop
from ..paths import LOGS, ROOT, VENV_PYTHON
from .shots import SHOTS

DATABASE = "screenshots"
HERE = ROOT / "dev" / "screenshots"


def run(names):
    """Take the named pictures, or all; return the exit code."""
    known = [shot.name for shot in SHOTS]
    if unknown := set(names) - set(known):
        raise DevError(f"No such picture: {', '.join(unknown)}. There are {', '.join(known)}.")
    with environment.ready() as server:
        database.ensure(server, check.DATABASE, renew=True)
        database.copy(server, check.DATABASE, DATABASE)
        try:
            prepare(server)
            return photograph(server, names)
        finally:
            database.drop(server, DATABASE)


def prepare(server):
    """What a company has set up in its first days."""
    demo.classify(server, DATABASE)
    shell = odoo.command("shell", "-d", DATABASE, "--no-http", "--log-level=warn")
    script = HERE / "prepare.py"
    run_logged("Preparing the database", shell, "screenshots.log", script=script, env=odoo.environ(server))


def photograph(server, names):
    port = free_port()
    log = LOGS / "screenshots-serve.log"
    with log.open("wb") as output:
        words = odoo.command("-d", DATABASE, f"--http-port={port}", "--max-cron-threads=0")
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, env=odoo.environ(server))
        try:
            with step("Starting Odoo"):
                demo.wait_until_up(process, port, log)
            command = [VENV_PYTHON, "-m", "dev.screenshots.take", f"http://{demo.ADDRESS}:{port}", DATABASE, *names]
            return subprocess.call([str(word) for word in command], cwd=ROOT, env=odoo.environ(server))
        finally:
            stop(process)


def free_port():
    with socket.socket() as probe:
        probe.bind((demo.ADDRESS, 0))
        return probe.getsockname()[1]
