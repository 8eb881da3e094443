from collections import Counter, defaultdict
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate, format_date

from .service_kinds import Kind

_lt = LazyTranslate(__name__)

STATES = [
    ("new", "Changes"),
    ("suggested", "Suggested only"),
    ("hand", "Set by hand"),
    ("same", "Unchanged"),
    ("done", "Done already"),
    ("off", "Not in use"),
    ("excluded", "Excluded"),
    ("forbidden", "Not yours to change"),
]
CHANGING = ("new", "suggested", "hand")
KEPT = ("hand", "off", "excluded")  # noted in the log when they are not carried out
NOTES = {
    "suggested": _lt("Suggested only"),
    "hand": _lt("Set by hand"),
    "same": _lt("Unchanged"),
    "done": _lt("Done already"),
}


@dataclass
class Proposal:
    """What an item of a policy would change for a customer.

    :ivar partner: the customer
    :ivar item: ``segmentation.service`` record
    :ivar kind: its :class:`~.service_kinds.Kind`
    :ivar old: what the customer has, a list of ids or a number
    :ivar new: what it would have; of what adds up, only what would be added
    :ivar state: one of ``STATES``
    :ivar is_visible: whether the user may see the values
    :ivar differs: whether the field of the contact has something else
    :ivar since: when the value was last applied, where a person has changed it since
    :ivar change_number: of what is done once: id of the class change on which the customer entered the class
    :ivar old_text: what the customer has, for people; see ``_with_texts``
    :ivar new_text: what it would have
    """

    partner: object
    item: object
    kind: Kind
    old: object = None
    new: object = None
    state: str = "new"
    is_visible: bool = True
    differs: bool = False
    since: object = None
    change_number: int = 0
    old_text: str = ""
    new_text: str = ""

    @property
    def field_name(self) -> str | None:
        return self.kind.field_in(self.partner)


@dataclass(frozen=True)
class Known:
    """What proposals are made from, read once for all customers.

    :ivar writable: ids of the customers that the user may change
    :ivar applied: (id of the customer, kind) → the lines that are in force, oldest first
    :ivar entered: (id of the customer, id of the class) → id of the last change on which it entered the class
    :ivar loads: kind → Counter of the customers of each of the pool
    """

    writable: frozenset
    applied: dict
    entered: dict
    loads: dict


