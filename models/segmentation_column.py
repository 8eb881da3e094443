"""Columns of the customer file that administrators make by adding metrics and dimensions."""

import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .segmentation_profile import FIGURES

PREFIX = "x_segmentation_"


class SegmentationColumn(models.AbstractModel):
    """What a metric and a dimension have in common: each fills one column of the customer file.

    A record made without a column gets one of its own, a manual field, which works in every view,
    filter and pivot; it goes when the record is deleted.
    """

    _name = "segmentation.column"
    _description = "Column of the Customer File"

    code = fields.Char(required=True, help="Technical name, in letters, digits and underscores.")
    active = fields.Boolean(default=True)
    field_name = fields.Char(
        string="Column", copy=False, help="Field of the customer file. Empty: a new one is made for it."
    )
    is_custom = fields.Boolean(compute="_compute_is_custom")

    @api.depends("field_name")
    def _compute_is_custom(self):
        for record in self:
            record.is_custom = (record.field_name or "").startswith(PREFIX)

    @api.constrains("code")
    def _check_code(self):
        for record in self:
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", record.code):
                raise ValidationError(
                    self.env._(
                        "The Code “%s” must begin with a letter and have at most 40 letters, digits and underscores.",
                        record.code,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("field_name") and re.fullmatch(r"\w+", vals.get("code") or "", re.ASCII):
                vals["field_name"] = self._create_column(vals)
        return super().create(vals_list)

    def _create_column(self, vals) -> str:
        """Make the manual field of a new record; return its name."""
        name = f"{PREFIX}{vals['code'].lower()}"
        # Adding a column is what this add-on lets its administrators do without technical rights.
        Fields = self.env["ir.model.fields"].sudo()
        if not Fields._get("segmentation.profile", name):
            Fields.create(
                {
                    "name": name,
                    "model_id": self.env["ir.model"]._get_id("segmentation.profile"),
                    "field_description": vals.get("name") or name,
                    "state": "manual",
                    **self._column_values(vals),
                }
            )
        return name

    def _column_values(self, vals) -> dict:
        """Type of the column, for ``ir.model.fields``."""
        raise NotImplementedError

    def _figure_groups(self):
        return [fields.Command.set([self.env.ref(xmlid).id for xmlid in FIGURES.split(",")])]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        for record in self.filtered(lambda r: r.is_custom and r.active):
            raise UserError(
                self.env._(
                    "Archive “%s” before you delete it: deleting removes its column from all customer files "
                    "and its history.",
                    record.display_name,
                )
            )

    def unlink(self):
        custom = self.filtered("is_custom")
        names = custom.mapped("field_name")
        custom._forget_results()
        result = super().unlink()
        self.env["ir.model.fields"].sudo().search(
            [("model", "=", "segmentation.profile"), ("name", "in", names), ("state", "=", "manual")]
        ).unlink()
        return result

    def _forget_results(self):
        """Remove what would keep the records from being deleted."""
