"""Ask for two exports that are made in the background."""

import json

from odoo.addons.partner_segmentation.wizards import segmentation_export

segmentation_export.AT_ONCE = 0
for _number in range(2):
    env["segmentation.export.xlsx"].create({}).action_export()
env.cr.commit()
print()
print(json.dumps({"exports": env["segmentation.export"].search_count([])}))
