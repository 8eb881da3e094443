"""Fetch Odoo from Debian without installing it, through an apt configuration of our own."""

import os
import re
import shutil
from pathlib import Path

from .console import DevError, run_logged, say

ODOO = "odoo-19"
ODOO_SUITE = "sid"
# The web client reaches these through symlinks. An old, frozen suite keeps the paths
# that Odoo expects; what that suite lacks comes from Odoo's own.
FROZEN_SUITE = "bookworm"
FROZEN = (
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
CURRENT = (ODOO, "fonts-montserrat")
# Debian leaves this file out, yet the asset bundles name it.
REMOVED_FILE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
PYTHON_ROOT = Path("usr/lib/python3/dist-packages")


def available():
    return all(map(shutil.which, ("apt-get", "dpkg-deb"))) and bool(mirrors())


def mirrors(etc=Path("/etc/apt")):
    """Source line prefixes (`[options] address`) that the machine's own apt is set to use."""
    parts = etc / "sources.list.d"
    found = []
    for path in sorted(parts.glob("*.sources")):
        found += deb822_mirrors(path.read_text())
    for path in [etc / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            found += one_line_mirrors(path.read_text())
    return list(dict.fromkeys(found))


def deb822_mirrors(text):
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
        suites = fields.get("Suites", "").split()
        usable = fields.get("Enabled", "yes") != "no" and "deb" in fields.get("Types", "").split()
        if usable and is_distribution(suites, fields.get("Components", "").split()):
            # A key may also stand in the file itself; apt's own keyring has Debian's then.
            key = fields.get("Signed-By", "").strip()
            options = f"[signed-by={key}] " if key.startswith("/") else ""
            yield from (options + address for address in fields["URIs"].split())


def one_line_mirrors(text):
    pattern = r"^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$"
    for options, address, suite, components in re.findall(pattern, text, re.MULTILINE):
        if is_distribution([suite], components.split()):
            yield options + address


def is_distribution(suites, components):
    main_suites = [suite for suite in suites if not re.search(r"/|security|updates", suite)]
    return "main" in components and bool(main_suites)


def unpack(target):
    """Fill `target` with a runnable Odoo and return the package's version."""
    for mirror in mirrors():
        try:
            return unpack_from(mirror, target)
        except DevError as error:
            say(f"    {error}")
    raise DevError(f"None of apt's sources offers the package {ODOO}.")


def unpack_from(mirror, target):
    apt = private_apt(mirror, target.parent / f"{target.name}-apt")
    run_logged("Asking Debian for Odoo 19", [*apt, "update"], "odoo-lists.log")
    downloads = target.parent / f"{target.name}-apt" / "debs"
    downloads.mkdir(exist_ok=True)
    names = [f"{name}/{ODOO_SUITE}" for name in CURRENT]
    names += [f"{name}/{FROZEN_SUITE}" for name in FROZEN]
    command = [*apt, "download", *names]
    run_logged("Fetching Odoo 19 (135 MB)", command, "odoo-download.log", cwd=downloads)
    archives = sorted(downloads.glob("*.deb"))
    script = 'target=$1; shift; for deb; do dpkg-deb -x "$deb" "$target" || exit; done'
    command = ["sh", "-c", script, "sh", target, *archives]
    run_logged("Unpacking Odoo 19 (1.3 GB)", command, "odoo-unpack.log")
    complete(target)
    (version,) = [path.name.split("_")[1] for path in archives if path.name.startswith(ODOO)]
    return version


def private_apt(mirror, folder):
    """apt-get with lists and cache in `folder`, so that the machine's apt stays as it is."""
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    sources = folder / "sources.list"
    suites = (ODOO_SUITE, FROZEN_SUITE)
    sources.write_text("".join(f"deb {with_suite(mirror, suite)}\n" for suite in suites))
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
    }
    return ["apt-get", "-q", *(f"-o{key}={value}" for key, value in settings.items())]


def with_suite(mirror, suite):
    return f"{mirror} {suite} main"


def complete(target):
    """Repair what keeps the package from running when it is not installed."""
    for addons in ("addons", "odoo/addons"):
        removed = target / PYTHON_ROOT / addons / REMOVED_FILE
        if removed.parent.parent.is_dir() and not removed.exists():
            removed.parent.mkdir(exist_ok=True)
            removed.touch()
    for link in dangling_links(target):
        # One missing asset makes the web client answer 500; an empty one does not.
        say(f"    {link.relative_to(target)}: missing in Debian, left empty")
        link.unlink()
        link.touch()


def dangling_links(folder):
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if path.is_symlink() and not path.exists():
                yield path
