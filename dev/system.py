"""Programs and fonts that only the operating system's package manager can provide."""

import importlib.util
import os
import shutil
import subprocess

from .console import DevError, run_logged, say


def has_browser():
    return any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


def has_chinese_font():
    if not shutil.which("fc-list"):
        return False
    found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def has_venv():
    return importlib.util.find_spec("ensurepip") is not None


# Debian's package → (is it there?, what it is for)
PACKAGES = {
    "chromium": (has_browser, "browser tests"),
    "wkhtmltopdf": (lambda: shutil.which("wkhtmltopdf"), "PDF reports"),
    "fontconfig": (lambda: shutil.which("fc-list"), "finding fonts"),
    "fonts-noto-cjk": (has_chinese_font, "Chinese text in PDF reports"),
    "python3-venv": (has_venv, "the virtual environment"),
}


def install_missing():
    missing = [name for name, (present, _) in PACKAGES.items() if not present()]
    if not missing:
        return
    privilege = root_prefix()
    if privilege is None or not shutil.which("apt-get"):
        raise DevError(explain(missing))
    try:
        install(privilege, missing)
    except DevError as error:
        raise DevError(f"{error}\n{explain(missing)}") from None


def root_prefix():
    """The words to put before a command so that it runs as root; None when there is no way."""
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def install(privilege, names):
    say(f"Installing system packages: {' '.join(names)}")
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    run_logged("Reading the package lists", [*apt, "update"], "apt-update.log")
    command = [*apt, "install", "-y", "--no-install-recommends", *names]
    run_logged("Installing system packages", command, "apt-install.log")


def explain(names):
    lines = [f"  {name} ({PACKAGES[name][1]})" for name in names]
    return "\n".join(
        [
            "Please install these, here under the names that Debian gives them:",
            *lines,
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(names)}",
        ]
    )
