"""What applying a standard changes: the file against the database and against what was applied before."""

from dataclasses import dataclass, field
from functools import cached_property

from .format import MODELS, SOURCE_LANG
from .nodes import class_nodes, default_of, nodes, stored_values
from .references import References
from .states import state_classes
from .target import find_target

# What the bounds of a dimension mean. A standard that takes a dimension over brings its own.
RULE = ("method", "mode", "metric", "lower_is_better", "currency")
# What makes a bound the same bound.
IDENTITY = ("metric", "industries", "alternative")


@dataclass
class Step:
    """What becomes of one record.

    :ivar record: the record, empty when it is to be made or the user has deleted it
    :ivar action: "create", "change", "keep", "remove" or "archive"; "none" when it is as the standard says
    :ivar node: what the standard says of it, None for a record it does not know
    :ivar item: ``segmentation.standard.item`` that tells what was written before, empty without
    :ivar changes: key of the file → new value
    :ivar kept: key of the file → value of the standard that the user's stands against
    :ivar now: key of the file → value in the database
    """

    kind: str
    record: object
    action: str = "none"
    node: object = None
    item: object = None
    changes: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)
    now: dict = field(default_factory=dict)


class Plan:
    """The steps from the database to the standard.

    For each value there are three: what the standard that made the record wrote, what is there now, and
    what the standard says. What is there is replaced when nobody has touched it since, and kept otherwise.

    :param standard: ``segmentation.standard`` record, its file checked
    :param companies: companies to apply it for; None or empty for all
    :param countries: countries that get classes for their states where a dimension has such; by default those of the
        companies
    :ivar own_states: keys of these classes
    """

    def __init__(self, standard, companies=None, countries=None):
        self.env = standard.env
        self.standard = standard
        self.references = References(self.env, as_applied=True)
        self.no_item = self.env["segmentation.standard.item"]
        every_item = self.no_item.search([])
        self.items = every_item.grouped(lambda item: (item.kind, item.key))
        self._item_by_record = {(item.kind, item.res_id): item for item in every_item}
        self.targets = {}
        self.steps = []
        self.own_states = set()
        self._known = {}  # (kind, key) → step
        # As in find_target: whatever companies the user may see.
        every_company = self.env["res.company"].sudo().search([])
        self._countries = (companies or every_company).country_id if countries is None else countries
        self._find_targets(list(nodes(standard._data())), companies or self.env["res.company"])
        for target in self.targets.values():
            self._add_others(target)

    def _find_targets(self, every_node, companies):
        for node in every_node:
            if node.kind == "dimension":
                items = self.items.get(("dimension", node.key), self.no_item)
                target = self.targets[node.key] = find_target(node, self.standard, items, companies)
                self.references.dimensions[node.key] = target.dimension
                if target.dimension:
                    self.references.columns[target.file_column] = target.dimension.field_name
        for node in every_node:
            self._add(node)
        for node in every_node:
            if node.kind == "dimension" and node.raw.get("own_states"):
                self._add_own_states(node)

    def _add_own_states(self, dimension_node):
        """The classes that the file leaves to be made: for the companies' own countries, and those that have them."""
        classes = self.target(dimension_node).dimension.class_ids.filtered("own_country_only")
        items = {cls: self.item_of("class", cls) for cls in classes}
        made = classes.filtered(lambda cls: items[cls].standard_id == self.standard)
        by_user = classes.filtered(lambda cls: not items[cls] and cls.code not in cls.country_ids.mapped("code"))
        countries = (self._countries | made.country_ids) - by_user.country_ids
        for node in class_nodes(dimension_node, "own_states", state_classes(countries, self.references)):
            self.own_states.add(node.key)
            self._add(node)

    def target(self, node):
        """The :class:`~.target.Target` that a node belongs to."""
        return self.targets[node.key.partition("/")[0]]

    def step(self, kind: str, key: str) -> Step:
        """The step of a node."""
        return self._known[kind, key]

    def item_of(self, kind: str, record):
        """What tells which standard owns a record and what it wrote; empty for a record of the user's."""
        return self._item_by_record.get((kind, record.id), self.no_item)

    # -- what the standard describes -----------------------------------------------------------

    def _add(self, node):
        whole = self._known.get(("class" if node.kind == "criterion" else "dimension", node.parent))
        if node.kind == "criterion" and whole.action == "keep" and not whole.record:
            return  # the user has deleted its class
        record, item = self._find(node)
        if record and node.kind == "industry":
            self.references.add_industry(node.key, record)
        if record:
            step = self._merged(node, record, item)
        else:
            # What the user has deleted stays away, but for what the rules refer to.
            is_deleted = item.standard_id == self.standard and node.kind in ("class", "criterion") and whole.record
            step = Step(node.kind, record, "keep" if is_deleted else "create", node, item)
        self._known[node.kind, node.key] = step
        self.steps.append(step)

    def _merged(self, node, record, item) -> Step:
        step = Step(node.kind, record, "none", node, item)
        if node.kind == "metric":
            return step  # what a metric counts here is the user's business
        step.now = stored_values(node.kind, record, self.references)
        written = item.written or {}
        is_taken_over = item and item.standard_id != self.standard
        for name in sorted(node.values.keys() | written.keys()):
            wanted = node.values.get(name, default_of(node.kind, name))
            if step.now.get(name, wanted) == wanted:  # texts in languages that are not installed wait
                continue
            is_rule = node.kind == "dimension" and name in RULE
            replaced = _is_untouched(step, name) or (is_taken_over and is_rule)
            (step.changes if replaced else step.kept)[name] = wanted
        step.action = "change" if step.changes else "keep" if step.kept else "none"
        return step

    def _find(self, node) -> tuple:
        """The record of a node, and the item that tells what was written; each empty where there is none."""
        if node.kind == "dimension":
            record = self.target(node).dimension
            return record, self.item_of(node.kind, record)
        gone = self.no_item
        for item in self.items.get((node.kind, node.key), ()):
            record = item._record()
            if record and (node.kind in ("industry", "metric") or record.dimension_id == self.target(node).dimension):
                return record, item
            if not record and item.standard_id == self.standard:
                gone = item
        record = self._find_by_name(node)
        return record, self.item_of(node.kind, record) if record else gone

    def _find_by_name(self, node):
        """A record that no standard calls by this key, but that is the same to the user."""
        match node.kind:
            case "metric":
                return self.references.metric(node.key)
            case "industry":
                industries = self.references.industry(node.key) or self.env[MODELS["industry"]].with_context(
                    active_test=False, lang=SOURCE_LANG
                ).search([("name", "=", node.values[f"name@{SOURCE_LANG}"])], limit=1)
                return industries.with_env(self.env)
            case "class":
                return self.references.class_of(self.target(node).dimension, node.raw["code"])
        identity = {name: node.values.get(name, default_of("criterion", name)) for name in IDENTITY}
        for criterion in self._known["class", node.parent].record.criterion_ids:
            if not self.item_of("criterion", criterion):
                now = stored_values("criterion", criterion, self.references)
                if all(now[name] == value for name, value in identity.items()):
                    return criterion
        return self.env[MODELS["criterion"]]

    # -- what else is there --------------------------------------------------------------------

    def _add_others(self, target):
        """What the dimension has and the standard does not know: of another standard, or the user's."""
        described = [step.record for step in self.steps if step.record]
        made = target.dimension.with_context(active_test=False).class_ids.filtered("res_id")
        self.steps += self._made_classes(made, target)
        leaving = self.env["segmentation.class"]
        for cls in target.dimension.class_ids - made:
            if cls not in described:
                step = self._other_class(cls)
                self.steps.append(step)
                if step.action != "keep":
                    leaving |= cls
        for criterion in (target.dimension.class_ids - leaving).criterion_ids:
            if criterion not in described:
                item = self.item_of("criterion", criterion)
                action = "keep" if self._is_changed(criterion, item) else "remove"
                self.steps.append(Step("criterion", criterion, action, item=item))

    def _made_classes(self, made, target):
        """Classes that evaluations made for the records of a metric; they wait while no metric gives a record."""
        [code] = [code for code, other in self.targets.items() if other is target]
        values = self.step("dimension", code).node.values
        is_preference = bool(values.get("method") == "mapping" and values.get("metric"))
        for cls in made:
            item = self.item_of("class", cls)
            if is_preference and item and not cls.active:
                now = stored_values("class", cls, self.references)
                yield Step("class", cls, "change", item=item, changes={"active": True}, now=now)
            elif not is_preference and cls.active:
                yield Step("class", cls, "archive", item=item)

    def _other_class(self, cls) -> Step:
        item = self.item_of("class", cls)
        if not item:
            return Step("class", cls, "keep", item=item)
        is_edited = self._is_changed(cls, item) or any(
            self._is_changed(criterion, self.item_of("criterion", criterion)) for criterion in cls.criterion_ids
        )
        dimension = cls.dimension_id
        is_named = (
            cls == dimension.fallback_class_id
            or cls in dimension.class_ids.parent_id
            or cls in self._classes_in_conditions
            or cls.get_external_id()[cls.id]
        )
        stays = is_edited or is_named or cls._is_used()
        return Step("class", cls, "archive" if stays else "remove", item=item)

    @cached_property
    def _classes_in_conditions(self):
        """Classes that a condition of any dimension names."""
        # Dimensions of companies the user does not see count as well.
        return self.env["segmentation.dimension"].sudo().with_context(active_test=False).search([])._condition_classes()

    def _is_changed(self, record, item) -> bool:
        """Whether the user has made the record, or changed what a standard wrote."""
        if not item:
            return True
        step = Step(item.kind, record, item=item, now=stored_values(item.kind, record, self.references))
        return not all(_is_untouched(step, name) for name in item.written or () if name in step.now)


def _is_untouched(step: Step, name: str) -> bool:
    """Whether a value is as a standard wrote it; a text without a translation counts as such."""
    written = (step.item.written or {}).get(name, default_of(step.kind, name))
    text, _at, lang = name.partition("@")
    untranslated = bool(lang) and lang != SOURCE_LANG and step.now[name] == step.now[f"{text}@{SOURCE_LANG}"]
    return step.now[name] == written or untranslated
