"""Run the add-on's tests with pytest-odoo in a database where it is installed."""

import os
import subprocess

from . import odoo
from .paths import ADDON_LINK, ROOT, VENV_PYTHON


def pytest(server, database, arguments=()):
    """Return pytest's exit code. Paths are meant from the repository's root."""
    words = [through_link(argument) for argument in arguments]
    if not any(word.startswith(str(ADDON_LINK)) for word in words):
        words.append(str(ADDON_LINK / "tests"))
    command = [
        *(VENV_PYTHON, "-P", "-m", "pytest"),
        *("-p", "strict_tests", f"--confcutdir={ADDON_LINK}"),
        *("--odoo-http", f"--odoo-database={database}", f"--odoo-config={odoo.ODOO_CONF}"),
        *("--odoo-log-level=warn",),
        *words,
    ]
    env = {**odoo.environ(server), "PYTHONPATH": str(ROOT / "dev" / "plugins")}
    return subprocess.call([str(word) for word in command], env=env, cwd=ROOT)


def through_link(argument):
    """pytest-odoo takes the add-on's name from the path, so paths lead through our link."""
    path, separator, test = argument.partition("::")
    if not path or path.startswith("-") or not os.path.exists(ROOT / path):
        return argument
    return str(ADDON_LINK / os.path.relpath(ROOT / path, ROOT)) + separator + test
