"""Applying the service policies of customers, and undoing it."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Date
from odoo.service.model import get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .services_common import ServiceCommon
from .test_actions import ActionCommon


@tagged("post_install", "-at_install")
class TestServicesApply(ServiceCommon):
    def test_apply_and_undo(self):
        self.service("pricelist", self.pricelist)
        self.service("payment_term", self.term)
        self.service("credit_limit", 5000.0)
        self.service("tags", self.tag)
        self.service("salesperson", self.users)
        self.service("plan", self.plan)
        partner = self.served(1, category_id=self.other_tag.ids)
        wizard = self.preview(partner)
        self.assertEqual(set(wizard.line_ids.mapped("state")), {"new"})
        self.assertTrue(all(wizard.line_ids.mapped("take")))
        self.assertFalse(partner.specific_property_product_pricelist, "a preview changes nothing")
        wizard.action_apply()
        self.assertEqual(partner.property_product_pricelist, self.pricelist)
        self.assertEqual(partner.property_payment_term_id, self.term)
        self.assertEqual(partner.credit_limit, 5000)
        self.assertTrue(partner.use_partner_credit_limit)
        self.assertEqual(partner.category_id, self.tag | self.other_tag)
        self.assertIn(partner.user_id, self.users)
        self.assertEqual(partner.activity_ids.mapped("summary"), ["Welcome call"])
        self.assertEqual(partner.activity_ids.user_id, partner.user_id)
        application = self.Application.search([], limit=1)
        self.assertEqual((application.origin, application.customers, application.changed), ("hand", 1, 6))
        self.assertEqual(len(self.notes(partner)), 1)
        self.assertNotIn("5,000", self.notes(partner).body)

        application.action_undo()
        self.assertFalse(partner.specific_property_product_pricelist)
        self.assertFalse(partner.property_payment_term_id)
        self.assertEqual(partner.credit_limit, 0)
        self.assertEqual(partner.category_id, self.other_tag)
        self.assertFalse(partner.user_id)
        self.assertFalse(partner.activity_ids)
        self.assertEqual(application.state, "undone")
        self.assertEqual(set(application.line_ids.mapped("state")), {"undone"})
        self.assertEqual(len(self.notes(partner)), 2)

    def test_automatic_leaves_what_a_person_set(self):
        self.service("pricelist", self.pricelist)
        self.service("payment_term", self.term, effect="suggests")
        partner, by_hand = self.served(2)
        by_hand.specific_property_product_pricelist = self.other_pricelist
        application = (partner | by_hand)._apply_services()
        self.assertEqual(partner.specific_property_product_pricelist, self.pricelist)
        self.assertEqual(by_hand.specific_property_product_pricelist, self.other_pricelist)
        self.assertFalse(partner.property_payment_term_id, "what is only suggested is for people to tick")
        self.assertEqual((application.origin, application.changed, application.kept), ("automatic", 1, 1))
        kept = application.line_ids.filtered(lambda line: line.state == "kept")
        self.assertEqual((kept.partner_id, kept.reason), (by_hand, "Set by hand"))
        self.assertFalse(self.notes(by_hand))
        self.assertFalse((partner | by_hand)._apply_services().changed, "nothing is done twice")

    def test_preview_does_not_tick_what_a_person_set(self):
        self.service("pricelist", self.pricelist)
        self.service("payment_term", self.term, effect="suggests")
        partner = self.served(1, specific_property_product_pricelist=self.other_pricelist.id)
        wizard = self.preview(partner)
        pricelist, term = wizard.line_ids
        self.assertEqual((pricelist.state, pricelist.take, pricelist.note), ("hand", False, "Set by hand"))
        self.assertEqual(
            (pricelist.old_text, pricelist.new_text),
            tuple(each.display_name for each in (self.other_pricelist, self.pricelist)),
        )
        self.assertEqual((term.state, term.take, term.note), ("suggested", False, "Suggested only"))
        with self.assertRaisesRegex(UserError, "Nothing is ticked"):
            wizard.action_apply()
        pricelist.take = True
        wizard.action_apply()
        self.assertEqual(partner.specific_property_product_pricelist, self.pricelist, "a person has ticked it")
        self.assertIn(self.other_pricelist.name, self.notes(partner).body)

    def test_what_we_applied_is_not_by_hand(self):
        item = self.service("pricelist", self.pricelist)
        partner = self.served(1)
        partner._apply_services()
        item.pricelist_id = self.other_pricelist
        partner._apply_services()
        self.assertEqual(partner.specific_property_product_pricelist, self.other_pricelist)
        third = self.pricelist.copy({"name": "Third"})
        partner.specific_property_product_pricelist = third
        application = partner._apply_services()
        self.assertEqual(partner.specific_property_product_pricelist, third)
        self.assertIn("Set by hand since", application.line_ids.reason)

    def test_what_a_person_took_away_stays_away(self):
        self.service("pricelist", self.pricelist)
        partner = self.served(1)
        partner._apply_services()
        partner.specific_property_product_pricelist = False
        application = partner._apply_services()
        self.assertFalse(partner.specific_property_product_pricelist)
        self.assertIn("Set by hand since", application.line_ids.reason)
        self.assertFalse(self.preview(partner).line_ids.take, "only who ticks it sets it again")

    def test_undo_leaves_what_was_changed_since(self):
        self.service("pricelist", self.pricelist)
        self.service("tags", self.tag)
        first, second = partners = self.served(2)
        application = partners._apply_services()
        second.specific_property_product_pricelist = self.other_pricelist
        second.category_id = False
        application.action_undo()
        self.assertFalse(first.specific_property_product_pricelist)
        self.assertFalse(first.category_id)
        self.assertEqual(second.specific_property_product_pricelist, self.other_pricelist)
        left = application.line_ids.filtered(lambda line: line.state == "left")
        self.assertEqual(left.partner_id, second)
        self.assertEqual(set(left.mapped("reason")), {"It was changed since.", "It was removed since."})
        self.assertEqual(application.state, "partial")
        self.assertEqual(application.undone_by_id, self.env.user)
        with self.assertRaisesRegex(UserError, "nothing to undo"):
            application.action_undo()

    def test_undo_of_one_customer_of_many(self):
        self.service("pricelist", self.pricelist)
        first, second = partners = self.served(2)
        application = partners._apply_services()
        self.assertTrue(first.segmentation_has_applied)
        first.action_undo_services()
        self.assertFalse(first.specific_property_product_pricelist)
        self.assertEqual(second.specific_property_product_pricelist, self.pricelist)
        self.assertEqual(application.state, "partial")
        first.invalidate_recordset()
        self.assertFalse(first.segmentation_has_applied)
        with self.assertRaisesRegex(UserError, "No service was applied"):
            first.action_undo_services()

    def test_undo_goes_back_step_by_step(self):
        item = self.service("pricelist", self.pricelist)
        partner = self.served(1, specific_property_product_pricelist=False)
        partner._apply_services()
        item.pricelist_id = self.other_pricelist
        partner._apply_services()
        partner.action_undo_services()
        self.assertEqual(partner.specific_property_product_pricelist, self.pricelist)
        partner.action_undo_services()
        self.assertFalse(partner.specific_property_product_pricelist)

    def test_excluded_customer_is_listed_and_never_changed(self):
        self.service("pricelist", self.pricelist)
        partner = self.served(1)
        salesperson = self.users[0]
        partner.with_user(salesperson).write(
            {"segmentation_service_excluded": True, "segmentation_service_exclusion_reason": "Contract"}
        )
        self.assertEqual(partner.search([("segmentation_service_excluded", "=", True)]), partner)
        application = partner._apply_services()
        self.assertEqual((application.changed, application.line_ids.reason), (0, "Excluded: Contract"))
        wizard = self.preview(partner)
        self.assertEqual((wizard.excluded, wizard.line_ids.take), (1, False))
        wizard.line_ids.take = True
        with self.assertRaisesRegex(UserError, "Nothing is ticked"):
            wizard.action_apply()
        self.assertFalse(partner.specific_property_product_pricelist)
        self.assertIn("Contract", partner.segmentation_services)
        self.assertTrue(self.Service._policy(partner).lines[0].differs)
        partner.specific_property_product_pricelist = self.pricelist
        self.assertFalse(self.Service._policy(partner).lines[0].differs)
        other = self.setup_other_company()["company"]
        self.assertFalse(partner.with_company(other).segmentation_service_excluded)

    def test_pool_is_dealt_out_evenly_and_the_same_every_time(self):
        self.service("salesperson", self.users)
        anna, ben, carl = self.users.sorted("id")
        self.served(2, user_id=anna.id)
        partners = self.served(7, user_id=False)
        proposed = [[proposal.new for proposal in self.Service._proposals(partners)] for _ in range(2)]
        self.assertEqual(*proposed)
        partners._apply_services()
        loads = [self.env["res.partner"].search_count([("user_id", "=", user.id)]) for user in (anna, ben, carl)]
        self.assertEqual(loads, [3, 3, 3])
        self.assertEqual(partners.mapped("user_id.id")[:2], [ben.id, carl.id])
        self.assertFalse(partners._apply_services(), "who is in the pool stays")

    def test_salespeople_of_a_team_are_dealt_out_too(self):
        anna, ben, carl = self.users.sorted("id")
        team = self.env["crm.team"].create({"name": "East", "company_id": False, "member_ids": (anna | ben).ids})
        item = self.service("salesperson", carl)
        item.write({"user_ids": False, "team_ids": team.ids})
        self.assertIn(anna.name, item.value_text)
        partners = self.served(4, user_id=False)
        partners._apply_services()
        self.assertEqual(sorted(partners.mapped("user_id").ids), (anna | ben).ids)
        self.assertEqual(len(partners.filtered(lambda partner: partner.user_id == anna)), 2)
        with self.assertRaisesRegex(ValidationError, "has no value"):
            item.team_ids = False

    def test_plan_is_started_once_for_each_stay_in_the_class(self):
        self.service("plan", self.plan)
        partner = self.served(1)
        partner._apply_services()
        partner._apply_services()
        self.assertEqual(len(partner.activity_ids), 1)
        self.assertEqual(self.preview(partner).line_ids.state, "done")
        for employees in (1, 250):
            partner.employee_count = employees
            self.classify(partner)
        partner._apply_services()
        partner._apply_services()
        self.assertEqual(len(partner.activity_ids), 2)

    def test_undo_of_a_plan_leaves_what_is_done(self):
        self.plan.template_ids.copy({"plan_id": self.plan.id, "summary": "Visit"})
        self.service("plan", self.plan)
        first, second = partners = self.served(2)
        application = partners._apply_services()
        self.assertEqual(len(first.activity_ids), 2)
        second.activity_ids[0].action_feedback()
        application.action_undo()
        self.assertFalse(partners.activity_ids)
        self.assertEqual(application.line_ids.filtered(lambda line: line.state == "left").partner_id, second)

    def test_mail_is_sent_once_and_cannot_be_taken_back(self):
        template = self.env["mail.template"].create(
            {
                "name": "Welcome",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "subject": "Welcome {{ object.name }}",
                "partner_to": "{{ object.id }}",
            }
        )
        self.service("mail", template)
        partner = self.served(1, email="served@example.com")
        before = self.env["mail.mail"].search([]).ids
        application = partner._apply_services()
        partner._apply_services()
        mail = self.env["mail.mail"].search([("id", "not in", before)])
        self.assertEqual((mail.subject, mail.state), ("Welcome Served 1", "outgoing"))
        application.action_undo()
        self.assertEqual(application.line_ids.state, "left")
        self.assertFalse(partner._apply_services())

    def test_stale_preview_is_refused(self):
        item = self.service("pricelist", self.pricelist)
        partner = self.served(1)
        wizard = self.preview(partner)
        item.pricelist_id = self.other_pricelist
        with self.assertRaisesRegex(UserError, "changed since the preview"):
            wizard.action_apply()
        self.assertFalse(partner.specific_property_product_pricelist)

    def test_no_preview_without_a_policy_or_for_too_many(self):
        partners = self.served(2)
        with self.assertRaisesRegex(UserError, "neither set nor suggest"):
            partners.action_apply_services()
        most = patch("odoo.addons.partner_segmentation.wizards.service_apply.MAX_CUSTOMERS", 1)
        with most, self.assertRaisesRegex(UserError, "at most"):
            partners.action_apply_services()

    def test_queries_do_not_grow_with_the_customers(self):
        self.service("pricelist", self.pricelist)
        self.service("salesperson", self.users)
        self.service("plan", self.plan)
        few, many = self.served(3), self.served(60)
        counts = []
        for partners in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Service._with_texts(self.Service._proposals(partners))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)


@tagged("post_install", "-at_install")
class TestServicesApplyRights(ServiceCommon):
    def test_policy_grants_no_right_on_a_field(self):
        self.service("credit_limit", 5000.0)
        partner = self.served(1)
        salesperson = self.users[0]
        wizard = self.preview(partner, salesperson)
        line = wizard.line_ids
        self.assertEqual((line.state, line.take, line.new_text), ("forbidden", False, ""))
        line.take = True
        with self.assertRaisesRegex(AccessError, "may not change “Credit Limit”"):
            wizard.action_apply()
        with self.assertRaisesRegex(AccessError, "may not change “Credit Limit”"):
            partner.with_user(salesperson)._apply_services()
        self.assertFalse(partner.use_partner_credit_limit)
        application = partner._apply_services()
        with self.assertRaisesRegex(AccessError, "may not change “Credit Limit”"):
            application.with_user(salesperson).action_undo()
        self.assertEqual(partner.credit_limit, 5000)

    def test_policy_grants_no_right_on_another_ones_customer(self):
        self.service("pricelist", self.pricelist)
        own, other = self.served(2)
        salesperson = self.users[0]
        own.user_id, other.user_id = salesperson, self.users[1]
        self.env["ir.rule"].sudo().create(
            {
                "name": "Own customers",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": "['|', ('user_id', '=', user.id), ('customer_rank', '=', 1000)]",
                "groups": [self.env.ref("sales_team.group_sale_salesman").id],
                "perm_read": False,
            }
        )
        self.env.user.group_ids -= self.env.ref("sales_team.group_sale_manager")
        lines = self.preview(own | other, salesperson).line_ids
        self.assertEqual(lines.mapped("state"), ["new", "forbidden"])
        with self.assertRaises(AccessError):
            (own | other).with_user(salesperson)._apply_services()
        own.with_user(salesperson)._apply_services()
        self.assertEqual(own.specific_property_product_pricelist, self.pricelist)
        application = other._apply_services()
        with self.assertRaises(AccessError):
            application.with_user(salesperson).action_undo()
        self.assertEqual(other.specific_property_product_pricelist, self.pricelist)

    def test_viewer_without_write_access_changes_nothing(self):
        self.service("pricelist", self.pricelist)
        partner = self.served(1)
        viewer = self.new_user("service_viewer", "partner_segmentation.group_user")
        self.assertEqual(self.preview(partner, viewer).line_ids.state, "forbidden")
        with self.assertRaises(AccessError):
            partner.with_user(viewer)._apply_services()
        with self.assertRaises(AccessError):
            partner.with_user(viewer).segmentation_service_excluded = True
        application = partner._apply_services()
        with self.assertRaises(AccessError):
            application.with_user(viewer).action_undo()
        with self.assertRaises(AccessError):
            partner.with_user(viewer).action_undo_services()
        self.assertEqual(partner.specific_property_product_pricelist, self.pricelist)

    def test_log_cannot_be_forged(self):
        self.service("pricelist", self.pricelist)
        partner = self.served(1)
        application = partner._apply_services()
        manager = self.new_user("service_manager", "partner_segmentation.group_manager,base.group_partner_manager")
        for record in (application, application.line_ids):
            with self.assertRaises(AccessError):
                record.with_user(manager).write({"state": "applied"})
        for name in ("_apply", "_log", "_undo"):
            with self.assertRaises(AccessError):
                get_public_method(self.Application, name)
        with self.assertRaises(AccessError):
            get_public_method(self.env["res.partner"], "_apply_services")
        wizard = self.preview(partner)
        with self.assertRaises(AccessError):
            wizard.with_user(manager).read(["customers"])


@tagged("post_install", "-at_install")
class TestServicesOnChange(ActionCommon, ServiceCommon):
    """Services applied by an action on change of class."""

    def apply_action(self, **values):
        server_action = self.env.ref("partner_segmentation.server_action_apply_services")
        return self.action(server_action, event="enter", class_ids=self.large.ids, **values)

    def test_shipped_example_is_off_and_does_nothing(self):
        example = self.env.ref("partner_segmentation.action_apply_services")
        self.assertFalse(example.active)
        self.assertTrue(example.server_action_id._can_run_for_many())
        self.service("pricelist", self.pricelist)
        partner = self.served(1, employees=1)
        self.move(partner, 250)
        self.work()
        self.assertFalse(partner.specific_property_product_pricelist)

    def test_customers_who_enter_are_served_together(self):
        self.service("pricelist", self.pricelist)
        self.service("plan", self.plan)
        action = self.apply_action()
        partners = self.served(3, employees=1)
        partners[0].specific_property_product_pricelist = self.other_pricelist
        self.move(partners, 250)
        self.work()
        self.assertEqual(set(self.states(action)), {"done"})
        self.assertEqual(
            partners.specific_property_product_pricelist.ids,
            (self.other_pricelist | self.pricelist).ids,
        )
        self.assertEqual(partners[1:].specific_property_product_pricelist, self.pricelist)
        self.assertEqual([len(partner.activity_ids) for partner in partners], [1, 1, 1])
        application = self.Application.search([], limit=1)
        self.assertEqual((application.origin, application.customers, application.kept), ("automatic", 3, 1))
        self.assertEqual(application.user_id, action.user_id)

    def test_action_runs_with_the_rights_of_its_user(self):
        self.service("credit_limit", 5000.0)
        manager = self.new_user("service_manager", "partner_segmentation.group_manager,base.group_partner_manager")
        action = self.apply_action()
        action.sudo().user_id = manager
        partner = self.served(1, employees=1)
        self.move(partner, 250)
        self.work()
        item = self.items(action)
        self.assertEqual((item.state, item.user_id), ("waiting", manager))
        self.assertIn("may not change", item.error)
        self.assertFalse(partner.use_partner_credit_limit)


@tagged("post_install", "-at_install")
class TestRegularContact(ServiceCommon):
    def contacts(self, partner):
        kind = self.env.ref("partner_segmentation.activity_regular_contact")
        return partner.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def test_nothing_is_planned_before_a_class_says_so(self):
        partner = self.served(1, user_id=self.users[0].id)
        self.service("contact", 30, effect="suggests")
        self.run_jobs("cron_contact")
        self.assertFalse(partner.activity_ids)

    def test_activity_is_planned_once_and_again_after_the_interval(self):
        item = self.service("contact", 30)
        partner, nobodys, excluded, small = self.served(4, user_id=self.users[0].id)
        nobodys.user_id = False
        excluded.segmentation_service_excluded = True
        small.employee_count = 1
        self.classify(small)
        self.run_jobs("cron_contact")
        self.run_jobs("cron_contact")
        activity = self.contacts(partner)
        self.assertEqual((len(activity), activity.user_id, activity.create_uid), (1, self.users[0], item.user_id))
        self.assertFalse((nobodys | excluded | small).activity_ids)
        application = self.Application.search([("origin", "=", "job")])
        self.assertEqual((application.user_id, application.customers), (item.user_id, 1))
        activity.action_feedback()
        self.run_jobs("cron_contact")
        self.assertFalse(self.contacts(partner))
        activity.sudo().date_done = Date.today() - timedelta(days=30)
        self.run_jobs("cron_contact")
        self.assertEqual(len(self.contacts(partner)), 1)

    def test_review_of_large_customers_is_an_example_that_a_manager_switches_on(self):
        item = self.env.ref("partner_segmentation.service_large_contact").with_company(self.company)
        partner = self.served(1, user_id=self.users[0].id)
        small = self.served(1, 1, user_id=self.users[0].id)
        self.run_jobs("cron_contact")
        self.assertFalse(item.active)
        self.assertFalse((partner | small).activity_ids)
        for context in ({}, {"active_test": False}):
            self.assertFalse(self.Service.with_context(**context)._policy(partner).lines)
        manager = self.new_user("service_reviewer", "partner_segmentation.group_manager,base.group_partner_manager")
        item.with_user(manager).active = True
        self.assertEqual(item.user_id, manager)
        self.run_jobs("cron_contact")
        self.assertEqual(len(self.contacts(partner)), 1)
        self.assertFalse(small.activity_ids)
        self.assertEqual(self.Service._policy(partner).lines[0].value, "every 90 days")

    def test_class_that_comes_first_says_how_often(self):
        region = self.env.ref("partner_segmentation.dimension_region")
        partner = self.served(
            1, user_id=self.users[0].id, country_id=self.china.id, state_id=self.env.ref("base.state_cn_SH").id
        )
        self.service("contact", 30)
        self.service("contact", 5, self.profile(partner)[region.field_name])
        self.run_jobs("cron_contact")
        self.contacts(partner).action_feedback()
        done = self.env["mail.activity"].with_context(active_test=False).search([("res_id", "=", partner.id)])
        done.sudo().date_done = Date.today() - timedelta(days=10)
        self.run_jobs("cron_contact")
        self.assertFalse(self.contacts(partner), "30 days count, not 5")
        region.service_sequence = 0
        self.run_jobs("cron_contact")
        self.assertTrue(self.contacts(partner))

    def test_item_that_cannot_run_does_not_keep_the_others(self):
        broken = self.service("contact", 30)
        self.service("contact", 30, self.small)
        large, small = self.served(1, user_id=self.users[0].id), self.served(1, 1, user_id=self.users[0].id)
        broken.sudo().user_id = self.new_user("service_gone", "partner_segmentation.group_manager")
        broken.user_id.sudo().active = False
        with mute_logger("odoo.addons.partner_segmentation.models.segmentation_service_contact"):
            self.run_jobs("cron_contact")
        self.assertFalse(self.contacts(large))
        self.assertTrue(self.contacts(small))
