"""`make test`: linters, distributions, installation, demo, uninstallation, update and all tests."""

from . import database, demo, dist, environment, linters, odoo_log, testing, uninstall_check, upgrade_check
from .console import DevError, say, step
from .paths import LOGS

DATABASE = "test"


def run(expression=None):
    """Return the exit code."""
    with environment.ready() as server:
        results = matching(server, expression) if expression else everything(server)
    return verdict(results)


def matching(server, expression):
    database.ensure(server, DATABASE, renew=True)
    return {"pytest": testing.pytest(server, DATABASE, ["-k", expression]) == 0}


def everything(server):
    with linters.running() as linting:  # while the database is made
        results = {"distributions": dist.passes()}
        database.ensure(server, DATABASE, renew=True)
        with step("Linters"):
            results |= linters.results(linting)
    results["installation log"] = installation_is_quiet(server)
    results["demo"] = demo.passes(server, DATABASE)
    results["uninstallation"] = uninstall_check.passes(server, DATABASE, keep=True)
    results["update"] = upgrade_check.passes(server, uninstall_check.copy_name(DATABASE), DATABASE)
    results["pytest"] = testing.pytest_in_two(server, DATABASE)
    return results


def update():
    """The update from the previous release alone, and uninstalling after it; return the exit code."""
    with environment.ready() as server:
        database.ensure(server, DATABASE, renew=True)
        results = {"uninstallation": uninstall_check.passes(server, DATABASE, keep=True)}
        results["update"] = upgrade_check.passes(server, uninstall_check.copy_name(DATABASE), DATABASE)
        results["uninstallation after it"] = uninstall_check.passes(server, upgrade_check.NAME)
    return verdict(results)


def installation_is_quiet(server):
    logs = [LOGS / f"{DATABASE}-install.log", LOGS / f"{DATABASE}-update.log"]
    lines = [line for log in logs for line in odoo_log.complaints(log)]
    if lines:
        say("Odoo's log of the installation has warnings or errors:")
        say("\n".join(lines))
        # Otherwise the next call would find a database in order, and no log to look at.
        database.forget(server, DATABASE)
    return not lines


def verdict(results):
    failed = [name for name, passed in results.items() if not passed]
    if failed:
        raise DevError(f"FAILED: {', '.join(failed)}")
    say(f"Passed: {', '.join(results)}")
    return 0
