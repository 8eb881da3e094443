"""Run the add-on's tests with pytest-odoo in a database where it is installed."""

import os
import shutil
import subprocess

from . import database, odoo
from .console import say, stop
from .paths import ADDON_LINK, EXAMPLE, EXAMPLE_LINK, LOGS, ROOT, VENV_PYTHON, WORK

# Apps that the add-on does without, for one of the two processes: the other one shows that it does.
OPTIONAL_APPS = "base_automation,mass_mailing,queue_job,sale_loyalty,stock"
CLAIMS = WORK / "claims"  # see plugins/shared_tests.py


def pytest(server, database, arguments=()):
    """Return pytest's exit code. Paths are meant from the repository's root."""
    return subprocess.call(command(database, arguments), env=environ(server, database), cwd=ROOT)


def pytest_in_two(server, name, arguments=()):
    """Run the tests in two processes, each with a copy of the database of its own; return whether all passed.

    The second copy has ``OPTIONAL_APPS`` as well, and in the end the add-on that extends ours, whose tests come last.
    """
    copy = f"{name}_2"
    database.copy(server, name, copy)
    database.install(server, copy, OPTIONAL_APPS)
    shutil.rmtree(CLAIMS, ignore_errors=True)
    CLAIMS.mkdir()
    shared = [*arguments, f"--claims={CLAIMS}"]
    log = LOGS / "tests-2.log"
    with log.open("wb") as output:
        words = command(copy, [*shared, "--apps"])
        second = subprocess.Popen(words, env=environ(server, copy), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            code = pytest(server, name, shared)
            second.wait()
        finally:
            stop(second)
    say(f"==> The other process\n{log.read_text()}")
    database.install(server, copy, EXAMPLE)
    own = [str(EXAMPLE_LINK / "tests"), f"--confcutdir={EXAMPLE_LINK}"]
    example = pytest(server, copy, [*arguments, *own])
    database.drop(server, copy)
    return code == second.returncode == example == 0


def command(database_name, arguments):
    words = [through_link(argument) for argument in arguments]
    if not any(word.startswith(str(ADDON_LINK)) for word in words):
        words.append(str(ADDON_LINK / "tests"))
    return [
        *(str(VENV_PYTHON), "-P", "-m", "pytest"),
        *("-p", "strict_tests", "-p", "shared_tests", f"--confcutdir={ADDON_LINK}"),
        *("--odoo-http", f"--odoo-database={database_name}", f"--odoo-config={odoo.ODOO_CONF}"),
        *("--odoo-log-level=warn",),
        *words,
    ]


def environ(server, database_name):
    return {
        "COVERAGE_FILE": str(WORK / "coverage" / f"{database_name}.data"),  # see coverage.py
        **odoo.environ(server),
        "PYTHONPATH": str(ROOT / "dev" / "plugins"),
        "ODOO_QUEUE_JOB_CHANNELS": "root:0",  # nobody runs jobs of queue_job but the tests
    }


def through_link(argument):
    """pytest-odoo takes the add-on's name from the path, so paths lead through our link."""
    path, separator, test = argument.partition("::")
    if not path or path.startswith("-") or not os.path.exists(ROOT / path):
        return argument
    return str(ADDON_LINK / os.path.relpath(ROOT / path, ROOT)) + separator + test
