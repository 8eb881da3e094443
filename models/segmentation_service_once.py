from odoo import fields, models
from odoo.exceptions import UserError


class SegmentationService(models.Model):
    """What is done once, when the policy is applied to a customer."""

    _inherit = "segmentation.service"

    def _start_plan(self, partners) -> dict:
        """Plan the activities of the activity plan, as the user; customer → their ids.

        Whoever the plan does not say gets them: the salesperson of the customer, or else the user. Nobody gets an
        e-mail for each of them.
        """
        self.ensure_one()
        today, model_id = fields.Date.context_today(self), self.env["ir.model"]._get_id("res.partner")
        values = []
        for partner in partners:
            for template in self.plan_id.template_ids:
                found = template._determine_responsible(partner.user_id or self.env.user, partner)
                if found["error"]:
                    raise UserError(found["error"])
                values.append(
                    {
                        "activity_type_id": template.activity_type_id.id,
                        "automated": True,
                        "summary": template.summary,
                        "note": template.note,
                        "user_id": found["responsible"].id,
                        "date_deadline": template._get_date_deadline(today),
                        "res_model_id": model_id,
                        "res_id": partner.id,
                    }
                )
        return self._plan_activities(partners, values)

    def _plan_activities(self, partners, values: list) -> dict:
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(values)
        by_customer = activities.grouped("res_id")
        return {partner: by_customer[partner.id].ids if partner.id in by_customer else [] for partner in partners}

    def _stop_plan(self, lines) -> dict:
        """Delete the activities that are still open; line → why not all of it could be taken back."""
        made = {line: line.sudo().made_ids or [] for line in lines}  # hidden from everybody
        open_ones = self.env["mail.activity"].browse({id_ for ids in made.values() for id_ in ids}).exists()
        open_ones = open_ones.filtered("active")
        left = {
            line: self.env._("An activity was done or deleted already.")
            for line, ids in made.items()
            if not set(ids) <= set(open_ones.ids)
        }
        open_ones.unlink()
        return left

    def _send_mail(self, partners) -> dict:
        """Put the e-mail of the template into the queue, as the user; customer → ids of the e-mails."""
        self.ensure_one()
        mails = self.template_id.send_mail_batch(partners.ids)
        return {partner: [mail.id] for partner, mail in zip(partners, mails, strict=True)}

    def _unsend_mail(self, lines) -> dict:
        return dict.fromkeys(lines, self.env._("An e-mail cannot be taken back."))
