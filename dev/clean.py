"""`make clean`: remove what the set-up made in this checkout. The user's cache stays."""

import shutil

from . import postgres
from .console import say
from .paths import ROOT, WORK

MADE = (".coverage", ".hypothesis", ".pytest_cache", ".ruff_cache", "dist", "htmlcov")


def run():
    if WORK.is_dir():
        postgres.KEEP.unlink(missing_ok=True)
        postgres.stop()
        shutil.rmtree(postgres.socket_folder(), ignore_errors=True)
        shutil.rmtree(WORK)
    for path in [ROOT / name for name in MADE] + list(ROOT.rglob("__pycache__")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    say("Removed .dev/ and the other files that were made in this checkout.")
