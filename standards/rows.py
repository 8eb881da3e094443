"""A plan in words: what would be made, changed, kept and removed."""

from dataclasses import dataclass

from odoo.tools.misc import formatLang

from .format import MODELS, SOURCE_LANG
from .nodes import keys_of, stored_values

ACTIONS = ("keep", "change", "create", "archive", "remove")


@dataclass(frozen=True)
class Row:
    """One thing that happens, or does not.

    :ivar name: what it happens to
    :ivar what: which of its fields, empty for the record as a whole
    :ivar now: what is there
    :ivar then: what the standard says
    """

    kind: str
    action: str
    name: str
    what: str
    now: str
    then: str


class Rows:
    """The rows of a :class:`~.plan.Plan`, in the user's language."""

    def __init__(self, plan):
        self.plan = plan
        self.env = plan.env
        self.industries = {
            step.node.key: self._text_of(step.node.values, "name") for step in plan.steps if step.kind == "industry"
        }

    def all(self) -> list[Row]:
        """What the user did comes first, what goes comes last."""
        rows = [row for target in self.plan.targets.values() for row in self._companies(target)]
        for step in self.plan.steps:
            rows += self._rows(step)
        return sorted(rows, key=lambda row: ACTIONS.index(row.action))

    def _rows(self, step) -> list[Row]:
        name = self._name(step)
        if step.action in ("remove", "archive"):
            return [Row(step.kind, step.action, name, "", self._summary(step.kind, self._now(step)), "")]
        if step.action == "create":
            return [Row(step.kind, "create", name, "", "", self._summary(step.kind, step.node.values))]
        if step.action == "keep" and not step.record:
            then = self._summary(step.kind, step.node.values)
            return [Row(step.kind, "keep", name, "", self.env._("deleted by you"), then)]
        if step.action == "keep" and not step.node:
            return [Row(step.kind, "keep", name, "", self._summary(step.kind, self._now(step)), "")]
        return [
            Row(step.kind, action, name, self._label(step, key), *self._change(step, key, value))
            for action, values in (("change", step.changes), ("keep", step.kept))
            for key, value in sorted(values.items())
        ]

    def _companies(self, target) -> list[Row]:
        """Companies that come to the dimension of a standard, and leave another one."""
        everybody = self.env._("All companies")
        rows, dimension = [], target.dimension
        is_changed = dimension and dimension.company_ids != target.companies
        own = {dimension: target.companies} if is_changed else {}
        for other, companies in {**own, **target.others}.items():
            now = ", ".join(other.company_ids.mapped("name")) or everybody
            action = "archive" if not companies and other != dimension else "change"
            then = ", ".join(companies.mapped("name")) or ("" if action == "archive" else everybody)
            rows.append(Row("dimension", action, other.name, self.env._("Companies"), now, then))
        return rows

    # -- words ---------------------------------------------------------------------------------

    def _now(self, step) -> dict:
        return step.now or stored_values(step.kind, step.record, self.plan.references)

    def _name(self, step) -> str:
        """The record with what it belongs to: Size › Large."""
        if step.kind in ("industry", "metric", "dimension"):
            return step.record.display_name if step.record else self._text_of(step.node.values, "name")
        if not step.node:
            cls = step.record if step.kind == "class" else step.record.class_id
            return f"{cls.dimension_id.name} › {cls.name}"
        dimension, cls = step.node.key.split("/")[:2]
        steps = [self.plan.step("dimension", dimension), self.plan.step("class", f"{dimension}/{cls}")]
        return " › ".join(s.record.name if s.record else self._text_of(s.node.values, "name") for s in steps)

    def _text_of(self, values: dict, name: str) -> str:
        return values.get(f"{name}@{self.env.lang}") or values.get(f"{name}@{SOURCE_LANG}") or ""

    def _label(self, step, name: str) -> str:
        """The field, with the language of a text where there are several."""
        name, _at, lang = name.partition("@")
        field = self.env[MODELS[step.kind]]._fields[keys_of(step.kind)[name].field]
        label = field.get_description(self.env, ["string"])["string"]
        names = dict(self.env["res.lang"].get_installed())
        return f"{label} ({names[lang]})" if lang in names and len(names) > 1 else label

    def _change(self, step, name: str, value) -> tuple[str, str]:
        kind = keys_of(step.kind)[name.partition("@")[0]].kind
        return self._value(step, name, kind, step.now[name]), self._value(step, name, kind, value)

    def _value(self, step, name: str, kind: str, value) -> str:
        if value is None or value == []:
            return ""
        match kind:
            case "boolean":
                return self.env._("yes") if value else self.env._("no")
            case "choice":
                field = self.env[MODELS[step.kind]]._fields[keys_of(step.kind)[name].field]
                return dict(field._description_selection(self.env))[value]
            case "number":
                return self._number(value)
            case "industry":
                return self._industries([value])
            case "industries":
                return self._industries(value)
            case "metric":
                return self._metric(value)
            case "countries" | "states" | "zips" | "cities":
                return ", ".join(value)
        return str(value)

    def _summary(self, kind: str, values: dict) -> str:
        """A record in a few words."""
        if kind == "criterion":
            bound = f"{self._metric(values['metric'])} ≥ {self._number(values['lower_bound'])}"
            industries = self._industries(values.get("industries") or [])
            return f"{bound} ({industries})" if industries else bound
        if kind == "industry" and values.get("parent"):
            return self.env._("part of %s", self._industries([values["parent"]]))
        return (self._text_of(values, "description") or self._text_of(values, "name")).partition("\n")[0]

    def _number(self, value) -> str:
        return formatLang(self.env, value, digits=0 if float(value).is_integer() else 2)

    def _industries(self, names) -> str:
        return ", ".join(
            self.industries.get(name) or self.plan.references.industry(name).name or name for name in names
        )

    def _metric(self, code: str) -> str:
        for step in self.plan.steps:
            if step.kind == "metric" and step.node.key == code and not step.record:
                return self._text_of(step.node.values, "name")
        return self.plan.references.metric(code).name or code
