"""What a company has set up in its first days, and peace and quiet. Runs in `odoo shell`, which gives `env`."""

from datetime import datetime

from odoo.fields import Command

company = env.ref("base.segmentation_demo_company_cn")
admin = env.ref("base.user_admin")
env = env(user=admin, context={**admin.context_get(), "allowed_company_ids": company.ids})

features = {"group_product_pricelist": True, "account_use_credit_limit": True}
env["res.config.settings"].create(features).execute()
large = env.ref("partner_segmentation.class_size_large")
pricelist = env["product.pricelist"].create({"name": "Key accounts"})
payment_term = env.ref("account.account_payment_term_30days")
large.service_ids = [
    Command.create({"kind": "pricelist", "effect": "sets", "pricelist_id": pricelist.id}),
    Command.create({"kind": "payment_term", "effect": "suggests", "payment_term_id": payment_term.id}),
    Command.create({"kind": "credit_limit", "effect": "suggests", "credit_limit": 2_000_000}),
    Command.create({"kind": "checklist", "effect": "shows", "checklist": "Plan of the year in January"}),
]
env.ref("partner_segmentation.service_large_contact").active = True

env["segmentation.next.step"].sudo()._cron_refresh()
report = env["segmentation.report"].create({})
env["ir.model.data"]._update_xmlids([{"xml_id": "screenshots.report", "record": report}])
# The colour of its avatar comes from the moment when the customer was created.
env.ref("base.segmentation_demo_lingyun")._write({"create_date": datetime(2026, 1, 1)})
# The robot would greet the administrator in a window.
admin.odoobot_state = "disabled"
env.cr.commit()
