"""What the service policy of a class can consist of: one row of a table per kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


@dataclass(frozen=True)
class Kind:
    """One kind of service.

    Values are handled as lists of ids where the field refers to records, else as they are.

    :ivar code: stored in ``segmentation.service.kind``
    :ivar label: name for users
    :ivar value: field of ``segmentation.service`` with what the class gives
    :ivar fields: contact fields that can hold it; the first that is there is used
    :ivar fallback: contact field with the value in force while the other is empty
    :ivar members: path from ``segmentation.service`` to further records that it may give
    :ivar pool: one of the values is chosen for each customer, the one with the fewest customers
    :ivar adds: the values of several classes, and those that the customer has, add up
    :ivar once: method of ``segmentation.service`` that does it on application; takes customers, returns customer →
        ids of what was made
    :ivar undo: method of ``segmentation.service`` for what is not in a field; takes ``segmentation.service.applied``
        records, returns record → why it could not be taken back
    :ivar job: a scheduled job serves it
    :ivar model: model without which the kind is not offered
    :ivar feature: group of the feature without which it has no effect; not offered while that is off
    :ivar setting: field of the company, named alike in the general settings; not done where that is off
    :ivar needs_field: not offered where contacts have none of the fields
    """

    code: str
    label: object
    value: str
    fields: Sequence = ()
    fallback: str | None = None
    members: str | None = None
    pool: bool = False
    adds: bool = False
    once: str | None = None
    undo: str | None = None
    job: bool = False
    model: str | None = None
    feature: str | None = None
    setting: str | None = None
    needs_field: bool = False

    def field_in(self, partners) -> str | None:
        """Name of the contact field that holds it, ``None`` when there is none."""
        return next((name for name in self.fields if name in partners._fields), None)

    def is_offered(self, env) -> bool:
        """Whether the installed modules know this kind, and its feature is on."""
        known = self.model is None or self.model in env
        known = known and (self.feature is None or env["res.groups"]._is_feature_enabled(self.feature))
        return known and (not self.needs_field or self.field_in(env["res.partner"]) is not None)

    def acts(self, env) -> bool:
        """Whether it can do more than be shown."""
        return bool(self.once or self.job or self.field_in(env["res.partner"]))

    def comodel(self, env) -> str | None:
        """Model of the records that the value refers to."""
        name = self.field_in(env["res.partner"])
        field = env["res.partner"]._fields[name] if name else env["segmentation.service"]._fields[self.value]
        return field.comodel_name if field.relational else None


# Lists of fields: strings in parentheses would be taken for texts to translate.
KINDS = (
    Kind("salesperson", _lt("Salesperson"), "user_ids", ["user_id"], members="team_ids.member_ids", pool=True),
    # Contacts of Odoo itself have no sales team; some modules add one.
    Kind("team", _lt("Sales team"), "team_ids", ["team_id"], pool=True),
    Kind(
        "pricelist",
        _lt("Pricelist"),
        "pricelist_id",
        ["specific_property_product_pricelist"],
        fallback="property_product_pricelist",
        feature="product.group_product_pricelist",
    ),
    Kind("payment_term", _lt("Payment term"), "payment_term_id", ["property_payment_term_id"]),
    Kind("credit_limit", _lt("Credit limit"), "credit_limit", ["credit_limit"], setting="account_use_credit_limit"),
    # Credit control of OCA, follow-up of Odoo Enterprise.
    Kind("reminder", _lt("Reminder level"), "reminder", ["credit_policy_id", "followup_line_id"], needs_field=True),
    Kind("tags", _lt("Tags"), "category_ids", ["category_id"], adds=True),
    # A delivery has a priority, a contact has none to be set.
    Kind("delivery", _lt("Delivery priority"), "delivery_priority", model="stock.picking"),
    Kind("contact", _lt("Regular contact"), "contact_days", undo="_stop_plan", job=True),
    Kind("plan", _lt("Activity plan"), "plan_id", once="_start_plan", undo="_stop_plan"),
    Kind("mail", _lt("E-mail"), "template_id", once="_send_mail", undo="_unsend_mail"),
    Kind("checklist", _lt("Checklist"), "checklist", adds=True),
)
