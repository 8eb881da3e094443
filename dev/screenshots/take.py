"""Takes the pictures: `python -m dev.screenshots.take ADDRESS DATABASE [NAME …]`, in the virtual environment."""

import logging
import re
import sys

from PIL import Image

from odoo.tools import config

from ..paths import ODOO_CONF, ROOT
from .browser import Browser, Setting
from .shots import SHOTS, WIDTH

FOLDER = ROOT / "static" / "description"
LOGIN = PASSWORD = "admin"


def main(address, database, *names):
    # The browser keeps pictures of failures where Odoo's configuration says.
    config.parse_config(["-c", str(ODOO_CONF), "-d", database])
    logging.getLogger(Setting._logger.name).setLevel(logging.WARNING)
    shots = [shot for shot in SHOTS if not names or shot.name in names]
    browser = Browser(address, WIDTH, max(shot.height for shot in shots))
    try:
        browser.log_in(database, LOGIN, PASSWORD)
        for shot in shots:
            take(browser, shot)
    finally:
        browser.close()


def take(browser, shot):
    browser.resize(WIDTH, shot.height)
    try:
        browser.go(re.sub(r"\{(\w+)\.(\w+)\}", lambda match: str(browser.record_id(*match.groups())), shot.path))
        for step in shot.steps:
            step(browser)
        picture = browser.settle()
    except TimeoutError as error:
        sys.exit(f"{shot.name}: {error}")
    if browser.had_error:
        sys.exit(f"{shot.name}: the page has an error; a picture of it is in .dev/screenshots.")
    path = FOLDER / f"{shot.name}.png"
    write(picture, path)
    print(f"    {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def write(picture, path):
    """Screens have few colours: with a palette of them the file is a third."""
    picture.quantize(method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
