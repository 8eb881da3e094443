from odoo import Command, api, fields, models

# What could not be evaluated → field of the failure that names it.
CAUSES = {"segmentation.dimension": "dimension_id", "segmentation.metric": "metric_id"}


class SegmentationRunFailure(models.Model):
    """What a run could not do: a dimension or a metric that was left out, or all of it."""

    _name = "segmentation.run.failure"
    _description = "Failure of a Classification Run"
    _order = "id"
    _log_access = False

    run_id = fields.Many2one("segmentation.run", required=True, ondelete="cascade", index=True, readonly=True)
    dimension_id = fields.Many2one("segmentation.dimension", ondelete="set null", readonly=True)
    metric_id = fields.Many2one("segmentation.metric", ondelete="set null", readonly=True)
    message = fields.Text(string="What failed", required=True, readonly=True)
    remedy = fields.Text(compute="_compute_remedy")

    @api.depends("dimension_id", "metric_id")
    @api.depends_context("lang")
    def _compute_remedy(self):
        for failure in self:
            if failure.dimension_id:
                failure.remedy = self.env._(
                    "Correct the rules of the dimension “%s” and run again. Until then customers keep their classes.",
                    failure.dimension_id.name,
                )
            elif failure.metric_id:
                failure.remedy = self.env._(
                    "Correct the metric “%s” and run again. Until then customers keep their values.",
                    failure.metric_id.name,
                )
            else:
                failure.remedy = self.env._(
                    "Run again. If it fails again, the server log tells those who look after Odoo what happened."
                )

    @api.model
    def _commands(self, failures: dict) -> list:
        """Commands that note the failures of an evaluation: dimension or metric → message."""
        return [
            Command.create({CAUSES[record._name]: record.id, "message": message})
            for record, message in failures.items()
        ]

    def action_mend(self):
        """Open the dimension or metric that could not be evaluated."""
        self.ensure_one()
        cause = self.dimension_id or self.metric_id
        return {
            "type": "ir.actions.act_window",
            "res_model": cause._name,
            "res_id": cause.id,
            "views": [(False, "form")],
        }


class SegmentationRun(models.Model):
    _inherit = "segmentation.run"

    failure_ids = fields.One2many("segmentation.run.failure", "run_id", string="Failures", readonly=True)
    error = fields.Text(compute="_compute_error")

    @api.depends("failure_ids.message")
    def _compute_error(self):
        for run in self:
            run.error = "\n".join(run.failure_ids.mapped("message")) or False
