"""Classify everybody, then change facts and bounds so that the next run has much to write, and have it wait."""

import json

from odoo.fields import Command

Run = env["segmentation.run"]
size = env.ref("partner_segmentation.dimension_size")
share = env["segmentation.dimension"].create(
    {
        "name": "ABC",
        "code": "ABC",
        "method": "share",
        "metric_id": env.ref("partner_segmentation.metric_revenue_12m").id,
        "class_ids": [
            Command.create({"name": code, "code": code, "sequence": share, "share": share})
            for code, share in (("A", 80), ("B", 95), ("C", 100))
        ],
    }
)
env.cr.commit()
for job in ("cron_work", "cron_next_steps", "cron_recommend"):
    env.ref(f"partner_segmentation.{job}").method_direct_trigger()
    env.cr.commit()  # jobs have transactions of their own
action = env["ir.actions.server"].create(
    {
        "name": "Mark",
        "model_id": env["ir.model"]._get_id("res.partner"),
        "state": "code",
        "code": "for record in records:\n    record.write({'comment': (record.comment or '') + 'fault'})",
    }
)
env["segmentation.action"].create(
    {
        "name": "Mark who moves",
        "active": True,
        "company_id": env.company.id,
        "dimension_id": size.id,
        "event": "change",
        "server_action_id": action.id,
        "user_id": env.uid,
    }
)
# A few for actions, which take a customer each; more for the run itself.
env.cr.execute("UPDATE res_partner SET employee_count = 900 - employee_count % 900 WHERE id % 40 = 0 AND is_company")
env.cr.execute("UPDATE res_partner SET state_id = NULL, zip = NULL WHERE id % 3 = 0 AND customer_rank > 0")
Run.search([("state", "=", "queued")]).unlink()
env["ir.cron.trigger"].search([]).unlink()
Run._queue(env.company, "manual")
env.cr.commit()
env.cr.execute("SELECT count(*) FROM segmentation_profile")
print(json.dumps({"files": env.cr.fetchone()[0], "runs": Run.search([]).mapped("state")}))
