import logging
import tempfile
from pathlib import Path

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date

_logger = logging.getLogger(__name__)

INTERVALS = {
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}


class SegmentationMailing(models.Model):
    """The classification report and the Excel file, sent to chosen people time and again.

    They are made with the rights of the user in “Run as”, noted in the chatter with the files, and leave through Odoo's
    mail queue. What fails is noted too, and tried again by the next run of the job.
    """

    _name = "segmentation.mailing"
    _inherit = ["segmentation.run.as", "mail.thread"]
    _description = "Scheduled Classification Report"
    _order = "name, id"

    name = fields.Char(default=lambda self: self.env._("Monthly customer classification report"))
    active = fields.Boolean(
        help="Nothing is sent while it is off. A user without technical rights who switches it on becomes the one it "
        "runs as.",
        tracking=True,
    )
    company_id = fields.Many2one(required=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        help="The report shows the customers and figures that this user may see, to all recipients. Only a technical "
        "administrator may set somebody else; when a user without technical rights changes anything, it runs as that "
        "user from then on.",
        tracking=True,
    )
    recipient_ids = fields.Many2many("res.partner", string="Recipients", tracking=True)
    interval = fields.Selection(
        [("week", "Every week"), ("month", "Every month"), ("quarter", "Every quarter"), ("year", "Every year")],
        string="Repeat",
        required=True,
        default="month",
    )
    next_date = fields.Date(
        string="Next report on",
        required=True,
        default=lambda self: fields.Date.context_today(self) + relativedelta(months=1, day=1),
        help="The report is sent in the morning of this day, after the nightly classification.",
    )
    file_format = fields.Selection(
        [("both", "PDF and Excel"), ("pdf", "PDF"), ("xlsx", "Excel")], string="Format", required=True, default="both"
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    dimension_ids = fields.Many2many("segmentation.dimension", string="Dimensions", help="Empty: all of the company.")
    compares = fields.Boolean(
        string="Compare with the period before",
        default=True,
        help="Who moved, and how the classes grew, since one week, month, quarter or year before.",
    )
    last_sent = fields.Datetime(string="Last sent on", readonly=True, copy=False)
    error = fields.Text(string="Last failure", readonly=True, copy=False)

    # -- checks --------------------------------------------------------------------------------

    @api.constrains("active", "recipient_ids")
    def _check_recipients(self):
        for mailing in self.filtered("active"):
            mailing._check_addresses()

    def _check_addresses(self):
        """Whether there is anybody to send to.

        :raise ValidationError: there is nobody, or somebody has no email address
        """
        if not self.recipient_ids:
            raise ValidationError(
                self.env._("“%s” has no Recipients. Choose at least one before you switch it on or send it.", self.name)
            )
        # The rules run with all rights; names of recipients are visible to who chose them.
        without = self.recipient_ids.filtered(lambda partner: not partner.email_normalized)
        if without:
            raise ValidationError(
                self.env._(
                    "Recipients: %s has no valid email address. Enter one in the contact, or choose somebody else.",
                    without[0].display_name,
                )
            )

    @api.constrains("file_format", "user_id")
    def _check_may_export(self):
        for mailing in self.filtered(lambda mailing: mailing.file_format != "pdf"):
            if not self.env["segmentation.export.xlsx"].with_user(mailing.user_id).has_access("create"):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” runs as %(user)s, who may not export to Excel. "
                        "Choose PDF in Format, or another user in “Run as”.",
                        name=mailing.name,
                        user=mailing.user_id.name,
                    )
                )

    # -- scheduled job -------------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Send the reports that are due, each in a transaction of its own."""
        mailings = self.search(Domain("active", "=", True)).filtered(lambda mailing: mailing._is_due())
        self.env["ir.cron"]._commit_progress(remaining=len(mailings))
        for mailing in mailings:
            mailing._send_or_note()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _is_due(self) -> bool:
        return self.next_date <= self._today()

    def _today(self):
        return self.env["segmentation.run"]._today(self.company_id)

    def _send_or_note(self):
        """Send the report; or note why not, and leave it due."""
        try:
            self._send()
            self.next_date = self._next_date()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            self.env.cr.rollback()
            _logger.info("Scheduled report %s is put off: %s", self.id, error)
        except Exception as error:  # whatever keeps one report must not keep the others
            self.env.cr.rollback()
            _logger.warning("Scheduled report %s failed", self.id, exc_info=error)
            self._note_failure(error)

    def _next_date(self):
        """The next day of the rhythm that is still to come, so that a long pause is not made up for."""
        step, times = INTERVALS[self.interval], 1
        while self.next_date + step * times <= self._today():
            times += 1
        return self.next_date + step * times

    def _note_failure(self, error):
        reason = str(error) if isinstance(error, UserError) else str(error).partition("\n")[0]
        self.error = reason or type(error).__name__
        note = self.with_context(lang=self.user_id.lang).env._(
            "The report was not sent: %s. It is tried again tomorrow.", self.error.rstrip(".")
        )
        self.message_post(body=note, partner_ids=self.user_id.partner_id.ids, subtype_xmlid="mail.mt_note")

    # -- send ----------------------------------------------------------------------------------

    def action_send_now(self):
        """Send the report to the recipients once more; the schedule stays."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._send()  # the chatter is written for whom the rights of “Run as” may not suffice
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The report is on its way to %s.", ", ".join(self.recipient_ids.mapped("name"))),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _send(self):
        """Make the files and hand them to Odoo's mail queue.

        :raise UserError: it may not be run, or there is nobody to send to
        """
        self._check_may_run(self.company_id)
        self._check_addresses()
        files = self._files()
        template = self.env.ref("partner_segmentation.mail_template_report")
        mail = template._generate_template(self.ids, ("subject", "body_html"))[self.id]
        self.with_context(mail_notify_force_send=False).message_post(
            subject=mail["subject"],
            body=mail["body_html"],
            author_id=self.user_id.partner_id.id,
            partner_ids=self.recipient_ids.ids,
            attachments=files,
            subtype_xmlid="mail.mt_note",  # not for followers, who are no recipients
        )
        self.write({"last_sent": fields.Datetime.now(), "error": False})

    def _files(self) -> list[tuple[str, bytes]]:
        """Names and contents, with the rights of the user in “Run as”."""
        env = self._env_as_user(self.company_id, lang=self.lang)
        values = {"company_id": self.company_id.id, "compare_to": self._compare_to()}
        if self.dimension_ids:
            values["dimension_ids"] = [Command.set(self.dimension_ids.ids)]
        files = []
        if self.file_format != "xlsx":
            files.append(self._pdf(env["segmentation.report"].create({**values, "lang": self.lang})))
        if self.file_format != "pdf":
            files.append(self._xlsx(env["segmentation.export.xlsx"].create(values)))
        return files

    def _compare_to(self):
        return self.compares and self._today() - INTERVALS[self.interval]

    def _pdf(self, report) -> tuple[str, bytes]:
        content, _kind = (
            self.env["ir.actions.report"]
            .with_env(report.env)
            ._render_qweb_pdf("partner_segmentation.report_classification", report.ids)
        )
        return f"{report._file_name()}.pdf", content

    def _xlsx(self, choice) -> tuple[str, bytes]:
        export = choice.env["segmentation.export"]._prepared(choice._options())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.xlsx"
            export.save(str(path))
            return choice.env["segmentation.export"]._file_name(export), path.read_bytes()

    def _formatted_today(self) -> str:
        """The day of the report as the recipients read it."""
        return format_date(self.env, self._today(), lang_code=self.lang)
