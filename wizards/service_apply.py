from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.orm.models import NO_ACCESS

from ..models.segmentation_service_proposal import CHANGING, KEPT, STATES

MAX_CUSTOMERS = 2000


class SegmentationServiceApply(models.TransientModel):
    """Shows what the policies of customers would change, and carries out what is ticked."""

    _name = "segmentation.service.apply"
    _description = "Apply Service Policies"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", default=lambda self: self.env.company
    )
    line_ids = fields.One2many("segmentation.service.apply.line", "wizard_id", string="Service items")
    customers = fields.Integer(readonly=True)
    excluded = fields.Integer(readonly=True)
    without = fields.Integer(string="Without a service", readonly=True)

    @api.model
    def _of(self, partners):
        """A preview for the customers, with what would change ticked.

        :raise UserError: too many customers, or none with a policy that sets or suggests something
        """
        customers = partners.commercial_partner_id
        if len(customers) > MAX_CUSTOMERS:
            raise UserError(
                self.env._(
                    "A preview shows %(most)s customers at most, you selected %(count)s. Select fewer, or have an "
                    "action on change apply the policy.",
                    most=MAX_CUSTOMERS,
                    count=len(customers),
                )
            )
        Service = self.env["segmentation.service"]
        proposals = Service._with_texts(Service._proposals(customers))
        if not proposals:
            raise UserError(
                self.env._(
                    "The classes of these customers neither set nor suggest a service. Add some on the page “Service” "
                    "of a class."
                )
            )
        served = {proposal.partner for proposal in proposals}
        wizard = self.create(
            {
                "customers": len(served),
                "excluded": sum(partner.segmentation_service_excluded for partner in served),
                "without": len(customers) - len(served),
            }
        )
        # The values are hidden from everybody, the texts shown as far as the user may see them.
        wizard.line_ids.sudo().create([wizard._line_values(proposal) for proposal in proposals])
        return wizard

    def _line_values(self, proposal) -> dict:
        return {
            "wizard_id": self.id,
            "take": proposal.state == "new",
            "partner_id": proposal.partner.id,
            "service_id": proposal.item.id,
            "label": self.env["segmentation.service"]._label(proposal),
            "class_id": proposal.item.class_id.id,
            "old_text": proposal.old_text,
            "new_text": proposal.new_text if proposal.state != "same" or not proposal.kind.adds else "",
            "state": proposal.state,
            "note": self.env["segmentation.service"]._note(proposal),
            "old_value": proposal.old,
            "new_value": proposal.new,
        }

    def _action_open(self) -> dict:
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Apply the service policy"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_apply(self):
        """Carry out what is ticked.

        :raise UserError: nothing is ticked, or what was shown is not what is stored any more
        :raise AccessError: names the field that the user may not change
        """
        self.ensure_one()
        wizard = self.with_company(self.company_id)
        lines = {(line.partner_id, line.service_id): line for line in wizard.line_ids}
        chosen, kept = [], []
        for proposal in wizard.env["segmentation.service"]._proposals(wizard.line_ids.partner_id):
            line = lines.get((proposal.partner, proposal.item))
            if line and line.take and proposal.state in (*CHANGING, "forbidden"):
                line._check_current(proposal)
                chosen.append(proposal)
            elif line and proposal.state in KEPT:
                kept.append(proposal)
        if not chosen:
            raise UserError(self.env._("Nothing is ticked that would change. Tick a line, or close the preview."))
        application = wizard.env["segmentation.service.application"]._apply(chosen, kept, "hand")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(changed)s changed, %(kept)s left as they were",
                    changed=application.changed,
                    kept=application.kept,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class SegmentationServiceApplyLine(models.TransientModel):
    """What one item would change for one customer."""

    _name = "segmentation.service.apply.line"
    _description = "Service to Apply"
    _order = "id"

    wizard_id = fields.Many2one("segmentation.service.apply", required=True, ondelete="cascade", readonly=True)
    take = fields.Boolean(string="Apply")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade", readonly=True)
    service_id = fields.Many2one("segmentation.service", required=True, ondelete="cascade", readonly=True)
    label = fields.Char(string="What", readonly=True)
    class_id = fields.Many2one("segmentation.class", ondelete="cascade", readonly=True)
    old_text = fields.Char(string="Now", readonly=True)
    new_text = fields.Char(string="Then", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    note = fields.Char(readonly=True)
    old_value = fields.Json(readonly=True, groups=NO_ACCESS)
    new_value = fields.Json(readonly=True, groups=NO_ACCESS)

    def _check_current(self, proposal):
        """
        :raise UserError: the preview has shown something else than what would be done
        """
        shown = self.sudo()  # the values are hidden from everybody
        # An empty list is stored as nothing.
        if (shown.old_value or None, shown.new_value or None) != (proposal.old or None, proposal.new or None):
            raise UserError(
                self.env._(
                    "%(customer)s: %(service)s has been changed since the preview was made. "
                    "Close it and open it again.",
                    customer=self.partner_id.display_name,
                    service=self.label,
                )
            )
