"""Evaluate everybody in the updated database, and print what came of it. Runs in `odoo shell`, which gives `env`."""

import json

before = env["segmentation.change"].search([], order="id desc", limit=1).id
known = set(env["segmentation.run.failure"].search([]).mapped("message"))
runs = env["segmentation.run"]._queue(env["res.company"].search([]), "scheduled")
env.cr.commit()  # the job looks with transactions of its own
env.ref("partner_segmentation.cron_work").method_direct_trigger()
env.cr.commit()
failures = sorted(set(runs.failure_ids.mapped("message")) - known)
changes = env["segmentation.change"].search([("id", ">", before)])
print()
print(json.dumps({"states": runs.mapped("state"), "failures": failures, "changes": changes.mapped("display_name")}))
