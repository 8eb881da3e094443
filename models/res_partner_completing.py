from odoo import api, fields, models
from odoo.fields import Domain

from ..engine.industries import spoken_for
from ..engine.metrics import PARTNER_COLUMNS
from ..fields import OptionalMonetary
from .res_partner import GROUP, search_through_profile
from .segmentation_profile import FIGURES

# Facts that can be guessed.
GUESSABLE = ("country_id", "state_id", "industry_id")


class ResPartner(models.Model):
    """What is missing in the file of a customer, and what was guessed."""

    _inherit = "res.partner"

    missing_facts = fields.Char(
        string="Codes of missing facts",
        compute="_compute_classes",
        compute_sudo=True,
        search=search_through_profile("missing_facts"),
        groups=GROUP,
    )
    missing_fact_names = fields.Char(
        string="Missing facts",
        compute="_compute_missing_fact_names",
        groups=GROUP,
        help="Facts that nobody has told and that leave a class open.",
    )
    revenue_12m = OptionalMonetary(
        string="Revenue, 12 months",
        compute="_compute_classes",
        compute_sudo=True,
        search=search_through_profile("revenue_12m"),
        groups=FIGURES,
    )
    guessed_facts = fields.Char(
        string="Names of guessed fields", readonly=True, copy=False, help="Fields that nobody has confirmed yet."
    )
    guessed_fact_names = fields.Char(string="Guessed", compute="_compute_guessed_fact_names")

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if "revenue_12m" in arch.get("default_order", "") and not self._sees_revenue():
            arch.set("default_order", self._order)
        return arch, view

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        return (*super()._get_view_cache_key(view_id, view_type, **options), self._sees_revenue())

    def _sees_revenue(self) -> bool:
        return self._has_field_access(self._fields["revenue_12m"], "read")

    @api.depends("missing_facts", "employee_count", "annual_turnover", "total_assets", *PARTNER_COLUMNS.values())
    @api.depends_context("lang", "company")
    def _compute_missing_fact_names(self):
        Profile = self.env["segmentation.profile"]
        codes = {partner: (partner.missing_facts or "").split(",") for partner in self}
        told_by = {code: self._missing_field(code) for code in set().union(*codes.values())}
        general = self._general_industries() if "industry_id" in told_by else ()
        names = {}
        for partner in self:
            customer = partner.commercial_partner_id
            missing = ",".join(code for code in codes[partner] if not customer._tells(told_by[code]))
            if missing not in names:
                names[missing] = Profile._fact_names(missing)
            partner.missing_fact_names = names[missing]
            if "industry_id" in codes[partner] and customer.industry_id in general:
                exact = self.env._("Industry, more exactly")
                partner.missing_fact_names = ", ".join(filter(None, [names[missing], exact]))

    def _general_industries(self):
        """Industries of which bounds name the parts only, so that they leave a class of the company open."""
        dimensions = self.env["segmentation.dimension"]._used_by(self.env.company)
        general = self.env["res.partner.industry"]
        for dimension in dimensions.filtered(lambda dimension: dimension.method == "criteria"):
            speakers = spoken_for(dimension.class_ids.criterion_ids.industry_ids)
            general = general.union(*(industry for industry, meant in speakers.items() if len(meant) > 1))
        return general

    def _tells(self, name: str | None) -> bool:
        """Whether the contact tells a fact in a field; 0 employees is a fact."""
        value = self[name] if name else False
        return bool(value) or (value is not False and value == 0)

    @api.depends("guessed_facts")
    @api.depends_context("lang")
    def _compute_guessed_fact_names(self):
        for partner in self:
            labels = [
                partner._fields[name].get_description(self.env, ["string"])["string"] for name in partner._guessed()
            ]
            partner.guessed_fact_names = ", ".join(labels)

    def write(self, vals):
        held = self._guesses_among(vals)
        result = super().write(vals)
        for partner, values in held.items():
            changed = {name for name, value in values.items() if partner[name] != value}
            if changed:
                partner._mark_guessed(set(partner._guessed()) - changed)
        return result

    def _guesses_among(self, vals) -> dict:
        """Partner → its guessed fields that ``vals`` names, with their values."""
        names = [name for name in GUESSABLE if name in vals]
        if not names:
            return {}
        guessed = self.sudo().filtered("guessed_facts")  # whoever may write may know that it was a guess
        return {partner: {name: partner[name] for name in names if name in partner._guessed()} for partner in guessed}

    def _guessed(self) -> list[str]:
        """Names of the guessed fields."""
        return [name for name in (self.guessed_facts or "").split(",") if name in GUESSABLE]

    def _mark_guessed(self, names):
        """Say which fields are guesses."""
        self.guessed_facts = ",".join(name for name in GUESSABLE if name in names) or False

    def _fill_in_guesses(self, values: dict):
        """Fill in what is still empty, marked as guessed.

        :param values: name of a field → id of the guessed record
        """
        self.ensure_one()
        values = {name: value for name, value in values.items() if not self[name]}
        if values:
            self.write(values)
            self._mark_guessed({*self._guessed(), *values})

    @api.model
    def _missing_fact_domain(self, code: str) -> Domain:
        """Customers whose class is open because the fact is missing, and still is, or not exact enough."""
        domain = Domain("missing_facts", "=like", code)
        for pattern in (f"{code},%", f"%,{code}", f"%,{code},%"):
            domain |= Domain("missing_facts", "=like", pattern)
        name = self._missing_field(code)
        if not name:
            return domain
        untold = Domain(name, "=", False)
        if name == "industry_id":
            untold |= Domain(name, "in", self._general_industries().ids)
        return domain & untold

    @api.model
    def _missing_field(self, code: str) -> str | None:
        """Field of the contact that holds a fact; None when it is read from elsewhere."""
        if code in PARTNER_COLUMNS.values():
            return code
        metric = self.env["segmentation.metric"].search([("code", "=", code)], limit=1)
        on_contact = metric.aggregate == "value" and metric.model_id.model == self._name
        return metric.measure_field_id.name if on_contact else None

    # -- actions -------------------------------------------------------------------------------

    @api.model
    def _action_complete(self, domain) -> dict:
        """The list in which facts are filled in, with some of the customers of the current company."""
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_complete_action")
        return {**action, "domain": list(Domain("is_classified", "=", True) & domain), "context": {}}

    def action_guess(self):
        """Propose what these customers do not say, or all customers when none is chosen."""
        return self.env["segmentation.guess"]._action_propose(self)

    def action_confirm_guesses(self):
        """Take the guesses for facts."""
        self.filtered("guessed_facts").guessed_facts = False

    def action_reject_guesses(self):
        """Empty the fields that were guessed."""
        for partner in self.filtered("guessed_facts"):
            partner.write(dict.fromkeys(partner._guessed(), False))

    def action_import_facts(self):
        """Odoo's own import, for the file that the export of these columns made."""
        return {
            "type": "ir.actions.client",
            "tag": "import",
            "name": self.env._("Import facts of customers"),
            "params": {"active_model": "res.partner", "context": {}},
        }
