"""The virtual environment with Odoo's requirements and the tools for tests and lint."""

import hashlib
import os
import shutil
import sys

from .console import DevError, run_logged
from .paths import NO_DEPS_REQUIREMENTS, REQUIREMENTS, VENV, VENV_PYTHON

STAMP = VENV / "complete"
SUPPORTED = ((3, 11), (3, 13))  # where Odoo 19 and the pinned requirements run


def check_python():
    oldest, newest = SUPPORTED
    if not oldest <= sys.version_info[:2] <= newest:
        raise DevError(
            f"Python 3.11, 3.12 or 3.13 is needed, and {sys.executable} is"
            f" {sys.version.split()[0]}. Name another one: make PYTHON=python3.11 …"
        )


def ensure(odoo_root):
    if not STAMP.is_file() or STAMP.read_text() != wanted():
        create()
    # Lets every tool that runs in the environment import odoo.
    packages = next((VENV / "lib").glob("python3*/site-packages"))
    (packages / "odoo_source.pth").write_text(f"{odoo_root}\n")


def wanted():
    """What the environment depends on; scripts in it hold absolute paths."""
    content = REQUIREMENTS.read_bytes() + NO_DEPS_REQUIREMENTS.read_bytes() + sys.version.encode() + os.fsencode(VENV)
    return hashlib.sha256(content).hexdigest()


def create():
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv", VENV]
    run_logged("Creating the virtual environment", command, "venv.log")
    pip = [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    command = [*pip, "--prefer-binary", "-r", REQUIREMENTS]
    run_logged("Installing Python packages", command, "pip.log")
    command = [*pip, "--no-deps", "-r", NO_DEPS_REQUIREMENTS]
    run_logged("Installing Python packages without dependencies", command, "pip-no-deps.log")
    STAMP.write_text(wanted())
