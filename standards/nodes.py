"""A standard, taken apart into one node per record; and the file of dimensions that are there."""

from dataclasses import dataclass

from .format import KEYS, SOURCE_LANG, Key

ORDERED = ("industries", "countries", "states", "zips", "cities")
# A class or dimension that a standard brings is in use; only the database says that it is archived.
ACTIVE = Key("boolean", "active", default=True)


@dataclass(frozen=True)
class Node:
    """One record that a standard describes.

    :ivar key: name of the record among those of its kind, such as ``SIZE/L``
    :ivar place: where it stands in the file
    :ivar values: key of the file → what stands there; texts have a key per language, ``name@zh_CN``
    :ivar parent: key of the node it belongs to, empty for none
    :ivar raw: the object in the file
    """

    kind: str
    key: str
    place: str
    values: dict
    parent: str
    raw: dict


def nodes(data: dict):
    """The nodes of a standard, each after what it belongs to."""
    for name, kind in (("industries", "industry"), ("metrics", "metric"), ("dimensions", "dimension")):
        # A metric that derives from another one comes after it.
        for index, raw in sorted(enumerate(data.get(name, ())), key=lambda item: "base_metric" in item[1]):
            node = _node(kind, raw["code"], f"{name}[{index}]", raw)
            yield node
            if kind == "dimension":
                yield from class_nodes(node, "classes", node.raw.get("classes", ()))


def class_nodes(dimension: Node, name: str, classes):
    """The nodes of classes of a dimension, with their bounds.

    :param name: key of the dimension that they stand at, or come from
    :param classes: the classes as objects of a file
    """
    for index, given in enumerate(classes):
        raw = {"sequence": 10 * (index + 1), **given}
        node = _node("class", f"{dimension.key}/{raw['code']}", f"{dimension.place}.{name}[{index}]", raw, dimension)
        yield node
        for number, criterion in enumerate(raw.get("criteria", ())):
            key = criterion_key(node.key, criterion)
            yield _node("criterion", key, f"{node.place}.criteria[{number}]", criterion, node)


def criterion_key(class_key: str, values: dict) -> str:
    """A class has one bound for a metric, some industries and an alternative."""
    industries = ",".join(sorted(values.get("industries") or ()))
    return f"{class_key}/{values['metric']}/{values.get('alternative', 1)}/{industries}"


def _node(kind: str, key: str, place: str, raw: dict, parent: Node | None = None) -> Node:
    values = {}
    for name, described in keys_of(kind).items():
        value = raw.get(name)
        if described.kind == "text":
            values |= {f"{name}@{lang}": text for lang, text in (value or {}).items()}
        elif name in raw or described is ACTIVE:
            values[name] = described.default if value is None else value
            if described.kind in ORDERED:
                values[name] = sorted(set(values[name]))
    return Node(kind, key, place, values, parent.key if parent else "", raw)


def keys_of(kind: str) -> dict[str, Key]:
    """The keys that are stored in fields of the record."""
    stored = {name: key for name, key in KEYS[kind].items() if key.field}
    return {**stored, "active": ACTIVE} if kind in ("dimension", "class") else stored


def default_of(kind: str, name: str):
    """What the key, a text per language among them, is when a file does not mention it."""
    key = keys_of(kind).get(name)
    if key is None:
        return None
    return list(key.default) if isinstance(key.default, tuple) else key.default


def stored_values(kind: str, record, references) -> dict:
    """What the file would say of a record: the same keys as in a node, every one of them."""
    values = {}
    for name, key in keys_of(kind).items():
        if key.kind == "text":
            for lang in languages(record.env):
                values[f"{name}@{lang}"] = record.with_context(lang=lang)[key.field] or None
        else:
            values[name] = references.name_of(key, record)
    return values


def languages(env) -> list[str]:
    """Languages that texts are stored in: the one Odoo translates from, and those installed."""
    return [SOURCE_LANG, *(code for code, _name in env["res.lang"].get_installed() if code != SOURCE_LANG)]


def file_of(dimensions, references) -> dict:
    """The parts of a file that describe the dimensions, with the metrics and industries only they know."""
    described = [_dimension(dimension, references) for dimension in dimensions.sorted()]
    metrics = references.metrics_beside(dimensions)
    for dimension in dimensions:
        metrics |= dimension._used_metrics()
    metrics = (metrics._bases() | metrics).filtered("is_custom")
    industries = dimensions.class_ids.industry_ids | dimensions.class_ids.criterion_ids.industry_ids
    return {
        "industries": _industries(industries, references),
        "metrics": [{"code": metric.code, **_object("metric", metric, references)} for metric in metrics],
        "dimensions": described,
    }


def _dimension(dimension, references) -> dict:
    column = {} if dimension.is_custom else {"column": dimension.field_name}
    classes = []
    # Classes that were made for records would stand for nothing elsewhere.
    for cls in dimension.class_ids.filtered(lambda cls: not cls.res_id):
        criteria = [_object("criterion", criterion, references) for criterion in cls.criterion_ids]
        content = {"criteria": criteria} if criteria else {}
        classes.append({"code": references.name_of_class(cls), **_object("class", cls, references), **content})
    return {"code": dimension.code, **column, **_object("dimension", dimension, references), "classes": classes}


def _industries(industries, references) -> list[dict]:
    """Industries that Odoo does not ship, each after the wider one that it is part of."""
    found = {}
    for industry in industries:
        chain = [industry]
        while chain[0].parent_id:
            chain.insert(0, chain[0].parent_id)
        for one in chain:
            code = references.name_of_industry(one)
            if "." not in code and code not in found:
                found[code] = {"code": code, **_object("industry", one, references)}
    return list(found.values())


def _object(kind: str, record, references) -> dict:
    """The object of a record; what is as by default is left out."""
    values = stored_values(kind, record, references)
    result = {}
    for name, key in keys_of(kind).items():
        if key.kind == "text":
            source = values[f"{name}@{SOURCE_LANG}"]
            texts = {lang: values[f"{name}@{lang}"] for lang in languages(record.env)}
            texts = {lang: text for lang, text in texts.items() if text and (lang == SOURCE_LANG or text != source)}
            if texts:
                result[name] = texts
        elif key is not ACTIVE and (key.required or values[name] != default_of(kind, name)):
            result[name] = values[name]
    return result
