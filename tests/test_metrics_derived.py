from datetime import date, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import AS_OF
from .test_metrics import MetricCase

INVOICES = "[('state', '=', 'posted'), ('move_type', 'in', ('out_invoice', 'out_refund'))]"


@tagged("post_install", "-at_install")
class TestDerived(MetricCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.customer()
        cls.before = AS_OF - timedelta(days=500)

    def test_growth(self):
        self.invoice(self.partner, 150)
        self.assertIs(self.value(self.partner, "revenue_growth"), False, "nothing bought before")
        self.invoice(self.partner, 120, day=self.before)
        self.assertEqual(self.value(self.partner, "revenue_growth"), 25)
        self.invoice(self.partner, 150, move_type="out_refund")
        self.assertEqual(self.value(self.partner, "revenue_growth"), -100)
        self.invoice(self.partner, 200, day=self.before, move_type="out_refund")
        self.assertIs(self.value(self.partner, "revenue_growth"), False, "more returned than bought")

    def test_growth_is_written_with_percent(self):
        growth = self.shipped("revenue_growth")
        self.assertEqual(growth._format_value(12.5, self.cny), "12.50 %")
        self.assertEqual(growth._format_value(-100.0, self.cny), "-100 %")

    def test_ratio(self):
        """Revenue in percent of the turnover somebody stated: 0 is known, the rest of nothing is not."""
        ratio = self.metric(
            "wallet",
            aggregate="ratio",
            metric_id=self.shipped("revenue_12m").id,
            base_metric_id=self.shipped("annual_turnover").id,
        )
        self.assertEqual(ratio.model_name, "segmentation.profile")
        unknown, none, nothing = self.customer(), self.customer(annual_turnover=0), self.customer(annual_turnover=300)
        bought = self.customer(annual_turnover=300)
        partners = unknown | none | nothing | bought
        self.assertEqual(set(partners.mapped("declared_currency_id")) - {self.cny}, set())
        for partner in (unknown, none, bought):
            self.invoice(partner, 100)
        self.classify()
        self.env.cr.execute(
            f"SELECT {ratio.field_name} FROM segmentation_profile WHERE company_id = %s AND partner_id IN %s"
            " ORDER BY partner_id",
            [self.company.id, tuple(partners.ids)],
        )
        self.assertEqual([value for (value,) in self.env.cr.fetchall()], [None, None, 0, 33.333333])

    def test_derived_from_derived(self):
        growth = self.shipped("revenue_growth")
        for name in ("metric_id", "base_metric_id"):
            with self.subTest(name), self.refused("derived itself.*Choose another metric there"):
                growth[name] = growth
        with self.refused("First purchase.*no number"):
            growth.metric_id = self.shipped("first_purchase_date")
        with self.refused("needs a Metric to compare with"):
            growth.base_metric_id = False

    def test_archiving_a_base(self):
        prior = self.shipped("revenue_prior_12m")
        with self.refused("or archive “Revenue growth” first"):
            prior.active = False
        self.shipped("revenue_growth").active = False
        prior.active = False
        with self.refused("Revenue growth.*is archived"):
            self.shipped("revenue_growth").active = True

    @mute_logger("odoo.sql_db")
    def test_deleting_a_base(self):
        with self.assertRaises(IntegrityError):
            self.shipped("revenue_prior_12m").unlink()

    def test_failing_base(self):
        """What derives from a metric that fails keeps its values and is reported; the others are computed."""
        self.invoice(self.partner, 150)
        self.invoice(self.partner, 120, day=self.before)
        self.classify()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE segmentation_metric SET domain = '[(''gone'', ''='', 1)]' WHERE code = 'revenue_prior_12m'"
        )
        self.env.invalidate_all()
        self.invoice(self.partner, 90)
        run = self.classify()
        self.assertEqual(run.state, "partial")
        self.assertEqual(run.error.count("kept its values"), 2)
        self.assertIn("Revenue growth", run.error)
        profile = self.profile(self.partner)
        self.assertEqual((profile.revenue_growth, profile.revenue_prior_12m, profile.revenue_12m), (25, 120, 240))


