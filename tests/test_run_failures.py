from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..engine.evaluate import Evaluation
from ..models.segmentation_dimension import SegmentationDimension
from .common import SegmentationCommon

RUN_LOGGER = "odoo.addons.partner_segmentation.models.segmentation_run"


@tagged("post_install", "-at_install")
class TestRunFailures(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer(employee_count=250)
        cls.manager = new_test_user(
            cls.env, "segmentation_mender", "partner_segmentation.group_manager", company_id=cls.company.id
        )

    def break_condition(self, record, table, domain="[('gone', '=', 1)]"):
        """A condition that was valid when it was saved, on a field that is gone."""
        record.flush_recordset()
        self.env.cr.execute(f"UPDATE {table} SET domain = %s WHERE id = %s", (domain, record.id))
        self.env.invalidate_all()

    def test_dimension(self):
        self.break_condition(self.env.ref("partner_segmentation.class_stage_closed"), "segmentation_class")
        run = self.classify()
        failure = run.failure_ids
        self.assertEqual((run.state, failure.dimension_id, failure.metric_id.id), ("partial", self.stage, False))
        self.assertIn("gone", failure.message)
        self.assertIn("Purchase stage", failure.remedy)
        action = failure.with_user(self.manager).action_mend()
        self.assertEqual((action["res_model"], action["res_id"]), ("segmentation.dimension", self.stage.id))

    def test_a_condition_that_cannot_be_read_is_not_put_into_words(self):
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        self.break_condition(closed, "segmentation_class", "[('customer_rank', '>'")
        self.assertEqual(closed.rule, closed.description)

    def test_metric(self):
        metric = self.env.ref("partner_segmentation.metric_orders_24m")
        self.break_condition(metric, "segmentation_metric")
        failures = self.classify().failure_ids
        self.assertEqual(failures.metric_id, metric)
        self.assertEqual(failures.dimension_id, self.stage, "it builds on the metric")
        action = failures.filtered("metric_id").action_mend()
        self.assertEqual((action["res_model"], action["res_id"]), ("segmentation.metric", metric.id))

    @mute_logger(RUN_LOGGER)
    def test_everything(self):
        with patch.object(Evaluation, "run", side_effect=ValueError("disk on fire")):
            run = self.env["segmentation.run"]._classify(self.company, "manual")
        self.assertEqual((run.state, run.error), ("failed", "disk on fire"))
        self.assertFalse(run.failure_ids.dimension_id or run.failure_ids.metric_id)
        self.assertIn("Run again", run.failure_ids.remedy)

    def test_no_failure(self):
        run = self.classify()
        self.assertEqual((run.state, run.error, len(run.failure_ids)), ("done", False, 0))

    def test_failure_outlives_the_dimension(self):
        self.break_condition(self.env.ref("partner_segmentation.class_stage_closed"), "segmentation_class")
        failure = self.classify().failure_ids
        failure.sudo().dimension_id = False  # as when it is deleted
        self.assertIn("gone", failure.message)
        self.assertTrue(failure.remedy)

    def test_users_read_only_those_of_their_companies(self):
        self.break_condition(self.env.ref("partner_segmentation.class_stage_closed"), "segmentation_class")
        failure = self.classify().failure_ids
        own = failure.with_user(self.salesperson)
        self.assertTrue(own.read(["message", "remedy"]))
        with self.assertRaises(AccessError):
            own.write({"message": "all is well"})
        with self.assertRaises(AccessError):
            own.unlink()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "stranger", "partner_segmentation.group_user", company_id=other.id)
        stranger.company_ids = other
        with self.assertRaises(AccessError):
            failure.with_user(stranger).read(["message"])

    def test_form_shows_failures(self):
        self.break_condition(self.env.ref("partner_segmentation.class_stage_closed"), "segmentation_class")
        run = self.classify().with_user(self.manager)
        self.assertEqual(len(Form(run).failure_ids), 1)

    def test_every_state_has_a_column(self):
        runs = self.env["segmentation.run"].with_context(read_group_expand=True)  # as the cards ask for them
        expanded = runs.web_read_group([("id", "=", self.classify().id)], ["state"], ["__count"])
        states = [group["state"] for group in expanded["groups"]]
        self.assertEqual(states, ["queued", "running", "done", "partial", "failed", "cancelled"])


@tagged("post_install", "-at_install")
class TestOutdateOnce(SegmentationCommon):
    def test_a_standard_outdates_its_dimensions_once(self):
        others = self.env["segmentation.dimension"].search([]) - self.region
        before = {dimension: dimension.rule_version for dimension in others | self.region}
        outdated = []
        original = SegmentationDimension._outdate

        def outdate(dimensions):
            outdated.append(dimensions)
            return original(dimensions)

        with patch.object(SegmentationDimension, "_outdate", outdate):
            self.env["segmentation.standard"].search([("code", "=", "REGION_CN7")])._apply()
        self.assertLessEqual(sum(self.region in dimensions for dimensions in outdated), 2)
        self.assertGreater(self.region.rule_version, before[self.region])
        for dimension in others:
            self.assertEqual(dimension.rule_version, before[dimension], dimension.name)

    def test_changes_after_the_standard_count(self):
        plan = self.env["segmentation.standard"].search([("code", "=", "ABC_REVENUE")])._apply(self.company)
        dimension = next(iter(plan.targets.values())).dimension
        before = dimension.rule_version
        dimension.class_ids[0].share = 70
        self.assertEqual(dimension.rule_version, before + 1)

    def test_context_of_a_client_holds_nothing_back(self):
        before = self.size.rule_version
        self.size.with_context(segmentation_outdated=[]).hysteresis = 0.2
        self.assertGreater(self.size.rule_version, before)
