from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine.evaluate import Evaluation
from ..models.segmentation_run import LOCK_CLASS, CompanyBusyError
from ..models.segmentation_run_queue import MAX_ATTEMPTS
from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestQueue(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Run = cls.env["segmentation.run"]
        cls.Run.sudo().search([]).unlink()  # those of all companies

    def queue(self):
        return self.Run._queue(self.company, "manual")

    def triggers_at(self):
        job = self.env.ref("partner_segmentation.cron_work")
        return self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]).mapped("call_at")

    def test_waiting_run_is_worked_off(self):
        partner = self.customer(employee_count=250)
        run = self.queue()
        self.assertEqual((run.state, run.progress, bool(run.as_of)), ("queued", 0, False))
        self.assertFalse(self.profile(partner))
        self.run_jobs("cron_work")
        self.assertEqual((run.state, run.progress, run.attempts), ("done", 100, 1), run.error)
        self.assertEqual(run.user_id, self.env.user)
        self.assertClass(partner, self.size, "L")
        self.assertEqual(run.step_ids.mapped("name"), ["load", "classify", "compare", "write", "history"])
        self.assertTrue(all(run.step_ids.mapped("is_done")))
        self.assertTrue(run.duration >= sum(run.step_ids.mapped("duration")) > 0)

    def test_run_writes_in_the_name_of_who_started_it(self):
        manager = new_test_user(
            self.env,
            "segmentation_manager",
            "partner_segmentation.group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        partner = self.customer(employee_count=250)
        self.Run.with_user(manager)._queue(self.company, "manual")
        self.run_jobs("cron_work")
        self.assertEqual(self.profile(partner).create_uid, manager)

    def test_a_class_set_by_hand_waits_for_a_run_that_is_on(self):
        """Nobody who sets a class by hand is told to come back later."""
        partner = self.customer(employee_count=250)
        self.classify()
        medium = self.env.ref("partner_segmentation.class_size_medium")
        with patch.object(self.env.registry["segmentation.run"], "_lock", side_effect=CompanyBusyError("busy")):
            partner.size_class_id = medium
        self.assertClass(partner, self.size, "L")
        run = self.Run.search([("state", "=", "queued")])
        self.assertEqual((run.trigger, run.partner_ids), ("override", partner))
        self.run_jobs("cron_work")
        self.assertClass(partner, self.size, "M")

    def test_a_file_that_another_run_made_has_odoo_repeat_the_request(self):
        with (
            patch.object(Evaluation, "run", side_effect=UniqueViolation("partner_company_unique")),
            self.assertRaises(ConcurrencyError),
        ):
            self.Run._classify(self.company, "manual")

    def test_runs_of_several_companies_open_as_a_list(self):
        other = self.setup_other_company()["company"]
        runs = self.Run._queue(self.company | other, "manual")
        action = runs._action_open()
        self.assertEqual(self.Run.search(action["domain"]), runs)
        self.assertEqual(runs[0]._action_open()["res_id"], runs[0].id)

    def test_waiting_run_is_not_doubled_but_brought_forward(self):
        self.Run._queue_rule_change()
        run = self.Run.search([("company_id", "=", self.company.id)])
        self.assertGreater(run.not_before, Datetime.now() + timedelta(minutes=3))
        self.run_jobs("cron_work")
        self.assertEqual(run.state, "queued", "it is not time yet")
        self.assertEqual(self.queue(), run)
        self.assertLessEqual(run.not_before, Datetime.now())
        self.Run._queue_rule_change()
        self.assertLessEqual(run.not_before, Datetime.now(), "a later wish does not put it off")
        self.assertEqual(self.Run.search_count([("company_id", "=", self.company.id)]), 1)

    def test_busy_company_is_put_off(self):
        run = self.queue()
        self.env["ir.cron.trigger"].search([]).unlink()
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS, self.company.id))
            self.run_jobs("cron_work")
        self.assertEqual((run.state, run.attempts), ("queued", 0))
        self.assertTrue([moment for moment in self.triggers_at() if moment > Datetime.now()])
        self.run_jobs("cron_work")
        self.assertEqual(run.state, "done")

    def test_conflict_with_another_transaction_is_put_off(self):
        run = self.queue()
        with patch.object(Evaluation, "run", side_effect=SerializationFailure("concurrent update")):
            self.run_jobs("cron_work")
        self.assertEqual((run.state, run.attempts), ("running", 1))
        self.run_jobs("cron_work")
        self.assertEqual((run.state, run.attempts), ("done", 2))

    def test_interrupted_run_is_begun_again(self):
        partner = self.customer(employee_count=250)
        run = self.queue()
        run.sudo().write({"state": "running", "attempts": 1})
        self.env["segmentation.run.step"].sudo().create({"run_id": run.id, "name": "load"})
        self.run_jobs("cron_work")
        self.assertEqual((run.state, run.attempts, len(run.step_ids)), ("done", 2, 5))
        self.assertClass(partner, self.size, "L")

    def test_run_that_is_interrupted_again_and_again_fails(self):
        run = self.queue()
        run.sudo().write({"state": "running", "attempts": MAX_ATTEMPTS})
        self.run_jobs("cron_work")
        self.assertEqual(run.state, "failed")
        self.assertIn(str(MAX_ATTEMPTS), run.error)

    def test_cancel_before_it_begins(self):
        run = self.queue()
        run.action_cancel()
        self.run_jobs("cron_work")
        self.assertEqual((run.state, run.attempts), ("cancelled", 0))
        with self.assertRaisesRegex(UserError, "cannot be cancelled"):
            run.action_cancel()

    def test_cancel_while_it_waits_for_another(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        first, second = self.Run._queue(self.company | other, "manual")
        run = Evaluation.run

        def cancel_second(evaluation, *args):
            evaluation.scope.env.cr.execute(
                "UPDATE segmentation_run SET state = 'cancelled' WHERE id = %s", [second.id]
            )
            return run(evaluation, *args)

        with patch.object(Evaluation, "run", cancel_second):
            self.run_jobs("cron_work")
        self.assertEqual((first.state, second.state, second.attempts), ("done", "cancelled", 0))

    def test_cancel_while_it_runs_leaves_no_trace(self):
        partner = self.customer(employee_count=250)
        run = self.queue()
        load = Evaluation._load

        def load_and_cancel(evaluation):
            load(evaluation)
            with self.registry.cursor() as cr:
                run.with_env(run.env(cr=cr)).action_cancel()

        with patch.object(Evaluation, "_load", load_and_cancel):
            self.run_jobs("cron_work")
        # In a test all cursors are one transaction, so what is rolled back may take the cancellation with it.
        self.assertNotIn(run.state, ("done", "failed"))
        self.assertFalse(run.customers)
        self.assertFalse(self.profile(partner))

    @mute_logger("odoo.addons.partner_segmentation.models.segmentation_run")
    def test_failing_run_does_not_hold_up_the_next(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        runs = self.Run._queue(self.company | other, "manual")
        run = Evaluation.run

        def fail_once(evaluation, *args):
            if evaluation.scope.company_id == self.company.id:
                raise ValueError("disk on fire")
            return run(evaluation, *args)

        with patch.object(Evaluation, "run", fail_once):
            self.run_jobs("cron_work")
        self.assertEqual(runs.mapped("state"), ["failed", "done"])
        self.assertEqual(runs[0].error, "disk on fire")

    def test_touched_customers_of_a_busy_company_wait(self):
        partner = self.customer(employee_count=250)
        self.env.cr.precommit.run()
        self.assertTrue(self.env["segmentation.touch"].search([("partner_id", "=", partner.id)]))
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS, self.company.id))
            self.run_jobs("cron_classify_touched")
        touches = self.env["segmentation.touch"].search([("partner_id", "=", partner.id)])
        self.assertEqual(touches.company_id, self.company)
        self.run_jobs("cron_classify_touched")
        self.assertClass(partner, self.size, "L")

    def test_only_administrators_queue_and_cancel(self):
        sales_runs = self.Run.with_user(self.salesperson)
        with self.assertRaises(AccessError):
            sales_runs._queue(self.company, "manual")
        with self.assertRaises(AccessError):
            self.size.with_user(self.salesperson).action_reclassify()
        with self.assertRaises(AccessError):
            self.queue().with_user(self.salesperson).action_cancel()


