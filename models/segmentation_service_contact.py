import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .segmentation_service_proposal import Proposal

_logger = logging.getLogger(__name__)

BATCH = 1000


class SegmentationService(models.Model):
    """Regular contact: an activity for the salesperson of whom nobody has been in contact with for too long."""

    _inherit = "segmentation.service"

    @api.model
    def _cron_contact(self):
        """Plan what is due, until the time of the job is used up; the scheduler repeats until nothing is left."""
        items = self.search([("kind", "=", "contact"), ("effect", "=", "sets")])
        companies = items.company_id
        if any(not item.company_id for item in items):
            companies = companies.search([])
        due = {company: self._in_company(company)._contacts_due() for company in companies}
        Profile = self.env["segmentation.profile"]
        self.env["ir.cron"]._commit_progress(remaining=sum(Profile.search_count(domain) for domain in due.values()))
        for company, domain in due.items():
            last = 0
            while profiles := Profile.search(domain & Domain("id", ">", last), order="id", limit=BATCH):
                last = profiles[-1].id
                self._in_company(company)._plan_contacts(profiles.partner_id)
                if not self.env["ir.cron"]._commit_progress(len(profiles)):
                    return

    @api.model
    def _in_company(self, company):
        return self.with_context(allowed_company_ids=company.ids)

    @api.model
    def _contacts_due(self) -> Domain:
        """The customer files of those in a class with regular contact who have a salesperson and no activity.

        Which item holds for a customer is seen later: a class of another dimension may come first.
        """
        due = Domain.FALSE
        for dimension in self.env["segmentation.dimension"]._used_by(self.env.company):
            by_item = defaultdict(list)
            for class_id, items in self._of_classes(dimension.with_context(active_test=False).class_ids).items():
                for item in items:
                    if item.kind == "contact" and item.effect == "sets":
                        by_item[item].append(class_id)
            for item, class_ids in by_item.items():
                due |= Domain(dimension.field_name, "in", class_ids) & item._not_contacted()
        return (
            due
            & Domain("company_id", "=", self.env.company.id)
            & Domain("partner_id.user_id", "!=", False)
            & Domain("partner_id.active", "=", True)
        )

    def _not_contacted(self) -> Domain:
        """Customer files without an open activity, nor one that was done within the days of the item."""
        since = fields.Date.context_today(self) - timedelta(days=self.contact_days)
        open_or_recent = Domain("active", "=", True) | Domain("date_done", ">", since)
        activities = (
            self.env["mail.activity"]
            .sudo()  # also what the user does not see is a contact
            .with_context(active_test=False)
            ._search(
                Domain("activity_type_id", "=", self._contact_type().id)
                & Domain("res_model", "=", "res.partner")
                & open_or_recent
            )
        )
        return Domain("partner_id", "not in", activities.subselect("res_id"))

    @api.model
    def _contact_type(self):
        return self.env.ref("partner_segmentation.activity_regular_contact")

    @api.model
    def _plan_contacts(self, partners):
        """Plan the contact with those of the customers for whom the item that holds says that it is due."""
        by_item = defaultdict(self.env["res.partner"].browse)
        for partner, items in self._policies(partners).items():
            item = items.filtered(lambda item: item.kind == "contact" and item.effect == "sets")
            if item and not partner.segmentation_service_excluded:
                by_item[item] |= partner
        for item, customers in by_item.items():
            due = Domain("company_id", "=", self.env.company.id) & item._not_contacted()
            due &= Domain("partner_id", "in", customers.ids)
            try:
                with self.env.cr.savepoint():
                    item._plan_contact(self.env["segmentation.profile"].search(due).partner_id)
            except Exception:  # one item must not keep the others
                _logger.warning("Regular contact of %s cannot be planned", item.class_id.name, exc_info=True)

    def _plan_contact(self, partners):
        """Plan an activity for the salesperson of each customer, with the rights of whoever set the item up."""
        user = self.user_id
        if not user.active and not user._is_superuser():
            raise UserError(self.env._("%s is archived. Save the service as somebody else.", user.name))
        item = self.with_user(user)
        customers = partners.with_env(item.env)
        activities = item._plan_activities(customers, [item._contact_values(partner) for partner in customers])
        kind = item._kinds()["contact"]
        item.env["segmentation.service.application"]._log(
            [Proposal(partner, item, kind, new=item.contact_days) for partner in customers],
            [],
            "job",
            {(partner, item): ids for partner, ids in activities.items()},
        )

    def _contact_values(self, partner) -> dict:
        return {
            "activity_type_id": self._contact_type().id,
            "automated": True,
            "user_id": partner.user_id.id,
            "date_deadline": fields.Date.context_today(self),
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": partner.id,
        }
