from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..completing.guess import guess_country, guess_industry, guess_state
from ..models.res_partner_completing import GUESSABLE

MOST = 200  # customers at a time, so that somebody can look through them
BATCH = 2000  # read at a time
MODELS = {"country_id": "res.country", "state_id": "res.country.state", "industry_id": "res.partner.industry"}


class SegmentationGuess(models.TransientModel):
    """Guesses for a person to look at before any is written."""

    _name = "segmentation.guess"
    _description = "Guess of Missing Facts"

    line_ids = fields.One2many("segmentation.guess.line", "guess_id", string="Guesses")
    has_more = fields.Boolean(readonly=True, help="There are more customers with something to guess.")

    @api.model
    def _action_propose(self, partners):
        """The wizard with what can be guessed of the partners, of all customers when there is none.

        :raise UserError: nothing can be guessed
        """
        lines = []
        for batch in self._batches(partners):
            lines += self._propose(batch)
            if len(lines) > MOST:
                break
        if not lines:
            raise UserError(
                self.env._(
                    "Nothing can be guessed: the customers have a country, state and industry already, or their tax "
                    "number, phone number, postal code and name do not tell. Enter the facts by hand."
                )
            )
        guess = self.create(
            {"line_ids": [Command.create(line) for line in lines[:MOST]], "has_more": len(lines) > MOST}
        )
        action = guess._get_records_action(name=self.env._("Guess what is missing"))
        return {**action, "target": "new", "context": {"dialog_size": "extra-large"}}

    @api.model
    def _batches(self, partners):
        """Customers with an empty fact, best first."""
        empty = Domain.OR([(name, "=", False)] for name in GUESSABLE)
        chosen = (
            Domain("id", "in", partners.commercial_partner_id.ids) if partners else Domain("is_classified", "=", True)
        )
        Partner = self.env["res.partner"]
        order = "revenue_12m DESC NULLS LAST, id" if Partner._sees_revenue() else "id"
        names = ["name", "vat", "zip", "phone", *GUESSABLE]
        ids = Partner.search(chosen & empty, order=order).ids
        for start in range(0, len(ids), BATCH):
            batch = Partner.browse(ids[start : start + BATCH])
            batch.fetch(names)
            yield batch
            batch.invalidate_recordset(names, flush=False)

    # -- propose -------------------------------------------------------------------------------

    @api.model
    def _propose(self, partners) -> list[dict]:
        """Values of the lines of those partners of whom something can be guessed."""
        phone_countries = self._phone_countries()
        lines = []
        for partner in partners:
            found = self._guesses(partner, phone_countries)
            if found:
                values = {name: record.id for name, (record, _guess) in found.items()}
                known = {name: partner[name].id for name in GUESSABLE}
                evidence = "; ".join(dict.fromkeys(self._evidence(guess) for _record, guess in found.values()))
                lines.append({"partner_id": partner.id, **known, **values, "proposed": values, "evidence": evidence})
        return lines

    def _guesses(self, partner, phone_countries) -> dict:
        """Name of an empty field → the guessed record and the guess it comes from."""
        country = partner.country_id
        guesses = {}
        if not country and (guess := guess_country(partner.vat, partner.phone, phone_countries)):
            country = self.env["res.country"].search([("code", "=", guess.value)], limit=1)
            guesses["country_id"] = (country, guess)
        if not partner.state_id and (guess := guess_state(country.code, partner.zip, partner.vat)):
            guesses["state_id"] = (self._record(f"state_cn_{guess.value}"), guess)
        if not partner.industry_id and (guess := guess_industry(partner.name)):
            guesses["industry_id"] = (self._record(f"res_partner_industry_{guess.value}"), guess)
        return {name: pair for name, pair in guesses.items() if pair[0]}

    def _record(self, name: str):
        """A record of module base, empty when somebody has deleted or archived it."""
        record = self.env.ref(f"base.{name}", raise_if_not_found=False)
        return record and (record if "active" not in record._fields or record.active else record.browse())

    def _phone_countries(self) -> dict:
        """International prefix → code of its country, where it is the prefix of one country only."""
        countries = self.env["res.country"].search_fetch([("phone_code", "!=", 0)], ["phone_code", "code"])
        uses = Counter(countries.mapped("phone_code"))
        return {str(c.phone_code): c.code for c in countries if uses[c.phone_code] == 1}

    def _evidence(self, guess) -> str:
        sources = {
            "vat": self.env._("Tax number %s", guess.evidence),
            "zip": self.env._("Postal code %s", guess.evidence),
            "phone": self.env._("Phone number %s", guess.evidence),
            "name": self.env._("“%s” in the name", guess.evidence),
        }
        return sources[guess.source]

    # -- take ----------------------------------------------------------------------------------

    def action_take(self):
        """Write the ticked guesses; a value that the user has chosen instead is not a guess."""
        for line in self.line_ids.filtered("take"):
            line._take()
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class SegmentationGuessLine(models.TransientModel):
    """What is guessed of one customer."""

    _name = "segmentation.guess.line"
    _description = "Guess About a Customer"

    guess_id = fields.Many2one("segmentation.guess", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, ondelete="cascade")
    take = fields.Boolean(default=True)
    country_id = fields.Many2one("res.country")
    state_id = fields.Many2one("res.country.state", domain="[('country_id', '=?', country_id)]")
    industry_id = fields.Many2one("res.partner.industry")
    proposed = fields.Json(readonly=True, help="Name of the field → id of what is guessed.")
    guesses_country = fields.Boolean(compute="_compute_guesses")
    guesses_state = fields.Boolean(compute="_compute_guesses")
    guesses_industry = fields.Boolean(compute="_compute_guesses")
    evidence = fields.Char(string="Because of", readonly=True)

    @api.depends("proposed")
    def _compute_guesses(self):
        for line in self:
            proposed = line.proposed or {}
            line.guesses_country = "country_id" in proposed
            line.guesses_state = "state_id" in proposed
            line.guesses_industry = "industry_id" in proposed

    def _take(self):
        self.ensure_one()
        wanted = {name: self[name].id for name in GUESSABLE if name in (self.proposed or {}) and self[name]}
        chosen = {name: value for name, value in wanted.items() if value != self.proposed[name]}
        empty = {name: value for name, value in chosen.items() if not self.partner_id[name]}
        if empty:
            self.partner_id.write(empty)
        self.partner_id._fill_in_guesses({name: value for name, value in wanted.items() if name not in chosen})
