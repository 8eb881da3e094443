"""Make what administrators make: a metric, a dimension with classes, a class set by hand; then classify."""

import json

from odoo.fields import Command

metric = env["segmentation.metric"].create(
    {
        "name": "Opportunities",
        "code": "my_leads",
        "model_id": env["ir.model"]._get_id("crm.lead"),
        "aggregate": "count",
        "partner_path": "partner_id.commercial_partner_id",
        "domain": "[]",
    }
)
dimension = env["segmentation.dimension"].create(
    {
        "name": "Interest",
        "code": "MINE",
        "method": "criteria",
        "class_ids": [
            Command.create(
                {
                    "name": "Keen",
                    "code": "K",
                    "criterion_ids": [Command.create({"metric_id": metric.id, "lower_bound": 2})],
                }
            ),
            Command.create({"name": "Cool", "code": "C"}),
        ],
    }
)
env.ref("partner_segmentation.criterion_size_large_employee_count").lower_bound = 321
env["segmentation.run"].search([("state", "=", "queued")]).not_before = "2020-01-01"
env.cr.commit()
env.ref("partner_segmentation.cron_work").method_direct_trigger()
env.cr.commit()
customer = env["segmentation.profile"].search([("company_id", "=", env.company.id)], limit=1).partner_id
env["segmentation.override"].create(
    {"partner_id": customer.id, "dimension_id": dimension.id, "class_id": dimension.class_ids[0].id, "reason": "Mine"}
)
env.cr.commit()
changes = env["segmentation.change"].search_count([("dimension_id", "=", dimension.id)])
print()
print(json.dumps({"metric": metric.field_name, "dimension": dimension.field_name, "changes": changes}))
