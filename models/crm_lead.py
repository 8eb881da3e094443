from odoo import models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "segmentation.touching", "segmentation.classified"]

    _segmentation_fields = frozenset(
        ("active", "company_id", "expected_revenue", "partner_id", "probability", "stage_id", "type")
    )
