from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartnerIndustry(models.Model):
    _inherit = "res.partner.industry"

    parent_id = fields.Many2one(
        "res.partner.industry",
        string="Part of",
        ondelete="restrict",
        index="btree_not_null",
        help="The wider industry. What a rule says of it holds for this one too, unless a rule names this one.",
    )

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("An industry cannot be part of itself: choose another industry in “Part of”.")
            )

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(("parent_id", "active")):
            # Whoever orders industries need not be able to set rules; those of all companies look at industries.
            dimensions = self.env["segmentation.dimension"].sudo().search([])
            dimensions.filtered(lambda d: d.class_ids.industry_ids | d.class_ids.criterion_ids.industry_ids)._outdate()
        return result