@tagged("post_install", "-at_install")
class TestOptional(MetricCase):
    """Metrics of modules that need not be there."""

    def install_margin(self):
        """What sale_margin would bring: a field of orders, with its external id."""
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_margin",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "ttype": "monetary",
                "currency_field": "currency_id",
                "state": "manual",
            }
        )
        self.env["ir.model.data"].create(
            {"module": "sale_margin", "name": "field_sale_order__margin", "model": field._name, "res_id": field.id}
        )
        return field

    def installed(self):
        modules = self.env["ir.module.module"]
        return patch.object(type(modules), "_installed", lambda _self: {"sale_margin": 1})

    def margin(self):
        return self.env.ref("partner_segmentation.metric_margin_12m", raise_if_not_found=False)

    def test_absent_module(self):
        if "sale_margin" in self.env["ir.module.module"]._installed():
            self.skipTest("sale_margin is installed")
        self.env["segmentation.metric"]._load_optional()
        self.assertFalse(self.margin())

    def test_metric_comes_and_goes_with_the_module(self):
        if self.margin():
            self.margin().unlink()
        self.env["ir.model.data"].search([("name", "=", "field_sale_order__margin")]).unlink()
        field = self.install_margin()
        manager = new_test_user(self.env, "optional_manager", "partner_segmentation.group_manager")
        partner = self.customer()
        order = self.order(partner)
        order.x_margin = 12.5
        with self.installed():
            self.env["segmentation.metric"].with_user(manager)._load_optional()
            margin = self.margin()
            self.assertEqual((margin.field_name, margin.create_uid.id), ("margin_12m", 1))
            self.assertEqual(self.value(partner, "margin_12m"), 12.5)
            margin.name = "Ours"
            self.classify()
            self.assertEqual(self.margin().name, "Ours", "loaded once")
        # As when a module is uninstalled: the metric goes by the database's own cascade.
        self.env["segmentation.metric"].flush_model()
        self.env.cr.execute("DELETE FROM ir_model_fields WHERE id = %s", [field.id])
        self.env.invalidate_all()
        self.assertFalse(self.margin())
        with patch.object(type(self.env["ir.module.module"]), "_installed", dict):
            self.assertIs(self.value(partner, "margin_12m"), False)


@tagged("post_install", "-at_install")
class TestMetricForm(MetricCase):
    def test_source_follows_the_aggregate(self):
        metric = self.env["segmentation.metric"].new({"aggregate": "value"})
        self.assertEqual(metric.model_name, "res.partner")
        metric.aggregate = "ratio"
        self.assertEqual(metric.model_name, "segmentation.profile")
        metric.aggregate = "sum"
        self.assertFalse(metric.model_id)

    def test_sentences(self):
        revenue = "Sum of “Untaxed Amount Signed” of Journal Entry, in the 12-month window up to the as-of date"
        expected = {
            "revenue_12m": f"{revenue}.",
            "revenue_prior_12m": f"{revenue} moved back (months: 12, days: 0).",
            "overdue_receivable": "Sum of “Residual Amount” of Journal Item, up to the as-of date moved back "
            "(months: 0, days: 1).",
            "open_quotations": "Number of Sales Order.",
            "days_to_pay": "Average number of days from “Invoice/Bill Date” to “Max Date of Matched Lines” of Partial "
            "Reconcile, in the 12-month window up to the as-of date.",
            "employee_count": "“Employees” of the customer.",
        }
        for code, sentence in expected.items():
            self.assertEqual(self.shipped(code).sentence, sentence)

    def test_window_ends_days_earlier(self):
        partner = self.customer()
        metric = self.shipped("revenue_12m")
        metric.offset_days = 3
        for day in (AS_OF, AS_OF - timedelta(days=2)):
            self.invoice(partner, 100, day=day)
        self.assertEqual(self.value(partner, "revenue_12m"), 0)
        self.invoice(partner, 1, day=AS_OF - timedelta(days=3))
        self.invoice(partner, 10, day=date(2025, 6, 28))
        self.invoice(partner, 100, day=date(2025, 6, 27))
        self.assertEqual(self.value(partner, "revenue_12m"), 11)

    def test_negative_days(self):
        with self.assertRaisesRegex(ValidationError, "-1 is less than 0"):
            self.shipped("revenue_12m").offset_days = -1
