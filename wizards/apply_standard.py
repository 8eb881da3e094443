from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..standards.rows import Rows


class SegmentationApplyStandard(models.TransientModel):
    """Shows what a standard would create, change and keep, and applies it."""

    _name = "segmentation.apply.standard"
    _description = "Apply a Standard"

    standard_id = fields.Many2one("segmentation.standard", required=True)
    description = fields.Text(related="standard_id.description")
    source = fields.Char(related="standard_id.source")
    version = fields.Char(related="standard_id.version")
    applied_version = fields.Char(related="standard_id.applied_version")
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        help="Companies that use the standard. Empty: all. Where others go on with what they have, these get a "
        "dimension, and a column of the customer file, of their own.",
    )
    line_ids = fields.One2many("segmentation.apply.standard.line", "wizard_id", compute="_compute_line_ids")
    error = fields.Text(compute="_compute_line_ids")
    warning = fields.Text(compute="_compute_line_ids")
    has_changes = fields.Boolean(compute="_compute_line_ids")

    @api.depends("standard_id", "company_ids")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.error = wizard.warning = wizard.has_changes = False
            wizard.line_ids = [Command.clear()]
            if not wizard.standard_id:
                continue
            try:
                plan = wizard.standard_id._origin._plan(wizard.company_ids._origin)
            except UserError as error:
                wizard.error = str(error)
                continue
            rows = Rows(plan).all()
            wizard.has_changes = any(row.action != "keep" for row in rows)
            wizard.warning = "\n".join(wizard._warnings(plan))
            wizard.line_ids = [Command.create(vars(row)) for row in rows]

    def _warnings(self, plan):
        """What the standard needs to be of use, and what it changes the meaning of."""
        companies = self.company_ids._origin or self.env.companies
        for step in plan.steps:
            code = step.kind == "dimension" and step.node.values.get("currency")
            if not code:
                continue
            currency = plan.references.currency(code)
            unknown = companies.filtered(
                lambda company, currency=currency: not company._knows_segmentation_rate(currency)
            )
            if unknown:
                yield self.env._(
                    "No exchange rate between %(currencies)s and %(currency)s is known: enter one under Currencies, "
                    "or customers cannot be compared with the bounds.",
                    currencies=", ".join(sorted(set(unknown.currency_id.mapped("name")))),
                    currency=code,
                )
            kept = any(other.kind == "criterion" and other.action == "keep" for other in plan.steps)
            if "currency" in step.changes and kept:
                yield self.env._("Amounts that you have set yourself and keep are in %s from now on: check them.", code)

    def action_preview(self):
        """Show which customers would be in which class."""
        self.ensure_one()
        return self.standard_id.action_preview({"company_ids": self.company_ids.ids})

    def action_apply(self):
        """Apply the standard and show its dimensions."""
        self.ensure_one()
        plan = self.standard_id._apply(self.company_ids)
        dimensions = self.env["segmentation.dimension"].union(*(target.dimension for target in plan.targets.values()))
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_dimension_action")
        if len(dimensions) == 1:
            action |= {"views": [(False, "form")], "res_id": dimensions.id}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Standard applied"),
                "message": self.env._("Press “Reclassify now” to classify all customers by it."),
                "next": action,
            },
        }


class SegmentationApplyStandardLine(models.TransientModel):
    """What applying a standard does to one record or field."""

    _name = "segmentation.apply.standard.line"
    _description = "Effect of a Standard"

    wizard_id = fields.Many2one("segmentation.apply.standard", required=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("industry", "Industry"),
            ("metric", "Metric"),
            ("dimension", "Dimension"),
            ("class", "Class"),
            ("criterion", "Lower bound"),
        ]
    )
    action = fields.Selection(
        [
            ("create", "Create"),
            ("change", "Change"),
            ("keep", "Keep yours"),
            ("remove", "Remove"),
            ("archive", "Archive"),
        ]
    )
    name = fields.Char()
    what = fields.Char(string="Field")
    now = fields.Char()
    then = fields.Char(string="In the standard")
