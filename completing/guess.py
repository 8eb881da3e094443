"""Guesses of what a contact does not say, from what it says. No ORM models here: values in, codes out."""

import csv
import re
from functools import cache
from typing import NamedTuple

from stdnum.ch import uid as swiss_uid
from stdnum.cn import uscc
from stdnum.eu import vat as eu_vat
from stdnum.gb import vat as british_vat

from odoo.tools import file_open

DATA = "partner_segmentation/completing/data"
CHINA = "CN"
NATIONWIDE = "10"  # registered with the central administration: says nothing about the province

# Prefixes of tax numbers that are not the country's code.
VAT_COUNTRIES = {"EL": "GR"}

# Prefix of a tax number outside the European Union → whether a number with it is valid.
BY_PREFIX = {
    "CH": lambda number: swiss_uid.is_valid(number[:12]),  # the kind of tax follows
    "GB": british_vat.is_valid,
}


class Guess(NamedTuple):
    """A value, and what it is guessed from.

    :ivar value: country code, state code of external id, or code of the industry
    :ivar source: "vat", "zip", "phone" or "name"
    :ivar evidence: the part of the source that says so
    """

    value: str
    source: str
    evidence: str


@cache
def _table(name: str) -> dict[str, str]:
    """A table of two columns; lines that begin with # say where it is from."""
    with file_open(f"{DATA}/{name}.csv", "r") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        next(rows)
        return dict(row for row in rows if row)


def guess_country(vat: str, phone: str, phone_countries: dict[str, str]) -> Guess | None:
    """Code of the country of a tax number, or else of a phone number with its international prefix.

    The end of an e-mail address or web site says too little: many companies use those of other countries.

    :param phone_countries: international prefix → code of the only country that has it
    """
    compact = _compact(vat)
    if uscc.is_valid(compact):
        return Guess(CHINA, "vat", vat)
    prefix = compact[:2]
    if prefix in BY_PREFIX and BY_PREFIX[prefix](compact):
        return Guess(prefix, "vat", vat)
    if prefix.isalpha() and eu_vat.is_valid(compact):
        return Guess(VAT_COUNTRIES.get(prefix, prefix), "vat", vat)
    digits = re.sub(r"[^\d+]", "", phone or "")
    if digits.startswith(("+", "00")):
        digits = digits.lstrip("+0")
        for length in (4, 3, 2, 1):
            if country := phone_countries.get(digits[:length]):
                return Guess(country, "phone", phone)
    return None


def guess_state(country: str | None, zip_code: str, vat: str) -> Guess | None:
    """Code of the Chinese province of a postal code, or else of a unified social credit code."""
    if country != CHINA:
        return None
    digits = re.sub(r"\s", "", zip_code or "")
    if re.fullmatch(r"\d{6}", digits) and (state := _table("china_zip").get(digits[:2])):
        return Guess(state, "zip", zip_code)
    compact = _compact(vat)
    if uscc.is_valid(compact) and compact[2:4] != NATIONWIDE and (state := _table("china_division").get(compact[2:4])):
        return Guess(state, "vat", vat)
    return None


def guess_industry(name: str) -> Guess | None:
    """Code of the only industry that the words of a name speak of."""
    found = {}
    for word, industry in _table("industry_words").items():
        if _has_word(name or "", word):
            found.setdefault(industry, word)
    if len(found) != 1:
        return None
    [(industry, word)] = found.items()
    return Guess(industry, "name", word)


def _has_word(name: str, word: str) -> bool:
    """Chinese is written without blanks; other words count as a whole only."""
    if not word.isascii():
        return word in name
    return re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", name, re.IGNORECASE) is not None


def _compact(vat: str) -> str:
    return re.sub(r"[\s.\-/]", "", vat or "").upper()
