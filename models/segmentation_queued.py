import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.api import SUPERUSER_ID
from odoo.exceptions import ConcurrencyError, MissingError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import convert_file, split_every

_logger = logging.getLogger(__name__)

JOB_FUNCTIONS = "partner_segmentation/data/optional/queue_job.xml"
BUSY_DELAY = timedelta(minutes=1)  # until what somebody else is at is tried again
LATE = timedelta(hours=1)  # a job of queue_job that has not begun after that, nobody may be at


class CompanyBusyError(UserError):
    """The customers of the company are being classified by somebody else."""


BUSY = (CompanyBusyError, ConcurrencyError, MissingError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)


class SegmentationQueued(models.AbstractModel):
    """What nobody waits for: it is worked off soon, in transactions of its own.

    By the scheduled job of the model; where OCA's queue_job is installed, records are worked off by jobs of that
    instead, which several workers and servers share. The scheduled job then only takes what these have left, once
    in an hour. There is no add-on in between, as this one is alone in its repository: the job functions are made as
    soon as queue_job is seen (``JOB_FUNCTIONS``), and go with either of the two.
    """

    _name = "segmentation.queued"
    _description = "Worked off in the Background"

    _scheduled_job = None  # its id in this add-on
    _job_size = 1  # records that one job of queue_job works off

    @api.model
    def _load_job_functions(self):
        """Let jobs of queue_job take over where that was installed since. Who unticks Allow Commit takes that back."""
        channel = self.env.ref("queue_job.segmentation_channel", raise_if_not_found=False)
        if "queue.job" in self.env and not channel:
            # Shipped data is loaded as by the installer, whoever starts the evaluation that finds it missing.
            env = self.with_user(SUPERUSER_ID).env
            convert_file(env, "queue_job", JOB_FUNCTIONS, {}, "init", noupdate=True, pathname=JOB_FUNCTIONS)

    def _wake(self, at=None):
        """Have the records, or whatever waits where none are given, worked off soon, or at a moment."""
        if not (self and self._has_job_function()):
            self._trigger_scheduled_job(at)
            return
        # With the rights of the scheduled job: the records say in whose name the work is done.
        records = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        for company, own in records.grouped("company_id").items():
            for batch in split_every(self._job_size, own.ids, own.browse):
                options = {"eta": at, "description": self._description, "identity_key": f"{batch} {at or 'now'}"}
                # The queue shows a job to the users of this company.
                batch.with_context(company_id=company.id).with_delay(**options)._work_off_as_job()

    def _has_job_function(self) -> bool:
        """Whether jobs of queue_job may work off records of the model; they commit what they have begun."""
        if "queue.job" not in self.env:
            return False
        name = f"<{self._name}>._work_off_as_job"
        # Whoever causes work need not be able to set up the queue.
        functions = self.env["queue.job.function"].sudo()
        return bool(functions.search_count([("name", "=", name), ("allow_commit", "=", True)], limit=1))

    @api.model
    def _trigger_scheduled_job(self, at=None):
        """Have the scheduled job of the model look soon, or at a moment, at what waits."""
        # While the add-on is being installed the job is not there yet; nor where an administrator has deleted it.
        if job := self.env.ref(f"partner_segmentation.{self._scheduled_job}", raise_if_not_found=False):
            job.sudo()._trigger(at)  # whoever causes work need not be able to set up scheduled jobs

    @api.model
    def _queued_models(self) -> list:
        """The kinds of work there are."""
        return [self.env[name] for name in self.pool[self._name]._inherit_children]

    @api.model
    def _count_late_jobs(self, company) -> int:
        """Jobs of queue_job about the model that nobody has begun, though they could have long ago."""
        if "queue.job" not in self.env:
            return 0
        before = fields.Datetime.now() - LATE
        due = Domain("date_created", "<", before) & (Domain("eta", "=", False) | Domain("eta", "<", before))
        own = Domain("model_name", "=", self._name) & Domain("company_id", "=", company.id)
        # Managers need no rights in the queue to see how it does.
        return self.env["queue.job"].sudo().search_count(Domain("state", "=", "pending") & own & due)

    # -- work ----------------------------------------------------------------------------------

    def _work_off(self) -> bool:
        """Work the records off in transactions of their own; False when somebody else is at them."""
        try:
            self._work()
        except BUSY as error:
            self.env.cr.rollback()
            _logger.info("%s is put off: %s", self, error)
            return False
        return True

    def _work_off_as_job(self):
        """Work the records off as a job of queue_job, which calls this again while something is left to do."""
        records = self.exists()
        is_busy = records and not records._work_off()
        now = fields.Datetime.now()
        at = now + BUSY_DELAY if is_busy else records._left_until()
        if at:
            # Here there is queue_job.
            from odoo.addons.queue_job.exception import RetryableJobError

            # The records count their attempts themselves.
            raise RetryableJobError("Put off", seconds=max(1, int((at - now).total_seconds())), ignore_retry=True)

    def _work(self):
        """Do what the records are about, whether or not somebody else has done so or is at it.

        :raise ConcurrencyError: somebody else is at it
        """
        raise NotImplementedError

    def _left_until(self):
        """When what is left of the records after their work is to be tried again; ``None``: all has ended."""
        return None
