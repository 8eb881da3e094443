"""Names of records in the files of standards.

A file names what is the same in every database: metrics, dimensions and classes by their codes, currencies,
countries and states by their ISO codes, Odoo's industries by external id and others by a code of the file.
"""

import re
from ast import literal_eval
from functools import cached_property

from odoo.exceptions import UserError

from ..engine.mapping import split_entries

PROFILE = "segmentation.profile"
# Fields of records that files name by what the field holds.
NAME_FIELDS = {"metric": "code", "currency": "name", "model": "model", "model_field": "name"}


class References:
    """Finds records by their names in a file, and names records.

    :ivar dimensions: code in the file → dimension it stands for here, where that is known
    :ivar columns: column in the file → column here, where they differ
    :param as_applied: name classes as the standards do that wrote them, also where their codes have been changed since
    """

    def __init__(self, env, as_applied=False):
        self.env = env
        self.as_applied = as_applied
        self.dimensions = {}
        self.columns = {}

    # -- names in the file → records -----------------------------------------------------------

    def metric(self, code):
        return self.env["segmentation.metric"].with_context(active_test=False).search([("code", "=", code)])

    def dimension(self, code):
        known = self.dimensions.get(code)
        return known or self.env["segmentation.dimension"].with_context(active_test=False).search([("code", "=", code)])

    def class_of(self, dimension, code):
        """Class of a code, or that a standard calls so since before its code was changed."""
        classes = dimension.with_context(active_test=False).class_ids
        named = classes.filtered(lambda cls: code and self._class_codes.get(cls.id) == code)
        return named or classes.filtered(lambda cls: cls.code == code)

    def currency(self, code):
        return self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)])

    def country(self, code):
        return self.env["res.country"].search([("code", "=", code)])

    def state(self, name):
        return self._states[name[:2]].get(name, self.env["res.country.state"])

    def industry(self, name):
        if "." in name:
            found = self.env.ref(name, raise_if_not_found=False)
            return found if found is not None and found._name == "res.partner.industry" else self._no_industry
        ids = {code: id_ for id_, code in self._industry_codes.items()}
        return self._no_industry.browse(ids.get(name, ()))

    def add_industry(self, code: str, industry):
        self._industry_codes[industry.id] = code

    def model(self, name):
        return self.env["ir.model"]._get(name)

    def model_field(self, model, name):
        # Not the fields of models that the user cannot look at: reading is checked when a metric is saved.
        return self.env["ir.model.fields"]._get(model, name)

    @cached_property
    def _no_industry(self):
        return self.env["res.partner.industry"]

    @cached_property
    def _industry_codes(self) -> dict[int, str]:
        """Id → code of the industries that standards have made here."""
        items = self.env["segmentation.standard.item"].search([("kind", "=", "industry")])
        living = self._no_industry.browse(items.mapped("res_id")).exists().ids
        return {item.res_id: item.key for item in items if item.res_id in living}

    @cached_property
    def _class_codes(self) -> dict[int, str]:
        """Id → code of the classes that standards have written."""
        items = self.env["segmentation.standard.item"].search([("kind", "=", "class")])
        return {item.res_id: item.key.rpartition("/")[2] for item in items}

    @cached_property
    def _states(self):
        return _StatesByCountry(self.env)

    # -- records → names in the file -----------------------------------------------------------

    def metrics_beside(self, dimensions):
        """Metrics that standards have brought together with the dimensions, whether these look at them or not."""
        Item = self.env["segmentation.standard.item"]
        standards = Item.search([("kind", "=", "dimension"), ("res_id", "in", dimensions.ids)]).standard_id
        items = Item.search([("kind", "=", "metric"), ("standard_id", "in", standards.ids)])
        return self.env["segmentation.metric"].browse(items.mapped("res_id")).exists()

    def name_of(self, key, record):
        """What a file says of the field that a key stands for; None for nothing.

        :param key: :class:`~.format.Key`
        """
        value = record[key.field]
        match key.kind:
            case "metric" | "currency" | "model" | "model_field":
                return value[NAME_FIELDS[key.kind]] or None
            case "class":
                return self.name_of_class(value) if value else None
            case "industry":
                return self.name_of_industry(value) if value else None
            case "industries":
                return sorted(map(self.name_of_industry, value))
            case "countries":
                return sorted(value.mapped("code"))
            case "states":
                return sorted(map(self._states.name, value))
            case "zips" | "cities":
                return sorted(split_entries(value))
            case "domain":
                model = record.model_name if record._name == "segmentation.metric" else PROFILE
                return self.domain_to_file(value, model) if value else None
            case "string" | "choice":
                return value or None
            case "number" if float(value).is_integer():
                return int(value)
        return value

    def name_of_state(self, state) -> str:
        """ISO code of a state, such as "CN-GD"."""
        return self._states.name(state)

    def name_of_class(self, cls) -> str:
        return (self.as_applied and self._class_codes.get(cls.id)) or cls.code

    def name_of_industry(self, industry) -> str:
        """External id of an industry that an add-on ships, otherwise the code of the one who made it."""
        if industry.id in self._industry_codes:
            return self._industry_codes[industry.id]
        for name in industry._get_external_ids()[industry.id]:
            if not name.startswith("__"):
                return name
        words = re.sub(r"\W+", "_", industry.with_context(lang="en_US").name or "", flags=re.ASCII).strip("_").upper()
        code = words[:30] if re.match("[A-Z]", words) else f"INDUSTRY_{words[:20]}".rstrip("_")
        if code in self._industry_codes.values():
            code = f"{code}_{industry.id}"
        self._industry_codes[industry.id] = code
        return code

    # -- domains -------------------------------------------------------------------------------

    def domain_to_file(self, text: str, model: str) -> list:
        """A domain with names in place of the numbers of records."""
        here = {column: name for name, column in self.columns.items()}
        return [
            item if isinstance(item, str) else self._condition_to_file(self._renamed(item, here), item, model)
            for item in literal_eval(text)
        ]

    def _condition_to_file(self, field: str, condition, model: str) -> list:
        comodel = self._comodel(condition[0], model)
        value = condition[2]
        if isinstance(value, list | tuple | set):
            return [field, condition[1], [self._operand_to_file(one, comodel) for one in value]]
        return [field, condition[1], self._operand_to_file(value, comodel)]

    def _operand_to_file(self, value, comodel):
        if not comodel or isinstance(value, bool) or not isinstance(value, int):
            return value
        record = self.env[comodel].browse(value).exists()
        if comodel == "segmentation.class" and record:
            codes = {dimension: code for code, dimension in self.dimensions.items()}
            return {"class": f"{codes.get(record.dimension_id, record.dimension_id.code)}/{self.name_of_class(record)}"}
        names = record._get_external_ids().get(value, []) if record else []
        for name in names:
            if not name.startswith("__"):
                return {"record": name}
        raise UserError(
            self.env._(
                "A condition names the record %(model)s %(id)s by its number, which means nothing in another database. "
                "Use a condition on its name or code instead.",
                model=self.env["ir.model"]._get(comodel).name,
                id=value,
            )
        )

    def domain_from_file(self, domain: list) -> str:
        """The text of the domain here."""
        return repr(
            [
                item
                if isinstance(item, str)
                else (self._renamed(item, self.columns), item[1], self._operand_from_file(item[2]))
                for item in domain
            ]
        )

    def _operand_from_file(self, value):
        if isinstance(value, list):
            return [self._operand_from_file(one) for one in value]
        return self.operand(value).id if isinstance(value, dict) else value

    def operand(self, value: dict):
        """The record that a condition names; None or an empty record where there is none."""
        if "record" in value:
            return self.env.ref(value["record"], raise_if_not_found=False)
        dimension, _slash, code = value["class"].partition("/")
        return self.class_of(self.dimension(dimension), code)

    @staticmethod
    def _renamed(condition, columns: dict):
        if not isinstance(condition[0], str):
            return condition[0]
        first, dot, rest = condition[0].partition(".")
        return f"{columns.get(first, first)}{dot}{rest}"

    def _comodel(self, path, model: str) -> str | None:
        """Model of the records that the numbers in a condition on ``path`` stand for."""
        if not isinstance(path, str):
            return None
        field = None
        for name in path.split("."):
            if name == "id":
                return model
            field = self.env[model]._fields.get(name)
            if field is None or not field.comodel_name:
                return None
            model = field.comodel_name
        return field.comodel_name


class _StatesByCountry(dict):
    """Country code → name in the file ("CN-GD") → state."""

    def __init__(self, env):
        super().__init__()
        self.env = env

    def __missing__(self, country_code):
        states = self.env["res.country.state"].search([("country_id.code", "=", country_code)])
        self[country_code] = {self.name(state): state for state in states}
        return self[country_code]

    def name(self, state) -> str:
        return f"{state.country_id.code}-{self.env['segmentation.dimension']._state_code(state)}"
