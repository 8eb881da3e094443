"""pytest plugin of `python3 -m dev mutation`: run tests on mutants of the engine, within one process.

To start Odoo and set up a class of tests takes many times as long as a test. So all mutants that the tests of a class
cover are tried one after another while the class is set up: each test is run unchanged, then with one mutant after
the other swapped in, and unchanged again, to see that no mutant left something behind. A mutant is killed by the first
test that fails or takes too long. Browser tests are left out.
"""

import json
import random
import re
import signal
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import coverage
import mutants
import pytest
import strict_tests
import swapping
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

from odoo.modules.registry import Registry
from odoo.tests import HttpCase
from odoo.tests.common import get_db_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "odoo.addons.partner_segmentation."

# Whether a test fails is enough: the smallest example is not looked for.
settings.register_profile("mutation", phases=(Phase.explicit, Phase.generate))
settings.load_profile("mutation")


def pytest_addoption(parser):
    parser.addoption("--mutation", help="file that says what to do, see dev/mutation.py")


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if not issubclass(item.parent.obj, HttpCase)]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    plan = json.loads(Path(session.config.getoption("--mutation")).read_text())
    Pass(session, plan).run()
    return True


class Pass:
    """One pass over the mutants.

    :ivar alive: mutants that no test has killed yet
    :ivar tests_run: mutant key → number of tests that were run on it
    :ivar tried: mutant key → names of the classes of tests that it went through
    """

    def __init__(self, session, plan):
        self.session, self.plan = session, plan
        self.alive = chosen_mutants(plan)
        self.tests_run, self.tried = defaultdict(int), defaultdict(set)
        self.outcomes = Path(plan["outcomes"])
        self.covering = {}
        covered = Coverage(plan["contexts"])
        for mutant in list(self.alive):
            self.covering[mutant.key] = covered.tests_of(mutant)
            if not self.covering[mutant.key]:
                self.settle(mutant, "not covered")
        self.classes = defaultdict(list)
        # Short tests first: those that run few lines.
        for item in sorted(session.items, key=lambda item: covered.sizes[item.nodeid]):
            self.classes[item.parent.nodeid].append(item)

    def run(self):
        Registry(get_db_name())
        while name := self.next_class():
            began, before = time.monotonic(), len(self.alive)
            self.run_class(name)
            settled = before - len(self.alive)
            print(f"{time.monotonic() - began:5.0f} s: {settled} settled, {len(self.alive)} left: {name}", flush=True)
        for mutant in list(self.alive):
            self.settle(mutant, "survived")

    def next_class(self) -> str | None:
        """The class of tests that covers most mutants that had few tests yet; those about their files go first."""

        def weight(name: str) -> float:
            mutants_open = self.open_to(name, {item.nodeid for item in self.classes[name]})
            return sum((20 if self.is_about(name, m) else 1) / (1 + self.tests_run[m.key]) for m in mutants_open)

        weights = {name: weight(name) for name in self.classes}
        name = max(weights, key=weights.get)
        return name if weights[name] else None

    def is_about(self, name: str, mutant) -> bool:
        files = ("mutants", *self.plan["about"].get(Path(mutant.file).stem, ()))
        return any(name.startswith(f"tests/test_{file}") for file in files)

    def open_to(self, name: str, tests: set) -> list:
        """Mutants that are alive, covered by the tests, and have not gone through the class of them."""
        return [
            mutant for mutant in self.alive if name not in self.tried[mutant.key] and tests & self.covering[mutant.key]
        ]

    def run_class(self, name: str):
        items = self.classes[name]
        everyone = self.open_to(name, {item.nodeid for item in items})
        for item in items:
            if candidates := [m for m in self.open_to(name, {item.nodeid}) if m in everyone]:
                self.run_item(item, candidates)
        for mutant in everyone:
            self.tried[mutant.key].add(name)
        self.session._setupstate.teardown_exact(None)

    def run_item(self, item, candidates):
        if error := self.failure(item, 600):
            print(f"fails without a mutant: {item.nodeid}: {error}", flush=True)
            self.session._setupstate.teardown_exact(None)
            return
        took = self.took
        if took > self.plan["slow"]:
            self.classes[item.parent.nodeid] = [other for other in self.classes[item.parent.nodeid] if other != item]
            return
        if took * len(candidates) > 60:
            print(f"        {len(candidates)} times {took:.0f} s: {item.nodeid}", flush=True)
        killed = [mutant for mutant in candidates if self.is_killed(mutant, item, took)]
        if killed and self.failure(item, 600):
            print(f"again, since something was left behind: {item.nodeid}", flush=True)
            self.alive += killed
            for mutant in killed:
                self.session._setupstate.teardown_exact(None)
                if not self.failure(item, 600):
                    self.is_killed(mutant, item, took)
            self.session._setupstate.teardown_exact(None)

    def is_killed(self, mutant, item, took: float) -> bool:
        if error := self.try_mutant(item, mutant, took):
            self.settle(mutant, "killed", item.nodeid, error)
        return bool(error)

    def try_mutant(self, item, mutant, took: float) -> str:
        module = sys.modules[PACKAGE + mutant.file.removesuffix(".py").replace("/", ".")]
        try:
            with swapping.swapped(module, mutant):
                error = self.failure(item, 30 + 10 * took)
        except Exception as cannot:  # its module cannot even be loaded
            error = f"not loaded: {cannot!r}"
        self.tests_run[mutant.key] += 1
        if not error and self.tests_run[mutant.key] == self.plan["tests"]:
            self.settle(mutant, "survived")
        return error

    def failure(self, item, limit: float) -> str:
        """Why the test fails, empty when it passes; a warning in the log is a failure."""
        warnings = self.session.config.stash[strict_tests.REPORT].messages
        warnings.clear()
        try:
            with time_limit(limit):
                reports = runtestprotocol(item, log=False, nextitem=item.parent)  # the class stays set up
        except Expired:
            return "timeout: in the set-up or clean-up"
        self.took = sum(report.duration for report in reports if report.when == "call")
        for report in reports:
            if report.failed:
                text = str(report.longrepr)
                errors = [line for line in text.splitlines() if line.startswith("E ")] or text.splitlines()[-1:]
                return ("timeout: " if "Expired" in text or "statement timeout" in text else "") + errors[0][:200]
        return warnings[0][:200] if warnings else ""

    def settle(self, mutant, outcome: str, test: str = "", error: str = ""):
        self.alive.remove(mutant)
        row = {"outcome": outcome, "key": mutant.key, "operator": mutant.operator, "line": mutant.line}
        row |= {"test": test, "error": error, "tests": self.tests_run[mutant.key]}
        row["covering"] = len(self.covering[mutant.key])
        with self.outcomes.open("a") as outcomes:
            print(json.dumps(row, ensure_ascii=False), file=outcomes)


