import errno
import logging
import os
import tempfile
import time
from pathlib import Path

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date

from ..models.segmentation_queued import BUSY_DELAY
from ..report.export import Export, ExportOptions

_logger = logging.getLogger(__name__)

AT_ONCE = 50_000  # rows that a user waits for; more are written in the background
KEPT_DAYS = 30
MAX_ATTEMPTS = 3
PROGRESS_SECONDS = 2  # between two reports of the progress
LOCK_CLASS = 0x5E7  # first key of the advisory locks, the second is the export
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SegmentationExport(models.Model):
    """An Excel file that a user asked for; small ones are made at once, large ones by a scheduled job."""

    _name = "segmentation.export"
    _inherit = ["segmentation.queued"]
    _description = "Excel Export"
    _order = "id desc"
    _scheduled_job = "cron_export"

    name = fields.Char(string="File", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    options = fields.Json(readonly=True, help="What is exported, by the ids of dimensions and metrics.")
    state = fields.Selection(
        [("queued", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
        string="Status",
        required=True,
        default="queued",
        readonly=True,
    )
    customers = fields.Integer(readonly=True, help="Customers in the file.")
    progress = fields.Float(readonly=True)
    attempts = fields.Integer(readonly=True)
    error = fields.Text(readonly=True)

    # -- make ----------------------------------------------------------------------------------

    @api.model
    def _start(self, company, options: dict):
        """Make an export, now or by the scheduled job when it is large.

        :param options: see :meth:`_export_options`
        """
        export = self.with_company(company)._prepared(options)
        count = export.count()
        # Users ask for exports; state and file of these are the system's.
        record = self.sudo().create({"name": self._file_name(export), "company_id": company.id, "options": options})
        if count > AT_ONCE:
            record._wake()
        else:
            try:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "export.xlsx"
                    record._finish(path, export.save(str(path)))
            except Exception as error:
                if _is_disk_full(error):
                    raise UserError(self._disk_full_message()) from error
                raise
        return record.with_env(self.env)

    @api.model
    def _file_name(self, export: Export) -> str:
        name = self.env._(
            "Customer classification %(company)s %(date)s.xlsx",
            company=export.rows.company.name,
            date=format_date(self.env, export.rows.as_of, date_format="yyyy-MM-dd"),
        )
        return name.replace("/", "-")

    def _prepared(self, options: dict) -> Export:
        """The export with the rights of the current user."""
        return Export(self.env.company, self._export_options(options))

    @api.model
    def _export_options(self, options: dict) -> ExportOptions:
        """Options from their stored form; dimensions and metrics that are gone are left out."""
        browse = self.env["segmentation.dimension"].browse
        return ExportOptions(
            as_of=fields.Date.to_date(options["as_of"]),
            compare_to=fields.Date.to_date(options["compare_to"]),
            dimensions=browse(options["dimension_ids"]).exists(),
            domain=Domain(options["domain"]),
            metrics=self.env["segmentation.metric"].browse(options["metric_ids"]).exists(),
            details=tuple(options["details"]),
        )

    def _finish(self, path: Path, customers: int):
        """Keep the file.

        :raise OSError: the disk is full
        """
        attachment = self.env["ir.attachment"].create(
            {
                "name": self.name,
                "raw": path.read_bytes(),
                "mimetype": XLSX,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        _check_stored(attachment)
        self.write({"state": "done", "customers": customers, "progress": 100.0, "error": False})

    # -- scheduled job -------------------------------------------------------------------------

    @api.model
    def _cron_export(self):
        """Make the exports that wait, oldest first, and those that an interruption left behind."""
        exports = self.search([("state", "in", ("queued", "running"))], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(exports))
        for export in exports:
            if not export._work_off():
                self._trigger_scheduled_job(fields.Datetime.now() + BUSY_DELAY)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _work(self):
        """Make a waiting export with the rights of the user who asked for it.

        :raise ConcurrencyError: somebody else is at it
        """
        self._lock()
        if self.state not in ("queued", "running"):
            return
        if self.attempts >= MAX_ATTEMPTS:
            message = self.env._(
                "The export was interrupted %s times, for example because it took longer than the server allows. "
                "Choose fewer customers, or have limit_time_cpu and limit_time_real_cron of the server raised.",
                self.attempts,
            )
            self.write({"state": "failed", "error": message})
            return
        self.write({"state": "running", "attempts": self.attempts + 1})
        self.env["ir.cron"]._commit_progress()  # the user sees that it has begun
        self._lock()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.xlsx"
            try:
                customers = self._write(path)
                self.env["ir.cron"]._commit_progress()  # its progress was written by other transactions
                self._lock()
                self._finish(path, customers)
            except (ConcurrencyError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                raise
            except Exception as error:
                self.env.cr.rollback()
                _logger.exception("Excel export %s failed", self.id)
                text = self._disk_full_message() if _is_disk_full(error) else str(error)
                self.write({"state": "failed", "error": text})
        self._notify_user()

    def _lock(self):
        """Have nobody else make the export until the end of the transaction."""
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (LOCK_CLASS, self.id))
        if not self.env.cr.fetchone()[0]:
            raise ConcurrencyError("Somebody else makes the file")
        self.invalidate_recordset()

    def _disk_full_message(self) -> str:
        return self.env._(
            "The disk of the server is full, so the file could not be written. Have whoever runs the server make room, "
            "then export again."
        )

    def _write(self, path: Path) -> int:
        user = self.create_uid
        context = {"lang": user.lang, "tz": user.tz, "allowed_company_ids": self.company_id.ids}
        export = self.with_user(user).with_context(**context)._prepared(self.options)
        return export.save(str(path), _Progress(self, export.count()))

    def _notify_user(self):
        """Tell who asked for it: at once on the screen, and by mail or in the inbox with the link to the file."""
        user = self.create_uid
        env = self.with_context(lang=user.lang).env
        done = self.state == "done"
        title = env._("Your Excel file is ready") if done else env._("The Excel export failed")
        where = env._("Open it in Customer Classification, Analysis, Excel exports.")
        user._bus_send(
            "simple_notification",
            {
                "type": "success" if done else "danger",
                "title": title,
                "message": f"{self.name}. {where}" if done else self.error,
                "sticky": True,
            },
        )
        # No thread: nobody but the user has a part in it.
        env["mail.thread"].with_context(mail_notify_force_send=False).message_notify(
            model=self._name,
            res_id=self.id,
            partner_ids=user.partner_id.ids,
            subject=title,
            body=Markup("<p>%s</p>") % (self._link() if done else f"{self.name}: {self.error}"),
        )

    def _link(self) -> Markup:
        """The name of the file, which downloads it."""
        return Markup('<a href="%s%s">%s</a>') % (self.get_base_url(), self.action_download()["url"], self.name)

    @api.autovacuum
    def _gc_exports(self):
        """Remove files that nobody needs any more: they can be made again."""
        before = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search([("create_date", "<", before), ("state", "in", ("done", "failed"))]).unlink()

    # -- actions -------------------------------------------------------------------------------

    def action_download(self):
        """Download the file; its attachment can be read by whoever made the export."""
        self.ensure_one()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)], limit=1
        )
        if not attachment:
            raise UserError(self.env._("“%s” is not ready yet. Wait until its Status is Done.", self.name))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def _action_open(self):
        """The file when it is ready, otherwise the record with its progress."""
        if self.state == "done":
            return self.action_download()
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_export_action")
        return {**action, "views": [(False, "form")], "res_id": self.id}


class _Progress:
    """Writes how far an export is by transactions of their own: the export itself is one, which nobody looks into."""

    def __init__(self, export, customers: int):
        self.export = export
        self.customers = customers
        self.reported = time.monotonic()

    def __call__(self, written: int):
        if time.monotonic() - self.reported < PROGRESS_SECONDS:
            return
        self.reported = time.monotonic()
        with self.export.env.registry.cursor() as cr:
            export = self.export.with_env(self.export.env(cr=cr))
            export.progress = 100.0 * written / self.customers


def _check_stored(attachment):
    """Odoo only logs that it could not write the file of an attachment, and would hand out half of it.

    :raise OSError: the file is not whole; what there is of it has been removed
    """
    if attachment._storage() != "file":
        return
    path = Path(attachment._full_path(attachment.store_fname))
    if not path.is_file() or path.stat().st_size != attachment.file_size:
        path.unlink(missing_ok=True)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_disk_full(error) -> bool:
    """Whether an error comes from a full disk, also when a library has wrapped it."""
    while error and not (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        error = error.__cause__ or error.__context__
    return error is not None
