"""Have runs of several companies, exports and two actions for the same customers wait, with jobs of queue_job."""

import json

from odoo.addons.partner_segmentation.wizards import segmentation_export

segmentation_export.AT_ONCE = 0
env["segmentation.queued"]._load_job_functions()
companies = env["res.company"].search([])
companies |= companies.create([{"name": f"Branch office {number}"} for number in range(2)])
env.user.company_ids |= companies
first = env["segmentation.action"].search([("name", "=", "Mark who moves")])
count = first.server_action_id.copy(
    {"code": "for record in records:\n    record.write({'function': (record.function or '') + 'x'})"}
)
first.copy({"name": "Count who moves", "server_action_id": count.id, "user_id": env.uid}).active = True
env.cr.execute("UPDATE res_partner SET employee_count = 900 - employee_count % 900 WHERE id % 8 = 0 AND is_company")
Run = env["segmentation.run"]
waiting = Run.search([("state", "=", "queued")])
waiting._wake()
Run._queue(companies - waiting.company_id, "manual")
for _number in range(4):
    env["segmentation.export.xlsx"].create({}).action_export()
env.cr.commit()
jobs = env["queue.job"]._read_group([], ["model_name"], ["__count"])
print()
print(json.dumps(dict(jobs)))
