"""`make bench`: a database filled by SQL, and what the classification of it costs.

Three databases, each copied from the one before: `bench_base` (Odoo with two companies), `bench_data_<N>`
(filled, without the add-on) and `bench_run` (with the add-on, made anew by every call).
"""

import hashlib
import os

from . import database, environment, odoo
from .console import run_logged, say
from .paths import LOGS, MODULE, ROOT
from .postgres import program, query

BASE = "bench_base"
RUN = "bench_run"
FOLDER = ROOT / "benchmarks"
NEEDED = "contacts,sale_crm,spreadsheet_dashboard,account"


def run(customers, repeat, explain):
    """Return the exit code."""
    with environment.ready() as server:
        data = f"bench_data_{customers}"
        ensure_base(server)
        ensure_data(server, data, customers)
        database.copy(server, data, RUN)
        call_odoo(server, "Installing the add-on", "bench-install.log", "-d", RUN, "-i", MODULE, "--stop-after-init")
        query(server, "VACUUM (ANALYZE)", RUN)
        show_measurements(server, repeat, explain)
    return 0


def ensure_base(server):
    wanted = stamp("companies.py")
    if database.read_stamp(server, BASE) == wanted:
        return
    database.refuse_foreign(server, BASE)
    database.drop(server, BASE)
    query(server, f"CREATE DATABASE {BASE} TEMPLATE template0 ENCODING 'UTF8'")
    query(server, "CREATE EXTENSION pg_trgm", BASE)
    call_odoo(server, "Creating the database", "bench-base.log", "-d", BASE, "-i", NEEDED, "--stop-after-init")
    script = FOLDER / "companies.py"
    call_odoo(server, "Adding companies", "bench-companies.log", "shell", "-d", BASE, script=script)
    database.write_stamp(server, BASE, wanted)


def ensure_data(server, name, customers):
    wanted = stamp("companies.py", "generate.sql")
    if database.read_stamp(server, name) == wanted:
        return
    database.copy(server, BASE, name)
    command = [program("psql"), "-Xq", "-d", name, "-v", f"n={customers}", "-f", FOLDER / "generate.sql"]
    title = f"Loading {customers:,} customers and their documents"
    run_logged(title, command, f"{name}.log", env={**os.environ, **server.environ})
    database.write_stamp(server, name, wanted)


def stamp(*names):
    content = b"".join((FOLDER / name).read_bytes() for name in names)
    return {"by": database.OURS, "odoo": odoo.source(), "made of": hashlib.sha256(content).hexdigest()}


def call_odoo(server, title, log_name, *words, script=None):
    options = {"script": script, "env": odoo.environ(server), "progress": odoo.loading_progress}
    return run_logged(title, odoo.command(*words, "--no-http"), log_name, **options)


def show_measurements(server, repeat, explain):
    env = {**odoo.environ(server), "BENCH_REPEAT": str(repeat)}
    if explain:
        env["BENCH_PLANS"] = str(LOGS / "bench-plan")
    command = odoo.command("shell", "-d", RUN, "--no-http", "--log-level=warn")
    log = run_logged("Measuring", command, "bench.log", script=FOLDER / "run.py", env=env)
    say(log.read_text())
