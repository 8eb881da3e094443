"""Prove that uninstalling the add-on leaves nothing of it in the database."""

from . import database, odoo, odoo_log
from .console import run_logged, say
from .paths import MODULE, ROOT
from .postgres import query

PARTNER_COLUMNS = ("employee_count", "annual_turnover", "total_assets", "declared_currency_id", "guessed_facts")

# What must be empty afterwards: title → query for the names of what is left.
LEFTOVERS = {
    "tables": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'S')"
    r" AND relname LIKE 'segmentation\_%'",
    "columns of res_partner": "SELECT column_name FROM information_schema.columns"
    " WHERE table_name = 'res_partner' AND (column_name LIKE '%class_id'"
    f" OR column_name IN {PARTNER_COLUMNS})",
    "manual fields": r"SELECT model || '.' || name FROM ir_model_fields WHERE name LIKE 'x\_segmentation\_%'",
    "models": "SELECT model FROM ir_model WHERE model LIKE 'segmentation.%'",
    "fields": "SELECT model || '.' || name FROM ir_model_fields"
    " WHERE model LIKE 'segmentation.%' OR relation LIKE 'segmentation.%'"
    f" OR model = 'res.partner' AND name IN {PARTNER_COLUMNS}",
    "external ids": "SELECT model || ' ' || name FROM ir_model_data"
    f" WHERE module = '{MODULE}' AND model <> 'ir.module.module'",
    "parameters": f"SELECT key FROM ir_config_parameter WHERE key LIKE '{MODULE}%'",
    "window actions": "SELECT id FROM ir_act_window WHERE res_model LIKE 'segmentation.%'",
    "server actions and jobs": "SELECT a.id FROM ir_act_server a LEFT JOIN ir_model m ON m.id = a.model_id"
    " WHERE m.id IS NULL OR m.model LIKE 'segmentation.%'",
    "attachments": "SELECT name FROM ir_attachment WHERE res_model LIKE 'segmentation.%'",
    "views": "SELECT name FROM ir_ui_view WHERE model LIKE 'segmentation.%'",
    "saved filters": "SELECT name FROM ir_filters WHERE model_id LIKE 'segmentation.%'"
    r" OR concat(domain, context, sort) ~ '\m(x_segmentation_\w+|(size|industry|region|stage)_class_id)\M'",
    "activities": "SELECT id FROM mail_activity WHERE res_model LIKE 'segmentation.%'",
    "messages": "SELECT id FROM mail_message WHERE model LIKE 'segmentation.%'",
    "followers": "SELECT id FROM mail_followers WHERE res_model LIKE 'segmentation.%'",
    "module": f"SELECT state FROM ir_module_module WHERE name = '{MODULE}' AND state <> 'uninstalled'",
}

RECORDS = (
    f"SELECT model, string_agg(res_id::text, ',') FROM ir_model_data ours WHERE module = '{MODULE}'"
    " AND res_id > 0 AND model NOT LIKE 'segmentation.%' AND NOT EXISTS (SELECT FROM ir_model_data"
    " other WHERE other.module <> ours.module AND other.model = ours.model"
    " AND other.res_id = ours.res_id) GROUP BY model"
)
CONSTRAINTS = (
    f"SELECT c.name FROM ir_model_constraint c JOIN ir_module_module m ON m.id = c.module WHERE m.name = '{MODULE}'"
)


def copy_name(source):
    return f"{source}_uninstall"


def passes(server, source, *, keep=False):
    """Uninstall in a copy of `source`, and say whether the copy is clean; `keep` it for further looks."""
    name = copy_name(source)
    database.copy(server, source, name)
    before = remember(server, name)
    complaints = odoo_log.complaints(uninstall(server, name))
    left = {title: query(server, sql, name).split("\n") for title, sql in LEFTOVERS.items()}
    left |= left_of(server, name, before)
    left = {title: names for title, names in left.items() if any(names)}
    for title, names in left.items():
        say(f"    left after uninstalling: {title}: {', '.join(names)}")
    if complaints:
        say("\n".join(["    Odoo's log of the uninstallation has warnings or errors:", *complaints]))
    if left or complaints:
        say(f"    FAILED; the database {name} is kept for a look.")
        return False
    say("    Uninstalling leaves nothing behind, and logs no warning.")
    if not keep:
        database.drop(server, name)
    return True


def uninstall(server, name):
    command = odoo.command("shell", "-d", name, "--no-http")
    script = ROOT / "dev" / "uninstall.py"
    title = "Uninstalling the add-on in a copy"
    return run_logged(title, command, "uninstall.log", script=script, env=odoo.environ(server))


def remember(server, name):
    """Records in tables of other add-ons, and database objects on them."""
    rows = query(server, RECORDS, name).splitlines()
    return {
        "records": [row.split("|") for row in rows],
        "constraints": query(server, CONSTRAINTS, name).splitlines(),
    }


def left_of(server, name, before):
    left = {}
    for model, ids in before["records"]:
        table = table_of(server, name, model)
        if table:
            sql = f"SELECT id FROM {table} WHERE id IN ({ids})"
            left[f"records of {model}"] = query(server, sql, name).split("\n")
    names = ", ".join(map(database.literal, before["constraints"])) or "NULL"
    sql = (
        f"SELECT conname FROM pg_constraint WHERE conname IN ({names})"
        f" UNION SELECT indexname FROM pg_indexes WHERE indexname IN ({names})"
    )
    left["constraints and indexes"] = query(server, sql, name).split("\n")
    return left


def table_of(server, name, model):
    tables = {
        "ir.actions.act_window": "ir_act_window",
        "ir.actions.act_window.view": "ir_act_window_view",
        "ir.actions.act_url": "ir_act_url",
        "ir.actions.client": "ir_act_client",
        "ir.actions.report": "ir_act_report_xml",
        "ir.actions.server": "ir_act_server",
    }
    table = tables.get(model, model.replace(".", "_"))
    found = query(server, f"SELECT to_regclass({database.literal(table)})", name)
    return database.quoted(found) if found else None
