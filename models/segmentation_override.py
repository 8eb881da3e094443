from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

IN_FORCE = Domain("until", "=", False) | Domain("until", ">=", "today")


class SegmentationOverride(models.Model):
    """A class that a person gave a customer; it wins over the computed class until it ends."""

    _name = "segmentation.override"
    _description = "Class Set by Hand"
    _order = "id desc"
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('parent_id', '=', False)]",
    )
    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade")
    class_id = fields.Many2one(
        "segmentation.class",
        required=True,
        ondelete="restrict",
        domain="[('dimension_id', '=', dimension_id)]",
    )
    reason = fields.Char(help="Why the computed class does not fit this customer.")
    user_id = fields.Many2one("res.users", string="Set by", required=True, default=lambda self: self.env.user)
    until = fields.Date(help="Last day. Empty: until it is ended by hand.")
    active = fields.Boolean(default=True)
    ended_at = fields.Datetime(string="Ended on", readonly=True, copy=False)

    _one_at_a_time = models.UniqueIndex(
        "(company_id, partner_id, dimension_id) WHERE active",
        "The customer already has a class set by hand in this dimension: change or end that one.",
    )

    @api.constrains("class_id", "dimension_id")
    def _check_class(self):
        for override in self:
            if override.class_id.dimension_id != override.dimension_id:
                raise ValidationError(
                    self.env._(
                        "Class “%(class)s” does not belong to dimension “%(dimension)s”. Choose one of its classes.",
                        **{"class": override.class_id.name, "dimension": override.dimension_id.name},
                    )
                )

    @api.constrains("partner_id")
    def _check_partner(self):
        for override in self:
            if override.partner_id != override.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "“%(contact)s” has the classes of “%(company)s”. Choose “%(company)s” as Customer.",
                        contact=override.partner_id.display_name,
                        company=override.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # An expired class places nobody any more, and makes room for the new one.
        customers = [vals.get("partner_id") for vals in vals_list]
        self.search([("partner_id", "in", customers), ("until", "<", "today")]).action_end()
        overrides = super().create(vals_list)
        self._classify(overrides._customers())
        return overrides

    def write(self, vals):
        left = self._customers()
        if "active" in vals:
            vals = {**vals, "ended_at": False if vals["active"] else self.env.cr.now()}
        result = super().write(vals)
        if vals.keys() - {"reason"}:  # the reason explains a class and does not change it
            now = self._customers()
            none = self.env["res.partner"]
            self._classify({company: left.get(company, none) | now.get(company, none) for company in {**left, **now}})
        return result

    def unlink(self):
        customers = self._customers()
        result = super().unlink()
        self._classify(customers)
        return result

    def action_end(self):
        """Return to the computed class."""
        self.active = False

    @api.model
    def _end_doubles(self, partners):  # pylint: disable=missing-return
        """Leave one class set by hand per company and dimension, before contacts become one customer.

        :param partners: the contacts; what is set for the first wins
        """
        place = {id_: number for number, id_ in enumerate(partners.ids)}
        overrides = self.search([("partner_id", "in", partners.ids)])
        groups = overrides.grouped(lambda override: (override.company_id, override.dimension_id)).values()
        doubles = self.concat(*(group.sorted(lambda o: place[o.partner_id.id])[1:] for group in groups))
        # Not our own write: nobody is classified on the way to being one.
        ended = {"active": False, "ended_at": self.env.cr.now()}
        super(SegmentationOverride, doubles).write(ended)  # pylint: disable=super-method-mismatch

    def _customers(self) -> dict:
        """Company → customers whose class the overrides set there."""
        return {company: overrides.partner_id for company, overrides in self.grouped("company_id").items()}

    def _classify(self, customers: dict):
        for company, partners in customers.items():
            self.env["segmentation.run"]._classify_later_if_busy(company, "override", partners)

    @api.model
    def _action_list(self, domain) -> dict:
        """Action that lists what is set by hand, first what is in force."""
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_override_action")
        return {**action, "domain": domain, "context": {"search_default_in_force": 1}}

    @api.model
    def _set(self, partners, dimension, cls):
        """Give the partners' commercial entities a class in the current company, or end what was set."""
        customers = partners.commercial_partner_id
        domain = [
            ("company_id", "=", self.env.company.id),
            ("partner_id", "in", customers.ids),
            ("dimension_id", "=", dimension.id),
        ]
        existing = self.search(Domain(domain) & IN_FORCE)
        if not cls:
            existing.action_end()
            return
        existing.write({"class_id": cls.id, "user_id": self.env.uid})
        self.create(
            [
                {"partner_id": partner.id, "dimension_id": dimension.id, "class_id": cls.id}
                for partner in customers - existing.partner_id
            ]
        )


class SegmentationDimension(models.Model):
    _inherit = "segmentation.dimension"

    override_count = fields.Integer(string="Set by hand", compute="_compute_override_count")

    def _compute_override_count(self):
        domain = Domain("dimension_id", "in", self.ids) & IN_FORCE
        counts = dict(self.env["segmentation.override"]._read_group(domain, ["dimension_id"], ["__count"]))
        for dimension in self:
            dimension.override_count = counts.get(dimension._origin, 0)

    def action_view_overrides(self):
        return self.env["segmentation.override"]._action_list([("dimension_id", "in", self.ids)])
