import re
from pathlib import Path

from lxml import html

from odoo.tests import TransactionCase, tagged

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "static" / "description"


@tagged("post_install", "-at_install")
class TestDescription(TransactionCase):
    """What strangers read before they install the add-on."""

    def test_page_in_the_list_of_apps(self):
        page = html.fromstring((FOLDER / "index.html").read_text())
        links = {link for _element, _attribute, link, _position in page.iterlinks()}
        self.assertFalse({link for link in links if not (FOLDER / link).is_file()}, "pictures only, and all there")
        self.assertFalse(page.xpath("//script | //style | //img[not(@alt)]"))
        module = self.env["ir.module.module"].search([("name", "=", "partner_segmentation")])
        self.assertIn("/partner_segmentation/static/description/partner_form.png", module.description_html)

    def test_pictures_of_the_documentation(self):
        pictures = re.findall(r"^ *\.\. (?:figure|image):: (\S+)", (ROOT / "README.rst").read_text(), re.M)
        self.assertGreater(len(pictures), 3)
        for picture in pictures:
            self.assertTrue((ROOT / picture).is_file(), picture)

    def test_changelog_is_about_this_version(self):
        module = self.env["ir.module.module"].search([("name", "=", "partner_segmentation")])
        headings = re.findall(r"^(\d+(?:\.\d+)+)\n=+$", (ROOT / "CHANGELOG.rst").read_text(), re.M)
        self.assertEqual(headings[0], module.installed_version)
