from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .test_metrics import MetricCase

INVOICES = "[('state', '=', 'posted'), ('move_type', 'in', ('out_invoice', 'out_refund'))]"


@tagged("post_install", "-at_install")
class TestHostile(MetricCase):
    """Whatever a manager without technical rights enters: nothing is run, read or found out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "metric_manager", "partner_segmentation.group_manager,account.group_account_readonly"
        )

    def metric(self, *args, **values):
        metric = super().metric(*args, **values)
        return metric.with_user(self.manager)

    def refuse(self, metric, **values):
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            metric.write(values)
        self.assertIsInstance(caught.exception, (ValidationError, AccessError))

    PATHS = (
        *("__class__", "_fields", "partner_id.__class__.id", "partner_id._table", "id); DROP TABLE res_partner; --"),
        *('id"', "", ".", "partner_id..country_id", "partner_id.", "no_such_field", "partner_id.no_such_field"),
        *("invoice_user_id.password", "create_uid.api_key_ids", "line_ids.product_id", "name", "amount_total"),
        *("partner_id.id", "id", "bank_partner_id", "user_id", "partner_id.self"),
    )

    def test_paths(self):
        largest = self.metric(
            "top", "account.move", aggregate="argmax", measure_field_id="amount_total_signed", group_path="journal_id"
        )
        waiting = self.metric(
            "wait", "account.move", aggregate="avg_days", date_field_id="date", start_path="invoice_date"
        )
        for path in self.PATHS:
            with self.subTest(path):
                if path not in ("bank_partner_id", "user_id", "partner_id.self"):
                    self.refuse(largest, group_path=path)
                self.refuse(waiting, start_path=path)
                self.refuse(largest, partner_path=path)
        self.assertEqual((largest.group_path, waiting.start_path), ("journal_id", "invoice_date"))

    def test_paths_are_the_user_s_to_read(self):
        """Reading a step is needed, and reading what the path leads to."""
        orders = {"partner_path": "partner_id.commercial_partner_id", "date_field_id": "date_order"}
        largest = self.metric(
            "top", "sale.order", aggregate="argmax", measure_field_id="amount_total", group_path="team_id", **orders
        )
        waiting = self.metric("wait", "sale.order", aggregate="avg_days", start_path="create_date", **orders)
        self.assertFalse(self.env["crm.lead"].with_user(self.manager).has_access("read"))
        with self.assertRaises(AccessError):
            largest.group_path = "opportunity_id"
        with self.assertRaises(AccessError):
            largest.group_path = "opportunity_id.team_id"
        with self.assertRaises(AccessError):
            waiting.start_path = "opportunity_id.create_date"
        with self.assertRaises(AccessError):
            waiting.partner_path = "opportunity_id.partner_id.commercial_partner_id"

    def test_domains(self):
        metric = self.metric("count", "account.move", aggregate="count")
        for domain in (
            "[('__class__', '=', 1)]",
            "[('create_uid.password', 'like', 'a')]",
            "[('id); DROP TABLE res_partner; --', '=', 1)]",
            "[('id', '=', 1), '; DROP TABLE res_partner']",
            "[('id', 'in', (lambda: 1)())]",
            "__import__('os').system('true')",
            "[('amount_total', 'inselect', ('SELECT 1', []))]",
            "[('no_such_field.id', '=', 1)]",
        ):
            with self.subTest(domain):
                self.refuse(metric, domain=domain)

    def test_sources(self):
        metric = self.metric("count", "account.move", aggregate="count")
        for model in ("ir.config_parameter", "crm.lead", "mail.thread", "segmentation.column"):
            with self.subTest(model):
                self.refuse(metric, model_id=self.env["ir.model"]._get_id(model))
        unknown = self.env["ir.model"].create({"name": "Gone", "model": "x_gone"})
        with patch.object(type(self.env.registry), "__contains__", lambda _self, name: name != "x_gone"):
            self.refuse(metric, model_id=unknown.id)

    def test_columns(self):
        metric = self.metric("count", "account.move", aggregate="count")
        for column in ("id", "active", "partner_id", "__class__", "id; DROP TABLE res_partner", "size_class_id"):
            with self.subTest(column):
                self.refuse(metric, field_name=column)

    def test_values_of_parameters(self):
        values = {"model_id": self.env["ir.model"]._get_id("ir.config_parameter"), "aggregate": "count_distinct"}
        with self.assertRaises(AccessError):
            self.env["segmentation.metric"].with_user(self.manager).create(
                {"name": "X", "code": "x", **values, "measure_field_id": self.field("ir.config_parameter", "value")}
            )

    def test_bases_are_the_user_s_to_read(self):
        viewer = new_test_user(self.env, "blind_manager", "partner_segmentation.group_manager")
        with self.assertRaises(AccessError):
            self.env["segmentation.metric"].with_user(viewer).create(
                {
                    "name": "X",
                    "code": "x",
                    "aggregate": "ratio",
                    "metric_id": self.shipped("revenue_12m").id,
                    "base_metric_id": self.shipped("annual_turnover").id,
                }
            )

    def test_derived_metric_in_the_form(self):
        with Form(self.env["segmentation.metric"].with_user(self.manager)) as form:
            form.name, form.code = "Order growth", "order_growth"
            form.model_id = self.env["ir.model"]._get("account.move")
            form.measure_field_id = self.env["ir.model.fields"]._get("account.move", "amount_total_signed")
            form.aggregate = "growth"
            self.assertEqual(form.model_id.model, "segmentation.profile")
            form.metric_id = self.shipped("orders_12m")
            form.base_metric_id = self.shipped("orders_24m")
        self.assertEqual(form.record.sentence, "By how many percent “Orders, 12 months” exceeds “Orders, 24 months”.")
        self.assertEqual(self.env["segmentation.profile"]._fields["x_segmentation_order_growth"].type, "float")
