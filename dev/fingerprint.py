"""Tell whether the add-on changed since a database was made from it."""

import hashlib
from pathlib import Path

from .paths import ROOT

# Read by Odoo only when the add-on is installed, or guarded by noupdate later on.
INSTALLATION = ("__manifest__.py", "hooks.py", "data", "demo", "security")
# Not loaded into a database at all.
NOT_LOADED = {"benchmarks", "dev", "dist", "docs", "tests", "__pycache__"}
LOADED_SUFFIXES = {".py", ".xml", ".csv", ".js", ".scss", ".css", ".json", ".po", ".svg", ".png"}


def of_installation():
    return digest(path for path in addon_files() if relative(path).parts[0] in INSTALLATION)


def of_addon():
    return digest(addon_files())


def addon_files():
    for top in ROOT.iterdir():
        if top.name in NOT_LOADED or top.name.startswith("."):
            continue
        for path in top.rglob("*") if top.is_dir() else [top]:
            if path.suffix in LOADED_SUFFIXES and "__pycache__" not in path.parts:
                yield path


def relative(path):
    return Path(path).relative_to(ROOT)


def digest(paths):
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(relative(path)).encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
