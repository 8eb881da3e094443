"""What salespeople and accountants do all day, for FAULT_SECONDS: each action in a transaction of its own, timed.

Nothing is repeated after an error, as Odoo would: a conflict that a user would not even see counts here.
"""

import json
import os
import random
import time
from collections import defaultdict

from odoo import Command, fields

chance = random.Random(int(os.environ["FAULT_SEED"]))
customers = env["res.partner"].search(
    [("customer_rank", ">", 0), ("is_company", "=", True), ("company_id", "in", (False, env.company.id))]
)
customers = customers.browse([id_ for id_ in customers.ids if id_ % 2 == chance.randrange(2)])
product = env["product.product"].create({"name": "Goods", "list_price": 10})
products = {"product_id": product.id, "tax_ids": [Command.clear()]}
env.cr.commit()


def post_invoice(partner):
    line = Command.create({**products, "price_unit": 100})
    values = {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": fields.Date.today()}
    env["account.move"].create({**values, "invoice_line_ids": [line]}).action_post()


def confirm_order(partner):
    env["sale.order"].create({"partner_id": partner.id, "order_line": [Command.create(products)]}).action_confirm()


def edit_contact(partner):
    partner.write({"employee_count": chance.randrange(900), "zip": str(chance.randrange(99999))})


def try_action(action):
    partner = customers.browse(chance.choice(customers.ids))
    start = time.monotonic()
    try:
        action(partner)
        env.cr.commit()
    except Exception as error:
        env.cr.rollback()
        errors.append(f"{action.__name__}: {type(error).__name__}: {error}".strip())
    else:
        times[action.__name__].append(round((time.monotonic() - start) * 1000, 1))
    env.invalidate_all(flush=False)


times, errors = defaultdict(list), []
ACTIONS = (post_invoice, confirm_order, edit_contact)
for action in ACTIONS:
    try_action(action)  # what is read once only does not count
times.clear()
end = time.monotonic() + float(os.environ["FAULT_SECONDS"])
while time.monotonic() < end:
    try_action(chance.choice(ACTIONS))
print()
print(json.dumps({"times": times, "errors": errors}))
