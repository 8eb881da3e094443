"""`make dist`: wheel and source distribution of the add-on, and whether they hold what they should."""

import email
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from ast import literal_eval
from pathlib import Path

from .console import DevError, run_logged, say
from .paths import MODULE, ROOT, VENV_PYTHON

DIST = ROOT / "dist"
# Serves the development of the add-on and is no part of it. Tests are: Odoo runs those of installed add-ons.
DEVELOPMENT = {
    *(".ci", ".github", "benchmarks", "dev"),
    *(".gitignore", ".pre-commit-config.yaml", ".pylintrc", "CONTRIBUTING.rst", "Makefile"),
}
NAME = "odoo-addon-partner_segmentation"
REQUIRED = {"odoo==19.0.*", "kmeans1d"}
IMPORT = f"""
from odoo.modules import Manifest
import odoo.addons.{MODULE}
print(Manifest.for_addon("{MODULE}").path)
"""


def run():
    """Build into dist/ and check."""
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder))
        check(built, Path(folder))
        DIST.mkdir(exist_ok=True)
        for path in built:
            shutil.copy(path, DIST)
            say(f"    {DIST.name}/{path.name}")


def passes():
    """Build and check without keeping anything; return whether all is well."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(build(Path(folder)), Path(folder))
        except DevError as error:
            say(str(error))
            return False
    return True


def own_files():
    """Paths of the files of the add-on: what is in the repository, without what serves its development."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    return [path for path in paths if path.parts[0] not in DEVELOPMENT and (ROOT / path).is_file()]


def build(folder):
    """Build both in the folder; return their paths, the wheel first.

    whool takes the add-on's name from its folder and packs all files in it, hence the copy.
    """
    source = folder / MODULE
    for path in own_files():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    built = folder / "built"
    words = [VENV_PYTHON, "-m", "build", "--no-isolation", "--outdir", built, source]
    run_logged("Building wheel and source distribution", words, "dist.log")
    return [*built.glob("*.whl"), *built.glob("*.tar.gz")]


def check(built, folder):
    """Raise DevError unless the distributions are complete, hold nothing else, and can be installed."""
    wheel, source = built
    expect("names of the distributions", {path.name.split("-")[0] for path in built}, {NAME.replace("-", "_")})
    own = {path.as_posix() for path in own_files()}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = email.message_from_bytes(
            archive.read(next(name for name in archive.namelist() if name.endswith("/METADATA")))
        )
    expect("files in the wheel", names, {f"odoo/addons/{MODULE}/{name}" for name in own - {"pyproject.toml"}})
    with tarfile.open(source) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    expect("files in the source distribution", names, own | {"PKG-INFO"})
    check_metadata(metadata)
    check_installed(wheel, folder / "installed")


def check_metadata(metadata):
    manifest = literal_eval((ROOT / "__manifest__.py").read_text())
    expect("name", metadata["Name"], NAME)
    expect("version", metadata["Version"], manifest["version"])
    expect("series", manifest["version"].rpartition(".")[0].split(".")[:2], ["19", "0"])
    expect("licence", metadata["License"], manifest["license"])
    expect("requirements", set(metadata.get_all("Requires-Dist")), REQUIRED)
    expect("description", metadata.get_payload(decode=True).strip(), (ROOT / "README.rst").read_bytes().strip())


def check_installed(wheel, target):
    """Odoo finds the add-on that pip has installed beside it."""
    pip = [VENV_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_logged("Installing the wheel", [*pip, "--no-index", "--no-deps", "--target", target, wheel], "dist-pip.log")
    words = [str(VENV_PYTHON), "-P", "-c", IMPORT]
    env = {**os.environ, "PYTHONPATH": str(target)}
    result = subprocess.run(words, env=env, cwd=target, capture_output=True, text=True, check=False)
    if result.returncode:
        raise DevError(f"The installed add-on cannot be imported:\n{result.stderr}")
    expect("place of the installed add-on", result.stdout.strip(), str(target / "odoo" / "addons" / MODULE))


def expect(what, found, expected):
    if found == expected:
        return
    if isinstance(found, set):
        raise DevError(f"{what}: too much: {sorted(found - expected)}; missing: {sorted(expected - found)}")
    raise DevError(f"{what}: {found} instead of {expected}")
