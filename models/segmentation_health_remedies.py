from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Kind of finding → its remedy, one of the values of `remedy`.
REMEDIES = {
    "without_class": "show_customers",
    "same": "open_dimensions",
    "never_evaluated": "classify",
    "long_ago": "classify",
    "outdated": "classify",
    "run_failed": "open_run",
    "run_partial": "open_run",
    "job_off": "switch_on",
    "job_failing": "start_job",
    "queue_late": "start_job",
    "overrides_expired": "open_overrides",
    "overrides_expiring": "open_overrides",
    "missing": "complete",
    "guessed": "confirm",
}


class SegmentationHealthFinding(models.Model):
    """What mends a finding."""

    _inherit = "segmentation.health.finding"

    def _remedy(self) -> str:
        if self.kind in ("unreachable", "too_high", "tiny") and len(self.class_ids) == 1:
            return "open_class"
        return REMEDIES.get(self.kind, "open_dimension")

    def _remedy_open_dimension(self):
        return self.dimension_ids[:1]._get_records_action(context={})

    def _remedy_open_dimensions(self):
        return self.dimension_ids._get_records_action(name=self.env._("Dimensions"), context={})

    def _remedy_open_class(self):
        return self.class_ids._get_records_action(context={})

    def _remedy_show_customers(self):
        """The customers without a class, where their facts can be completed."""
        dimension = self.dimension_ids[:1]
        without = Domain(dimension.field_name, "=", False)
        within = dimension._get_domain()
        if within.is_true() and dimension.field_name in self.env["res.partner"]._fields:
            return self.env["res.partner"]._action_complete(without)
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_profile_action")
        own = Domain("company_id", "=", self.company_id.id)
        return {**action, "domain": list(own & without & within), "views": [(False, "list")], "context": {}}

    def _remedy_classify(self):
        return self.env["segmentation.run"]._queue(self.company_id, "manual")._action_open()

    def _remedy_open_run(self):
        return self.env["segmentation.run"].browse(int(self.subject)).exists()._action_open()

    def _remedy_open_overrides(self):
        ending = "expired" if self.kind == "overrides_expired" else "expiring"
        action = self.env["segmentation.override"]._action_list([("company_id", "=", self.company_id.id)])
        return {**action, "context": {f"search_default_{ending}": 1}}

    def _remedy_complete(self):
        return self.env["res.partner"]._action_complete(self.env["res.partner"]._missing_fact_domain(self.subject))

    def _remedy_confirm(self):
        return self.env["res.partner"]._action_complete(Domain("guessed_facts", "!=", False))

    # -- scheduled jobs ------------------------------------------------------------------------

    def _job(self):
        """The job it is about, empty when somebody has deleted it."""
        env = self.sudo().env  # managers need no technical rights to see how the jobs do
        if REMEDIES.get(self.kind) not in ("switch_on", "start_job"):
            return env["ir.cron"]
        return env.ref(f"partner_segmentation.{self.subject}", raise_if_not_found=False) or env["ir.cron"]

    def _remedy_switch_on(self):
        job = self._managed_job()
        job.write({"active": True, "failure_count": 0, "first_failure_date": False})
        return self._done(self.env._("“%s” is switched on again.", job.name))

    def _remedy_start_job(self):
        job = self._managed_job()
        job._trigger()
        return self._done(self.env._("“%s” starts within a minute. Check again after that.", job.name))

    def _managed_job(self):
        """The job, for those who set the rules.

        :raise AccessError: the user is not one of them
        :raise UserError: the job does not exist any more
        """
        self.env["segmentation.dimension"].check_access("write")
        job = self._job()  # as superuser, but only these jobs, and only to let them run
        if not job:
            raise UserError(
                self.env._(
                    "The scheduled job “%s” has been deleted. Upgrade the app Customer Classification under Apps; "
                    "that makes it again.",
                    self.subject,
                )
            )
        return job

    def _done(self, message: str) -> dict:
        """Say so, and look again."""
        check = self.health_id.action_check_again()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": check},
        }
