from odoo import api, fields, models

from .segmentation_profile import FIGURES


class SegmentationHealthFinding(models.Model):
    """Something that a health check found; its text is made for whoever reads it."""

    _name = "segmentation.health.finding"
    _description = "Finding of a Health Check"
    _order = "health_id desc, sequence, id"
    _log_access = False

    health_id = fields.Many2one("segmentation.health", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one(related="health_id.company_id")
    currency_id = fields.Many2one(related="health_id.currency_id")
    sequence = fields.Integer(readonly=True)
    kind = fields.Char(required=True, readonly=True)
    topic = fields.Selection(
        [
            ("standard", "Unclear standard"),
            ("crude", "Too crude"),
            ("fine", "Too fine"),
            ("stale", "Out of date"),
            ("data", "Incomplete data"),
        ],
        required=True,
        readonly=True,
    )
    severity = fields.Selection(
        [("serious", "Serious"), ("moderate", "Moderate"), ("minor", "Minor")], required=True, readonly=True
    )
    dimension_ids = fields.Many2many(
        "segmentation.dimension", string="Dimensions", readonly=True, context={"active_test": False}
    )
    class_ids = fields.Many2many("segmentation.class", string="Classes", readonly=True, context={"active_test": False})
    subject = fields.Char(readonly=True, help="What else it is about: the code of a fact, a job or a run.")
    number = fields.Float(readonly=True, aggregator=None)
    customers = fields.Integer(readonly=True, aggregator=None)
    revenue = fields.Monetary(string="Revenue, 12 months", readonly=True, groups=FIGURES, aggregator=None)
    points = fields.Float(readonly=True, digits=(16, 1), help="What it costs of the score.")
    name = fields.Char(string="Finding", compute="_compute_texts")
    remedy = fields.Selection(
        [
            ("open_dimension", "Open the dimension"),
            ("open_dimensions", "Open the dimensions"),
            ("open_class", "Open the class"),
            ("show_customers", "Show the customers"),
            ("classify", "Classify now"),
            ("open_run", "Open the run"),
            ("switch_on", "Switch on"),
            ("start_job", "Start it now"),
            ("open_overrides", "Open them"),
            ("complete", "Complete them"),
            ("confirm", "Look through them"),
        ],
        compute="_compute_texts",
    )

    @api.depends("kind", "subject", "number", "dimension_ids.name", "class_ids.name")
    @api.depends_context("lang")
    def _compute_texts(self):
        for finding in self:
            finding.name = finding._text()
            finding.remedy = finding._remedy()

    def _key(self) -> tuple:
        """What makes it the same finding on another day."""
        return self.kind, self.subject, frozenset(self.dimension_ids.ids)

    def action_remedy(self):
        """Do what mends it, or open where it can be mended."""
        self.ensure_one()
        self.check_access("read")
        company = self.company_id  # the finding goes when the remedy looks again
        action = getattr(self.with_company(company), f"_remedy_{self.remedy}")()
        if company != self.env.company and isinstance(action.get("context"), dict):
            # Customers and their classes are those of the current company.
            action["context"] = {**action["context"], "allowed_company_ids": company.ids}
        return action
