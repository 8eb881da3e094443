"""Where everything of the development set-up lives."""

import os
from pathlib import Path

MODULE = "partner_segmentation"

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".dev"
LOGS = WORK / "log"
ADDONS = WORK / "addons"
ADDON_LINK = ADDONS / MODULE
EXAMPLE = "partner_segmentation_example"  # an add-on that extends ours
EXAMPLE_LINK = ADDONS / EXAMPLE
DATA = WORK / "data"
ODOO_CONF = WORK / "odoo.conf"
VENV = WORK / "venv"
VENV_PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "dev" / "requirements.txt"
NO_DEPS_REQUIREMENTS = ROOT / "dev" / "requirements-no-deps.txt"


def user_cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / MODULE
