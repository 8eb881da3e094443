"""Whether everything that a standard refers to is there: in its file, or in the database."""

from .check import Check
from .format import DERIVED_MODEL, KEYS
from .nodes import nodes


def check_references(data: dict, references) -> None:
    """Refuse a standard that names what nobody knows.

    :param data: a standard of the right form
    :raise UserError: names each place in the file
    """
    Resolution(data, references).check.raise_problems()


class Resolution:
    """Looks up what each node of a standard names."""

    def __init__(self, data: dict, references):
        self.env = references.env
        self.references = references
        self.check = Check(self.env)
        self.codes = {name: {raw["code"] for raw in data.get(name, ())} for name in ("industries", "metrics")}
        self.classes = {
            raw["code"]: {cls["code"] for cls in raw.get("classes", ())} for raw in data.get("dimensions", ())
        }
        self.seen = set()
        for node in nodes(data):
            self._node(node)

    def _node(self, node):
        if node.key in self.seen and node.kind == "criterion":
            message = self.env._("the class already has a bound for this metric, these industries and this alternative")
            self.check.problem(node.place, message)
        self.seen.add(node.key)
        for name, key in KEYS[node.kind].items():
            value = node.raw.get(name)
            if not value or key.kind == "list":
                continue
            for index, one in enumerate(value if isinstance(value, list) else [value]):
                if message := self._missing(key.kind, one, node):
                    place = f"{node.place}.{name}[{index}]" if isinstance(value, list) else f"{node.place}.{name}"
                    self.check.problem(place, message)
        if node.kind == "dimension":
            self._column(node)
        if node.kind == "metric" and not node.raw.get("model") and "base_metric" not in node.raw:
            self.check.problem(f"{node.place}.model", self.env._("is missing"))

    def _missing(self, kind: str, name, node) -> str | None:
        """What is not there, None when it is."""
        match kind:
            case "metric" if name not in self.codes["metrics"] and not self.references.metric(name):
                return self._missing_metric(name)
            case "currency" if not self.references.currency(name):
                return self.env._("no currency with the code “%s”", name)
            case "class" if name not in self.classes[node.key.partition("/")[0]]:
                return self.env._("the dimension has no class with the code “%s” in this file", name)
            case "industry" | "industries" if name not in self.codes["industries"]:
                if not self.references.industry(name):
                    return self.env._("no industry “%s”, neither in this file nor in Odoo", name)
            case "countries" if not self.references.country(name):
                return self.env._("no country with the code “%s”", name)
            case "states" if not self.references.state(name):
                return self.env._("no state “%s”", name)
            case "model" if name not in self.env:
                return self.env._("no model “%s”: the app it belongs to is not installed", name)
            case "model_field":
                model = node.raw.get("model") or DERIVED_MODEL
                if model in self.env and name not in self.env[model]._fields:
                    return self.env._("the model “%(model)s” has no field “%(field)s”", model=model, field=name)
            case "domain" if isinstance(name, list):
                return self._missing_operand(name[2])
        return None

    def _missing_metric(self, code: str) -> str:
        app = self.env["segmentation.metric"]._optional_app(code)
        if not app:
            return self.env._("no metric with the code “%s”", code)
        return self.env._(
            "no metric with the code “%(code)s”: it comes with the app “%(app)s”. Install the app, and classify the "
            "customers once.",
            code=code,
            app=app,
        )

    def _missing_operand(self, value) -> str | None:
        """What a condition compares with and is not there."""
        for operand in value if isinstance(value, list) else [value]:
            if not isinstance(operand, dict):
                continue
            if "class" in operand:
                message = self._missing_class(*operand["class"].partition("/")[::2])
            else:
                found = self.references.operand(operand)
                message = None if found else self.env._("no record “%s”", operand["record"])
            if message:
                return message
        return None

    def _missing_class(self, dimension_code: str, code: str) -> str | None:
        """What is not there of a class that a condition names."""
        if code in self.classes.get(dimension_code, ()):
            return None
        dimension = self.references.dimension(dimension_code)
        if not dimension and dimension_code not in self.classes:
            return self.env._(
                "no dimension with the code “%s”: apply a standard that brings it, or create it, first", dimension_code
            )
        cls = self.references.class_of(dimension, code)
        if not cls:
            return self.env._(
                "the dimension “%(dimension)s” has no class with the code “%(code)s”",
                dimension=dimension.name or dimension_code,
                code=code,
            )
        for record in (dimension, cls):
            if not record.active:
                return self.env._("“%s” is archived: unarchive it, or apply the standard that brings it", record.name)
        return None

    def _column(self, node):
        """A column must be one that holds a class."""
        name = node.raw.get("column")
        if not name:
            return
        field = self.env["segmentation.profile"]._fields.get(name)
        if field is None or field.comodel_name != "segmentation.class":
            message = self.env._("“%s” is no column of the customer file that holds a class", name)
            self.check.problem(f"{node.place}.column", message)
