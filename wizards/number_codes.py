from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class SegmentationNumberCodes(models.TransientModel):
    """Shows which numbers the classes of a dimension would get as codes, and sets them."""

    _name = "segmentation.number.codes"
    _description = "Number the Codes of Classes"

    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", readonly=True)
    digits = fields.Integer(
        string="Digits per level", default=2, required=True, help="2: 01 for a class, 0101 for the first part of it."
    )
    renumber = fields.Boolean(
        string="Number all anew",
        help="Otherwise classes that have such a number below their parent keep it, and the others get the free ones.",
    )
    line_ids = fields.One2many("segmentation.number.codes.line", "wizard_id", compute="_compute_line_ids")
    error = fields.Text(compute="_compute_line_ids")
    has_changes = fields.Boolean(compute="_compute_line_ids")

    _digits_range = models.Constraint("CHECK(digits BETWEEN 1 AND 4)", "Digits per level must be 1, 2, 3 or 4.")

    @api.depends("dimension_id", "digits", "renumber")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.error = False
            try:
                codes = wizard._codes()
            except UserError as error:
                wizard.error, codes = str(error), {}
            wizard.has_changes = any(cls.code != code for cls, code in codes.items())
            wizard.line_ids = [
                Command.clear(),
                *(Command.create({"class_id": cls.id, "now": cls.code, "then": code}) for cls, code in codes.items()),
            ]

    def _codes(self) -> dict:
        digits = min(max(self.digits, 1), 4)
        return self.dimension_id._origin._numbered_codes(digits, self.renumber)

    def action_apply(self):
        self.ensure_one()
        self.env["segmentation.class"]._set_codes(self._codes())
        return {"type": "ir.actions.act_window_close"}


class SegmentationNumberCodesLine(models.TransientModel):
    """The code that one class has and would get."""

    _name = "segmentation.number.codes.line"
    _description = "New Code of a Class"

    wizard_id = fields.Many2one("segmentation.number.codes", required=True, ondelete="cascade")
    class_id = fields.Many2one("segmentation.class", required=True, ondelete="cascade")
    parent_id = fields.Many2one(related="class_id.parent_id")
    now = fields.Char(string="Code")
    then = fields.Char(string="New code")
