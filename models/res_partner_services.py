from odoo import api, fields, models
from odoo.exceptions import UserError

from .res_partner import GROUP


class ResPartner(models.Model):
    """How a customer is served."""

    _inherit = "res.partner"

    segmentation_services = fields.Html(
        string="How to serve", compute="_compute_segmentation_services", sanitize=False, groups=GROUP
    )
    segmentation_service_excluded = fields.Boolean(
        string="Served by hand only",
        company_dependent=True,
        copy=False,
        groups=GROUP,
        help="What the classes say is shown, and never applied to this customer in this company.",
    )
    segmentation_service_exclusion_reason = fields.Char(
        string="Why by hand", company_dependent=True, copy=False, groups=GROUP
    )

    segmentation_has_applied = fields.Boolean(compute="_compute_segmentation_has_applied", groups=GROUP)

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang", "uid")
    def _compute_segmentation_services(self):
        for partner in self:
            policy = self.env["segmentation.service"]._policy(partner)
            has_policy = policy.lines or policy.descriptions
            partner.segmentation_services = has_policy and self.env["ir.qweb"]._render(
                "partner_segmentation.services", {"policy": policy}
            )

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_segmentation_has_applied(self):
        groups = self.env["segmentation.service.applied"]._read_group(self._applied_services(), ["partner_id"])
        customers = {partner for (partner,) in groups}
        for partner in self:
            partner.segmentation_has_applied = partner.commercial_partner_id._origin in customers

    def _applied_services(self) -> list:
        """What can be undone for the customers in the current company."""
        return [
            ("partner_id", "in", self.commercial_partner_id._origin.ids),
            ("company_id", "=", self.env.company.id),
            ("state", "=", "applied"),
            ("application_id.origin", "!=", "job"),
        ]

    # -- actions -------------------------------------------------------------------------------

    def action_apply_services(self):
        """Show what the classes of the customers would change, to be applied.

        :raise UserError: too many customers, or none with a policy that sets or suggests something
        """
        return self.env["segmentation.service.apply"]._of(self)._action_open()

    def action_undo_services(self):
        """Undo the last application to these customers in the current company.

        :raise UserError: nothing is left to be undone
        """
        applied = self.env["segmentation.service.applied"]
        last = applied._read_group(self._applied_services(), ["partner_id"], ["application_id:max"])
        if not last:
            raise UserError(self.env._("No service was applied to these customers that could be undone."))
        pairs = {(partner.id, application_id) for partner, application_id in last}
        lines = applied.search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("application_id", "in", [application_id for _partner_id, application_id in pairs]),
            ]
        )
        return lines.filtered(lambda line: (line.partner_id.id, line.application_id.id) in pairs)._undo()

    def action_view_services(self):
        """What was applied to the customer in the current company."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "partner_segmentation.segmentation_service_applied_action"
        )
        customers = self.commercial_partner_id
        return {
            **action,
            "display_name": self.env._("Services of %s", customers.display_name),
            "domain": [("partner_id", "in", customers.ids), ("company_id", "=", self.env.company.id)],
            "context": {},
        }
