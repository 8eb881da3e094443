from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Keep what is set by hand, and have the one who stays classified with the documents of the others."""
        # Who may merge contacts need no right on the classification.
        self.env["segmentation.override"].sudo()._end_doubles(dst_partner + src_partners)
        self.env["segmentation.touch"].sudo()._mark(dst_partner)
        self.env.flush_all()  # what follows is SQL
        return super()._update_foreign_keys(src_partners, dst_partner)
