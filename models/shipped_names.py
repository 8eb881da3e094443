"""Names of shipped records in the user's language, for models whose names Odoo does not translate."""

from ..standards.format import SOURCE_LANG


def translate_shipped(env, found: list[dict], names: dict) -> list[dict]:
    """Values as read (``id``, ``name``), those of our records with the name in the user's language.

    ``names``: name of the record in our data → its lazy name. A record that somebody renamed keeps its name.
    """
    english = env(context={**env.context, "lang": SOURCE_LANG})
    records = {name: env.ref(f"partner_segmentation.{name}", raise_if_not_found=False) for name in names}
    shipped = {(record.id, english._(names[name])): env._(names[name]) for name, record in records.items() if record}
    keys = [(each["id"], each.get("name")) for each in found]
    return [{**each, "name": shipped[key]} if key in shipped else each for each, key in zip(found, keys, strict=True)]
