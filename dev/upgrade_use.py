"""Use the previous release as customers do: leave records of every kind. Runs in `odoo shell`, which gives `env`."""

from datetime import date, timedelta

from odoo.fields import Command


def ref(name):
    return env.ref(f"partner_segmentation.{name}")


def work(name):
    env.cr.commit()  # jobs look with transactions of their own
    ref(name).method_direct_trigger()
    env.cr.commit()


def run_all():
    env["segmentation.run"]._queue(env["res.company"].search([]), "scheduled")
    env["segmentation.run"].search([("state", "=", "queued")]).not_before = "2020-01-01"
    work("cron_work")


def apply_standards():
    for code in ("ABC_REVENUE", "RFM"):
        env["segmentation.standard"].search([("code", "=", code)])._apply()


def make_metric():
    return env["segmentation.metric"].create(
        {
            "name": "Own orders",
            "code": "my_orders",
            "aggregate": "count",
            "model_id": env["ir.model"]._get_id("sale.order"),
            "partner_path": "partner_id.commercial_partner_id",
            "domain": "[]",
            "date_field_id": env["ir.model.fields"]._get("sale.order", "date_order").id,
        }
    )


def make_dimension(metric):
    keen = {"name": "Keen", "code": "K", "description": "Ours"}
    keen["criterion_ids"] = [Command.create({"metric_id": metric.id, "lower_bound": 2})]
    classes = [keen, {"name": "Cool", "code": "C"}, {"name": "Gone", "code": "G", "active": False}]
    return env["segmentation.dimension"].create(
        {
            "name": "Interest",
            "code": "MINE",
            "method": "criteria",
            "class_ids": [Command.create(values) for values in classes],
        }
    )


def make_combined(dimension):
    keen = dimension.class_ids[0]
    condition = f"[('{dimension.field_name}', '=', {keen.id}), ('size_class_id', '=', {ref('class_size_large').id})]"
    return env["segmentation.dimension"].create(
        {
            "name": "Best",
            "code": "BEST",
            "method": "domain",
            "sequence": 90,
            "class_ids": [Command.create({"name": "Best", "code": "B", "domain": condition})],
        }
    )


def change_what_is_shipped():
    ref("criterion_size_large_employee_count").lower_bound = 321
    ref("class_size_large").write({"name": "Key accounts", "description": "Ours", "color": 3})
    ref("class_industry_other").active = False
    ref("dimension_region").hysteresis = 0.05
    ref("cron_work").interval_number = 3
    ref("action_first_purchase").unlink()
    ref("metric_revenue_12m").description = "Ours"


def set_by_hand(dimension):
    customers = env["segmentation.profile"].search([("company_id", "=", env.company.id)], limit=3).partner_id
    values = {"dimension_id": dimension.id, "class_id": dimension.class_ids[0].id, "reason": "Ours"}
    overrides = env["segmentation.override"].create([{**values, "partner_id": customer.id} for customer in customers])
    overrides[1].until = date.today() + timedelta(days=30)
    overrides[2].active = False
    return customers


def act(dimension):
    env["segmentation.action"].create(
        {
            "name": "Ours",
            "dimension_id": dimension.id,
            "event": "change",
            "server_action_id": ref("server_action_call").id,
        }
    )


def export():
    env["segmentation.export.xlsx"].create({}).action_export()
    env["segmentation.export"].search([], limit=1).copy({"state": "queued"})


def save(dimension, metric):
    values = {"name": "Ours", "user_ids": [], "domain": "[]", "sort": "[]"}
    context = str({"group_by": [dimension.field_name]})
    env["ir.filters"].create(
        [
            {**values, "model_id": "segmentation.profile", "context": str({"group_by": [metric.field_name]})},
            {**values, "model_id": "res.partner", "context": context},
        ]
    )
    lines = [Command.create({"name": name}) for name in ("partner_id/name", dimension.field_name, metric.field_name)]
    env["ir.exports"].create({"name": "Ours", "resource": "segmentation.profile", "export_fields": lines})


apply_standards()
metric = make_metric()
dimension = make_dimension(metric)
make_combined(dimension)
change_what_is_shipped()
run_all()
customers = set_by_hand(dimension)
act(dimension)
work("cron_work")
customers[0].employee_count = 12345
dimension.class_ids[0].criterion_ids.lower_bound = 1
run_all()
customers[1].annual_turnover = 12345  # waits
env["segmentation.health"]._check(env.company)
export()
save(dimension, metric)
env.cr.commit()
