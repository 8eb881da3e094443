"""What may stand in the file of a standard, and what to say where something else does."""

import math
import re
import unicodedata

from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from ..engine.mapping import normalized_city, normalized_zip, split_entries
from .format import FORMAT, KEYS, LISTS, MODELS, SOURCE_LANG, Key

_lt = LazyTranslate(__name__)


def check_form(env, data):
    """Refuse what has not the form of a standard.

    :raise UserError: names each place in the file
    """
    check = Check(env)
    check.object("standard", data, "")
    check.raise_problems()


class Check:
    """Collects what is wrong with a file, each with its place, for example ``dimensions[0].classes[2].code``."""

    def __init__(self, env):
        self.env = env
        self.problems = []

    def problem(self, place: str, message: str):
        self.problems.append(f"{place}: {message}" if place else message)

    def raise_problems(self):
        if self.problems:
            shown = self.problems[:10]
            if more := len(self.problems) - len(shown):
                shown.append(self.env._("… and %s more", more))
            raise UserError("\n".join([self.env._("The standard cannot be used:"), *shown]))

    def object(self, kind: str, value, place: str):
        """Check an object of the file and all that is in it."""
        keys = KEYS[kind]
        if not isinstance(value, dict):
            self.problem(place, self.env._("an object with the keys %s is expected here", ", ".join(keys)))
            return
        inside = f"{place}." if place else ""
        for name in value.keys() - keys.keys():
            known = ", ".join(keys)
            self.problem(place, self.env._("unknown key “%(key)s”; known are %(known)s", key=name[:40], known=known))
        for name, key in keys.items():
            if name not in value:
                if key.required:
                    self.problem(f"{inside}{name}", self.env._("is missing"))
            elif key.kind == "list":
                self._objects(LISTS[name], value[name], f"{inside}{name}")
            elif value[name] is None and not key.required:
                pass
            elif message := self._value(kind, key, value[name]):
                self.problem(f"{inside}{name}", message)

    def _objects(self, kind: str, values, place: str):
        if not isinstance(values, list):
            self.problem(place, self.env._("a list is expected here"))
            return
        seen = set()
        for index, value in enumerate(values):
            self.object(kind, value, f"{place}[{index}]")
            code = value.get("code") if isinstance(value, dict) else None
            if isinstance(code, str):
                if code in seen:
                    self.problem(f"{place}[{index}].code", self.env._("“%s” is used twice", code))
                seen.add(code)

    def _value(self, kind: str, key: Key, value) -> str | None:
        """What is wrong with a value, None when it is right."""
        if key.kind == "choice":
            field = self.env[MODELS[kind]]._fields[key.field]
            choices = field.get_values(self.env)
            if value not in choices:
                return self.env._("one of %s is expected here", ", ".join(choices))
            return None
        holds, message = CHECKS[key.kind]
        return None if holds(value) else self.env._(message)


def _is_string(value, pattern=r"[^\x00-\x1f\ud800-\udfff]{1,200}") -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_text(value) -> bool:
    """A text per language, at least in the language that Odoo translates from."""
    return (
        isinstance(value, dict)
        and SOURCE_LANG in value
        and all(re.fullmatch(r"[a-z]{2,3}(_[A-Za-z]{2,8})?(@[a-z]+)?", lang) for lang in value)
        and all(_is_string(text, r"[^\x00-\x08\x0b-\x1f\ud800-\udfff]{1,4000}") for text in value.values())
    )


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)


