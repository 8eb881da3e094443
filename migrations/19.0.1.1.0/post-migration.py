"""What 1.1.0 adds to shipped records, which an update leaves alone once they are there or were deleted."""

import re

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import file_path
from odoo.tools.convert import xml_import

MODULE = "partner_segmentation"
DESCRIBED = (
    "class_size_large",
    "class_size_medium",
    "class_size_small",
    "class_industry_manufacturing",
    "class_industry_retail",
    "class_industry_services",
)


def migrate(cr, _version):
    env = api.Environment(cr, SUPERUSER_ID, {})  # as the update itself: it loads what is shipped
    say_how_to_serve(env)
    add_examples(env, file_path(f"{MODULE}/data/examples.xml"))
    keep_rules(env)


def say_how_to_serve(env):
    """How customers of a class are served was part of what the class means; both are the same as shipped."""
    classes = env["segmentation.class"].union(*filter(None, (found(env, name) for name in DESCRIBED)))
    env.cr.execute(
        "UPDATE segmentation_class SET service_description = description"
        " WHERE id = ANY(%s) AND service_description IS NULL",
        [classes.ids],
    )
    classes.invalidate_recordset(["service_description"])


def add_examples(env, path):
    """Create the examples of the file, but those about classes that were deleted."""
    root = etree.parse(path).getroot()
    for record in root.findall("record"):
        if not all(found(env, name) for name in references(record)):
            root.remove(record)
    xml_import(env, MODULE, {}, "init", noupdate=True, xml_filename=path).parse(root)


def keep_rules(env):
    """Have reports of the days up to now list the rules: full runs keep only those that they classify by themselves."""
    env["segmentation.rules"]._record(env["segmentation.dimension"].search([("active", "in", (True, False))]))


def references(record) -> set[str]:
    """External ids that the record of a data file refers to."""
    named = set(record.xpath("field/@ref"))
    return named.union(*(re.findall(r"\bref\('([\w.]+)'\)", text) for text in record.xpath("field/@eval")))


def found(env, name):
    return env.ref(name if "." in name else f"{MODULE}.{name}", raise_if_not_found=False)
