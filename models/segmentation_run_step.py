import time
from contextlib import contextmanager

from odoo import api, fields, models


class SegmentationRunStep(models.Model):
    """A step of a run, with the time it took."""

    _name = "segmentation.run.step"
    _description = "Step of a Classification Run"
    _order = "id"
    _log_access = False

    run_id = fields.Many2one("segmentation.run", required=True, ondelete="cascade", index=True, readonly=True)
    name = fields.Selection(
        [
            ("load", "Reading documents and facts"),
            ("classify", "Applying the rules"),
            ("compare", "Comparing with the customer files"),
            ("write", "Writing the customer files"),
            ("history", "Writing the history"),
        ],
        string="Step",
        required=True,
        readonly=True,
    )
    duration = fields.Float(string="Duration (s)", readonly=True, digits=(16, 2))
    is_done = fields.Boolean(string="Done", readonly=True)


class StepRecorder:
    """Notes the steps of a run that is committed already.

    The evaluation is one transaction, which nobody can look into before it ends. So the steps are written by
    transactions of their own, which also find out whether somebody has cancelled the run.
    """

    def __init__(self, run):
        self.run = run
        self.step_id = None
        self.start = None

    def begin(self, name: str):
        """Note that the step begins, and the one before has ended.

        :raise RunCancelledError: somebody has cancelled the run
        """
        self.end()
        with self._committed() as run:
            run._check_not_cancelled()
            self.step_id = run.env["segmentation.run.step"].create({"run_id": run.id, "name": name}).id
        self.start = time.monotonic()

    def end(self):
        """Note that the last step has ended."""
        if self.step_id:
            with self._committed() as run:
                step = run.env["segmentation.run.step"].browse(self.step_id)
                step.write({"duration": time.monotonic() - self.start, "is_done": True})
            self.step_id = None

    @contextmanager
    def _committed(self):
        with self.run.env.registry.cursor() as cr:
            # Runs are the engine's.
            yield self.run.with_env(api.Environment(cr, self.run.env.uid, self.run.env.context, su=True))
