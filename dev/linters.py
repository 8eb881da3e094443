"""Static checks, each called directly so that one failure does not hide the next."""

import os
import subprocess

from .console import say
from .paths import ADDON_LINK, ADDONS, MODULE, ROOT, VENV


def run_all():
    """Run every linter; return {name: passed}."""
    return {name: run(name, words, folder) for name, words, folder in linters()}


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


def run(name, words, folder):
    program, *arguments = (str(word) for word in words)
    # Some of the tools look for others on the PATH.
    env = {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(
        [VENV / "bin" / program, *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    passed = result.returncode == 0
    say(f"    {'ok' if passed else 'FAILED':7} {name}")
    if not passed:
        say((result.stdout + result.stderr).strip())
    return passed
