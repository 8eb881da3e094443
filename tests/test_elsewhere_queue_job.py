"""Jobs of OCA's queue_job instead of scheduled ones; `python3 -m dev faults workers` has real servers work them off.

The second part of the tests has queue_job (dev/testing.py).
"""

import unittest
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine.evaluate import Evaluation
from ..models.segmentation_action_item import MAX_ATTEMPTS
from ..models.segmentation_run import LOCK_CLASS
from ..models.segmentation_run_queue import MAX_ATTEMPTS as MAX_RUN_ATTEMPTS
from ..wizards import segmentation_export
from .test_actions import LARGE, SMALL, ActionCommon


@tagged("post_install", "-at_install")
class TestQueueJob(ActionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "queue.job" not in cls.env:
            raise unittest.SkipTest("queue_job is not installed; `make test` runs this in its second part.")
        cls.env["segmentation.queued"]._load_job_functions()
        cls.Run = cls.env["segmentation.run"]
        cls.Run.sudo().search([]).unlink()
        cls.env["ir.cron.trigger"].sudo().search([]).unlink()
        # Who is tested need not see the queue.
        cls.Job = cls.env["queue.job"].sudo()
        cls.Job.search([]).unlink()

    def jobs(self, model):
        return self.Job.search([("model_name", "=", model)], order="id")

    def perform(self, job):
        """Perform a job as queue_job does; the seconds after which it is to be repeated, ``None`` when it is done."""
        from odoo.addons.queue_job.exception import RetryableJobError
        from odoo.addons.queue_job.job import Job

        with self.enter_registry_test_mode():
            loaded = Job.load(self.env(su=True), job.uuid)
            try:
                loaded.perform()
            except RetryableJobError as error:
                self.assertEqual(loaded.retry, 0, "The records count themselves.")
                return error.seconds
            finally:
                self.env.invalidate_all()
        loaded.set_done()
        loaded.store()
        return None

    def triggers(self):
        return self.env["ir.cron.trigger"].sudo().search([])

    # -- runs ----------------------------------------------------------------------------------

    def queue(self, **options):
        return self.Run._queue(self.company, "manual", **options)

    def test_run_becomes_a_job(self):
        partner = self.customer(employee_count=LARGE)
        run = self.queue().with_user(self.manager)
        [job] = self.jobs("segmentation.run")
        self.assertEqual((job.channel, job.state, job.eta), ("root.segmentation", "pending", False))
        self.assertEqual((job.records, job.user_id.id, job.records.env.su), (run, 1, True))
        self.assertEqual(job.company_id, self.company)
        self.assertIn(f"({run.id},)", job.identity_key)
        self.assertFalse(self.triggers(), "the scheduled job is not needed")
        self.assertEqual(run.state, "queued")
        self.assertIsNone(self.perform(job))
        self.assertEqual((run.state, run.attempts, run.progress), ("done", 1, 100), run.error)
        self.assertClass(partner, self.size, "L")
        self.assertTrue(self.triggers(), "next steps and recommended products have no jobs")

    def test_job_is_not_doubled(self):
        run = self.queue()
        run._wake()
        self.assertEqual(len(self.jobs("segmentation.run")), 1)

    def test_manager_without_technical_rights_queues(self):
        self.Run.with_user(self.manager)._queue(self.company, "manual")
        [job] = self.jobs("segmentation.run")
        self.assertIsNone(self.perform(job))
        run = self.Run.search([("company_id", "=", self.company.id)])
        self.assertEqual((run.state, run.user_id), ("done", self.manager))

    def test_run_that_is_brought_forward_is_done_once(self):
        run = self.queue(delay=timedelta(minutes=5))
        self.assertEqual(self.queue(), run)
        later, soon = self.jobs("segmentation.run")
        self.assertEqual((later.eta > Datetime.now(), soon.eta), (True, False))
        self.assertIsNone(self.perform(soon))
        self.assertIsNone(self.perform(later))
        self.assertEqual((run.state, run.attempts), ("done", 1))

    def test_run_of_a_busy_company_is_put_off(self):
        run = self.queue()
        [job] = self.jobs("segmentation.run")
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS, self.company.id))
            self.assertEqual(self.perform(job), 60)
        self.assertEqual((run.state, run.attempts), ("queued", 0))
        self.assertIsNone(self.perform(job))
        self.assertEqual(run.state, "done")

    def test_run_that_meets_another_transaction_is_put_off(self):
        run = self.queue()
        [job] = self.jobs("segmentation.run")
        with patch.object(Evaluation, "run", side_effect=SerializationFailure("concurrent update")):
            self.assertEqual(self.perform(job), 60)
        self.assertEqual((run.state, run.attempts), ("running", 1))
        self.assertIsNone(self.perform(job))
        self.assertEqual((run.state, run.attempts), ("done", 2))

    def test_run_that_is_interrupted_again_and_again_says_so(self):
        run = self.queue()
        run.sudo().write({"state": "running", "attempts": MAX_RUN_ATTEMPTS})
        self.assertIsNone(self.perform(self.jobs("segmentation.run")))
        self.assertEqual(run.state, "failed")
        self.assertIn(str(MAX_RUN_ATTEMPTS), run.error)

    @mute_logger("odoo.addons.partner_segmentation.models.segmentation_run")
    def test_run_that_fails_says_so_itself(self):
        run = self.queue()
        with patch.object(Evaluation, "run", side_effect=ValueError("disk on fire")):
            self.assertIsNone(self.perform(self.jobs("segmentation.run")))
        self.assertEqual((run.state, run.error), ("failed", "disk on fire"))

    def test_cancelled_run_is_not_begun(self):
        run = self.queue()
        run.with_user(self.manager).action_cancel()
        self.assertIsNone(self.perform(self.jobs("segmentation.run")))
        self.assertEqual((run.state, run.attempts), ("cancelled", 0))

    def test_deleted_run(self):
        run = self.queue()
        run.sudo().unlink()
        self.assertIsNone(self.perform(self.jobs("segmentation.run")))

    def test_scheduled_job_takes_what_is_left_and_nothing_is_done_twice(self):
        run = self.queue()
        self.run_jobs("cron_work")
        self.assertEqual((run.state, run.attempts), ("done", 1))
        self.assertIsNone(self.perform(self.jobs("segmentation.run")))
        self.assertEqual(run.attempts, 1)

    # -- exports -------------------------------------------------------------------------------

    def test_export_becomes_a_job(self):
        self.customers(2)
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.env["segmentation.export"].browse(
            self.env["segmentation.export.xlsx"].create({}).action_export()["res_id"]
        )
        [job] = self.jobs("segmentation.export")
        self.assertEqual((job.channel, job.records), ("root.segmentation", export))
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (segmentation_export.LOCK_CLASS, export.id))
            self.assertEqual(self.perform(job), 60)
        self.assertEqual((export.state, export.attempts), ("queued", 0))
        self.assertIsNone(self.perform(job))
        self.assertEqual((export.state, export.attempts, export.progress), ("done", 1, 100), export.error)
        self.assertIsNone(self.perform(job))
        self.assertEqual(export.attempts, 1)
        files = [("res_model", "=", export._name), ("res_id", "=", export.id)]
        self.assertEqual(self.env["ir.attachment"].search_count(files), 1)

    def test_export_that_meets_another_transaction_is_put_off(self):
        self.customers(1)
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.env["segmentation.export"].browse(
            self.env["segmentation.export.xlsx"].create({}).action_export()["res_id"]
        )
        job = self.jobs("segmentation.export")
        with patch.object(type(export), "_finish", side_effect=SerializationFailure("concurrent update")):
            self.assertEqual(self.perform(job), 60)
        self.assertEqual((export.state, export.attempts), ("running", 1))
        self.assertIsNone(self.perform(job))
        self.assertEqual((export.state, export.attempts), ("done", 2))

    # -- actions -------------------------------------------------------------------------------

    def moved(self, number, code="record.write({'comment': (record.comment or '') + 'Run'})"):
        """Customers who moved, and the items of an action that is run for them."""
        partners = self.customers(number)
        action = self.action(self.server_action(code), event="change")
        self.move(partners, SMALL)
        return partners, self.items(action)

    def test_actions_become_a_job_for_each_batch(self):
        self.patch(type(self.Item), "_job_size", 2)
        partners, items = self.moved(5)
        jobs = self.jobs("segmentation.action.item")
        self.assertEqual([len(job.records) for job in jobs], [2, 2, 1])
        self.assertEqual(self.Item.concat(*(job.records for job in jobs)).ids, items.ids)
        self.assertEqual(len(set(jobs.mapped("identity_key"))), 3)
        self.assertIsNone(self.perform(jobs[1]))
        self.assertEqual(items.mapped("state"), ["waiting", "waiting", "done", "done", "waiting"])
        for job in jobs:
            self.assertIsNone(self.perform(job))
        self.assertEqual(set(items.mapped("state")), {"done"})
        self.run_jobs("cron_actions")
        self.assertEqual([comment.count("Run") for comment in partners.mapped("comment")], [1] * 5)

    def test_scheduled_job_shares_the_actions(self):
        self.patch(type(self.Item), "_job_size", 2)
        partners, items = self.moved(3)
        jobs = self.jobs("segmentation.action.item")
        self.assertIsNone(self.perform(jobs[0]))
        self.run_jobs("cron_actions")
        self.assertIsNone(self.perform(jobs[1]))
        self.assertEqual(items.mapped("attempts"), [1, 1, 1])
        self.assertEqual([comment.count("Run") for comment in partners.mapped("comment")], [1] * 3)

    def test_job_is_repeated_when_the_next_attempt_is_due(self):
        partners, items = self.moved(2, "if record.ref != 'Mended': raise UserError('Never')")
        partners[0].ref = "Mended"
        [job] = self.jobs("segmentation.action.item")
        seconds = self.perform(job)
        self.assertEqual(items.mapped("state"), ["done", "waiting"])
        self.assertAlmostEqual(seconds, 300, delta=5)
        self.assertAlmostEqual(self.perform(job), 300, delta=5, msg="it is not due yet")
        self.assertEqual(items.mapped("attempts"), [1, 1])
        for _attempt in range(MAX_ATTEMPTS - 2):
            self.let_time_pass()
            self.assertGreater(self.perform(job), 60)
        self.let_time_pass()
        self.assertIsNone(self.perform(job))
        self.assertEqual((items[1].state, items[1].attempts, items[1].error), ("failed", MAX_ATTEMPTS, "Never"))
        items[1].action_try_again()
        self.assertEqual(self.jobs("segmentation.action.item")[-1].records, items[1])

    def test_actions_that_somebody_else_is_at_are_put_off(self):
        _partners, items = self.moved(2)
        [job] = self.jobs("segmentation.action.item")
        with patch.object(type(items), "try_lock_for_update", lambda locked, **_options: locked.browse()):
            self.assertEqual(self.perform(job), 60)
        self.assertEqual(items.mapped("attempts"), [0, 0])
        self.assertIsNone(self.perform(job))
        self.assertEqual(set(items.mapped("state")), {"done"})

    def test_actions_that_somebody_else_took_meanwhile_are_left_to_them(self):
        partners, items = self.moved(2)
        begin = type(items)._begin

        def begin_and_lose(batch):
            begun = begin(batch)
            begun[0].state = "done"
            return begun

        with patch.object(type(items), "_begin", begin_and_lose):
            self.assertIsNone(self.perform(self.jobs("segmentation.action.item")))
        self.assertFalse(partners[0].comment)
        self.assertIn("Run", partners[1].comment)

    def test_failure_is_not_noted_where_somebody_else_has_done_it(self):
        _partners, items = self.moved(1)
        items.sudo().state = "done"
        items.sudo()._fail(ValueError("late"))
        self.assertEqual((items.state, items.error), ("done", False))

    # -- which of the two ----------------------------------------------------------------------

    def test_without_leave_to_commit_the_scheduled_job_does_it(self):
        functions = self.env["queue.job.function"].sudo().search([("name", "like", "segmentation.run>")])
        self.assertTrue(functions.allow_commit)
        functions.allow_commit = False
        run = self.queue()
        self.assertFalse(self.jobs("segmentation.run"))
        self.assertEqual(self.triggers().cron_id, self.env.ref("partner_segmentation.cron_work"))
        self.run_jobs("cron_work")
        self.assertEqual(run.state, "done")

    def test_functions_are_made_once_by_the_next_full_run(self):
        ours = [("name", "like", "_work_off_as_job")]
        functions = self.env["queue.job.function"].sudo()
        functions.search(ours)[0].unlink()
        self.classify()
        self.assertEqual(functions.search_count(ours), 2, "who deletes one does not want it")
        functions.search(ours).unlink()
        self.env.ref("queue_job.segmentation_channel").sudo().unlink()
        self.classify()
        self.assertEqual(functions.search(ours).mapped("channel"), ["root.segmentation"] * 3)

    def test_not_all_work_is_done_record_by_record(self):
        self.env["segmentation.touch"]._wake()
        self.env["segmentation.action.item"]._wake()
        self.assertEqual(
            self.triggers().cron_id,
            self.env.ref("partner_segmentation.cron_classify_touched")
            | self.env.ref("partner_segmentation.cron_actions"),
        )

    def test_health_check_finds_what_nobody_begins(self):
        def late(after):
            with freeze_time(Datetime.now() + timedelta(minutes=after)):
                found = self.env["segmentation.health"]._check(self.company).finding_ids
            return found.filtered(lambda finding: finding.kind == "queue_late")

        self.queue()
        self.assertFalse(late(after=59))
        self.assertEqual((late(after=61).subject, late(after=61).number), ("cron_work", 1))
        self.assertIn("queue_job", late(after=61).name)
        late(after=61).with_user(self.manager).action_remedy()
        self.assertIn(self.env.ref("partner_segmentation.cron_work"), self.triggers().cron_id)
        self.assertIsNone(self.perform(self.jobs("segmentation.run")))
        self.assertFalse(late(after=61))
        self.queue(delay=timedelta(minutes=30))
        self.assertFalse(late(after=89), "it has to wait for half an hour")
        self.assertEqual(late(after=91).number, 1)

    def test_every_kind_of_work_has_its_scheduled_job(self):
        models = self.env["segmentation.queued"]._queued_models()
        self.assertEqual(len(models), 6)
        for model in models:
            self.assertTrue(self.env.ref(f"partner_segmentation.{model._scheduled_job}"), model._name)
