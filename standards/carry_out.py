"""Carrying out a plan: the only place that writes what a standard says."""

from contextlib import contextmanager

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError

from .format import MODELS, SOURCE_LANG
from .nodes import keys_of, languages

PLACES = ("industries", "countries", "states", "zip_prefixes", "cities")
# Postal codes and cities mean something in the countries of the class only.
PARTS = ("countries", "zip_prefixes", "cities")


class CarryOut:
    """Brings the database to what a :class:`~.plan.Plan` says.

    Bounds are checked when all are in place, so that they can be moved past each other. The caller owns the
    transaction, and undoes everything when something is raised.

    :param check_later: context under which classes and bounds are not checked one by one
    """

    def __init__(self, plan, check_later: dict):
        self.plan = plan
        self.env = plan.standard.with_context(**check_later).env
        self.references = plan.references
        self.standard = plan.standard

    def run(self):
        with self.env["segmentation.dimension"]._outdating_once() as dimensions:
            self.env = dimensions.env
            self._run()

    def _run(self):
        for kind in ("industry", "metric"):
            self._each(kind, self._write)
        self._each("dimension", self._write_dimension)
        self._remove_others()
        self._each("class", self._write)
        for kind in ("class", "dimension"):
            self._each(kind, self._write_references)
        self._each("criterion", self._write)
        # Classes are read in the order of their sequences as they are now.
        self.env["segmentation.dimension"].invalidate_model(["class_ids"])
        for target in self.plan.targets.values():
            self._serve_companies(target)
            target.dimension._check_classes()
        self.note()

    def run_own_states(self):
        """Bring only the classes for the states of the companies' own countries to what the plan says."""
        steps = [step for step in self.plan.steps if step.node and step.node.key in self.plan.own_states]
        self._create([step for step in steps if step.action == "create"])
        for carry_out in (self._write_references, self._note_step):
            for step in steps:
                carry_out(step)

    def note(self):
        """Remember what the standard has written, and that it has been applied."""
        for step in self.plan.steps:
            if step.node:
                self._note_step(step)
            elif step.action == "keep":
                step.item.unlink()  # it is the user's now
        companies = [target.companies for target in self.plan.targets.values()]
        self.standard.write(
            {
                "applied_version": self.standard.version,
                "applied_date": fields.Datetime.now(),
                "applied_user_id": self.env.uid,
                "company_ids": [Command.set(companies[0].ids if companies else [])],
            }
        )
        self._forget_replaced()

    def _note_step(self, step):
        if step.kind == "metric" and step.action != "create":
            return
        values = {"standard_id": self.standard.id, "key": step.node.key, "written": step.node.values}
        if step.item:
            step.item.write(values)
        elif step.record:
            step.item.create({**values, "kind": step.kind, "res_id": step.record.id})

    def _forget_replaced(self):
        """A standard that owns no dimension any more is not in use."""
        Item = self.env["segmentation.standard.item"]
        for other in self.standard.search([("applied_version", "!=", False), ("id", "!=", self.standard.id)]):
            owned = Item.search([("standard_id", "=", other.id), ("kind", "=", "dimension")])
            # What it wrote may be another company's.
            if not any(item._record().sudo().filtered("active") for item in owned):
                other.write({"applied_version": False, "company_ids": [Command.clear()]})

    # -- records -------------------------------------------------------------------------------

    def _each(self, kind: str, write):
        for step in self.plan.steps:
            if step.node and step.kind == kind:
                with self._at(step.node.place):
                    write(step)

    @contextmanager
    def _at(self, place: str):
        """Name the place in the file when the database refuses what stands there."""
        try:
            yield
        except AccessError:
            raise
        except UserError as error:
            raise UserError(self.env._("%(place)s: %(error)s", place=place, error=str(error))) from error

    def _write(self, step):
        if step.action == "create":
            self._create([step])
        elif step.action == "change":
            self._write_values(step, step.changes)

    def _parent_values(self, step) -> dict:
        """What ties a new record to what it belongs to."""
        if step.kind == "dimension":
            return self._dimension_values(step)
        if step.kind == "class":
            return {"dimension_id": self.plan.target(step.node).dimension.id, "code": step.node.raw["code"]}
        if step.kind == "criterion":
            whole = self.plan.step("class", step.node.parent)
            return {"class_id": whole.record.id}
        return {"code": step.node.raw["code"]} if step.kind == "metric" else {}

    def _create(self, steps):
        """Make the records of some steps of one kind."""
        if not steps:
            return
        vals_list, without = [], dict.fromkeys(languages(self.env), False)
        for step in steps:
            texts = {name: by_lang[SOURCE_LANG] for name, by_lang in self._texts(step.kind, step.node.values).items()}
            vals_list.append({**self._parent_values(step), **self._field_values(step, step.node.values), **texts})
        for step, record in zip(steps, self._model(steps[0].kind).create(vals_list), strict=True):
            step.record = record
            for name, by_lang in self._texts(step.kind, step.node.values).items():
                record.update_field_translations(name, without | by_lang)
            if step.kind == "industry":
                self.references.add_industry(step.node.key, record)

    def _write_values(self, step, changes: dict):
        record = self._model(step.kind).browse(step.record.id)
        if values := self._field_values(step, changes):
            record.write(values)
        for name, by_lang in self._texts(step.kind, changes).items():
            if by_lang.get(SOURCE_LANG) is False:
                record[name] = False
            record.update_field_translations(name, by_lang)

    def _model(self, kind: str):
        Model = self.env[MODELS[kind]]
        # Who sets the rules needs industries that these can name, without the right to set up contacts.
        return Model.sudo() if kind == "industry" else Model

    def _texts(self, kind: str, values: dict) -> dict:
        """Field → language → text, in the installed languages."""
        installed, texts = languages(self.env), {}
        for name, text in values.items():
            key, _at, lang = name.partition("@")
            if lang in installed:
                texts.setdefault(keys_of(kind)[key].field, {})[lang] = text or False
        return texts

    def _field_values(self, step, values: dict) -> dict:
        """Values for ``create`` and ``write``, but for texts and for what names classes."""
        keys = keys_of(step.kind)
        return {
            keys[name].field: self._field_value(keys[name].kind, value, step)
            for name, value in values.items()
            if name in keys and not _names_classes(step.kind, keys[name])
        }

    def _field_value(self, kind: str, value, step):
        references = self.references
        match kind:
            case "metric" | "currency" | "industry" | "model":
                return value and getattr(references, kind)(value).id
            case "model_field":
                return value and references.model_field(step.node.raw["model"], value).id
            case "industries":
                return [Command.set([references.industry(name).id for name in value])]
            case "countries":
                return [Command.set([references.country(name).id for name in value])]
            case "states":
                return [Command.set([references.state(name).id for name in value])]
            case "zips" | "cities":
                return ", ".join(value)
            case "domain":
                return value is not None and references.domain_from_file(value)
        return value

    # -- dimensions and classes ----------------------------------------------------------------

    def _write_dimension(self, step):
        target = self.plan.target(step.node)
        if step.action == "create":
            self._create([step])
            if target.code != step.node.key:
                self._name_column(step)
            target.dimension = step.record
            self.references.dimensions[step.node.key] = step.record
            self.references.columns[target.file_column] = step.record.field_name
        elif step.changes:
            if "fallback" in step.changes:
                step.record.fallback_class_id = False  # its class may be about to leave
            self._write(step)

    def _dimension_values(self, step) -> dict:
        target = self.plan.target(step.node)
        values = {"code": target.code, "company_ids": [Command.set(target.companies.ids)]}
        if self._is_free(target.file_column):
            values["field_name"] = target.file_column
        return values

    def _name_column(self, step):
        """Two columns of the same name could not be told apart."""
        names = self._texts("dimension", step.node.values)["name"]
        labels = {lang: f"{name} ({self.standard.code})" for lang, name in names.items() if name}
        for column in step.record._manual_fields():
            column.update_field_translations("field_description", labels)

    def _is_free(self, column: str) -> bool:
        """Whether a shipped column waits for a dimension; other dimensions get a new one."""
        if column not in self.env["segmentation.profile"]._fields:
            return False
        # Another company's dimension fills its column as well.
        Dimension = self.env["segmentation.dimension"].sudo().with_context(active_test=False)
        return not Dimension.search_count([("field_name", "=", column)], limit=1)

    def _write_references(self, step):
        """Write what names classes, now that all of them are there."""
        values = step.node.values if step.action == "create" else step.changes
        record = step.record.with_env(self.env)
        dimension = self.plan.target(step.node).dimension
        for name, key in keys_of(step.kind).items():
            if name in values and _names_classes(step.kind, key):
                if key.kind == "class":
                    record[key.field] = self.references.class_of(dimension, values[name])
                else:
                    record[key.field] = self._field_value(key.kind, values[name], step)

    def _remove_others(self):
        for step in self.plan.steps:
            if step.kind == "class" and step.action == "change":
                self._give_up_places(step)
        for step in self.plan.steps:
            if step.action == "remove":
                step.record.with_env(self.env).unlink()
                step.item.unlink()
            elif step.action == "archive":
                step.record.with_env(self.env).active = False
                self._note_archived(step)
            elif step.action == "change" and not step.node:  # back from the archive
                self._write_values(step, step.changes)
                step.item.unlink()

    def _note_archived(self, step):
        if step.item:
            step.item.written = {**step.item.written, "active": False}
        else:  # a class that evaluations made
            key = f"{step.record.dimension_id.code}/{step.record.code}"
            values = {"standard_id": self.standard.id, "kind": step.kind, "res_id": step.record.id, "key": key}
            step.item.create({**values, "written": {"active": False}})

    def _give_up_places(self, step):
        """An industry or country moves from one class to another without being in both."""
        then = {name: step.changes.get(name, step.now[name]) for name in PLACES}
        for_now = {name: [value for value in step.now[name] if value in then[name]] for name in PLACES}
        has_parts = any(step.now[name] or then[name] for name in PARTS[1:])
        if has_parts and not step.changes.keys().isdisjoint(PARTS):
            for_now |= {name: [] for name in PARTS}
            step.changes |= {name: then[name] for name in PARTS}  # come back together
        if given_up := {name: values for name, values in for_now.items() if values != step.now[name]}:
            self._write_values(step, given_up)

    def _serve_companies(self, target):
        if target.dimension.company_ids != target.companies:
            target.dimension.company_ids = target.companies
        for other, companies in target.others.items():
            # A company is served by one dimension, also where the user cannot see the other one.
            other.sudo().write({"company_ids": [Command.set(companies.ids)]} if companies else {"active": False})
            item = self.plan.item_of("dimension", other)
            if item and not companies:
                item.written = {**item.written, "active": False}


def _names_classes(kind: str, key) -> bool:
    """Whether the key of an object may name classes that are made after it."""
    return key.kind == "class" or (kind == "dimension" and key.kind == "domain")
