"""`python3 -m dev coverage`: all tests, and how much of each package they reach, in lines and branches."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from . import check, database, environment, testing
from .console import DevError, say
from .paths import ROOT, VENV_PYTHON, WORK

FOLDER = WORK / "coverage"
ALL = FOLDER / "all"
PACKAGES = ("engine", "models", "report", "wizards", "standards", "health", "completing")
LEAST = 95  # percent of lines, and of branches
# Each process of tests appends to a file of its own.
OPTIONS = ("--cov-append", "--cov-report=", "--cov-config=pyproject.toml")


def run():
    """Return the exit code."""
    with environment.ready() as server:
        passed = measure(server, "--cov")
    short = table(totals(figures()))
    say(f"Lines that no test reaches: {FOLDER / 'html' / 'index.html'}")
    if not passed:
        raise DevError("Tests failed, so the figures tell little.")
    if short:
        raise DevError(f"Less than {LEAST} % of lines or branches: {', '.join(short)}. Test what is missing.")
    return 0


def measure(server, *options):
    """Run all tests into the file ``ALL``; return whether they passed."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    database.ensure(server, check.DATABASE, renew=True)
    passed = testing.pytest_in_two(server, check.DATABASE, (*options, *OPTIONS))
    files = sorted(FOLDER.glob("*.data"))
    if not files:
        raise DevError("Nothing was measured: no process of tests came to its end.")
    coverage("combine", *files)
    return passed


def figures():
    """Figures of each file, by its path from the root."""
    coverage("html", "--quiet", "--directory", FOLDER / "html")
    result = FOLDER / "coverage.json"
    coverage("json", "--quiet", "-o", result)
    return {name: found["summary"] for name, found in json.loads(result.read_text())["files"].items()}


def coverage(*words):
    data = f"--data-file={ALL}"
    subprocess.run([VENV_PYTHON, "-m", "coverage", words[0], data, *words[1:]], cwd=ROOT, check=True)


def totals(files):
    """Package → lines and branches that there are, and that are reached."""
    result = {package: Counter() for package in PACKAGES}
    for name, summary in files.items():
        if (package := Path(name).parts[0]) in result:
            result[package].update(summary)
    return result


def table(packages):
    """Print a line per package; return those that fall short."""
    short = []
    say(f"{'package':12}{'lines':>8}{'reached':>10}{'branches':>12}{'reached':>10}")
    for package, sums in packages.items():
        lines = share(sums["covered_lines"], sums["num_statements"])
        branches = share(sums["covered_branches"], sums["num_branches"])
        row = f"{package:12}{sums['num_statements']:8}{lines:9.1f} %{sums['num_branches']:12}{branches:9.1f} %"
        say(row)
        if min(lines, branches) < LEAST:
            short.append(package)
    return short


def share(part, whole):
    return 100 * part / whole if whole else 0  # nothing measured is not enough
