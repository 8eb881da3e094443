"""Which services hold for a customer, and who may see and change them."""

from dataclasses import replace
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.service_kinds import KINDS
from .services_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestServicePolicy(ServiceCommon):
    def test_policy_says_which_class_gives_what(self):
        self.service("pricelist", self.pricelist)
        self.service("checklist", "Quarterly visit\nOne person in charge", effect="shows")
        self.large.service_description = "Treat them well."
        partner = self.served(1)
        policy = self.Service._policy(partner)
        self.assertEqual(policy.descriptions, [self.large])
        line, checklist = policy.lines
        self.assertEqual(
            (line.label, line.value, line.cls, line.effect),
            ("Pricelist", self.pricelist.display_name, self.large, "sets"),
        )
        self.assertTrue(line.differs)
        self.assertEqual((checklist.value, checklist.current), ("Quarterly visit\nOne person in charge", None))
        html = partner.segmentation_services
        for text in ("Treat them well.", "Key accounts", "Quarterly visit", "Large", "Sets", "Only shows"):
            self.assertIn(text, html)
        contact = self.env["res.partner"].create({"name": "Person", "parent_id": partner.id})
        self.assertIn("Key accounts", contact.segmentation_services)
        small = self.env.ref("partner_segmentation.class_size_small")
        served = self.served(1, employees=1)
        self.assertIn(small.service_description, served.segmentation_services)
        small.service_description = False
        served.invalidate_recordset()
        self.assertFalse(served.segmentation_services, "nothing is said")

    def test_first_dimension_wins_and_what_adds_up_adds_up(self):
        region = self.env.ref("partner_segmentation.dimension_region")
        partner = self.served(1, country_id=self.china.id, state_id=self.env.ref("base.state_cn_SH").id)
        region_class = self.profile(partner)[region.field_name]
        self.assertTrue(region_class)
        self.service("pricelist", self.pricelist)
        self.service("pricelist", self.other_pricelist, region_class)
        self.service("tags", self.tag)
        self.service("tags", self.other_tag, region_class)
        self.size.service_sequence, region.service_sequence = 1, 2
        policy = self.Service._policies(partner)[partner]
        self.assertEqual(policy.pricelist_id, self.pricelist)
        self.assertEqual(policy.category_ids, self.tag | self.other_tag)
        self.size.service_sequence = 3
        self.assertEqual(self.Service._policies(partner)[partner].pricelist_id, self.other_pricelist)
        self.assertEqual(self.kinds_of(partner)["pricelist"], region_class)

    def test_priority_is_no_rule(self):
        version = self.size.rule_version
        self.size.service_sequence = 7
        self.service("pricelist", self.pricelist)
        self.large.service_description = "Well"
        self.assertEqual(self.size.rule_version, version)

    def test_parent_serves_its_parts(self):
        partner = self.served(1)
        top = self.make_class(self.size, "TOP", sequence=1000)
        self.large.parent_id = top
        self.service("pricelist", self.pricelist, top)
        self.service("payment_term", self.term, top)
        self.assertEqual(self.kinds_of(partner), {"pricelist": top, "payment_term": top})
        self.service("pricelist", self.other_pricelist)
        self.assertEqual(self.kinds_of(partner), {"pricelist": self.large, "payment_term": top})

    def test_two_companies_serve_the_same_class_differently(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        self.size.currency_id = False
        partner = self.served(1)
        self.classify(partner, other)
        foreign = self.env["product.pricelist"].create({"name": "Theirs", "company_id": other.id})
        self.service("payment_term", self.term, company_id=False)
        self.service("pricelist", self.pricelist)
        self.service("pricelist", foreign, company_id=other.id)
        self.service("payment_term", self.env.ref("account.account_payment_term_15days"), company_id=other.id)
        here = self.Service._policies(partner)[partner]
        there = self.Service.with_company(other)._policies(partner.with_company(other))[partner]
        self.assertEqual((here.pricelist_id, here.payment_term_id), (self.pricelist, self.term))
        self.assertEqual(there.pricelist_id, foreign)
        self.assertNotEqual(there.payment_term_id, self.term, "its own comes before what holds for all")
        partner.with_company(other)._apply_services()
        self.assertEqual(partner.with_company(other).specific_property_product_pricelist, foreign)
        self.assertFalse(partner.specific_property_product_pricelist)
        user = self.new_user("service_one_company", "partner_segmentation.group_user")
        self.assertNotIn(foreign, self.Service.with_user(user).search([]).pricelist_id)

    def test_values_must_fit_the_company(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        foreign = self.env["product.pricelist"].create({"name": "Theirs", "company_id": other.id})
        with self.assertRaisesRegex(ValidationError, "“Theirs.*” is not for"):
            self.service("pricelist", foreign)
        with self.assertRaisesRegex(ValidationError, "“Theirs.*” is not for all companies"):
            self.service("pricelist", foreign, company_id=False)
        with self.assertRaisesRegex(ValidationError, "is not for"):
            self.service("salesperson", self.users, company_id=other.id)

    def test_amount_for_companies_with_different_currencies_is_refused(self):
        self.setup_other_company(currency_id=self.env.ref("base.EUR").id)
        with self.assertRaisesRegex(ValidationError, "different currencies"):
            self.service("credit_limit", 5000.0, company_id=False)
        self.service("credit_limit", 5000.0)

    def test_items_that_say_nothing_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "has no value. Enter “Pricelist”"):
            self.service("pricelist", False)
        with self.assertRaisesRegex(ValidationError, "has no value"):
            self.service("contact", -3)
        with self.assertRaisesRegex(ValidationError, "Only shows"):
            self.service("team", self.env["crm.team"].create({"name": "Team"}))
        lead_template = self.env["mail.template"].create(
            {"name": "Lead", "model_id": self.env["ir.model"]._get("crm.lead").id}
        )
        with self.assertRaisesRegex(ValidationError, "“Lead” is not for contacts"):
            self.service("mail", lead_template)
        self.service("checklist", "Visit", effect="shows")
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.service("checklist", "Another", effect="shows")

    def test_form_offers_the_value_of_the_kind(self):
        with Form(self.Service.with_context(default_class_id=self.large.id)) as form:
            form.kind = "delivery" if "stock.picking" in self.env else "team"
            self.assertEqual(form.effect, "shows")
            form.kind = "contact"
            form.effect = "sets"
            form.contact_days = 90
        item = self.Service.search([("class_id", "=", self.large.id)])
        self.assertEqual((item.value_text, item.company_id), ("every 90 days", self.company))

    def test_kinds_of_modules_that_are_not_there(self):
        kinds = self.Service._kinds()
        self.assertEqual("delivery" in kinds, "stock.picking" in self.env)
        self.assertEqual("reminder" in kinds, "credit_policy_id" in self.env["res.partner"]._fields)
        with patch.object(type(self.env["res.groups"]), "_is_feature_enabled", return_value=False):
            self.assertNotIn("pricelist", self.Service._kinds())
        self.assertIn("pricelist", self.Service._kinds())

    def test_field_of_a_module_is_detected(self):
        # Stands for the policy of a module for dunning.
        kinds = tuple(replace(kind, fields=("industry_id",)) if kind.code == "reminder" else kind for kind in KINDS)
        with patch("odoo.addons.partner_segmentation.models.segmentation_service.KINDS", kinds):
            industry = self.env["res.partner.industry"].create({"name": "Strict"})
            self.service("reminder", False, reminder=f"{industry._name},{industry.id}")
            partner = self.served(1)
            partner._apply_services()
            self.assertEqual(partner.industry_id, industry)
            self.assertEqual(self.kinds_of(partner), {"reminder": self.large})
        self.assertFalse(self.kinds_of(partner), "what no module knows any more does nothing")

    def test_customer_file_says_how_to_serve(self):
        self.service("pricelist", self.pricelist)
        self.large.service_description = "Treat them well."
        partner = self.served(1)
        report = self.env["ir.actions.report"]
        html = report._render_qweb_html("partner_segmentation.report_customer_file", partner.ids)[0].decode()
        self.assertIn("Key accounts", html)
        self.assertIn("Treat them well.", html)
        self.assertNotIn(self.large.description, html, "what the manager says about serving it is enough")
        self.assertNotIn("Served by hand only", html)
        partner.write({"segmentation_service_excluded": True, "segmentation_service_exclusion_reason": "Contract"})
        html = report._render_qweb_html("partner_segmentation.report_customer_file", partner.ids)[0].decode()
        self.assertIn("Served by hand only: Contract", html)


@tagged("post_install", "-at_install")
class TestServiceAccess(ServiceCommon):
    def test_manager_writes_and_user_reads(self):
        viewer = self.new_user("service_viewer", "partner_segmentation.group_user")
        manager = self.new_user("service_manager", "partner_segmentation.group_manager")
        outsider = self.new_user("service_outsider", "base.group_user")
        for name in ("service", "service.application", "service.applied"):
            model = self.env[f"segmentation.{name}"]
            self.assertTrue(model.with_user(viewer).has_access("read"), name)
            self.assertFalse(model.with_user(outsider).has_access("read"), name)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(model.with_user(viewer).has_access(operation), (name, operation))
                self.assertEqual(model.with_user(manager).has_access(operation), name == "service", (name, operation))
        with self.assertRaises(AccessError):
            self.size.with_user(viewer).service_sequence = 3
        with self.assertRaises(AccessError):
            self.large.with_user(viewer).service_description = "Mine"
        with self.assertRaises(AccessError):
            self.env["segmentation.service.apply"].with_user(outsider).create({})
        with self.assertRaises(AccessError):
            self.served(1).with_user(outsider).read(["segmentation_services"])

    def test_manager_without_other_rights_sets_everything_up(self):
        manager = self.new_user("service_manager", "partner_segmentation.group_manager")
        large = self.large.with_user(manager)
        with Form(large) as form:
            for kind, field, value in (
                ("pricelist", "pricelist_id", self.pricelist),
                ("payment_term", "payment_term_id", self.term),
                ("credit_limit", "credit_limit", 1000),
                ("plan", "plan_id", self.plan),
                ("contact", "contact_days", 30),
            ):
                with form.service_ids.new() as line:
                    line.kind = kind
                    line[field] = value
        self.assertEqual(len(large.service_ids), 5)
        self.assertEqual(large.service_ids.user_id, manager)

    def test_credit_limit_is_not_for_everybody(self):
        item = self.service("credit_limit", 4321.0)
        partner = self.served(1)
        viewer = self.new_user("service_viewer", "sales_team.group_sale_salesman")
        self.assertNotIn("4,321", partner.with_user(viewer).segmentation_services or "")
        self.assertFalse(item.with_user(viewer).value_text)
        with self.assertRaises(AccessError):
            item.with_user(viewer).read(["credit_limit"])
        accountant = self.new_user("service_accountant", "account.group_account_invoice")
        self.assertIn("4,321", partner.with_user(accountant).segmentation_services)
        self.preview(partner).action_apply()
        applied = self.Applied.search([("partner_id", "=", partner.id)])
        self.assertIn("4,321", applied.with_user(accountant).new_text)
        self.assertFalse(applied.with_user(viewer).new_text)
        with self.assertRaises(AccessError):
            applied.with_user(viewer).read(["new_value"])
        report = self.env["ir.actions.report"].with_user(viewer)
        html = report._render_qweb_html("partner_segmentation.report_customer_file", partner.ids)[0].decode()
        self.assertNotIn("4,321", html)

    def test_who_changes_an_item_is_who_it_runs_as(self):
        manager = self.new_user("service_manager", "partner_segmentation.group_manager")
        item = self.service("contact", 30)
        self.assertEqual(item.user_id, self.env.user)
        item.with_user(manager).write({"contact_days": 20, "user_id": self.env.user.id})
        self.assertEqual(item.user_id, manager)
        forged = self.Service.with_user(manager).create(
            {"class_id": self.small.id, "kind": "contact", "contact_days": 5, "user_id": self.env.user.id}
        )
        self.assertEqual(forged.user_id, manager)
        self.large.with_user(manager).write({"service_ids": [Command.update(item.id, {"user_id": self.env.user.id})]})
        self.assertEqual(item.user_id, manager)