def _is_integer(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def _is_list_of(holds):
    return lambda value: isinstance(value, list) and all(map(holds, value))


def _is_domain(value) -> bool:
    return isinstance(value, list) and all(item in ("&", "|", "!") or _is_condition(item) for item in value)


def _is_condition(item) -> bool:
    if not isinstance(item, list) or len(item) != 3:
        return False
    field, operator, value = item
    values = value if isinstance(value, list) else [value]
    return (
        (field in (0, 1) or _is_string(field, r"[\w.]{1,100}"))
        and _is_string(operator)
        and all(map(_is_operand, values))
    )


def _is_operand(value) -> bool:
    """A literal, or a record named as ``{"class": "SIZE/L"}`` or ``{"record": "base.cn"}``."""
    if isinstance(value, dict):
        return len(value) == 1 and value.keys() <= {"class", "record"} and all(map(_is_string, value.values()))
    return value is None or isinstance(value, str | bool) or _is_number(value)


def _is_code(value) -> bool:
    return _is_string(value, r"[A-Za-z][A-Za-z0-9_]{0,39}")


def _is_industry(value) -> bool:
    return _is_string(value, r"[A-Za-z]\w{0,39}(\.\w{1,80})?")


def _is_class_code(value) -> bool:
    return isinstance(value, str) and len(value) <= 40 and value.replace("_", "").replace(".", "").isalnum()


def _is_zip(value) -> bool:
    return _is_string(value) and value.isalnum() and value == normalized_zip(value)


def _is_list_of_cities(value) -> bool:
    """Names as they are stored, none of them twice."""
    return (
        isinstance(value, list)
        and all(_is_string(city) and split_entries(city) == [unicodedata.normalize("NFKC", city)] for city in value)
        and len(set(map(normalized_city, value))) == len(value)
    )


CODE = _lt("a code is expected here: a letter, then at most 39 letters, digits and underscores")
INDUSTRY = _lt("the code of an industry in this file, or the external id of one in Odoo, is expected here")
# Kind of a value → test, and what to say when it fails.
CHECKS = {
    "format": (
        lambda value: value == FORMAT and _is_integer(value),
        _lt("this version of the add-on reads format 1; update the add-on, or check the file"),
    ),
    "code": (_is_code, CODE),
    "metric": (_is_code, CODE),
    "class_code": (_is_class_code, _lt("a code of letters, digits, dots and underscores is expected here")),
    "class": (_is_class_code, _lt("the code of a class of the dimension is expected here")),
    "version": (
        lambda value: _is_string(value, r"\d{1,9}(\.\d{1,9}){0,3}"),
        _lt("a version such as “1.0” is expected here, in quotes"),
    ),
    "text": (_is_text, _lt('a text per language is expected here, such as {"en_US": "Size", "zh_CN": "规模"}')),
    "string": (_is_string, _lt("a text of at most 200 characters is expected here")),
    "number": (_is_number, _lt("a number is expected here")),
    "integer": (_is_integer, _lt("a whole number is expected here")),
    "boolean": (lambda value: isinstance(value, bool), _lt("true or false is expected here")),
    "currency": (
        lambda value: _is_string(value, "[A-Z]{3}"),
        _lt("the code of a currency, such as “EUR”, is expected here"),
    ),
    "industry": (_is_industry, INDUSTRY),
    "industries": (_is_list_of(_is_industry), _lt("a list of industries is expected here")),
    "countries": (
        _is_list_of(lambda value: _is_string(value, "[A-Z]{2}")),
        _lt("a list of country codes such as “CN” is expected here"),
    ),
    "states": (
        _is_list_of(lambda value: _is_string(value, r"[A-Z]{2}-.{1,20}")),
        _lt("a list of states such as “CN-GD” is expected here"),
    ),
    "zips": (
        _is_list_of(_is_zip),
        _lt("a list of beginnings of postal codes such as “20” is expected here, in capitals and digits only"),
    ),
    "cities": (
        _is_list_of_cities,
        _lt("a list of cities, each once and without commas, is expected here"),
    ),
    "domain": (
        _is_domain,
        _lt('a list of conditions such as [["orders_24m", ">", 0]] is expected here'),
    ),
    "model": (lambda value: _is_string(value, r"[\w.]{1,80}"), _lt("the name of a model is expected here")),
    "model_field": (lambda value: _is_string(value, r"\w{1,80}"), _lt("the name of a field is expected here")),
}