def chosen_mutants(plan) -> list:
    """The mutants to try: of the files, without those that are explained or settled; a sample of each file."""
    explained = set(map(tuple, plan["explained"]))
    settled = set()
    if Path(plan["outcomes"]).exists():
        rows = map(json.loads, Path(plan["outcomes"]).read_text().splitlines())
        settled = {tuple(row["key"]) for row in rows if row["outcome"] not in plan["again"]}
    chosen = []
    for place in plan["files"]:
        name, _, line = place.partition(":")
        found = mutants.mutants_of(ROOT / name, name)
        if line:
            found = [mutant for mutant in found if mutant.line == int(line)]
        if plan["sample"]:
            found = random.Random(plan["seed"]).sample(found, min(plan["sample"], len(found)))
        chosen += [mutant for mutant in found if mutant.key not in explained | settled]
    print(f"{len(chosen)} mutants to try", flush=True)
    return chosen


class Coverage:
    """Which tests ran which line of the engine."""

    def __init__(self, paths):
        self.tests = defaultdict(lambda: defaultdict(set))  # file → line → tests
        self.sizes = defaultdict(int)  # test → lines
        for path in paths:
            data = coverage.CoverageData(path)
            data.read()
            for file in data.measured_files():
                if name := re.search(r"engine/\w+\.py$", file):
                    for line, contexts in data.contexts_by_lineno(file).items():
                        ran = {context.partition("|")[0] for context in contexts if context.endswith("|run")}
                        self.tests[name[0]][line] |= ran
                        for test in ran:
                            self.sizes[test] += 1

    def tests_of(self, mutant) -> set:
        """Tests that run the statement, or else, such as for what only loading the engine runs, what uses its name."""
        tests = set().union(*(self.tests[mutant.file][line] for line in mutant.lines))
        return tests or self.tests_using(mutant.function.partition(".")[0])

    def tests_using(self, name: str) -> set:
        """Tests that run a line with the name of a constant or class."""
        return set().union(
            *(
                self.tests[f"engine/{path.name}"][number]
                for path in (ROOT / "engine").glob("*.py")
                for number, line in enumerate(path.read_text().splitlines(), 1)
                if re.search(rf"\b{name}\b", line)
            )
        )


class Expired(BaseException):
    """No ``except Exception`` of the engine keeps it."""


@contextmanager
def time_limit(seconds: float):
    def expire(_signal, _frame):
        raise Expired

    old = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
