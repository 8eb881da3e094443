"""Find or fetch the Odoo 19 source tree."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from . import debian_package
from .console import DevError, locked, run_logged, say
from .paths import user_cache

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo.git"


def find_or_fetch():
    """Return the folder that holds the Python package `odoo`."""
    if os.environ.get("ODOO_SRC"):
        return developers_tree(Path(os.environ["ODOO_SRC"]).expanduser().resolve())
    cache = user_cache() / "odoo"
    return cached_tree(cache) or fetch(cache)


def developers_tree(path):
    root = python_root(path)
    if root is None:
        raise DevError(f"ODOO_SRC={path} holds no Odoo: odoo/release.py is missing there.")
    release = (root / "odoo" / "release.py").read_text()
    version = re.search(r"^version_info = \(([^,]+), ([^,]+)", release, re.MULTILINE)
    found = ".".join(version.groups()) if version else "an unknown version"
    if found != SERIES:
        raise DevError(
            f"ODOO_SRC={path} is Odoo {found}, and this add-on needs {SERIES}."
            " Name another folder, or unset ODOO_SRC to have Odoo fetched."
        )
    return root


def python_root(path):
    for root in (path, path / debian_package.PYTHON_ROOT):
        if (root / "odoo" / "release.py").is_file():
            return root
    return None


def cached_tree(cache):
    # Trees appear in the cache by renaming, so one that is there is whole.
    for tree in [*sorted(cache.glob("debian-*"), reverse=True), cache / f"git-{SERIES}"]:
        root = python_root(tree)
        if root:
            return root
    return None


def fetch(cache):
    with locked(cache / ".lock"):
        root = cached_tree(cache)  # another call may have fetched it meanwhile
        if root:
            return root
        folder = Path(tempfile.mkdtemp(prefix=".unpack-", dir=cache))
        try:
            tree = folder / "tree"
            name = fetch_tree(tree)
            tree.rename(cache / name)
        finally:
            for leftover in cache.glob(".unpack-*"):  # ours, and those of killed calls
                shutil.rmtree(leftover, ignore_errors=True)
    return cached_tree(cache)


def fetch_tree(tree):
    if debian_package.available():
        try:
            return f"debian-{debian_package.unpack(tree)}"
        except DevError as error:
            say(f"    {error}\n    Trying a git clone instead.")
            shutil.rmtree(tree, ignore_errors=True)
    return clone(tree)


def clone(tree):
    remedy = (
        "Odoo 19 could be had neither from Debian's package odoo-19 nor by git."
        f" Get the branch {SERIES} of {REPOSITORY} yourself and name its folder in ODOO_SRC."
    )
    if not shutil.which("git"):
        raise DevError(f"{remedy} (git is not installed)")
    command = ["git", "clone", "--depth=1", f"--branch={SERIES}", REPOSITORY, tree]
    try:
        run_logged("Cloning Odoo 19", command, "odoo-clone.log")
    except DevError as error:
        raise DevError(f"{error}\n{remedy}") from None
    return f"git-{SERIES}"
