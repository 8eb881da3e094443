"""Stale: classes that do not follow the data, the rules or the people any more."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Domain

from .finding import Finding

FRESH = timedelta(days=2)  # the nightly job may be late once
SOON = timedelta(days=30)

# The scheduled jobs without which the classification stands still.
JOBS = ("cron_classify", "cron_work", "cron_classify_touched", "cron_health", "cron_actions", "cron_export")


def evaluation(look):
    """The last evaluation of all customers: never, too long ago, or by rules that have changed."""
    last = _last_run(look, ("done", "partial"))
    customers, revenue = look.total
    everybody = {"customers": customers, "revenue": revenue, "whole": True}
    if not last:
        yield Finding("never_evaluated", **everybody)
        return
    if (age := fields.Datetime.now() - last.create_date) > FRESH:
        yield Finding("long_ago", number=age.days, **everybody)
    if outdated := look.dimensions.filtered("is_outdated"):
        yield Finding("outdated", outdated, **everybody)


def last_run(look):
    """The latest run of all customers has failed, or has left dimensions out."""
    run = _last_run(look, ("done", "partial", "failed"))
    kind = {"failed": "run_failed", "partial": "run_partial"}.get(run.state)
    if kind:
        customers, revenue = look.total
        yield Finding(kind, subject=str(run.id), customers=customers, revenue=revenue, whole=True)


def jobs(look):
    """Scheduled jobs that are switched off, deleted, or fail."""
    for name in JOBS:
        job = look.env.ref(f"partner_segmentation.{name}", raise_if_not_found=False)
        if not job or not job.active:
            yield Finding("job_off", subject=name, whole=True)
        elif job.failure_count:
            yield Finding("job_failing", subject=name, number=job.failure_count, whole=True)


def queue(look):
    """Jobs of OCA's queue_job that nobody begins."""
    for model in look.env["segmentation.queued"]._queued_models():
        if number := model._count_late_jobs(look.company):
            yield Finding("queue_late", subject=model._scheduled_job, number=number, whole=True)


def overrides(look):
    """Classes that people set and that have ended, or soon will."""
    for kind, ending in (
        ("overrides_expired", Domain("until", "<", look.today)),
        ("overrides_expiring", Domain("until", ">=", look.today) & Domain("until", "<=", look.today + SOON)),
    ):
        domain = ending & Domain("company_id", "=", look.company.id) & Domain("dimension_id", "in", look.dimensions.ids)
        if found := look.env["segmentation.override"].search(domain):
            customers, revenue = look.count([("partner_id", "in", found.partner_id.ids)])
            yield Finding(kind, number=len(found), customers=customers, revenue=revenue)


FINDERS = (evaluation, last_run, jobs, queue, overrides)


def _last_run(look, states):
    domain = [("company_id", "=", look.company.id), ("scope", "=", "all"), ("state", "in", states)]
    return look.env["segmentation.run"].search(domain, limit=1)
