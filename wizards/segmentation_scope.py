from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class SegmentationScope(models.AbstractModel):
    """What a report or an export looks at: days and dimensions of a company."""

    _name = "segmentation.scope"
    _description = "Days and Dimensions to Look at"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    as_of = fields.Date(
        string="As of",
        help="Classes recorded at the end of this day, and revenue of the documents up to it. Empty: those of now.",
    )
    compare_to = fields.Date(string="Compare with", help="Day before it. Empty: no comparison.")
    dimension_ids = fields.Many2many(
        "segmentation.dimension",
        string="Dimensions",
        default=lambda self: self.env["segmentation.dimension"]._used_by(self.env.company),
        required=True,
    )

    @api.constrains("as_of", "compare_to")
    def _check_dates(self):
        for wizard in self:
            today = wizard.env["segmentation.run"]._today(wizard.company_id)
            last = wizard.as_of or today
            if last > today:
                raise ValidationError(
                    wizard.env._(
                        "As of %s lies in the future. Choose today or an earlier day.",
                        format_date(wizard.env, last),
                    )
                )
            if wizard.compare_to and wizard.compare_to >= last:
                raise ValidationError(
                    wizard.env._(
                        "Compare with %(date)s must be before As of %(as_of)s. Choose an earlier day.",
                        date=format_date(wizard.env, wizard.compare_to),
                        as_of=format_date(wizard.env, last),
                    )
                )
