from dataclasses import dataclass

from odoo import models

HISTORY = 8  # changes on the page
CONTACTS = 4


@dataclass(frozen=True)
class CustomerFile:
    """One page about a customer.

    :ivar partner: the commercial entity
    :ivar contacts: its first persons
    :ivar profile: ``segmentation.profile`` record of the company, empty when the partner is not classified
    :ivar explanations: list of :class:`~..engine.explain.Explanation`
    :ivar figures: name and value of each metric the user may see, in lines of a table
    :ivar services: :class:`~..models.segmentation_service_policy.ServicePolicy`
    :ivar changes: the last ``segmentation.change`` records, newest first
    """

    partner: object
    contacts: object
    profile: object
    explanations: list
    figures: list
    services: object
    changes: object


class ReportCustomerFile(models.AbstractModel):
    _name = "report.partner_segmentation.report_customer_file"
    _description = "Customer File on Paper"

    def _get_report_values(self, docids, data=None):
        partners = self.env["res.partner"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": partners._name,
            "docs": partners,
            "company": self.env.company,
            "file_of": self._file_of,
        }

    def _file_of(self, partner) -> CustomerFile:
        """What the page shows of a contact's commercial entity, with the rights of the user."""
        partner = partner.commercial_partner_id
        profile = partner._segmentation_profiles()[partner]
        profile = profile if profile.active else profile.browse()
        changes = self.env["segmentation.change"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", self.env.company.id)], limit=HISTORY
        )
        return CustomerFile(
            partner,
            partner.child_ids.filtered(lambda child: child.type == "contact")[:CONTACTS],
            profile,
            profile._explain() if profile else [],
            _in_columns(profile._figures(), 3) if profile else [],
            self.env["segmentation.service"]._policy(partner),
            changes,
        )


def _in_columns(figures: list, count: int) -> list[list]:
    """Lines of a table that has the figures in so many columns, to be read downwards."""
    length = -(-len(figures) // count)
    return [figures[line::length] for line in range(length)]
