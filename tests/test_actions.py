from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Datetime
from odoo.service.model import get_public_method
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.segmentation_action_item import BATCH, LOOP_LIMIT, MAX_ATTEMPTS
from .common import SegmentationCommon

LARGE, SMALL = 250, 1  # employees


class ActionCommon(SegmentationCommon):
    """Helpers to make actions and to move customers between the sizes large and small."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Action = cls.env["segmentation.action"]
        cls.Item = cls.env["segmentation.action.item"]
        cls.large, cls.medium, cls.small = (
            cls.env.ref(f"partner_segmentation.class_size_{name}") for name in ("large", "medium", "small")
        )
        cls.partner_model = cls.env["ir.model"]._get("res.partner")
        cls.manager = cls.new_user("segmentation_manager", "partner_segmentation.group_manager")

    @classmethod
    def new_user(cls, login, groups, companies=None):
        companies = companies or cls.company
        return new_test_user(
            cls.env, login, groups, company_id=companies[0].id, company_ids=[Command.set(companies.ids)]
        )

    @classmethod
    def server_action(cls, code="records.write({'comment': 'Run'})", **values):
        if "state" not in values:
            values.update(state="code", code=code)
        # Making server actions needs technical rights, which the user of the tests does not have.
        return (
            cls.env["ir.actions.server"]
            .sudo()
            .create({"name": "On contacts", "model_id": cls.partner_model.id, **values})
        )

    @classmethod
    def action(cls, server_action=None, **values):
        return cls.Action.create(
            {
                "name": "Act",
                "active": True,
                "company_id": cls.company.id,
                "dimension_id": cls.size.id,
                "server_action_id": (server_action or cls.server_action()).id,
                **values,
            }
        )

    @classmethod
    def move(cls, partners, employees):
        """Give the customers as many employees, and classify them."""
        partners.employee_count = employees
        return cls.classify(partners)

    def customers(self, number, employees=LARGE):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {i}", "is_company": True, "employee_count": employees} for i in range(number)]
        )
        self.classify(partners)
        return partners

    def items(self, action):
        return self.Item.search([("action_id", "=", action.id)], order="id")

    def states(self, action):
        return self.items(action).mapped("state")

    def work(self):
        self.run_jobs("cron_actions")

    def let_time_pass(self):
        """As if what waits for another attempt had waited long enough."""
        self.Item.sudo().search([("state", "=", "waiting")]).not_before = Datetime.now() - timedelta(minutes=1)


@tagged("post_install", "-at_install")
class TestActions(ActionCommon):
    def test_customer_is_listed_and_the_job_runs_the_action(self):
        partner = self.customers(1)
        action = self.action(event="enter", class_ids=self.small.ids)
        run = self.move(partner, SMALL)
        item = self.items(action)
        self.assertEqual((item.state, item.partner_id, item.company_id), ("waiting", partner, self.company))
        self.assertEqual((item.from_class_id, item.to_class_id), (self.large, self.small))
        self.assertFalse(partner.comment, "the user does not wait for it")
        self.work()
        self.assertEqual((item.state, item.attempts, item.error), ("done", 1, False))
        self.assertEqual(item.user_id, self.env.user)
        self.assertIn("Run", partner.comment)
        self.assertEqual(action.item_count, 1)
        self.assertEqual(run.action_item_count, 1)
        self.assertEqual(self.Item.search(run.action_view_action_items()["domain"]), item)

    def test_nothing_happens_by_default(self):
        shipped = self.Action.with_context(active_test=False).search([])
        self.assertTrue(shipped)
        self.assertFalse(shipped.filtered("active"))
        self.assertFalse(self.Action.new({}).active)
        before = self.Item.search_count([])
        self.move(self.customers(1), SMALL)
        self.assertEqual(self.Item.search_count([]), before)

    def test_first_classification_is_no_change(self):
        action = self.action(event="change")
        self.customers(1)
        self.assertFalse(self.items(action))

    def test_same_result_again_does_nothing_again(self):
        partner = self.customers(1)
        action = self.action(event="change")
        self.move(partner, SMALL)
        self.move(partner, SMALL)
        self.work()
        self.work()
        self.assertEqual(self.states(action), ["done"])

    def test_class_set_by_hand_counts(self):
        partner = self.customers(1)
        action = self.action(event="enter", class_ids=self.medium.ids)
        self.env["segmentation.override"].create(
            {
                "partner_id": partner.id,
                "company_id": self.company.id,
                "dimension_id": self.size.id,
                "class_id": self.medium.id,
            }
        )
        self.assertEqual(self.states(action), ["waiting"])

    def test_run_of_everybody_queues_with_the_same_statement(self):
        partners = self.customers(3)
        action = self.action(event="leave", class_ids=self.large.ids)
        partners.employee_count = SMALL
        self.classify()
        self.assertEqual(self.items(action).partner_id, partners)

    def test_switched_off_in_the_meantime(self):
        partner = self.customers(1)
        action = self.action(event="change")
        self.move(partner, SMALL)
        action.active = False
        self.work()
        self.assertEqual(self.states(action), ["skipped"])
        self.assertIn("switched off", self.items(action).error)
        self.assertFalse(partner.comment)

    def test_condition_on_the_customer_file(self):
        first, second = self.customers(2)
        second.country_id = self.china
        action = self.action(event="change", domain="[('country_id.code', '=', 'CN')]")
        self.move(first | second, SMALL)
        self.assertEqual(self.items(action).partner_id, second)

    def test_condition_that_fails_does_not_lose_the_classification(self):
        partner = self.customers(1)
        broken, other = self.action(event="change"), self.action(event="change")
        broken.flush_recordset()
        self.env.cr.execute(
            "UPDATE segmentation_action SET domain = %s WHERE id = %s", ("[('gone', '=', 1)]", broken.id)
        )
        broken.invalidate_recordset()
        run = self.move(partner, SMALL)
        self.assertEqual(run.state, "partial")
        self.assertIn("gone", run.error)
        self.assertClass(partner, self.size, "S")
        self.assertEqual((self.states(broken), self.states(other)), ([], ["waiting"]))

    def test_other_company_does_not_count(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        partner = self.customer(employee_count=LARGE)
        both = self.company | other
        self.env.user.company_ids |= other
        for company in both:
            self.classify(partner, company)
        here, everywhere = self.action(event="change"), self.action(event="change", company_id=False)
        limited = self.action(event="change", company_id=False)
        limited.sudo().user_id = self.manager
        partner.employee_count = SMALL
        for company in both:
            self.classify(partner, company)
        self.assertEqual(self.items(here).company_id, self.company)
        self.assertEqual(self.items(everywhere).company_id, both)
        self.assertEqual(self.items(limited).company_id, self.company, "the user does not have access to the other")

    def test_action_runs_in_the_company_of_the_change(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        self.env.user.company_ids |= other
        partner = self.customer(employee_count=LARGE)
        self.classify(partner, other)
        action = self.action(
            self.server_action("record.write({'comment': env.company.name})"), event="change", company_id=other.id
        )
        partner.employee_count = SMALL
        self.classify(partner, other)
        self.work()
        self.assertEqual(self.states(action), ["done"])
        self.assertIn(other.name, partner.comment)


@tagged("post_install", "-at_install")
class TestActionEvents(ActionCommon):
    """Which moves an action is run for: `_count_moves` is what `_queue_changes` uses too."""

    def moves(self, **values):
        """The moves among the sizes that an action is run for, as pairs of codes."""
        action = self.action(**values)
        classes = [self.env["segmentation.class"], self.large, self.medium, self.small]
        pairs = [(a, b) for a in classes for b in classes if a != b]
        found = set()
        for source, target in pairs:
            if self.Action._count_moves([(self.size, source, target, 7)]).get(action):
                found.add((source.code or "", target.code or ""))
        action.unlink()
        return found

    def test_enter_and_leave(self):
        self.assertEqual(self.moves(event="enter", class_ids=self.large.ids), {("", "L"), ("M", "L"), ("S", "L")})
        self.assertEqual(self.moves(event="leave", class_ids=self.large.ids), {("L", ""), ("L", "M"), ("L", "S")})
        inside = self.large | self.medium
        self.assertEqual(
            self.moves(event="enter", class_ids=inside.ids), {("", "L"), ("", "M"), ("S", "L"), ("S", "M")}
        )

    def test_any_class(self):
        every = {(a, b) for a in ("", "L", "M", "S") for b in ("", "L", "M", "S") if a != b}
        self.assertEqual(self.moves(event="change"), every)
        self.assertEqual(self.moves(event="enter"), {move for move in every if move[1]})
        self.assertEqual(self.moves(event="leave"), {move for move in every if move[0]})
        self.assertEqual(self.moves(event="change", class_ids=self.large.ids), {move for move in every if "L" in move})

    def test_up_and_down(self):
        self.assertEqual(self.moves(event="up"), {("S", "M"), ("S", "L"), ("M", "L")})
        self.assertEqual(self.moves(event="down"), {("M", "S"), ("L", "S"), ("L", "M")})
        self.assertEqual(self.moves(event="up", class_ids=self.medium.ids), {("S", "M")})

    def test_other_end(self):
        values = {"class_ids": self.large.ids, "other_class_ids": self.small.ids}
        self.assertEqual(self.moves(event="enter", **values), {("S", "L")})
        self.assertEqual(self.moves(event="leave", **values), {("L", "S")})

    def test_classes_that_are_part_of_a_chosen_one(self):
        part = self.make_class(self.size, "XL", parent_id=self.large.id)
        action = self.action(event="enter", class_ids=self.large.ids)
        none = self.env["segmentation.class"]
        moves = [(self.size, self.small, part, 3), (self.size, self.large, part, 5), (self.region, none, none, 9)]
        self.assertEqual(self.Action._count_moves(moves), {action: 3})

    def test_counts_agree_with_what_is_queued(self):
        partners = self.customers(4)
        actions = self.action(event="down") | self.action(event="up") | self.action(event="leave")
        partners[0].employee_count = SMALL
        partners[1].employee_count = 60
        partners[2].employee_count = SMALL
        run = self.classify(partners)
        moves = run.change_ids._read_group(
            [("run_id", "=", run.id)], ["dimension_id", "from_class_id", "to_class_id"], ["__count"]
        )
        counted = self.Action._count_moves(moves)
        queued = {action: len(self.items(action)) for action in actions if self.items(action)}
        self.assertEqual(counted, queued)
        self.assertEqual(set(queued.values()), {3})

    def test_configuration_that_cannot_work_is_refused(self):
        stage = self.env.ref("partner_segmentation.dimension_stage")
        for values, message in (
            ({"dimension_id": stage.id, "event": "up"}, "not ranked"),
            ({"dimension_id": stage.id, "class_ids": self.large.ids}, "does not belong"),
            ({"dimension_id": stage.id, "other_class_ids": self.large.ids}, "does not belong"),
            ({"domain": "[('nothing', '=', 1)]"}, "not valid"),
        ):
            with self.assertRaisesRegex(ValidationError, message):
                self.action(**values)
        country = self.env["ir.model"]._get("res.country").id
        with self.assertRaisesRegex(ValidationError, "not for contacts"):
            self.action(self.server_action(model_id=country))

    def test_class_that_an_action_names_is_not_deleted(self):
        cls = self.make_class(self.size, "XL")
        action = self.action(class_ids=cls.ids)
        with self.assertRaisesRegex(UserError, action.name):
            cls.unlink()
        action.class_ids = self.large
        cls.unlink()


@tagged("post_install", "-at_install")
class TestActionWork(ActionCommon):
    FAILS_FOR_ONE = "if record.name == 'Customer 1': raise UserError('Not this one')\nrecord.write({'comment': 'Run'})"

    def test_one_failing_leaves_the_others_done(self):
        partners = self.customers(4)
        action = self.action(self.server_action(self.FAILS_FOR_ONE), event="change")
        self.move(partners, SMALL)
        self.work()
        self.assertEqual(sorted(self.states(action)), ["done", "done", "done", "waiting"])
        failed = self.items(action).filtered(lambda item: item.partner_id == partners[1])
        self.assertEqual(failed.state, "waiting")
        self.assertEqual((failed.attempts, failed.error), (1, "Not this one"))
        self.assertGreater(failed.not_before, Datetime.now())
        self.assertEqual([bool(partner.comment) for partner in partners], [True, False, True, True])

    def test_attempts_are_repeated_and_end(self):
        partner = self.customers(2)[1]
        action = self.action(self.server_action(self.FAILS_FOR_ONE), event="change")
        self.move(partner, SMALL)
        item = self.items(action)
        waits = []
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self.assertEqual(item.state, "waiting")
            self.let_time_pass()
            self.work()
            self.assertEqual(item.attempts, attempt)
            waits.append(item.not_before - Datetime.now())
        self.assertEqual((item.state, item.error), ("failed", "Not this one"))
        self.assertEqual(waits[:-1], sorted(waits[:-1]))
        self.let_time_pass()
        self.work()
        self.assertEqual(item.attempts, MAX_ATTEMPTS)
        self.assertEqual(action.failed_count, 1)

        partner.name = "Mended"
        item.action_try_again()
        self.work()
        self.assertEqual((item.state, item.error), ("done", False))
        with self.assertRaisesRegex(UserError, "failed or was stopped"):
            item.action_try_again()

    def test_job_is_woken_for_the_next_attempt(self):
        self.move(self.customers(2), SMALL)
        action = self.action(self.server_action("raise UserError('Never')"), event="change")
        self.move(self.customers(2), SMALL)
        job = self.env.ref("partner_segmentation.cron_actions")
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", job.id)])
        triggers.unlink()
        self.work()
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", job.id)])
        self.assertEqual(triggers.mapped("call_at"), [min(self.items(action).mapped("not_before"))])

    def test_more_than_a_batch(self):
        partners = self.customers(BATCH + 3)
        action = self.action(event="change")
        self.move(partners, SMALL)
        self.work()
        self.assertEqual(set(self.states(action)), {"done"})
        self.assertEqual(len(self.items(action)), BATCH + 3)

    def test_actions_for_many_are_called_once(self):
        partners = self.customers(3)
        write = self.server_action(state="object_write", update_path="ref", value="Written")
        action = self.action(write, event="change")
        self.move(partners, SMALL)
        with patch.object(type(write), "run", autospec=True, side_effect=type(write).run) as run:
            self.work()
        calls = [call.args[0] for call in run.call_args_list]
        self.assertEqual(len([called for called in calls if called == write]), 1)
        self.assertEqual(set(self.states(action)), {"done"})
        self.assertEqual(partners.mapped("ref"), ["Written"] * 3)

    def test_code_is_run_for_each_customer_with_its_change(self):
        code = "record.write({'comment': str(env.context['segmentation_change_id'])})"
        partners = self.customers(2)
        action = self.action(self.server_action(code), event="change")
        self.move(partners, SMALL)
        self.work()
        for item in self.items(action):
            self.assertIn(str(item.change_id.id), item.partner_id.comment)

    def test_interrupted_attempts_count(self):
        partner = self.customers(1)
        action = self.action(event="change")
        self.move(partner, SMALL)
        item = self.items(action)
        item.sudo().attempts = MAX_ATTEMPTS
        self.work()
        self.assertEqual(item.state, "failed")
        self.assertIn("interrupted", item.error)
        self.assertFalse(partner.comment)

    def test_conflict_with_another_transaction_is_put_off(self):
        partner = self.customers(1)
        action = self.action(event="change")
        self.move(partner, SMALL)
        job = self.env.ref("partner_segmentation.cron_actions")
        self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", job.id)]).unlink()
        with patch.object(type(self.Item), "_begin", side_effect=SerializationFailure("concurrent update")):
            self.work()
        self.assertEqual((self.states(action), self.items(action).attempts), (["waiting"], 0))
        self.assertTrue(self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", job.id)]))
        self.work()
        self.assertEqual(self.states(action), ["done"])

    def test_error_of_python_does_not_show_the_code(self):
        partner = self.customers(1)
        action = self.action(self.server_action("secret = 1\n1 / 0"), event="change")
        self.move(partner, SMALL)
        self.work()
        self.assertIn("division by zero", self.items(action).error)
        self.assertNotIn("secret", self.items(action).error)

    def test_archived_merged_and_deleted_customers_end_quietly(self):
        archived, merged, kept, deleted = self.customers(4)
        action = self.action(event="change")
        self.move(archived | merged | deleted, SMALL)
        archived.active = False
        self.env["base.partner.merge.automatic.wizard"]._merge((merged | kept).ids, kept)
        deleted.unlink()
        self.work()
        items = self.items(action)
        self.assertEqual(items.mapped("state"), ["skipped", "skipped"])
        self.assertIn("archived", items[0].error)
        self.assertIn("merged", items[1].error)
        self.assertFalse(archived.comment or kept.comment)

    def test_archived_user_fails(self):
        user = self.new_user("segmentation_leaver", "base.group_partner_manager")
        partner = self.customers(1)
        action = self.action(event="change")
        action.sudo().user_id = user
        self.move(partner, SMALL)
        user.sudo().active = False
        self.work()
        self.assertIn("archived", self.items(action).error)

    def test_loop_is_stopped(self):
        """An action moves the customer to small, another one back to large."""
        partner = self.customers(1)
        up, down = (
            self.action(
                self.server_action(f"record.write({{'employee_count': {employees}}})"),
                name=name,
                event="enter",
                class_ids=cls.ids,
            )
            for name, cls, employees in (("Grow", self.small, LARGE), ("Shrink", self.large, SMALL))
        )
        self.move(partner, SMALL)
        for _round in range(2 * LOOP_LIMIT + 5):
            self.work()
            self.run_jobs("cron_classify_touched")
        self.assertEqual(self.states(up), ["done"] * LOOP_LIMIT + ["stopped"])
        self.assertEqual(self.states(down), ["done"] * LOOP_LIMIT)
        stopped = self.items(up)[-1]
        self.assertIn("Grow", stopped.error)
        self.assertIn("Shrink", stopped.error)
        self.assertFalse(self.Item.search([("state", "=", "waiting")]))

    def test_results_are_written_in_a_way_that_automation_rules_see(self):
        """Automation rules hook into `write`; an action without server action is there for them."""
        partners = self.customers(2)
        action = self.action(event="change")
        action.server_action_id = False
        self.move(partners, SMALL)
        written = []
        Item = type(self.Item)
        original = Item.write

        def write(records, vals):
            written.extend(records.partner_id.ids if vals.get("state") == "done" else ())
            return original(records, vals)

        with patch.object(Item, "write", write):
            self.work()
        self.assertCountEqual(written, partners.ids)
        self.assertEqual(self.states(action), ["done", "done"])


@tagged("post_install", "-at_install")
class TestActionAccess(ActionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.new_user("segmentation_admin", "base.group_system,partner_segmentation.group_manager")

    def test_manager_configures_with_existing_server_actions(self):
        server_action = self.server_action()
        with Form(self.Action.with_user(self.manager)) as form:
            form.name = "Mine"
            form.dimension_id = self.size
            form.event = "leave"
            form.class_ids.add(self.large)
            form.server_action_id = server_action
            form.active = True
        action = form.record
        self.assertEqual((action.user_id, action.company_id), (self.manager, self.company))
        seen = self.env["ir.actions.server"].with_user(self.manager).search([])
        self.assertIn(server_action, seen)
        self.assertEqual(set(seen.sudo().mapped("model_name")), {"res.partner"})
        with self.assertRaises(AccessError):
            self.env["ir.actions.server"].with_user(self.manager).create(
                {"name": "Code", "model_id": self.partner_model.id, "state": "code"}
            )
        for field in ("code", "webhook_url"):
            with self.assertRaises(AccessError):
                server_action.with_user(self.manager).read([field])

    def test_technical_administrators_still_see_all_server_actions(self):
        seen = self.env["ir.actions.server"].with_user(self.admin).search([])
        self.assertGreater(set(seen.mapped("model_name")), {"res.partner"})

    def test_manager_does_not_act_as_somebody_else(self):
        action = self.action().with_user(self.manager)
        with self.assertRaises(AccessError):
            self.Action.with_user(self.manager).create(
                {"name": "Theirs", "dimension_id": self.size.id, "user_id": self.admin.id}
            )
        with self.assertRaises(AccessError):
            self.Action.with_user(self.manager).with_context(default_user_id=self.admin.id).create(
                {"name": "Theirs", "dimension_id": self.size.id}
            )
        with self.assertRaises(AccessError):
            action.user_id = self.admin
        action.with_user(self.admin).user_id = self.admin
        self.assertEqual(action.user_id, self.admin)

    def test_who_changes_an_action_is_whom_it_runs_as(self):
        action = self.action()
        other = self.server_action()
        for values in (
            {"server_action_id": other.id},
            {"event": "leave"},
            {"class_ids": [Command.set(self.small.ids)]},
            {"domain": "[]"},
            {"active": True},
            {"active": False, "event": "change"},
        ):
            action.sudo().user_id = self.admin
            action.with_user(self.manager).write(values)
            self.assertEqual(action.user_id, self.manager, values)
        action.sudo().user_id = self.admin
        for values in ({"name": "Other name"}, {"active": False}):
            action.with_user(self.manager).write(values)
            self.assertEqual(action.user_id, self.admin, values)
        action.sudo().active = True
        copy = action.with_user(self.manager).copy()
        self.assertEqual((copy.user_id, copy.active), (self.manager, False))

    def test_condition_does_not_read_what_its_author_may_not(self):
        action = self.action()
        with self.assertRaises(AccessError):
            action.with_user(self.manager).domain = "[('revenue_12m', '>', 1000000)]"

    def test_server_action_runs_with_the_rights_of_the_user(self):
        code = "env['ir.config_parameter'].set_param('segmentation', 'taken')\nrecord.write({'comment': 'Run'})"
        partner = self.customers(1)
        action = self.action(self.server_action(code), event="change")
        user = self.new_user("segmentation_contacts", "base.group_partner_manager")
        action.sudo().user_id = user
        self.move(partner, SMALL)
        self.work()
        item = self.items(action)
        self.assertEqual((item.state, item.user_id), ("waiting", user))
        self.assertIn("ir.config_parameter", item.error)
        self.assertFalse(self.env["ir.config_parameter"].sudo().get_param("segmentation"))
        self.assertFalse(partner.comment)

    @mute_logger("odoo.addons.base.models.ir_actions")  # it warns of the refusal
    def test_user_who_may_not_change_contacts_fails(self):
        partner = self.customers(1)
        action = self.action(event="change")
        action.sudo().user_id = self.new_user("segmentation_viewer", "base.group_user")
        self.move(partner, SMALL)
        for _attempt in range(MAX_ATTEMPTS):
            self.let_time_pass()
            self.work()
        item = self.items(action)
        self.assertEqual(item.state, "failed")
        self.assertIn("res.partner", item.error)
        self.assertFalse(partner.comment)

    def test_company_that_was_taken_from_the_user(self):
        other = self.setup_other_company()["company"]
        partner = self.customers(1)
        action = self.action(event="change")
        user = self.new_user("segmentation_two", "base.group_partner_manager", self.company | other)
        action.sudo().user_id = user
        self.move(partner, SMALL)
        user.sudo().write({"company_id": other.id, "company_ids": [Command.set(other.ids)]})
        self.work()
        self.assertEqual(self.states(action), ["waiting"])
        self.assertIn("does not have access", self.items(action).error)
        self.assertFalse(partner.comment)
        with self.assertRaisesRegex(ValidationError, "does not have access"):
            action.sudo().write({"user_id": user.id, "company_id": self.company.id})

    def test_results_cannot_be_forged(self):
        partner = self.customers(1)
        action = self.action(event="change")
        run = self.move(partner, SMALL)
        item = self.items(action).with_user(self.manager)
        change = run.change_ids[0]
        with self.assertRaises(AccessError):
            item.create({"action_id": action.id, "change_id": change.id, "partner_id": partner.id})
        with self.assertRaises(AccessError):
            action.with_user(self.manager).write(
                {"item_ids": [Command.create({"change_id": change.id, "partner_id": self.env.user.partner_id.id})]}
            )
        with self.assertRaises(AccessError):
            item.write({"state": "done"})
        with self.assertRaises(AccessError):
            item.unlink()
        for model, methods in (
            (self.Item, ("_cron_work", "_work", "_run", "_run_server_action")),
            (self.Action, ("_queue_changes", "_insert_items", "_count_moves")),
        ):
            for method in methods:
                with self.assertRaises(AccessError):
                    get_public_method(model, method)

    def test_users_see_and_start_nothing_of_it(self):
        partner = self.customers(1)
        action = self.action(event="change")
        run = self.move(partner, SMALL)
        item = self.items(action)
        item.sudo().state = "failed"
        for groups in ("partner_segmentation.group_user", "sales_team.group_sale_salesman", "base.group_user"):
            user = self.new_user(f"{groups}_1", groups)
            for model in ("segmentation.action", "segmentation.action.item", "ir.actions.server"):
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(self.env[model].with_user(user).has_access(operation), (groups, model))
            with self.assertRaises(AccessError):
                item.with_user(user).action_try_again()
            with self.assertRaises(AccessError):
                action.with_user(user).write({"active": True})
        user = self.new_user("segmentation_runs", "partner_segmentation.group_user")
        with self.assertRaises(AccessError):
            run.with_user(user).read(["action_item_count"])

    def test_salesperson_who_classifies_makes_the_action_run(self):
        partner = self.customers(1)
        action = self.action(event="change")
        partner.employee_count = SMALL
        partner.with_user(self.salesperson).action_reclassify()
        self.assertEqual(self.states(action), ["waiting"])

    def test_other_companies_are_out_of_sight(self):
        other = self.setup_other_company()["company"]
        partner = self.customers(1)
        action = self.action(event="change")
        self.move(partner, SMALL)
        item = self.items(action)
        item.sudo().state = "failed"
        stranger = self.new_user("segmentation_stranger", "partner_segmentation.group_manager", other)
        self.assertNotIn(action, self.Action.with_user(stranger).search([]))
        self.assertNotIn(item, self.Item.with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            item.with_user(stranger).action_try_again()
        item.with_user(self.manager).action_try_again()
        self.assertEqual(item.state, "waiting")


@tagged("post_install", "-at_install")
class TestActionExamples(ActionCommon):
    def switch_on(self, name):
        action = self.env.ref(f"partner_segmentation.{name}").with_user(self.seller)
        action.active = True
        self.assertEqual(action.user_id, self.seller)
        return action.with_env(self.env)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.new_user(
            "segmentation_seller", "partner_segmentation.group_manager,sales_team.group_sale_manager"
        )

    def lapse(self, partner):
        old, new = "2023-01-01", "2026-06-01"
        self.order(partner, moment=new)
        self.classify(partner)
        order = self.env["sale.order"].search([("partner_id", "=", partner.id)])
        order.date_order = old
        self.classify(partner)
        self.assertClass(partner, self.stage, "LAPSED")

    def test_large_customer_lapses(self):
        action = self.switch_on("action_large_lapsed")
        large = self.customer("Large", employee_count=LARGE, user_id=self.salesperson.id)
        small = self.customer("Small", employee_count=SMALL)
        self.lapse(large)
        self.lapse(small)
        self.assertEqual(self.items(action).partner_id, large)
        self.work()
        self.assertEqual(self.states(action), ["done"], self.items(action).error)
        activity = large.activity_ids
        call = self.env.ref("partner_segmentation.activity_customer_at_risk")
        self.assertEqual((activity.activity_type_id, activity.user_id), (call, self.salesperson))
        self.assertEqual((activity.date_deadline - Datetime.now().date()).days, 3)

        self.order(large)
        self.classify(large)
        self.lapse(large)
        self.work()
        self.assertEqual(sorted(self.states(action)), ["done", "skipped"])
        self.assertEqual(large.activity_ids, activity, "it is open still")
        activity.action_done()
        self.order(large)
        self.classify(large)
        self.lapse(large)
        self.work()
        self.assertEqual(len(large.activity_ids), 1)

    def test_first_purchase(self):
        action = self.switch_on("action_first_purchase")
        partner = self.customer()
        self.classify(partner)
        self.assertClass(partner, self.stage, "POTENTIAL")
        self.order(partner)
        self.classify(partner)
        self.work()
        self.assertEqual(self.states(action), ["done"], self.items(action).error)
        note = partner.message_ids[0]
        self.assertIn("First purchase", note.body)
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertEqual(note.author_id, self.seller.partner_id)
