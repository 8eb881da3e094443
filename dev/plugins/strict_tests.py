"""pytest plugin: a test that is skipped fails, and so does a run that logs a warning.

Odoo skips browser tests silently when the browser or a Python package is missing.
"""

import logging

import pytest

# Not ours: (logger, part of the message, why it is allowed).
ALLOWED_WARNINGS = ()
REPORT = pytest.StashKey()


class WarningCollector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.current_test = "before the first test"
        self.messages = []

    def emit(self, record):
        message = record.getMessage()
        for logger, part, _reason in ALLOWED_WARNINGS:
            if record.name == logger and part in message:
                return
        line = f"{record.levelname} {record.name}: {message}"
        self.messages.append(f"{self.current_test}\n    {line}")


def pytest_configure(config):
    collector = config.stash[REPORT] = WarningCollector()
    logging.getLogger().addHandler(collector)


def pytest_runtest_logstart(nodeid):
    for handler in logging.getLogger().handlers:
        if isinstance(handler, WarningCollector):
            handler.current_test = nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_when_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_when_skipped((yield))


def fail_when_skipped(report):
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"A skipped test counts as failed here. {reason}"
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if session.config.stash[REPORT].messages and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    messages = config.stash[REPORT].messages
    if messages:
        terminalreporter.section("warnings and errors in Odoo's log (they fail the run)")
        for message in messages:
            terminalreporter.write_line(message)
