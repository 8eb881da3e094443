from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, Command, api
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestServicesAtOnce(TransactionCase):
    """Two transactions serve the same customer. They are real ones, so what they leave is removed in the end."""

    def setUp(self):
        super().setUp()
        self.made = []
        self.addCleanup(self.remove)
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            partner = self.make(env, "res.partner", {"name": "At once", "is_company": True, "email": "a@example.com"})
            step = {"activity_type_id": env.ref("mail.mail_activity_data_call").id, "summary": "Welcome"}
            plan = {"name": "Welcome", "res_model": "res.partner", "template_ids": [Command.create(step)]}
            template = {"name": "Welcome", "model_id": env["ir.model"]._get_id("res.partner"), "subject": "Welcome"}
            large = env.ref("partner_segmentation.class_size_large")
            service = {"class_id": large.id, "effect": "sets", "company_id": env.company.id}
            plan, template = self.make(env, "mail.activity.plan", plan), self.make(env, "mail.template", template)
            self.make(env, "segmentation.service", {**service, "kind": "plan", "plan_id": plan.id})
            self.make(env, "segmentation.service", {**service, "kind": "mail", "template_id": template.id})
            env["segmentation.override"]._set(partner, large.dimension_id, large)
            partner.message_subscribe(env.user.partner_id.ids)  # or the second one fails where it adds the follower
            self.partner_id = partner.id

    def environment(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {"allowed_company_ids": self.env.company.ids})

    def make(self, env, model, values):
        record = env[model].create(values)
        self.made.append((model, record.ids))
        return record

    def remove(self):
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            env["segmentation.run"].search([("partner_ids", "in", self.partner_id)]).unlink()
            env["segmentation.service.applied"].search([("partner_id", "=", self.partner_id)]).application_id.unlink()
            env["mail.mail"].search([("model", "=", "res.partner"), ("res_id", "=", self.partner_id)]).unlink()
            for model, ids in reversed(self.made):
                env[model].browse(ids).unlink()

    def serve(self, cr):
        return self.environment(cr)["res.partner"].browse(self.partner_id)._apply_services()

    def test_what_is_done_once_is_done_once(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            second.execute("SELECT 1")  # from now on it sees nothing of what others write
            self.assertEqual(self.serve(first).changed, 2)
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):  # so Odoo repeats it
                self.serve(second)
            second.rollback()
            self.assertFalse(self.serve(second))
        with self.registry.cursor() as cr:
            partner = self.environment(cr)["res.partner"].browse(self.partner_id)
            self.assertEqual(len(partner.activity_ids), 1)
            mails = partner.env["mail.mail"].search_count([("model", "=", "res.partner"), ("res_id", "=", partner.id)])
            self.assertEqual(mails, 1)
