import re

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestRefusals(SegmentationCommon):
    """What is refused names the value that cannot be, in the user's language."""

    def refused(self, call, *named, lang):
        """The message of a refusal; it names what it is about."""
        with self.subTest(named=named, lang=lang), mute_logger("odoo.sql_db"):
            try:
                with self.env.cr.savepoint():
                    call()
                    self.env.flush_all()
            except (UserError, IntegrityError) as error:
                message = self.shown(error, lang)
            else:
                self.fail("It was not refused")
            for value in named:
                self.assertIn(str(value), message)
            self.assertEqual(lang == "zh_CN", bool(re.search("[\u4e00-\u9fff]", message)), message)
        self.env.invalidate_all()

    def shown(self, error, lang) -> str:
        """The message as the client shows it."""
        if not isinstance(error, IntegrityError):
            return str(error)
        model = self.env[error.diag.table_name.replace("_", ".")]
        return model.with_context(lang=lang)._sql_error_to_message(error)

    def test_messages(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        for lang in ("en_US", "zh_CN"):
            self.check(self.env(context={**self.env.context, "lang": lang}), lang)

    def check(self, env, lang):
        def refused(call, *named):
            self.refused(call, *named, lang=lang)

        size = self.size.with_env(env)
        large = env.ref("partner_segmentation.class_size_large")
        bound = env.ref("partner_segmentation.criterion_size_large_employee_count")
        metric = env.ref("partner_segmentation.metric_revenue_12m")
        settings = env["segmentation.settings"]._of_company(self.company)
        refused(lambda: bound.write({"lower_bound": 20}), "20", "50")
        refused(lambda: bound.write({"lower_bound": -7}), "-7")
        refused(lambda: size.action_preview({"class_ids": [Command.update(large.id, {"code": "L!"})]}), "L!")
        refused(lambda: size.create({"name": "x", "code": "SIZE"}), "SIZE")
        refused(lambda: size.create({"name": "x", "code": "1 x"}), "1 x")
        refused(lambda: large.copy({"code": "M"}), "M")
        refused(lambda: size.write({"hysteresis": 1.5}), "150 %")
        refused(lambda: metric.write({"window_months": -3}), "-3")
        refused(lambda: metric.copy({"code": "revenue_12m"}), "revenue_12m")
        refused(lambda: settings.write({"interval_days": 0}), "0")
        refused(lambda: settings.write({"history_months": -1}), "-1")
        refused(lambda: settings.write({"code_separator": "A"}), "A")
        refused(lambda: settings.write({"next_run": "2020-01-01 00:00:00"}), "2020")
        refused(lambda: settings.write({"metric_ids": [Command.update(metric.id, {"window_months": 0})]}), "0")