class SegmentationService(models.Model):
    """What the policies of customers would change."""

    _inherit = "segmentation.service"

    @api.model
    def _proposals(self, partners) -> list:
        """What the items that set or suggest something would change for the customers in the current company.

        Who belongs to a pool is dealt out so that each has about as many customers. Customers with the lower id come
        first, so that the result is the same every time. The number of queries does not depend on the number of
        customers.

        :return: list of :class:`Proposal`
        """
        kinds = self._kinds()
        policies = {
            partner: items.filtered(lambda item: item.effect != "shows" and item.acts and not kinds[item.kind].job)
            for partner, items in self._policies(partners).items()
        }
        customers = self.env["res.partner"].browse(sorted(partner.id for partner, items in policies.items() if items))
        items = self.union(*policies.values())
        known = Known(
            frozenset(customers._filtered_access("write").ids),
            self.env["segmentation.service.applied"]._in_force(customers),
            self._entered(customers, items.filtered(lambda item: kinds[item.kind].once).class_id),
            self._loads(items),
        )
        proposals = []
        for partner in customers:
            proposals += self._proposals_for(partner, policies[partner], known)
        return proposals

    @api.model
    def _proposals_for(self, partner, items, known: Known) -> list:
        kinds, proposals, added = self._kinds(), [], defaultdict(set)
        for item in items:
            proposal = Proposal(partner, item, kinds[item.kind])
            proposals.append(proposal)
            is_forbidden = self._is_forbidden(proposal, known)
            if proposal.is_visible and proposal.kind.once:
                self._propose_once(proposal, known)
            elif proposal.is_visible:
                self._propose_value(proposal, known, added)
            if proposal.state in CHANGING and proposal.kind.setting and not self.env.company[proposal.kind.setting]:
                proposal.state = "off"
            proposal.differs = bool(proposal.is_visible and proposal.field_name) and proposal.state in CHANGING
            if is_forbidden and proposal.state in CHANGING:
                proposal.state = "forbidden"
            if partner.segmentation_service_excluded:
                proposal.state = "excluded"
            elif proposal.state == "new" and item.effect == "suggests":
                proposal.state = "suggested"
        return proposals

    @api.model
    def _is_forbidden(self, proposal, known: Known) -> bool:
        """Whether the user may not change it; note whether the values are to be hidden."""
        partner = proposal.partner
        proposal.is_visible = self._sees(proposal.kind)
        field = partner._fields.get(proposal.field_name)
        may_write = partner.id in known.writable and (not field or partner._has_field_access(field, "write"))
        return not (proposal.is_visible and may_write)

    @api.model
    def _sees(self, kind) -> bool:
        """Whether the user may see the values of a kind, of classes and of contacts."""
        Partner = self.env["res.partner"]
        field = Partner._fields.get(kind.field_in(Partner))
        return self._has_field_access(self._fields[kind.value], "read") and (
            field is None or Partner._has_field_access(field, "read")
        )

    @api.model
    def _propose_once(self, proposal, known: Known):
        """What is done once is done again only for who has left the class and entered it again."""
        partner, item = proposal.partner, proposal.item
        proposal.new = item._value()
        proposal.change_number = known.entered.get((partner.id, item.class_id.id), 0)
        if any(
            line.class_id == item.class_id and line.change_number >= proposal.change_number
            for line in known.applied.get((partner.id, item.kind), ())
        ):
            proposal.state = "done"

    @api.model
    def _propose_value(self, proposal, known: Known, added: dict):
        partner, kind = proposal.partner, proposal.kind
        lines = known.applied.get((partner.id, kind.code), ())
        proposal.old, proposal.new = _raw(partner[proposal.field_name]), proposal.item._value()
        if kind.adds:
            has = added[kind.code] | set(proposal.old)
            proposal.new = [id_ for id_ in proposal.new if id_ not in has]
            added[kind.code].update(proposal.new)
            removed = {id_ for line in lines for id_ in line.new_value}.issuperset(proposal.new)
            proposal.state = "same" if not proposal.new else "hand" if removed else "new"
        else:
            if kind.pool:
                proposal.new = self._choose(proposal.old, proposal.new, known.loads[kind.code])
            in_force = proposal.old or (_raw(partner[kind.fallback]) if kind.fallback else proposal.old)
            # What was applied and is not there any more was taken away by hand.
            by_hand = (
                lines[-1].new_value != proposal.old if lines else not self._is_default(partner, proposal.field_name)
            )
            proposal.state = "same" if in_force == proposal.new or not proposal.new else "hand" if by_hand else "new"
        if proposal.state == "hand" and lines:
            proposal.since = lines[-1].create_date

    @api.model
    def _is_default(self, partner, field_name: str) -> bool:
        """Whether nobody has set the field of this very contact."""
        field, value = partner._fields[field_name], partner[field_name]
        return not value or (field.company_dependent and value == field.get_company_dependent_fallback(partner))

    # -- pools ---------------------------------------------------------------------------------

    @api.model
    def _loads(self, items) -> dict:
        """Kind → how many customers each of the pools of the items has."""
        loads = {}
        # The load is the same whoever looks, also for who sees but some of the contacts.
        Partner = self.env["res.partner"].sudo()
        for code, kind in self._kinds().items():
            name = kind.field_in(Partner)
            if kind.pool and name:
                pool = {id_ for item in items if item.kind == code for id_ in item._value()}
                groups = Partner._read_group([(name, "in", list(pool)), ("parent_id", "=", False)], [name], ["__count"])
                loads[code] = Counter({record.id: count for record, count in groups})
        return loads

    @api.model
    def _choose(self, current: list, pool: list, load: Counter) -> list:
        """Who of the pool the customer has, or the one with the fewest customers."""
        if not pool or set(current) & set(pool):
            return current if pool else []
        chosen = min(sorted(pool), key=lambda id_: load[id_])
        load[chosen] += 1
        return [chosen]

    # -- classes -------------------------------------------------------------------------------

    @api.model
    def _entered(self, partners, classes) -> dict:
        """(Customer, class) → id of the last change on which it entered the class or one of its parts."""
        entered = {}
        parts = {cls: cls.with_context(active_test=False).search([("id", "child_of", cls.ids)]) for cls in classes}
        if not parts:
            return entered
        domain = Domain("partner_id", "in", partners.ids) & Domain("company_id", "=", self.env.company.id)
        all_parts = classes.union(*parts.values())
        changes = self.env["segmentation.change"].search_fetch(
            domain & Domain("to_class_id", "in", all_parts.ids),
            ["partner_id", "from_class_id", "to_class_id"],
            order="id",
        )
        for change in changes:
            for cls, inside in parts.items():
                if change.to_class_id in inside and change.from_class_id not in inside:
                    entered[change.partner_id.id, cls.id] = change.id
        return entered

    # -- for people ----------------------------------------------------------------------------

    @api.model
    def _with_texts(self, proposals: list) -> list:
        """The proposals with their values for people."""
        texts = {}

        def text(kind, value):
            key = (kind.code, str(value))
            if key not in texts:
                texts[key] = self._text_of(kind, value) or ""
            return texts[key]

        for proposal in proposals:
            if proposal.is_visible:
                kind, partner = proposal.kind, proposal.partner
                old = proposal.old or (_raw(partner[kind.fallback]) if kind.fallback else proposal.old)
                proposal.old_text, proposal.new_text = text(kind, old), text(kind, proposal.new)
        return proposals

    @api.model
    def _note(self, proposal) -> str:
        """Why a proposal is not simply carried out."""
        if proposal.state == "hand" and proposal.since:
            day = fields.Datetime.context_timestamp(self, proposal.since).date()
            return self.env._("Set by hand since %s", format_date(self.env, day))
        if proposal.state == "excluded":
            reason = proposal.partner.segmentation_service_exclusion_reason
            return self.env._("Excluded: %s", reason) if reason else self.env._("Excluded")
        if proposal.state == "off":
            setting = self.env["res.config.settings"]._fields[proposal.kind.setting]
            return self.env._("Off in the settings: %s", setting._description_string(self.env))
        if proposal.state == "forbidden":
            return self.env._("You may not change “%s”", self._field_label(proposal))
        return str(self.env._(NOTES[proposal.state])) if proposal.state in NOTES else ""

    @api.model
    def _label(self, proposal) -> str:
        return str(self.env._(proposal.kind.label))

    @api.model
    def _field_label(self, proposal) -> str:
        """Name of what a proposal changes, as contacts call it."""
        if not proposal.field_name:
            return self._label(proposal)
        field_name = proposal.kind.fallback or proposal.field_name
        return proposal.partner._fields[field_name]._description_string(self.env)


def _raw(value):
    """A value as a list of ids, or as it is."""
    return value.ids if isinstance(value, models.BaseModel) else value
