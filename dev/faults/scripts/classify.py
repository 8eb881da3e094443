"""Classify all customers at once, as a user may; FAULT_PAUSE: seconds before the commit."""

import json
import os
import time

from odoo.exceptions import UserError

outcome = "done"
try:
    env["segmentation.run"]._classify(env.company, "manual")
    time.sleep(float(os.environ.get("FAULT_PAUSE", "0")))
    env.cr.commit()
except UserError as error:
    outcome = str(error)
print()
print(json.dumps({"outcome": outcome}))
