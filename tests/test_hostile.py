import base64
import json
import re
from functools import partial
from html import unescape

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SegmentationCommon

SCRIPT = "<script>alert(1)</script>"
FORMATS = "%s %(name)s %d {0.__class__} {self} $x"
DOMAINS = (
    "[('no_such_field', '=', 1)]",
    "[('__class__', '=', 1)]",
    "[('partner_id.__class__', '=', 1)]",
    "[('partner_id.user_ids.password', 'like', 'a')]",
    "[('user_ids.password', 'like', 'a')]",
    "[('create_uid.password', 'like', 'a')]",
    "[('create_uid.api_key_ids.name', 'like', 'a')]",
    "[('user_ids.api_key_ids.name', 'like', 'a')]",
    "[('partner_id.user_ids.api_key_ids.name', 'like', 'a')]",
    "[('create_uid', 'any', [('log_ids', '!=', False)])]",
    "[('create_uid', 'not any', [('partner_id.user_ids', 'any', [('device_ids', '!=', False)])])]",
    "['|', ('create_date.year_number', '>', 0), ('create_uid.totp_trusted_device_ids', '!=', False)]",
    "[('id', 'inselect', ('SELECT 1', []))]",
    "[('id', 'in', __import__('os').listdir('/'))]",
    "[('id', '=', 1)] if True else []",
    "[('id); DROP TABLE res_partner; --', '=', 1)]",
    "__import__('os').system('true')",
    "{{ 7 * 7 }}",
    "[('id', '=', 1), '|']",
    "[" * 5000,
)


