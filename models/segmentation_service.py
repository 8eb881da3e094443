from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import format_amount

from .service_kinds import KINDS

EFFECTS = [("sets", "Sets"), ("suggests", "Suggests"), ("shows", "Only shows")]
# Who may see the credit limit of a contact, and who says what it should be.
CREDIT = "account.group_account_invoice,account.group_account_readonly,partner_segmentation.group_manager"


class SegmentationService(models.Model):
    """One item of the service policy of a class: what its customers get, and whether it is set for them."""

    _name = "segmentation.service"
    _description = "Service of a Class"
    _order = "class_id, sequence, id"
    _rec_name = "kind"

    class_id = fields.Many2one("segmentation.class", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(string="Switched on", default=True, help="Nothing is shown or done while it is off.")
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="Company that serves its customers so. Empty: every company that has no item of this kind of its own.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    kind = fields.Selection(selection="_selection_kind", required=True)
    effect = fields.Selection(
        EFFECTS,
        required=True,
        default="suggests",
        help="Sets: ticked in the preview, and set by an action on change of class. Suggests: in the preview, to be "
        "ticked by hand. Only shows: to be read on the contact.",
    )
    acts = fields.Boolean(compute="_compute_acts")
    value_text = fields.Char(string="Value", compute="_compute_value_text")
    user_ids = fields.Many2many(
        "res.users",
        string="Salespeople",
        domain="[('share', '=', False)]",
        help="Several: each customer goes to the one who has the fewest.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Sales teams",
        help="For a salesperson: one of the members is chosen.",
    )
    pricelist_id = fields.Many2one("product.pricelist", ondelete="restrict")
    payment_term_id = fields.Many2one("account.payment.term", ondelete="restrict")
    credit_limit = fields.Monetary(groups=CREDIT)
    reminder = fields.Reference(selection="_selection_reminder", string="Reminder level")
    category_ids = fields.Many2many("res.partner.category", string="Tags")
    delivery_priority = fields.Selection([("0", "Normal"), ("1", "Urgent")])
    contact_days = fields.Integer(
        string="Days between contacts",
        help="A salesperson who has not been in contact for longer gets an activity. Looked at every night.",
    )
    plan_id = fields.Many2one(
        "mail.activity.plan", ondelete="restrict", domain="[('res_model', '=', 'res.partner')]", string="Activity plan"
    )
    template_id = fields.Many2one(
        "mail.template", ondelete="restrict", domain="[('model', '=', 'res.partner')]", string="E-mail template"
    )
    checklist = fields.Text(translate=True, help="One service per line.")
    user_id = fields.Many2one(
        "res.users",
        string="Run as",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self.env.user,
        help="Who last changed the item. Activities for regular contact are planned with the rights of this user.",
    )

    _once = models.UniqueIndex(
        "(class_id, kind, COALESCE(company_id, 0)) WHERE active",
        "The class already has a service of this kind for this company. Change that one, or choose another Company.",
    )

    # -- kinds ---------------------------------------------------------------------------------

    @api.model
    def _all_kinds(self) -> list:
        """All :class:`~.service_kinds.Kind`, offered or not. Add-ons extend it."""
        return list(KINDS)

    @api.model
    def _kinds(self) -> dict:
        """Code → kind of those that are offered: the installed modules know them, and the feature is on."""
        return {kind.code: kind for kind in self._all_kinds() if kind.is_offered(self.env)}

    @api.model
    def _value_fields(self) -> list[str]:
        return sorted({kind.value for kind in self._all_kinds()})

    @api.model
    def _selection_kind(self) -> list:
        return [(kind.code, str(self.env._(kind.label))) for kind in self._kinds().values()]

    @api.model
    def _selection_reminder(self) -> list:
        kind = self._kinds().get("reminder")
        comodel = kind and kind.comodel(self.env)
        return [(comodel, self.env[comodel]._description)] if comodel else []

    @api.depends("kind")
    def _compute_acts(self):
        kinds = self._kinds()
        for item in self:
            item.acts = item.kind in kinds and kinds[item.kind].acts(self.env)

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind and not self.acts:
            self.effect = "shows"

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for item in self:
            item.currency_id = (item.company_id or self.env.company).currency_id

    # -- values --------------------------------------------------------------------------------

    @api.depends(lambda self: ("kind", "company_id", *self._value_fields()))
    @api.depends_context("lang", "uid", "company")
    def _compute_value_text(self):
        for item in self:
            item.value_text = item._text()

    def _value(self):
        """What the item gives: a list of ids, or the number or text itself."""
        kind = self._kinds()[self.kind]
        value = self[kind.value]
        if kind.members:
            value |= self.mapped(kind.members)
        return value.ids if isinstance(value, models.BaseModel) else value

    def _text(self) -> str | bool:
        """The value for people, ``False`` for those who may not see it."""
        kind = self._kinds().get(self.kind)
        if not kind or not self._has_field_access(self._fields[kind.value], "read"):
            return False
        return self._text_of(kind, self._value(), self.currency_id)

    @api.model
    def _text_of(self, kind, value, currency=None) -> str | bool:
        """A value of a kind for people; ``False`` for what the user may not see."""
        if not value:
            return ""
        if comodel := kind.comodel(self.env):
            records = self.env[comodel].browse(value).exists()
            try:
                return ", ".join(records.mapped("display_name"))
            except AccessError:
                return False
        if kind.code == "credit_limit":
            return format_amount(self.env, value, currency or self.env.company.currency_id)
        if kind.code == "contact":
            return self.env._("every %(days)s days", days=value)
        field = self._fields[kind.value]
        return dict(field._description_selection(self.env))[value] if field.type == "selection" else str(value)

    # -- checks --------------------------------------------------------------------------------

    @api.constrains(lambda self: ("kind", *self._value_fields()))
    def _check_value(self):
        for item in self:
            kind = self._kinds().get(item.kind)
            if kind and (not item._value() or (item.kind in ("contact", "credit_limit") and item[kind.value] < 0)):
                raise ValidationError(
                    self.env._(
                        "Service “%(kind)s” of class “%(class)s” has no value. Enter “%(field)s”.",
                        **item._message_values(),
                        field=self._fields[kind.value]._description_string(self.env),
                    )
                )

    @api.constrains("kind", "effect")
    def _check_effect(self):
        for item in self:
            if item.effect != "shows" and not item.acts:
                raise ValidationError(
                    self.env._(
                        "Service “%(kind)s” of class “%(class)s”: contacts have no field for it. "
                        "Choose “Only shows” as Effect.",
                        **item._message_values(),
                    )
                )

    @api.constrains("plan_id", "template_id")
    def _check_for_contacts(self):
        for item in self:
            for field_name, model in (("plan_id", item.plan_id.res_model), ("template_id", item.template_id.model)):
                if item[field_name] and model != "res.partner":
                    raise ValidationError(
                        self.env._(
                            "%(field)s: “%(name)s” is not for contacts. Choose one that applies to contacts.",
                            field=self._fields[field_name]._description_string(self.env),
                            name=item[field_name].display_name,
                        )
                    )

    @api.constrains(lambda self: ("company_id", "kind", *self._value_fields()))
    def _check_companies_of_value(self):
        for item in self:
            for record in item._records():
                if not record.filtered_domain(record._check_company_domain(item.company_id)):
                    raise ValidationError(
                        self.env._(
                            "Service “%(kind)s” of class “%(class)s”: “%(name)s” is not for %(company)s. "
                            "Choose another one, or another Company for the service.",
                            **item._message_values(),
                            name=record.display_name,
                            company=item.company_id.name or self.env._("all companies"),
                        )
                    )

    @api.constrains("company_id", "kind")
    def _check_currency(self):
        for item in self.filtered(lambda item: item.kind == "credit_limit" and not item.company_id):
            if len(self.env["res.company"].search([]).currency_id) > 1:
                raise ValidationError(
                    self.env._(
                        "Service “%(kind)s” of class “%(class)s”: your companies have different currencies. "
                        "Choose the Company that the amount is for.",
                        **item._message_values(),
                    )
                )

    def _records(self):
        """The records that the value refers to and that may belong to a company."""
        kind = self._kinds().get(self.kind)
        value = self[kind.value] if kind else None
        is_shared = not isinstance(value, models.BaseModel) or value._fields.keys().isdisjoint(
            ("company_id", "company_ids")
        )
        return [] if is_shared else value

    def _message_values(self) -> dict:
        labels = dict(self._selection_kind())
        return {"kind": labels.get(self.kind, self.kind), "class": self.class_id.name}

    # -- run as --------------------------------------------------------------------------------

    def write(self, vals):
        # What somebody set up must not run with the rights of somebody else.
        if not self.env.su and vals.keys() - {"sequence"}:
            vals = {**vals, "user_id": self.env.uid}
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [{**vals, "user_id": self.env.uid} for vals in vals_list]
        return super().create(vals_list)


class SegmentationClass(models.Model):
    _inherit = "segmentation.class"

    service_ids = fields.One2many("segmentation.service", "class_id", copy=True)
    service_description = fields.Text(
        string="How to serve", translate=True, help="How customers of the class are served, in a few sentences."
    )


class SegmentationDimension(models.Model):
    _inherit = "segmentation.dimension"

    service_sequence = fields.Integer(
        string="Service priority",
        default=10,
        help="Where the classes of a customer disagree on how to serve it, the dimension with the lowest number wins.",
    )
