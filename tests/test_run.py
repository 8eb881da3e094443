import logging
from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import write
from ..models.segmentation_run import LOCK_CLASS
from .common import AS_OF, SegmentationCommon

RUN_LOGGER = "odoo.addons.partner_segmentation.models.segmentation_run"


@tagged("post_install", "-at_install")
class TestRun(SegmentationCommon):
    def test_run_counts(self):
        partners = self.customer("A", employee_count=250) | self.customer("B", employee_count=1)
        first = self.classify(partners)
        self.assertEqual((first.customers, first.created, first.changed, first.changes), (2, 2, 0, 0))
        self.assertEqual((first.state, first.as_of, first.user_id), ("done", AS_OF, self.env.user))
        self.assertGreater(first.duration, 0)
        self.assertFalse(first.error)
        unchanged = self.classify(partners)
        self.assertEqual((unchanged.customers, unchanged.created, unchanged.changed, unchanged.changes), (2, 0, 0, 0))
        partners[0].employee_count = 60
        changed = self.classify(partners)
        self.assertEqual((changed.customers, changed.created, changed.changed, changed.changes), (2, 0, 1, 1))

    def test_history_has_the_evidence(self):
        partner = self.customer(employee_count=250)
        self.classify(partner)
        self.assertFalse(self.env["segmentation.change"].search([("partner_id", "=", partner.id)]))
        partner.employee_count = 60
        run = self.classify(partner)
        change = run.change_ids
        self.assertEqual((change.partner_id, change.dimension_id), (partner, self.size))
        self.assertEqual((change.from_class_id.code, change.to_class_id.code), ("L", "M"))
        self.assertEqual(change.reason, "manual")
        self.assertEqual(change.evidence["employee_count"], 60)
        self.assertEqual(change.evidence["revenue_12m"], 0)

    def test_part_and_whole_agree(self):
        partners = self.env["res.partner"]
        for number in range(6):
            partner = self.customer(employee_count=number * 60)
            self.invoice(partner, 50_000 * number)
            partners |= partner
        for partner in partners:
            self.classify(partner)
        run = self.classify()
        self.assertFalse(run.changed)
        self.assertFalse(run.changes)
        self.assertFalse(run.change_ids)
        self.assertEqual(partners.mapped("size_class_id.code"), ["S", "M", "L"])

    def test_other_customers_are_left_alone(self):
        one, other = self.customer(employee_count=250), self.customer(employee_count=250)
        self.classify()
        (one | other).employee_count = 1
        self.classify(one)
        self.assertClass(one, self.size, "S")
        self.assertClass(other, self.size, "L")

    def test_as_of_date_alone_decides(self):
        partner = self.customer()
        self.invoice(partner, 1_000_000, day=date(2025, 1, 15))
        self.classify(as_of=date(2025, 12, 31))
        self.assertClass(partner, self.size, "L")
        self.classify()
        self.assertClass(partner, self.size, "S")

    @mute_logger(RUN_LOGGER)
    def test_failure_is_told_and_loses_nothing(self):
        partner = self.customer(employee_count=250)
        self.classify()
        partner.employee_count = 1
        with patch.object(write.Writer, "write_history", side_effect=ValueError("disk on fire")):
            run = self.env["segmentation.run"]._classify(self.company, "manual", as_of=AS_OF)
        self.assertEqual((run.state, run.error, run.changed), ("failed", "disk on fire", 0))
        self.assertClass(partner, self.size, "L")
        self.classify()
        self.assertClass(partner, self.size, "S")

    def test_failing_dimension_leaves_the_others_alone(self):
        partner = self.customer(employee_count=250)
        self.classify()
        partner.employee_count = 1
        self.order(partner)
        # A condition that was valid when it was saved, on a field that is gone.
        self.env.ref("partner_segmentation.class_stage_closed").flush_recordset()
        self.env.cr.execute(
            "UPDATE segmentation_class SET domain = %s WHERE id = %s",
            ("[('no_such_field', '>', 0)]", self.env.ref("partner_segmentation.class_stage_closed").id),
        )
        self.env.invalidate_all()
        run = self.classify()
        self.assertEqual(run.state, "partial")
        self.assertIn("no_such_field", run.error)
        self.assertClass(partner, self.size, "S")
        self.assertClass(partner, self.stage, "POTENTIAL")

    def test_failing_metric_leaves_the_others_alone(self):
        partner = self.customer(employee_count=250)
        self.order(partner)
        self.classify()
        partner.employee_count = 1
        metric = self.env.ref("partner_segmentation.metric_orders_24m")
        metric.flush_recordset()
        self.env.cr.execute(
            "UPDATE segmentation_metric SET domain = %s WHERE id = %s", ("[('no_such_field', '>', 0)]", metric.id)
        )
        self.env.invalidate_all()
        run = self.classify()
        self.assertEqual(run.state, "partial")
        self.assertIn(metric.name, run.error)
        self.assertIn("Purchase stage", run.error)
        self.assertClass(partner, self.size, "S")
        self.assertClass(partner, self.stage, "CLOSED")
        self.assertEqual(self.profile(partner).orders_24m, 1)

    def test_archived_metric_clears_its_column(self):
        partner = self.customer(total_assets=5)
        self.classify()
        self.assertEqual(self.profile(partner).total_assets, 5)
        self.env.ref("partner_segmentation.metric_total_assets").active = False
        self.classify()
        self.assertIs(self.profile(partner).total_assets, False)

    def test_no_dimension_at_all(self):
        partner = self.customer(employee_count=250)
        self.env["segmentation.dimension"].search([]).active = False
        run = self.classify(partner)
        self.assertEqual(run.state, "done", run.error)
        self.assertEqual(self.profile(partner).employee_count, 250)

    def test_one_run_per_company_at_a_time(self):
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS, self.company.id))
            with self.assertRaisesRegex(UserError, self.company.name):
                self.classify()
        self.classify()

    def test_number_of_statements_does_not_grow(self):
        def count(customers):
            self.env["res.partner"].create(
                [{"name": f"C{number}", "is_company": True, "employee_count": number} for number in range(customers)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(100):
                before = self.env.cr.sql_log_count
                run = self.classify()
            self.assertGreaterEqual(run.created, customers)
            return self.env.cr.sql_log_count - before

        self.classify()  # the first of them notes the rules
        count(10)  # the caches of the registry are filled
        few = count(10)
        self.assertEqual(count(1000), few)
        self.assertLess(few, 100)

    def test_scheduled_job_classifies_every_company(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        partner = self.customer()
        self.run_jobs("cron_classify", "cron_work")
        for company in (self.company, other):
            run = self.env["segmentation.run"].search([("company_id", "=", company.id)], limit=1)
            self.assertEqual((run.scope, run.state), ("all", "done"), run.error)
            self.assertClass(partner, self.stage, "POTENTIAL", company=company)

    def test_button_action_and_job_write_the_same(self):
        partner = self.customer(employee_count=60)
        action = partner.action_reclassify()
        self.assertEqual(action["params"]["type"], "success")
        stored = [name for name, field in self.profile(partner)._fields.items() if field.store]
        before = self.profile(partner).read(stored)
        self.env.ref("partner_segmentation.res_partner_action_reclassify").with_context(
            active_model="res.partner", active_ids=partner.ids, active_id=partner.id
        ).run()
        self.run_jobs("cron_classify", "cron_work")
        self.assertEqual(self.profile(partner).read(stored), before)
        runs = self.env["segmentation.run"].search([("company_id", "=", self.company.id), ("state", "=", "done")])
        self.assertEqual(len(runs), 3)

    def test_selection_of_nobody_is_not_everybody(self):
        partner = self.customer()
        run = self.classify(self.env["res.partner"])
        self.assertEqual((run.scope, run.customers), ("selection", 0))
        self.assertFalse(self.profile(partner))

    def test_run_again(self):
        partner = self.customer()
        run = self.classify(partner)
        action = run.action_run_again()
        again = self.env["segmentation.run"].browse(action["res_id"])
        self.assertEqual((again.state, again.partner_ids), ("queued", partner))
        self.run_jobs("cron_work")
        self.assertEqual((again.state, again.customers), ("done", 1))
        self.assertNotEqual(again, run)

    def test_success_logs_nothing_to_worry_about(self):
        with self.assertNoLogs("odoo.addons.partner_segmentation", level=logging.WARNING):
            self.classify()
