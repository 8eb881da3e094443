from ast import literal_eval

from odoo import api, fields, models

from ..models.domain_field import check_domain
from ..report.workbook_customers import DETAILS

# What is chosen again next time, by user.
REMEMBERED = ("dimension_ids", "metric_ids", *(f"with_{name}" for name in DETAILS))


class SegmentationExportXlsx(models.TransientModel):
    """Choice of what goes into an Excel file."""

    _name = "segmentation.export.xlsx"
    _inherit = ["segmentation.scope"]
    _description = "Export to Excel"

    domain = fields.Char(string="Only customers", default="[]", help="Condition on contacts. Empty: all you may see.")
    metric_ids = fields.Many2many(
        "segmentation.metric",
        string="Further figures",
        domain="[('result_type', '!=', 'many2one')]",
        help="Columns of the sheet Customers, besides revenue, prior revenue and what is overdue. "
        "Of a past day, only figures of documents with a date are known.",
    )
    with_reference = fields.Boolean(string="Reference and tax ID", default=True)
    with_salesperson = fields.Boolean(string="Salesperson", default=True)
    with_industry = fields.Boolean(string="Industry")
    with_address = fields.Boolean(string="Country, state and city", default=True)
    with_contact = fields.Boolean(string="Email and phone")

    @api.model
    def default_get(self, fields):
        """The user's last choice, without what is gone since."""
        values = super().default_get(fields)
        remembered = self.env["ir.default"]._get_model_defaults(self._name)
        for name in ("dimension_ids", "metric_ids"):
            if name in remembered and values.get(name) == remembered[name]:
                values[name] = self.env[self._fields[name].comodel_name].search([("id", "in", values[name])]).ids
        return values

    @api.constrains("domain")
    def _check_domain(self):
        for wizard in self:
            check_domain(wizard, "domain", "res.partner")

    def action_export(self):
        """Make the file, or have it made; the user's choice is remembered."""
        self.ensure_one()
        self._remember()
        return self.env["segmentation.export"]._start(self.company_id, self._options())._action_open()

    def _options(self) -> dict:
        return {
            "as_of": fields.Date.to_string(self.as_of) or False,
            "compare_to": fields.Date.to_string(self.compare_to) or False,
            "dimension_ids": self.dimension_ids.ids,
            "domain": literal_eval(self.domain or "[]"),
            "metric_ids": self.metric_ids.ids,
            "details": [name for name in DETAILS if self[f"with_{name}"]],
        }

    def _remember(self):
        for name in REMEMBERED:
            value = self[name].ids if self._fields[name].relational else self[name]
            self.env["ir.default"].set(self._name, name, value, user_id=True)
