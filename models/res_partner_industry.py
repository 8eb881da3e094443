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
