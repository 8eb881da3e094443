"""What installation and uninstallation do beyond data."""

from odoo.fields import Domain
from odoo.tools import SQL

from .models.segmentation_column import PREFIX


def pre_init_hook(env):
    """Add the one column of contacts that has a default, without writing the contacts that are there.

    Odoo would update each of them; for PostgreSQL a constant default of a new column is a note in its catalogue.
    """
    column = SQL.identifier("declared_currency_id")
    default = env.company.currency_id.id or None
    env.cr.execute(SQL("ALTER TABLE res_partner ADD COLUMN IF NOT EXISTS %s int4 DEFAULT %s", column, default))
    env.cr.execute(SQL("ALTER TABLE res_partner ALTER COLUMN %s DROP DEFAULT", column))


def post_init_hook(env):
    """Fit the standard dimensions to the companies that are there, and classify soon."""
    companies = env["res.company"].search([])
    _use_known_currency(env, companies)
    env["segmentation.standard"]._adopt_installed()
    env.ref("partner_segmentation.dimension_region")._create_state_classes(companies.country_id)
    env["segmentation.metric"]._load_optional()
    env["segmentation.queued"]._load_job_functions()
    env["segmentation.run"]._queue(companies, "scheduled")


def uninstall_hook(env):
    """Remove first what refers to classes and metrics and would keep them from being deleted."""
    _forget_jobs(env)
    env["segmentation.export"].search([]).unlink()  # with their files
    env.cr.execute("DELETE FROM segmentation_criterion")
    env.cr.execute(
        "TRUNCATE segmentation_profile, segmentation_change, segmentation_override, segmentation_action_item"
    )
    env.cr.execute("DELETE FROM segmentation_action")
    _keep_activities(env)
    _forget_saved(env)
    env.cr.execute("UPDATE segmentation_dimension SET fallback_class_id = NULL, metric_id = NULL")
    env.cr.execute("UPDATE segmentation_metric SET metric_id = NULL, base_metric_id = NULL")


def _use_known_currency(env, companies):
    """Compare sizes in company currency where no rate to the standard's currency is known.

    Odoo takes 1.0 for an unknown rate; the figures of the standard are then only a first guess.
    """
    dimension = env.ref("partner_segmentation.dimension_size")
    currencies = companies.currency_id
    has_rates = env["res.currency.rate"].search_count([("currency_id", "in", (currencies | dimension.currency_id).ids)])
    if dimension.currency_id not in currencies and not has_rates:
        dimension.currency_id = False


def _forget_jobs(env):
    """Remove the jobs of queue_job, and what was made there for them."""
    if "queue.job" not in env:
        return
    env["queue.job"].search([("model_name", "=like", "segmentation.%")]).unlink()
    env["queue.job.function"].search([("name", "=like", "<segmentation.%")]).unlink()
    channel = env.ref("queue_job.segmentation_channel", raise_if_not_found=False)
    if channel and not channel.job_function_ids:  # administrators may have put others into it
        channel.unlink()


def _keep_activities(env):
    """Activities that we have scheduled stay, as ordinary calls."""
    names = ("activity_customer_at_risk", "activity_regular_contact")
    ours = [env.ref(f"partner_segmentation.{name}", raise_if_not_found=False) for name in names]
    types = env["mail.activity.type"].union(*filter(None, ours))
    if types:
        activities = (
            env["mail.activity"].with_context(active_test=False).search([("activity_type_id", "in", types.ids)])
        )
        activities.activity_type_id = env.ref("mail.mail_activity_data_call", raise_if_not_found=False)


def _forget_saved(env):
    """Remove the filters and columns of exports that users saved and that need our models or fields."""
    env["ir.filters"].with_context(active_test=False).search([("model_id", "=like", "segmentation.%")]).unlink()
    env["ir.exports"].search([("resource", "=like", "segmentation.%")]).unlink()
    for name in set(_fields_elsewhere(env).mapped("name")):
        env["segmentation.metric"]._forget_uses(name)


def _fields_elsewhere(env):
    """The fields that models of other add-ons have from us alone."""
    fields_of = Domain("model", "=", "ir.model.fields") & Domain("module", "=", "partner_segmentation")
    ours = set(env["ir.model.data"].search(fields_of).mapped("res_id"))
    shared = Domain("model", "=", "ir.model.fields") & Domain("module", "!=", "partner_segmentation")
    ours -= set(env["ir.model.data"].search(shared & Domain("res_id", "in", list(ours))).mapped("res_id"))
    shipped_or_made = Domain("id", "in", list(ours)) | Domain("name", "=like", f"{PREFIX}%")
    return env["ir.model.fields"].search(shipped_or_made & Domain("model", "not =like", "segmentation.%"))
