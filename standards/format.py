"""The file format of standards: which keys each object may have, and what stands in them.

A standard is one JSON object. ``KEYS`` describes its objects, for the reader, the writer and the
validation alike; ``data/standards/README.rst`` explains it to those who write files.
"""

import json
from dataclasses import dataclass

from odoo.exceptions import UserError

FORMAT = 1
LARGEST = 2_000_000  # characters
SOURCE_LANG = "en_US"
# What metrics are computed on that derive from others: the customer file.
DERIVED_MODEL = "segmentation.profile"


@dataclass(frozen=True)
class Key:
    """A key of an object in the file.

    :ivar kind: what stands in it, one of ``CHECKS`` or "list" of objects
    :ivar field: field of the model that it is stored in; None for what is not a field
    :ivar default: what a missing key stands for
    :ivar choices: allowed values of a "choice"
    """

    kind: str
    field: str | None = None
    required: bool = False
    default: object = None
    choices: tuple = ()


TEXT = {"name": Key("text", "name", required=True), "description": Key("text", "description")}
KEYS = {
    "standard": {
        **TEXT,
        "format": Key("format", required=True),
        "code": Key("code", required=True),
        "version": Key("version", required=True),
        "source": Key("text"),
        "industries": Key("list", default=()),
        "metrics": Key("list", default=()),
        "dimensions": Key("list", default=()),
    },
    "industry": {
        "code": Key("code", required=True),
        "name": Key("text", "name", required=True),
        "full_name": Key("text", "full_name"),
        "parent": Key("industry", "parent_id"),
    },
    "metric": {
        **TEXT,
        "code": Key("code", required=True),
        "sequence": Key("integer", "sequence", default=10),
        "model": Key("model", "model_id", default=DERIVED_MODEL),
        "aggregate": Key("choice", "aggregate", required=True),
        "measure": Key("model_field", "measure_field_id"),
        "reverse_sign": Key("boolean", "reverse_sign", default=False),
        "group_path": Key("string", "group_path"),
        "start_path": Key("string", "start_path"),
        "metric": Key("metric", "metric_id"),
        "base_metric": Key("metric", "base_metric_id"),
        "date": Key("model_field", "date_field_id"),
        "partner_path": Key("string", "partner_path", default="commercial_partner_id"),
        "domain": Key("domain", "domain", default=()),
        "window_months": Key("integer", "window_months", default=0),
        "offset_months": Key("integer", "offset_months", default=0),
        "offset_days": Key("integer", "offset_days", default=0),
    },
    "dimension": {
        **TEXT,
        "code": Key("code", required=True),
        "column": Key("code"),
        "sequence": Key("integer", "sequence", default=10),
        "method": Key("choice", "method", required=True),
        "mode": Key("choice", "criteria_mode", default="any"),
        "metric": Key("metric", "metric_id"),
        "lower_is_better": Key("boolean", "lower_is_better", default=False),
        "hysteresis": Key("number", "hysteresis", default=0),
        "domain": Key("domain", "domain", default=()),
        "undecided": Key("choice", "undecided", default="certain"),
        "fallback": Key("class", "fallback_class_id"),
        "currency": Key("currency", "currency_id"),
        "in_code": Key("boolean", "in_code", default=True),
        "own_states": Key("boolean", default=False),
        "classes": Key("list", default=()),
    },
    "class": {
        **TEXT,
        "code": Key("class_code", required=True),
        "sequence": Key("integer", "sequence"),
        "color": Key("integer", "color", default=0),
        "parent": Key("class", "parent_id"),
        "share": Key("number", "share", default=0),
        "domain": Key("domain", "domain"),
        "industries": Key("industries", "industry_ids", default=()),
        "countries": Key("countries", "country_ids", default=()),
        "states": Key("states", "state_ids", default=()),
        "zip_prefixes": Key("zips", "zip_prefixes", default=()),
        "cities": Key("cities", "cities", default=()),
        "own_country_only": Key("boolean", "own_country_only", default=False),
        "criteria": Key("list", default=()),
    },
    "criterion": {
        "metric": Key("metric", "metric_id", required=True),
        "lower_bound": Key("number", "lower_bound", required=True),
        "industries": Key("industries", "industry_ids", default=()),
        "alternative": Key("integer", "alternative", default=1),
    },
}
# Key of a list → what its objects are.
LISTS = {
    "industries": "industry",
    "metrics": "metric",
    "dimensions": "dimension",
    "classes": "class",
    "criteria": "criterion",
}
MODELS = {
    "industry": "res.partner.industry",
    "metric": "segmentation.metric",
    "dimension": "segmentation.dimension",
    "class": "segmentation.class",
    "criterion": "segmentation.criterion",
}


def load(env, text: str):
    """What is in the file, not checked yet.

    :raise UserError: it is not JSON
    """
    if len(text) > LARGEST:
        raise UserError(env._("The file is too large for a standard: it has more than %s characters.", LARGEST))

    def without_duplicates(pairs):
        found = {}
        for key, value in pairs:
            if key in found:
                raise UserError(env._("The file is not valid JSON: the key “%s” occurs twice in an object.", key))
            found[key] = value
        return found

    def no_number(name):
        raise UserError(env._("The file is not valid JSON: %s is not a number.", name))

    try:
        return json.loads(text, object_pairs_hook=without_duplicates, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise UserError(env._("The file is not valid JSON: %s", str(error) or type(error).__name__)) from error


def dump(data: dict) -> str:
    """The text of the file."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
