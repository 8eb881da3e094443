from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..report.summary import open_rows


class SegmentationReport(models.TransientModel):
    """Choice of what the customer classification report is about."""

    _name = "segmentation.report"
    _inherit = ["segmentation.scope"]
    _description = "Customer Classification Report"

    row_dimension_id = fields.Many2one(
        "segmentation.dimension",
        string="Cross table: rows",
        default=lambda self: self.env["segmentation.dimension"]._used_by(self.env.company)[:1],
        ondelete="cascade",
    )
    column_dimension_id = fields.Many2one(
        "segmentation.dimension",
        string="Cross table: columns",
        default=lambda self: self.env["segmentation.dimension"]._used_by(self.env.company)[1:2],
        ondelete="cascade",
        help="Empty: no cross table.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        default=lambda self: self.env["res.partner"]._selected_customers(),
        context={"active_test": False},
        help="Empty: all customers that you may see.",
    )
    user_ids = fields.Many2many(
        "res.users", string="Salespersons", help="Empty: the customers of all, and those of nobody."
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )

    @api.constrains("row_dimension_id", "column_dimension_id")
    def _check_cross(self):
        for report in self:
            if report.row_dimension_id and report.row_dimension_id == report.column_dimension_id:
                raise ValidationError(
                    report.env._(
                        "Cross table: rows and columns are both %s. Choose two dimensions, or leave one empty.",
                        report.row_dimension_id.name,
                    )
                )

    def action_preview(self):
        """Show the report as a web page, with a button to print it."""
        self.ensure_one()
        report = self.env.ref("partner_segmentation.report_classification_html_action")
        return report.report_action(self, config=False)

    def action_print(self):
        """Download the report as PDF."""
        self.ensure_one()
        report = self.env.ref("partner_segmentation.report_classification_action")
        return {**report.report_action(self), "close_on_report_download": True}

    def _file_name(self) -> str:
        self.ensure_one()
        env = self.with_context(lang=self.lang).env
        return f"{env._('Customer classification report')} - {self.company_id.name}"

    def _domain(self) -> Domain:
        """The customers that the report is about, on contacts."""
        domain = Domain.TRUE
        if self.partner_ids:
            domain &= Domain("id", "in", self.partner_ids.commercial_partner_id.ids)
        if self.user_ids:
            domain &= Domain("user_id", "in", self.user_ids.ids)
        return domain

    def _open_rows(self):
        """The customers as by :func:`~..report.summary.open_rows`, in the language of the report."""
        company = self.company_id.with_context(lang=self.lang)
        return open_rows(company, self.as_of or None, self.compare_to or None, self._domain())