@tagged("post_install", "-at_install")
class TestOutdated(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.classify()
        cls.env["segmentation.run"].search([("state", "=", "queued")]).unlink()

    def outdated(self):
        self.env.invalidate_all()
        return self.env["segmentation.dimension"].search([]).filtered("is_outdated")

    def waiting(self):
        domain = [("company_id", "=", self.company.id), ("state", "=", "queued")]
        return self.env["segmentation.run"].search(domain)

    def test_up_to_date_after_a_run(self):
        self.assertFalse(self.outdated())
        self.assertFalse(self.waiting())

    def test_bound(self):
        self.bound("large", "employee_count", 300)
        self.assertEqual(self.outdated(), self.size)
        self.assertEqual(self.waiting().trigger, "rule")
        customer = self.customer()
        self.classify(customer)
        self.assertIn("Outdated", customer.segmentation_explanation)
        self.assertEqual(self.outdated(), self.size, "a run of one customer changes nothing for the others")
        self.classify()
        self.assertFalse(self.outdated())
        self.assertNotIn("Outdated", customer.segmentation_explanation)

    def test_every_part_of_the_rules(self):
        large = self.env.ref("partner_segmentation.class_size_large")
        east = self.region.class_ids.filtered("state_ids")[0]
        parts = {
            "mode": (self.size, {"criteria_mode": "all"}),
            "hysteresis": (self.size, {"hysteresis": 0.1}),
            "currency": (self.size, {"currency_id": False}),
            "scope": (self.size, {"domain": "[('employee_count', '>', 3)]"}),
            "mapping": (east, {"state_ids": [Command.unlink(east.state_ids[0].id)]}),
            "condition": (self.env.ref("partner_segmentation.class_stage_closed"), {"domain": "[]"}),
            "criteria of a class": (large, {"criterion_ids": [Command.clear()]}),
            "archived class": (large, {"active": False}),
        }
        for name, (record, values) in parts.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                record.write(values)
                dimension = record if record._name == "segmentation.dimension" else record.dimension_id
                self.assertIn(dimension, self.outdated())
                self.env.flush_all()
                savepoint.rollback()

    def test_words_and_colours_are_no_rules(self):
        large = self.env.ref("partner_segmentation.class_size_large")
        large.write({"name": "Big", "color": 1, "description": "x", "code": "B"})
        self.size.write({"name": "Bigness", "in_code": False, "description": "x"})
        self.env.ref("partner_segmentation.metric_employee_count").name = "Heads"
        self.assertFalse(self.outdated())
        self.assertFalse(self.waiting())

    def test_metric_outdates_the_dimensions_that_use_it(self):
        self.env.ref("partner_segmentation.metric_orders_24m").window_months = 6
        self.assertEqual(self.outdated(), self.stage)

    def test_dimension_outdates_those_that_build_on_it(self):
        key = self.env["segmentation.dimension"].create(
            {"name": "Key accounts", "code": "KEY", "method": "domain", "sequence": 90}
        )
        self.make_class(key, "K", domain="[('size_class_id.code', '=', 'L')]")
        self.classify()
        self.assertFalse(self.outdated())
        self.bound("large", "employee_count", 300)
        self.assertEqual(self.outdated(), self.size | key)

    def test_order_of_industries_outdates_what_looks_at_them(self):
        industries = self.industry.class_ids.industry_ids
        industries[0].parent_id = industries[1]
        self.assertEqual(self.outdated(), self.industry)

    def test_population_outdates_everything(self):
        self.company.segmentation_population = "[('customer_rank', '>', 0)]"
        self.assertEqual(self.outdated(), self.env["segmentation.dimension"].search([]))

    def test_failed_dimension_stays_outdated(self):
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        closed.flush_recordset()
        self.env.cr.execute(
            "UPDATE segmentation_class SET domain = '[(''gone'', ''='', 1)]' WHERE id = %s", [closed.id]
        )
        self.env.invalidate_all()
        self.classify()
        self.assertEqual(self.outdated(), self.stage)

    def test_change_by_a_manager_of_another_company(self):
        """The rules are everybody's: each company evaluates again."""
        other = self.setup_other_company()["company"]
        self.bound("large", "employee_count", 300)
        runs = self.env["segmentation.run"].search([("state", "=", "queued")])
        self.assertLessEqual(self.company | other, runs.company_id)
