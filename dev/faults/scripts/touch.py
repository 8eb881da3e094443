"""Change facts of some customers as users do, and have them classified again."""

import json

customers = env["res.partner"].search([("is_company", "=", True), ("customer_rank", ">", 0)], order="id", limit=600)
for count, partners in ((7, customers[:300]), (7000, customers[300:])):
    partners.employee_count = count
env.cr.commit()
env.cr.execute("SELECT count(*) FROM segmentation_touch")
print()
print(json.dumps({"touched": env.cr.fetchone()[0]}))
