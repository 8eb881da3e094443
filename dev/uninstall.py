"""Use the add-on as customers do, then uninstall it. Runs inside `odoo shell`, which provides `env`."""

from odoo.fields import Command

STANDARDS = ("ABC_REVENUE", "RFM")


def use(env):
    """Leave records of every kind: rules, columns, results, services, actions, reports, saved filters."""
    for code in STANDARDS:
        env["segmentation.standard"].search([("code", "=", code)])._apply()
    metric = count_orders(env)
    dimension = env["segmentation.dimension"].search([("code", "=", "ABC")])
    first = dimension.class_ids[0]
    serve(env, first)
    env["segmentation.action"].create({"name": "Moves", "dimension_id": dimension.id, "event": "change"})
    customer = env["res.partner"].create({"name": "Customer", "is_company": True, "email": "customer@example.com"})
    env["segmentation.run"]._classify_companies("manual", companies=env["res.company"].search([]))
    override(env, customer, first)
    customer._apply_services()
    env.cr.commit()  # jobs look with transactions of their own
    for name in ("cron_next_steps", "cron_recommend", "cron_actions"):
        env.ref(f"partner_segmentation.{name}").method_direct_trigger()
    report(env, customer)
    save_filters(env, dimension, metric)


def count_orders(env):
    """A metric that an administrator adds, with a column of its own."""
    return env["segmentation.metric"].create(
        {
            "name": "Orders",
            "code": "orders",
            "aggregate": "count",
            "model_id": env["ir.model"]._get_id("sale.order"),
            "partner_path": "partner_id.commercial_partner_id",
            "date_field_id": env["ir.model.fields"]._get("sale.order", "date_order").id,
        }
    )


def serve(env, segmentation_class):
    tag = env["res.partner.category"].create({"name": "Served"})
    values = {"class_id": segmentation_class.id, "effect": "sets", "company_id": False}
    env["segmentation.service"].create(
        [
            {**values, "kind": "tags", "category_ids": tag.ids},
            {**values, "kind": "contact", "contact_days": 1},
        ]
    )


def override(env, customer, segmentation_class):
    env["segmentation.override"].create(
        {
            "partner_id": customer.id,
            "dimension_id": segmentation_class.dimension_id.id,
            "class_id": segmentation_class.id,
            "reason": "Key account",
        }
    )


def report(env, customer):
    mailing = env["segmentation.mailing"].create(
        {"active": True, "recipient_ids": [Command.link(customer.id)], "file_format": "xlsx"}
    )
    mailing._send()
    wizard = env["segmentation.export.xlsx"].create({})
    wizard.action_export()


def save_filters(env, dimension, metric):
    values = {"name": "Ours", "user_ids": [], "domain": "[]", "sort": "[]"}
    env["ir.filters"].create(
        [
            {**values, "model_id": "segmentation.profile", "context": str({"group_by": [metric.field_name]})},
            {**values, "model_id": "res.partner", "context": str({"group_by": [dimension.field_name]})},
            {**values, "model_id": "res.partner", "context": "{}", "domain": "[('size_class_id', '!=', False)]"},
        ]
    )


use(env)
env.cr.commit()
module = env["ir.module.module"].search([("name", "=", "partner_segmentation")])
module.button_immediate_uninstall()
env.cr.commit()
