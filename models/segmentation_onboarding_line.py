import re

from odoo import api, fields, models

from .segmentation_standard import INSTALLED

# What standards are about, in the order in which they are offered and applied: later ones may build on earlier ones.
TOPICS = ("SIZE", "INDUSTRY", "REGION", "STAGE", "ABC", "RFM", "HABIT", "PREFERENCE", "FOCUS")
# Standards that are of use for everybody who has sent invoices.
RECOMMENDED = {"ABC": "ABC_REVENUE", "RFM": "RFM"}
OF_COUNTRY = {"CN": {"REGION": "REGION_CN7"}}
# Standards that are of use where the facts about most customers are known.
OF_COUNTRY_WITH_FACTS = {"CN": {"SIZE": "CN_NBS_2017"}}


class SegmentationStandard(models.Model):
    _inherit = "segmentation.standard"

    def _topic(self) -> str:
        """What the standard is about: code of its last dimension, which the others lead to."""
        return self._data()["dimensions"][-1]["code"]

    def _short_description(self) -> str:
        """The first sentence of the description."""
        return re.split(r"(?<=\.)\s|(?<=。)", self.description or "", maxsplit=1)[0]

    def _is_applied_for(self, company) -> bool:
        """Whether the company uses the standard as it is now."""
        return self.applied_version == self.version and (not self.company_ids or company in self.company_ids)

    def _is_installed(self) -> bool:
        """Whether the standard is one of those that the installation applies."""
        return self.code in INSTALLED

    @api.model
    def _by_topic(self) -> dict:
        """The library: topic → standards, in the order of ``TOPICS``."""
        found = self.search([]).grouped(lambda standard: standard._topic())
        return {
            topic: found[topic] for topic in sorted(found, key=lambda topic: ((*TOPICS, topic).index(topic), topic))
        }


class SegmentationOnboardingLine(models.Model):
    """The standard that is chosen for something, or none."""

    _name = "segmentation.onboarding.line"
    _description = "Choice of a Standard"
    _order = "sequence, id"

    onboarding_id = fields.Many2one("segmentation.onboarding", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer()
    topic = fields.Char(required=True, readonly=True)
    name = fields.Char(string="Classify by", compute="_compute_choices")
    allowed_standard_ids = fields.Many2many("segmentation.standard", compute="_compute_choices")
    standard_id = fields.Many2one(
        "segmentation.standard",
        domain="[('id', 'in', allowed_standard_ids)]",
        ondelete="set null",
        help="Empty: what is there stays as it is.",
    )

    @api.depends("topic")
    @api.depends_context("lang")
    def _compute_choices(self):
        by_topic = self.env["segmentation.standard"]._by_topic()
        for line in self:
            standards = by_topic.get(line.topic, self.env["segmentation.standard"])
            line.allowed_standard_ids = standards
            names = [standard._text(standard._data()["dimensions"][-1]["name"]) for standard in standards[:1]]
            line.name = (names or [line.topic])[0]

    @api.model
    def _proposals(self, company) -> dict:
        """Topic → standard that is proposed to a company, empty where none is.

        What the company uses stays; one that uses nothing but what the installation made is given what is customary in
        its country, and what it has the facts and documents for.
        """
        by_topic = self.env["segmentation.standard"]._by_topic()
        used = {
            topic: standards.filtered(lambda standard: standard._is_applied_for(company))[:1]
            for topic, standards in by_topic.items()
        }
        if any(not standard._is_installed() for standard in used.values() if standard):
            return used
        invoices = [("company_id", "=", company.id), ("state", "=", "posted"), ("move_type", "=", "out_invoice")]
        # Whether anything has been invoiced is no secret to who sets the rules.
        has_invoices = self.env["account.move"].sudo().search_count(invoices, limit=1)
        wanted = {**(RECOMMENDED if has_invoices else {}), **self._customary(company)}
        return {
            topic: standards.filtered(lambda standard, topic=topic: standard.code == wanted.get(topic)) or used[topic]
            for topic, standards in by_topic.items()
        }

    def _customary(self, company) -> dict:
        """Topic → code of the standard that is customary where the company is."""
        country = company.sudo().country_id.code  # everybody may know where the company is
        known, total = self.env["segmentation.onboarding"]._known_facts(company)
        with_facts = OF_COUNTRY_WITH_FACTS.get(country, {}) if 2 * known >= total else {}
        return {**OF_COUNTRY.get(country, {}), **with_facts}
