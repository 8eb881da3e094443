"""Reports that are sent time and again."""

from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from openpyxl import load_workbook
from psycopg2.errors import SerializationFailure
from pypdf import PdfReader

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Date
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.segmentation_mailing import SegmentationMailing
from .common import SegmentationCommon
from .test_report import words

JOB = "odoo.addons.partner_segmentation.models.segmentation_mailing"


@tagged("post_install", "-at_install")
class TestMailing(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.today = cls.env["segmentation.run"]._today(cls.company)
        cls.seller = cls.limited_salesperson()
        cls.large = cls.customer("上海江南贸易有限公司", employee_count=300, user_id=cls.seller.id)
        cls.small = cls.customer("Corner shop", employee_count=5)
        cls.invoice(cls.large, 60_000.25, cls.today - timedelta(days=5))
        cls.invoice(cls.small, 500, cls.today - timedelta(days=5))
        cls.classify(as_of=cls.today)
        cls.boss = cls.env["res.partner"].create({"name": "Boss", "email": "boss@example.com"})
        cls.accountant = cls.env["res.partner"].create({"name": "Accountant", "email": "acc@example.com"})
        cls.manager = new_test_user(
            cls.env,
            "mailing_manager",
            "partner_segmentation.group_manager,sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def mailing(self, user=None, **values):
        return (
            self.env["segmentation.mailing"]
            .with_user(user or self.env.user)
            .create(
                {
                    "company_id": self.company.id,
                    "active": True,
                    "recipient_ids": [Command.set((self.boss | self.accountant).ids)],
                    "next_date": self.today,
                    "lang": "en_US",
                    **values,
                }
            )
        )

    def send_due(self):
        self.run_jobs("cron_mailing")

    def mails(self, mailing):
        return self.env["mail.mail"].sudo().search([("model", "=", mailing._name), ("res_id", "=", mailing.id)])

    def attached(self, mailing, kind):
        [attachment] = mailing.message_ids.attachment_ids.filtered(lambda a: a.name.endswith(kind))
        return attachment.raw

    def customers_in(self, mailing) -> set:
        sheet = load_workbook(BytesIO(self.attached(mailing, ".xlsx")))["Customers"]
        texts = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
        return texts & {self.large.name, self.small.name}

    # -- nothing by default --------------------------------------------------------------------

    def test_the_report_that_comes_with_the_app_is_off(self):
        shipped = self.env.ref("partner_segmentation.mailing_monthly").sudo()
        self.assertFalse(shipped.active)
        shipped.write({"next_date": self.today - timedelta(days=40)})
        self.send_due()
        self.assertFalse(self.mails(shipped))
        self.assertFalse(shipped.last_sent)

    def test_what_is_not_due_waits(self):
        mailing = self.mailing(next_date=self.today + timedelta(days=1))
        self.send_due()
        self.assertFalse(self.mails(mailing))

    # -- what is sent --------------------------------------------------------------------------

    def test_both_files_wait_in_the_mail_queue_once(self):
        mailing = self.mailing()
        self.send_due()
        mails = self.mails(mailing)
        self.assertEqual(mails.recipient_ids, self.boss | self.accountant)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"}, "Odoo's mail queue sends them")
        for mail in mails:
            self.assertEqual(len(mail.attachment_ids), 2)
            self.assertIn(self.company.name, mail.subject)
        self.assertEqual(self.customers_in(mailing), {self.large.name, self.small.name})
        self.assertEqual(mailing.next_date, self.today + relativedelta(months=1))
        self.assertTrue(mailing.last_sent)
        self.send_due()
        self.assertEqual(self.mails(mailing), mails, "it is not sent twice")

    def test_the_creator_is_no_recipient(self):
        mailing = self.mailing()
        self.assertNotIn(self.env.user.partner_id, self.boss | self.accountant)
        self.send_due()
        [message] = mailing.message_ids.filtered("attachment_ids")
        self.assertEqual(message.notified_partner_ids, self.boss | self.accountant)

    def test_printed_in_the_language_chosen(self):
        mailing = self.mailing(lang="zh_CN", file_format="pdf", dimension_ids=self.size.ids)
        # Tests do not load translations of data.
        self.env.ref("partner_segmentation.class_size_large").with_context(lang="zh_CN").name = "大型"
        model = self.registry[mailing._name]
        env_as_user = model._env_as_user

        def printing(mailing, company, **context):
            return env_as_user(mailing, company, force_report_rendering=True, **context)

        # The styles come from a web server that a test does not start.
        with (
            patch.object(model, "_env_as_user", printing),
            mute_logger("odoo.addons.base.models.ir_actions_report"),
        ):
            mailing._send()
        text = words(" ".join(page.extract_text() for page in PdfReader(BytesIO(self.attached(mailing, ".pdf"))).pages))
        self.assertIn("大型", text)
        self.assertIn(self.large.name, text)
        self.assertEqual(len(mailing.message_ids.attachment_ids), 1, "PDF only")

    def test_compared_with_the_period_before(self):
        mailing = self.mailing(interval="quarter")
        self.assertEqual(mailing._compare_to(), self.today - relativedelta(months=3))
        mailing.compares = False
        self.assertFalse(mailing._compare_to())

    def test_nobody_sees_more_than_the_user_it_runs_as(self):
        mailing = self.mailing(user_id=self.seller.id)
        self.send_due()
        self.assertEqual(self.customers_in(mailing), {self.large.name})
        html = self.attached(mailing, ".pdf").decode()  # tests do not print
        self.assertIn(self.large.name, html)
        self.assertNotIn(self.small.name, html)

    def test_send_now_leaves_the_schedule(self):
        day = self.today + timedelta(days=10)
        mailing = self.mailing(active=False, next_date=day)
        mailing.action_send_now()
        self.assertEqual(len(self.mails(mailing).recipient_ids), 2)
        self.assertEqual((mailing.next_date, mailing.active), (day, False))

    def test_the_report_of_a_company_without_customers(self):
        # Its day may still be the one before.
        yesterday = self.today - timedelta(days=1)
        mailing = self.mailing(company_id=self.setup_other_company()["company"].id, next_date=yesterday)
        self.send_due()
        self.assertFalse(mailing.error)
        self.assertEqual(len(self.mails(mailing).recipient_ids), 2)

    # -- rhythm --------------------------------------------------------------------------------

    def test_a_pause_is_not_made_up_for(self):
        mailing = self.mailing(next_date=self.today - timedelta(days=100), interval="month")
        following = mailing._next_date()
        self.assertGreater(following, self.today)
        self.assertLessEqual(following, self.today + relativedelta(months=1))
        self.assertEqual(following.day, min(mailing.next_date.day, (following + relativedelta(day=31)).day))

    def test_the_end_of_the_month_comes_back(self):
        mailing = self.mailing(next_date=Date.to_date("2026-01-31"))
        with patch.object(SegmentationMailing, "_today", lambda mailing: Date.to_date("2026-02-27")):
            self.assertEqual(mailing._next_date(), Date.to_date("2026-02-28"))
        with patch.object(SegmentationMailing, "_today", lambda mailing: Date.to_date("2026-03-01")):
            self.assertEqual(mailing._next_date(), Date.to_date("2026-03-31"))

    # -- failures ------------------------------------------------------------------------------

    def test_a_failure_is_noted_and_keeps_no_other(self):
        failing = self.mailing(name="A: fails", user_id=self.seller.id)
        fine = self.mailing(name="B: is sent")
        self.seller.sudo().active = False
        with mute_logger(JOB):
            self.send_due()
        self.assertIn("archived", failing.error)
        self.assertEqual(failing.next_date, self.today, "it stays due")
        self.assertFalse(self.mails(failing).recipient_ids & (self.boss | self.accountant))
        self.assertIn("archived", failing.message_ids[0].body)
        self.assertEqual(self.mails(fine).recipient_ids, self.boss | self.accountant)
        self.seller.sudo().active = True
        self.send_due()
        self.assertFalse(failing.error)
        self.assertEqual(failing.next_date, self.today + relativedelta(months=1))

    def test_an_address_lost_since(self):
        mailing = self.mailing()
        self.boss.email = False
        with mute_logger(JOB):
            self.send_due()
        self.assertIn("Boss", mailing.error)

    # -- refusals ------------------------------------------------------------------------------

    def test_nobody_to_send_to(self):
        with self.assertRaisesRegex(ValidationError, "has no Recipients"):
            self.mailing(recipient_ids=False)
        with self.assertRaisesRegex(UserError, "has no Recipients"):
            self.mailing(recipient_ids=False, active=False).action_send_now()

    def test_a_recipient_without_an_address(self):
        with self.assertRaisesRegex(ValidationError, "Recipients: Nobody has no valid email address"):
            self.mailing(recipient_ids=self.customer("Nobody", email="nobody at home").ids)

    def test_who_may_not_export(self):
        manager = new_test_user(
            self.env,
            "mailing_plain",
            "partner_segmentation.group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        if self.env["segmentation.export.xlsx"].with_user(manager).has_access("create"):
            self.skipTest("every manager may export")
        with self.assertRaisesRegex(ValidationError, "may not export to Excel"):
            self.mailing(manager)
        self.mailing(manager, file_format="pdf")

    def test_one_file_only(self):
        for file_format, kinds in (("pdf", {"pdf"}), ("xlsx", {"xlsx"}), ("both", {"pdf", "xlsx"})):
            names = [name for name, _content in self.mailing(file_format=file_format)._files()]
            self.assertEqual({name.rpartition(".")[2] for name in names}, kinds)

    def test_who_changes_the_data_meanwhile_only_delays_it(self):
        mailing = self.mailing()
        with patch.object(type(mailing), "_files", side_effect=SerializationFailure("concurrent update")):
            self.send_due()
        self.assertFalse(self.mails(mailing))
        self.assertEqual(mailing.next_date, self.today, "it is still due")
        self.send_due()
        self.assertTrue(self.mails(mailing))

    def test_the_scheduler_says_when_to_stop(self):
        mailings = self.mailing() | self.mailing()
        with patch.object(self.env.registry["ir.cron"], "_commit_progress", return_value=0):
            self.env["segmentation.mailing"]._cron_send()
        self.assertEqual(len(mailings.filtered(lambda mailing: mailing.next_date > self.today)), 1)

    # -- rights --------------------------------------------------------------------------------

    def test_a_manager_takes_over_what_comes_with_the_app(self):
        shipped = self.env.ref("partner_segmentation.mailing_monthly")
        shipped.sudo().company_id = self.company
        with Form(shipped.with_user(self.manager)) as form:
            form.recipient_ids.add(self.boss)
            form.active = True
        self.assertEqual(shipped.user_id, self.manager)

    def test_a_manager_cannot_send_as_somebody_else(self):
        mailing = self.mailing(self.manager)
        with self.assertRaisesRegex(AccessError, "Only a technical administrator"):
            mailing.user_id = self.seller

    def test_what_was_sent_is_seen_by_the_user_it_runs_as(self):
        sent = self.mailing(user_id=self.seller.id)
        self.send_due()
        with self.assertRaises(AccessError):
            sent.with_user(self.manager).read(["name"])
        with self.assertRaises(AccessError):
            sent.with_user(self.manager).message_ids.read(["body"])

    def test_who_is_no_manager(self):
        mailing = self.mailing()
        for user in (self.salesperson, self.seller):
            with self.assertRaises(AccessError):
                mailing.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                mailing.with_user(user).action_send_now()
            with self.assertRaises(AccessError):
                self.mailing(user)
