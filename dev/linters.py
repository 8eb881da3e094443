"""Static checks, each called directly so that one failure does not hide the next."""

import os
import subprocess
from contextlib import contextmanager

from .console import say, stop
from .paths import ADDON_LINK, ADDONS, MODULE, ROOT, VENV


def run_all():
    """Run every linter; return {name: passed}."""
    with running() as processes:
        return results(processes)


@contextmanager
def running():
    """Begin every linter, so that other work can be done meanwhile; what still runs at the end is stopped."""
    processes = {name: begin(words, folder) for name, words, folder in linters()}
    try:
        yield processes
    finally:
        for process in processes.values():
            stop(process)


def results(processes):
    """Wait for every linter; return {name: passed}."""
    return {name: finish(name, process) for name, process in processes.items()}


def linters():
    yield "ruff check", ["ruff", "check", "--output-format=concise", "."], ROOT
    yield "ruff format", ["ruff", "format", "--check", "--output-format=concise", "."], ROOT
    # The add-on's name comes from the folder's, hence through the link.
    # Companies, currencies and rules are few, and all of them are meant where all are searched.
    yield "pylint-odoo", ["pylint", f"--rcfile={ROOT / '.pylintrc'}", "--disable=no-search-all", MODULE], ADDONS
    yield "oca-checks-odoo-module", ["oca-checks-odoo-module", ADDON_LINK], ROOT
    translations = sorted((ROOT / "i18n").glob("*.po*"))
    if translations:
        yield "oca-checks-po", ["oca-checks-po", *translations], ROOT
    yield "rst-lint", ["rst-lint", *sorted(ROOT.glob("*.rst"))], ROOT


def begin(words, folder):
    program, *arguments = (str(word) for word in words)
    # Some of the tools look for others on the PATH.
    env = {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.Popen(
        [VENV / "bin" / program, *arguments],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(name, process):
    output, _ = process.communicate()
    passed = process.returncode == 0
    say(f"    {'ok' if passed else 'FAILED':7} {name}")
    if not passed:
        say(output.strip())
    return passed
