"""`python3 -m dev mutation`: does a test fail for each small fault of the engine?

Mutants that no test kills belong into `dev/mutants.toml` with the reason why nobody can tell them from the engine, or
want a test. `dev/plugins/mutants.py` makes them, `dev/plugins/mutation.py` tries them.
"""

import json
import subprocess
import tomllib

from . import coverage, database, environment, testing
from .console import DevError, run_logged, say
from .paths import ADDON_LINK, LOGS, ROOT, VENV_PYTHON

DATABASE = "test"
EXPLAINED = ROOT / "dev" / "mutants.toml"
REQUIREMENTS = ROOT / "dev" / "requirements-mutation.txt"
CONTEXTS = LOGS.parent / "mutation-coverage"
PLAN = LOGS / "mutation-plan.json"
LOG = LOGS / "mutation.log"
OUTCOMES = LOGS / "mutation.jsonl"
SEED = 1
SLOW = 8  # seconds; a longer test is not tried
# File of the engine → beginnings of the names of tests that are about it, which go first; `test_` is left out.
ABOUT = {
    "aggregates": ("metrics", "methods"),
    "breaks": ("suggestions",),
    "conditions": ("methods", "dimensions"),
    "criteria": ("dimensions", "methods", "next_steps", "standards_content"),
    "days": ("metrics",),
    "distribution": ("bounds_grid",),
    "evaluate": ("run", "dimensions", "preview", "class_codes"),
    "explain": ("customer_file", "overrides", "dimensions", "methods"),
    "history": ("history",),
    "industries": ("dimensions", "standards_content"),
    "mapping": ("mapping", "dimensions", "regions"),
    "metrics": ("metrics", "methods", "run"),
    "near": ("next_steps",),
    "next_steps": ("next_steps",),
    "paths": ("metrics", "configuration"),
    "population": ("population",),
    "preview": ("preview",),
    "purchases": ("recommendations",),
    "recommend": ("recommendations",),
    "relative": ("methods", "history"),
    "rule": ("methods", "dimensions"),
    "rules": ("overrides", "methods"),
    "scope": ("dimensions", "overrides", "history", "metrics", "run"),
    "sizes": ("bounds_grid", "standards"),
    "write": ("run", "dimensions", "history", "preview"),
}


def run(files, sample, tests, again, contexts):
    """Return the exit code: 0 when every mutant is killed or explained."""
    with environment.ready() as server:
        pip = [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
        run_logged("Installing cosmic-ray", [*pip, "-r", REQUIREMENTS], "pip-mutation.log")
        database.ensure(server, DATABASE, renew=True)
        if not contexts:
            contexts = [CONTEXTS]
            if not CONTEXTS.exists():
                measure_coverage(server)
        PLAN.write_text(json.dumps(plan(files, sample, tests, again, contexts)))
        # A mutant may make a statement endless.
        environ = {**testing.environ(server, DATABASE), "PGOPTIONS": "-c statement_timeout=60000"}
        words = ["-p", "mutation", f"--mutation={PLAN}", "-s", "-q"]
        with LOG.open("wb") as log:  # mutants fail loudly
            command = testing.command(DATABASE, [*words, f"--confcutdir={ADDON_LINK}"])
            subprocess.call(command, env=environ, cwd=ROOT, stderr=log)
    return verdict()


def measure_coverage(server):
    """Which test runs which line. Made once: remove the file after larger changes."""
    say("==> Measuring which test runs which line (the whole suite, once)")
    coverage.measure(server, "--cov=engine", "--cov-context=test")
    coverage.ALL.replace(CONTEXTS)


def plan(files, sample, tests, again, contexts):
    files = files or sorted(str(path.relative_to(ROOT)) for path in (ROOT / "engine").glob("*.py"))
    if missing := [name for name in files if not (ROOT / name.partition(":")[0]).is_file()]:
        raise DevError(f"No such files, as seen from the repository's root: {', '.join(missing)}")
    return {
        "files": files,
        "sample": sample,
        "seed": SEED,
        "tests": tests,
        "slow": SLOW,
        "again": ["survived", "not covered", *(["killed"] if again else [])],
        "about": ABOUT,
        "contexts": [str(path) for path in contexts],
        "explained": sorted(explanations()),
        "outcomes": str(OUTCOMES),
    }


def explanations():
    """Keys of the mutants that nobody can tell from the engine."""
    return {
        (entry["file"], entry["function"], entry["before"], after)
        for entry in tomllib.loads(EXPLAINED.read_text()).get("mutant", ())
        for after in entry["after"]
    }


def is_written(file, _function, line):
    """Whether the engine still has the line that the mutant changed."""
    path = ROOT / file
    return path.exists() and line in map(str.strip, path.read_text().splitlines())


def verdict():
    """Tell about all mutants tried so far, by their last outcome."""
    explained = explanations()
    last = {tuple(row["key"]): row for row in map(json.loads, OUTCOMES.read_text().splitlines())}
    rows = {key: row for key, row in last.items() if key not in explained and is_written(*key[:3])}
    left = [row for row in rows.values() if row["outcome"] != "killed"]
    for row in left:
        file, function, before, after = row["key"]
        say(f"{row['outcome']}: {file}:{row['line']} {function}\n    - {before}\n    + {after}")
    timeouts = sum(row["error"].startswith("timeout") for row in rows.values())
    say(f"{len(rows) - len(left)} killed (by time {timeouts}), {len(left)} not, and {len(explained)} explained")
    return 1 if left else 0
