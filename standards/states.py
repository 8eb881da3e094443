"""Classes for the states of countries: what a file leaves to be made where it is applied."""

from .nodes import languages

COUNTRY, STATE = {"sequence": 50}, {"sequence": 51}
COMMON = {"color": 3, "own_country_only": True}


def state_classes(countries, references) -> list[dict]:
    """A class for each country, and one below it for each of its states, as objects of a file.

    They place customers of companies in that country only.
    """
    classes = []
    for country in countries.sorted("code"):
        whole = {"code": country.code, "countries": [country.code]}
        classes.append({**whole, "name": _names(country), **COUNTRY, **COMMON})
        for state in country.state_ids:
            name = references.name_of_state(state)
            part = {"code": name.replace("-", "_"), "parent": country.code, "states": [name]}
            classes.append({**part, "name": _names(state), **STATE, **COMMON})
    return classes


def _names(place) -> dict:
    """The name in every installed language."""
    return {lang: place.with_context(lang=lang).name for lang in languages(place.env)}
