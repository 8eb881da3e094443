from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain


@dataclass(frozen=True)
class ServiceLine:
    """One line of how a customer is served.

    :ivar label: name of the kind
    :ivar item: ``segmentation.service`` record
    :ivar cls: class that gives it
    :ivar effect: ``sets``, ``suggests`` or ``shows``
    :ivar effect_label: the same for people
    :ivar value: what the class gives, for people
    :ivar current: what the customer has, ``None`` where there is nothing to compare
    :ivar differs: whether the customer has something else than the class gives
    """

    label: str
    item: object
    cls: object
    effect: str
    effect_label: str
    value: str
    current: str | None
    differs: bool


@dataclass(frozen=True)
class ServicePolicy:
    """How a customer is served, by all its classes together.

    :ivar descriptions: the classes that say in words how their customers are served
    :ivar lines: list of :class:`ServiceLine`, without what the user may not see
    :ivar excluded: the customer is served by hand only
    :ivar reason: why it is excluded
    """

    descriptions: list
    lines: list
    excluded: bool
    reason: str


class SegmentationService(models.Model):
    """Which items hold for a customer."""

    _inherit = "segmentation.service"

    @api.model
    def _policies(self, partners) -> dict:
        """Commercial partner → the items that hold for it in the current company, as a recordset.

        Of each kind the item of the class whose dimension comes first in the service priority; what adds up, from
        all classes. The number of queries does not depend on the number of customers.
        """
        held = self._held_classes(partners)
        class_ids = {class_id for classes in held.values() for class_id in classes}
        of_class = self._of_classes(self.env["segmentation.class"].browse(class_ids))
        policies = {}
        for classes in set(held.values()):
            policies[classes] = self._merged(of_class[class_id] for class_id in classes)
        return {partner: policies[classes] for partner, classes in held.items()}

    @api.model
    def _held_classes(self, partners) -> dict:
        """Commercial partner → ids of its classes, those of the first dimension in the service priority first."""
        dimensions = self.env["segmentation.dimension"]._used_by(self.env.company)
        dimensions = dimensions.sorted(lambda dimension: (dimension.service_sequence, dimension.sequence, dimension.id))
        names = dimensions.mapped("field_name")
        partners = partners.with_env(self.env)  # the company of the services counts
        profiles = partners._segmentation_profiles(["active", "partner_id", *names])
        held = {}
        for partner in partners.commercial_partner_id._origin:
            profile = profiles[partner]
            held[partner] = tuple(profile[name].id for name in names if profile.active and profile[name])
        return held

    @api.model
    def _of_classes(self, classes) -> dict:
        """Id of a class → its items in the current company; a parent's hold unless the class has the same kind."""
        lines = {cls.id: [int(part) for part in reversed(cls.parent_path.split("/")[:-1])] for cls in classes}
        domain = Domain("class_id", "in", list({id_ for line in lines.values() for id_ in line}))
        domain &= Domain("company_id", "in", (False, self.env.company.id)) & Domain("kind", "in", list(self._kinds()))
        domain &= Domain("active", "=", True)  # whatever the context of the user's view says
        by_class = self.search(domain).grouped(lambda item: item.class_id.id)
        found = {}
        for class_id, line in lines.items():
            by_kind = {}
            for ancestor in line:
                # What the company has of its own comes before what holds for all.
                for item in by_class.get(ancestor, self.browse()).sorted(lambda item: not item.company_id):
                    by_kind.setdefault(item.kind, item)
            found[class_id] = list(by_kind.values())
        return found

    @api.model
    def _merged(self, of_classes):
        """The items that are left of those of several classes, in the order of the kinds."""
        kinds, items, taken = self._kinds(), [], set()
        for item in (item for items_of_class in of_classes for item in items_of_class):
            if kinds[item.kind].adds or item.kind not in taken:
                taken.add(item.kind)
                items.append(item)
        order = list(kinds)
        return self.concat(*sorted(items, key=lambda item: order.index(item.kind)))

    @api.model
    def _policy(self, partner) -> ServicePolicy:
        """How the customer is served, as far as the user may see it."""
        partner = partner.commercial_partner_id._origin
        proposals = {proposal.item: proposal for proposal in self._with_texts(self._proposals(partner))}
        effects = dict(self._fields["effect"]._description_selection(self.env))
        labels = dict(self._selection_kind())
        kinds, lines = self._kinds(), []
        for item in self._policies(partner).get(partner, ()):
            proposal = proposals.get(item)
            value = item._text()
            if value is False or not self._sees(kinds[item.kind]):
                continue
            lines.append(
                ServiceLine(
                    labels[item.kind],
                    item,
                    item.class_id,
                    item.effect,
                    effects[item.effect],
                    value,
                    proposal.old_text if proposal and proposal.field_name else None,
                    bool(proposal and proposal.differs),
                )
            )
        classes = self.env["segmentation.class"].browse(self._held_classes(partner).get(partner, ()))
        return ServicePolicy(
            [cls for cls in classes if cls.service_description],
            lines,
            partner.segmentation_service_excluded,
            partner.segmentation_service_exclusion_reason or "",
        )
