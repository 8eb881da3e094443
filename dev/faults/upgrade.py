"""An update of the add-on keeps what administrators and users have made; uninstalling it removes all of that."""

from .. import bench, odoo_log, uninstall_check
from ..console import say
from ..paths import LOGS, MODULE
from ..postgres import query
from . import base

NAME = "faults_upgrade"
MADE = {
    "segmentation_metric": "write_uid write_date",
    "segmentation_dimension": "write_uid write_date",
    "segmentation_class": "write_uid write_date",
    "segmentation_criterion": "write_uid write_date",
    "segmentation_override": "write_uid write_date",
}
# Columns and fields that only the metric and the dimension above have.
LEFT = """
SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND column_name IN ({names})
 UNION SELECT 'field ' || model || '.' || name FROM ir_model_fields WHERE name IN ({names})
 UNION SELECT 'view ' || name FROM ir_ui_view WHERE model LIKE 'segmentation.%' OR arch_db::text ~ '{pattern}'
 UNION SELECT 'job ' || cron_name FROM ir_cron WHERE cron_name LIKE 'Customer Classification%'
 UNION SELECT 'filter ' || name FROM ir_filters WHERE model_id LIKE 'segmentation.%'
 UNION SELECT 'file ' || name FROM ir_attachment WHERE res_model LIKE 'segmentation.%'
 UNION SELECT 'message ' || id FROM mail_message WHERE model LIKE 'segmentation.%'
 UNION SELECT 'setting ' || d.id FROM ir_default d LEFT JOIN ir_model_fields f ON f.id = d.field_id WHERE f.id IS NULL
"""


def check(server):
    """Return what is wrong, a sentence for each."""
    base.renew(server, NAME)
    made = base.finish(base.start(server, "configure", NAME))
    say(f"    made: {made}")
    before = {**base.prints(server, MADE, NAME), **base.written(server, NAME)}
    bench.call_odoo(server, "Updating the add-on", "faults-update.log", "-d", NAME, "-u", MODULE, "--stop-after-init")
    after = {**base.prints(server, MADE, NAME), **base.written(server, NAME)}
    problems = [f"{table} is not what it was before the update" for table in base.differences(after, before)]
    problems += odoo_log.complaints(LOGS / "faults-update.log")
    base.work(server, NAME)
    written = base.written(server, NAME)
    if differing := base.differences(written, {table: before[table] for table in written}):
        problems.append(f"a run after the update changes {', '.join(differing)}")
    base.finish(base.start(server, "export", NAME))
    base.work(server, NAME, jobs="cron_export")
    return problems + left(server, made)


def left(server, made):
    """Uninstall, and say what is left."""
    if not uninstall_check.passes(server, NAME, keep=True):
        return ["uninstalling leaves something, see above"]
    names = ", ".join(f"'{made[kind]}'" for kind in ("metric", "dimension"))
    found = query(server, LEFT.format(names=names, pattern=made["dimension"]), uninstall_check.copy_name(NAME))
    return [f"left after uninstalling: {line}" for line in found.splitlines()]
