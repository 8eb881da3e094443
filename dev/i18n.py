"""Bring `i18n/` up to date with the add-on; what is new is left for a person to translate."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from . import database, environment, odoo
from .console import DevError, say
from .paths import ADDONS, MODULE, ODOO_CONF, ROOT, VENV_PYTHON

DATABASE = "test"
MERGE = """
import sys, polib
new, target = sys.argv[1:]
known = {entry.msgid: entry.msgstr for entry in polib.pofile(target)}
po = polib.pofile(new)
for entry in po:
    # oca-checks-po wants no translation where it equals the term.
    entry.msgstr = known.get(entry.msgid, "")
    if not entry.msgstr and entry.msgid != "ID":
        print("to translate:", repr(entry.msgid))
po.save(target)
"""


def run():
    with environment.ready() as server, tempfile.TemporaryDirectory() as folder:
        database.ensure(server, DATABASE, renew=True)
        template = export(server, Path(folder))
        shutil.copyfile(template, ROOT / "i18n" / f"{MODULE}.pot")
        for translation in sorted((ROOT / "i18n").glob("*.po")):
            say(f"==> {translation.name}")
            subprocess.run([VENV_PYTHON, "-c", MERGE, template, translation], check=True)


def export(server, folder):
    """Odoo's exporter follows the link to the checkout and all that is below, so it gets a copy."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ":!dev", ":!tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = folder / MODULE / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    configuration = folder / "odoo.conf"
    configuration.write_text(ODOO_CONF.read_text().replace(str(ADDONS), str(folder)))
    template = folder / f"{MODULE}.pot"
    command = [VENV_PYTHON, "-P", "-m", "odoo", "i18n", "export", "-d", DATABASE]
    command += ["-l", "pot", "-o", template, "--", MODULE]
    result = subprocess.run(
        command,
        env={**odoo.environ(server), "ODOO_RC": str(configuration)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode or not template.is_file():
        raise DevError(f"Odoo could not export the terms:\n{result.stderr[-2000:]}")
    return template