@tagged("post_install", "-at_install")
class TestHostileInput(SegmentationCommon):
    """What a manager without technical rights may enter, by screen or by RPC: refused, or no more than text."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "hostile_manager",
            "partner_segmentation.group_manager,sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.menv = cls.env(user=cls.manager, context={"allowed_company_ids": cls.company.ids})
        cls.large = cls.env.ref("partner_segmentation.class_size_large").with_env(cls.menv)
        cls.partner = cls.customer(employee_count=300)

    def refuse(self, attempt):
        """The attempt ends with a message for the user."""
        with mute_logger("odoo.sql_db"), self.assertRaises(UserError), self.env.cr.savepoint():
            attempt()
            self.env.flush_all()
        self.env.invalidate_all()

    # -- conditions ----------------------------------------------------------------------------

    def test_domains(self):
        stage = self.stage.with_env(self.menv)
        settings = self.menv["segmentation.settings"]._of_company(self.company)
        action = self.menv["segmentation.action"].create({"name": "X", "dimension_id": stage.id})
        wizard = self.menv["segmentation.export.xlsx"]
        attempts = {
            "dimension": lambda domain: self.size.with_env(self.menv).write({"domain": domain}),
            "class": lambda domain: stage.class_ids[:1].write({"domain": domain}),
            "action": lambda domain: action.write({"domain": domain}),
            "population": lambda domain: settings.write({"population": domain}),
            "export": lambda domain: wizard.create({"domain": domain}),
        }
        for name, attempt in attempts.items():
            for domain in DOMAINS:
                with self.subTest(name, domain=domain[:60]):
                    self.refuse(partial(attempt, domain))

    def test_domains_through_users(self):
        """What the user has with others can be asked for."""
        wizard = self.menv["segmentation.export.xlsx"]
        for path in (
            "user_id",
            "user_id.sale_team_id",
            "category_id",
            "user_id.child_ids.name",
            "user_ids.company_ids",
        ):
            with self.subTest(path):
                self.assertTrue(wizard.create({"domain": f"[('{path}', '!=', False)]"}))

    def test_metric_of_possessions(self):
        source = self.env["ir.model"]._get_id("res.users.apikeys")
        values = {"name": "Keys", "code": "keys", "aggregate": "count", "model_id": source, "domain": "[]"}
        path = {"partner_path": "user_id.partner_id.commercial_partner_id"}
        date = self.env["ir.model.fields"]._get("res.users.apikeys", "create_date")
        with self.assertRaisesRegex(UserError, "belongs to users alone"), self.env.cr.savepoint():
            self.menv["segmentation.metric"].create({**values, **path, "date_field_id": date.id})

    # -- texts ---------------------------------------------------------------------------------

    def pages(self):
        """Name and HTML of what is rendered about the customer and the rules."""
        Report = self.menv["ir.actions.report"]
        report = self.menv["segmentation.report"].create({})
        suggestion = self.menv["segmentation.suggestion"].create({"dimension_id": self.size.id})
        criterion = self.large.criterion_ids.filtered(lambda criterion: criterion.metric_id.code == "employee_count")
        values = {"criterion_ids": [Command.update(criterion.id, {"lower_bound": 400})]}
        preview = self.menv["segmentation.preview"].browse(self.large.action_preview(values)["res_id"])
        partner = self.partner.with_env(self.menv)
        yield "explanation", partner.segmentation_explanation
        yield "suggestion", suggestion.overview
        yield "preview", preview.matrix
        yield "report", Report._render_qweb_html("partner_segmentation.report_classification", report.ids)[0].decode()
        yield "file", Report._render_qweb_html("partner_segmentation.report_customer_file", partner.ids)[0].decode()

    def classify_today(self):
        self.invoice(self.partner, 10, self.env["segmentation.run"]._today(self.company))
        self.classify(as_of=self.env["segmentation.run"]._today(self.company))

    def test_texts(self):
        text = f"{SCRIPT} {FORMATS}"
        metric = self.env.ref("partner_segmentation.metric_employee_count").with_env(self.menv)
        self.large.write({"name": f"{text} class", "description": text})
        self.size.with_env(self.menv).write({"name": f"{text} size", "description": text})
        metric.write({"name": f"{text} metric", "description": text})
        self.classify_today()
        for page, html in self.pages():
            with self.subTest(page):
                self.assertNotIn("<script>alert", html)
                self.assertIn(text, unescape(html))
        self.assertIn(f"{text} metric", self.large.rule)
        with self.assertRaisesRegex(UserError, re.escape(f"{text} metric")):
            self.large.criterion_ids.filtered(lambda c: c.metric_id == metric).lower_bound = -1

    def test_first_steps(self):
        """A standard from elsewhere names its dimensions and classes, too."""
        standard = self.menv["segmentation.standard"].search([("code", "=", "SIZE_DEFAULT")])
        data = standard._data()
        data |= {"code": "HOSTILE", "name": {"en_US": SCRIPT}, "description": {"en_US": SCRIPT}}
        data["dimensions"][0]["classes"][0]["name"] = {"en_US": SCRIPT}
        file = base64.b64encode(json.dumps(data).encode())
        hostile = self.menv["segmentation.standard"].create({"file": file})
        onboarding = self.menv["segmentation.onboarding"]._of_company(self.company)
        onboarding.line_ids = [Command.clear(), Command.create({"topic": "SIZE", "standard_id": hostile.id})]
        with mute_logger("odoo.addons.base.models.ir_model"):  # two dimensions of one name
            onboarding._make_preview()
        for html in (onboarding.descriptions, onboarding.preview):
            self.assertNotIn(SCRIPT, html)
        self.assertIn(SCRIPT, unescape(onboarding.descriptions))

    def test_codes(self):
        for code in ("%s", "{0.__class__}", "<b>", "=1+1", "'; DROP TABLE res_partner; --", '"', "L-M", "a b", ""):
            with self.subTest(code):
                self.refuse(partial(self.large.write, {"code": code}))
                self.refuse(partial(self.size.with_env(self.menv).create, {"name": "X", "code": code}))

    def test_colours(self):
        for color in (-1, 12, 2**31 - 1):
            self.large.color = color
            self.classify_today()
            with self.subTest(color=color):
                self.assertIn(f"o_tag_color_{color}", self.partner.with_env(self.menv).segmentation_explanation)

    def test_templates(self):
        """Who sets rules does not write what the server evaluates."""
        template = self.menv.ref("partner_segmentation.mail_template_first_purchase")
        self.refuse(lambda: template.write({"body_html": "<t t-out=\"object.env['res.users'].search([])\"/>"}))
        self.refuse(lambda: self.menv.ref("partner_segmentation.explanation").write({"arch": "<t/>"}))
        self.refuse(
            lambda: self.menv["ir.actions.server"].create(
                {"name": "X", "model_id": self.env["ir.model"]._get_id("res.partner"), "state": "code", "code": "1"}
            )
        )
        self.large.description = "<t t-out=\"env['res.users']\"/>{{ env }}"
        self.assertIn("{{ env }}", self.large.description)

    # -- records made by RPC -------------------------------------------------------------------

    def test_forged_preview(self):
        versions = self.menv["segmentation.preview"]._versions()
        for model in ("res.users", "res.partner", "no.such.model", "segmentation.run"):
            forged = self.menv["segmentation.preview"].create(
                {
                    "company_id": self.company.id,
                    "res_model": model,
                    "res_id": self.manager.id,
                    "values": {"name": "Forged"},
                    "versions": versions,
                }
            )
            with self.subTest(model):
                self.refuse(forged.action_apply)
        self.assertNotEqual(self.manager.name, "Forged")

    def test_forged_guess(self):
        """A line of guesses writes facts only, whatever it says it has proposed."""
        guess = self.menv["segmentation.guess"].create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "partner_id": self.partner.id,
                            "proposed": {"partner_id": 1, "create_uid": 1, "country_id": 1},
                            "country_id": self.china.id,
                        }
                    )
                ]
            }
        )
        guess.action_take()
        self.assertEqual(self.partner.country_id, self.china)

    def test_import(self):
        """A file of facts is text and numbers; what is neither is named, and nothing of the file is written."""
        long = "x" * 1_000_000
        self.assertTrue(self.load("=cmd|' /C calc'!A0", "12")["ids"])
        for name, value in (("X", "=1+1"), ("X", "1e400"), ("X", "-5"), ("X", long), ("X", SCRIPT), (long, "12")):
            with self.subTest(name[:10], value=value[:10]), mute_logger("odoo.sql_db"):
                result = self.load(name, value)
                self.assertFalse(result["ids"])
                self.assertTrue(result["messages"][0]["message"])
        self.assertFalse(self.env["res.partner"].search([("name", "=", "X")]))

    def load(self, name, employees):
        return self.menv["res.partner"].load(["name", "employee_count"], [[name, employees]])
