"""Columns of the customer file that administrators make by adding metrics and dimensions."""

import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

PREFIX = "x_segmentation_"
COLUMN_MODELS = ("segmentation.profile", "res.partner")


def taken(diagnostics) -> str:
    """The value that another record has already, as the database tells it: ``Key (code)=(L) already exists.``"""
    detail = (diagnostics and diagnostics.message_detail) or ""
    return detail.partition("=(")[2].rpartition(")")[0].rpartition(", ")[2]


class SegmentationColumn(models.AbstractModel):
    """What a metric and a dimension have in common: each fills one column of the customer file.

    A record made without a column gets one of its own, a manual field, which works in every view,
    filter and pivot; it goes when the record is deleted. Contacts show the classes too.
    """

    _name = "segmentation.column"
    _description = "Column of the Customer File"
    _column_models = ("segmentation.profile",)  # models that get a field for the column

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
        self.check_access("create")  # before the fields are made, which the user needs no right to
        for vals in vals_list:
            if not vals.get("field_name") and re.fullmatch(r"\w+", vals.get("code") or "", re.ASCII):
                vals["field_name"] = f"{PREFIX}{vals['code'].lower()}"
                self._create_fields(vals)
        self.env.registry.clear_cache("templates")  # views list the dimensions
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if "name" in vals:
            self._manual_fields().field_description = vals["name"]
        self.env.registry.clear_cache("templates")
        return result

    def _update_field_translations(self, field_name, translations, *args, **kwargs):
        result = super()._update_field_translations(field_name, translations, *args, **kwargs)
        if field_name == "name":
            for field in self._manual_fields():
                field._update_field_translations("field_description", translations)
            self.env.registry.clear_cache("stable")
            self.env.registry.clear_cache("templates")
        return result

    def _create_fields(self, vals):
        """Make the manual fields of a record with these values, as far as they are not there yet."""
        # Adding a column is what this add-on lets its administrators do without technical rights.
        Fields = self.env["ir.model.fields"].sudo()
        values = {
            "name": vals["field_name"],
            "field_description": vals.get("name") or vals["field_name"],
            "state": "manual",
            **self._column_values(vals),
        }
        for model in self._column_models:
            if not Fields._get(model, vals["field_name"]):
                store = model == "segmentation.profile"  # contacts read the customer file
                Fields.create({**values, "model_id": self.env["ir.model"]._get_id(model), "store": store})

    @api.model
    def _create_missing_fields(self):
        """Give all records the fields they should have, after an upgrade that asks for more of them."""
        for record in self.with_context(active_test=False).search([]).filtered("is_custom"):
            record._create_fields({"field_name": record.field_name, "name": record.name})

    def _column_values(self, vals) -> dict:
        """Type of the column, for ``ir.model.fields``."""
        raise NotImplementedError

    def _manual_fields(self):
        """The fields that were made for the records."""
        names = self.filtered("is_custom").mapped("field_name")
        domain = [("model", "in", COLUMN_MODELS), ("name", "in", names), ("state", "=", "manual")]
        return self.env["ir.model.fields"].sudo().search(domain)  # as for making them

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        for record in self.filtered(lambda r: r.is_custom and r.active):
            raise UserError(
                self.env._(
                    "Archive “%s” before you delete it: deleting removes its column from all customer files, "
                    "its history, and the saved filters that use it.",
                    record.display_name,
                )
            )

    def unlink(self):
        self.check_access("unlink")  # before anything goes with the records
        manual_fields = self._manual_fields()
        self.filtered("is_custom")._forget_results()
        result = super().unlink()
        for name in set(manual_fields.mapped("name")):
            self._forget_uses(name)
        manual_fields.unlink()
        self.env.registry.clear_cache("templates")
        return result

    def _forget_uses(self, name: str):
        """Remove what users saved and what would fail without the field: filters, and columns of exports."""
        word = re.compile(rf"\b{name}\b")
        for model, texts in (("ir.filters", ("domain", "context", "sort")), ("ir.exports.line", ("name",))):
            # Those of all users: their lists would not open.
            records = self.env[model].sudo().with_context(active_test=False)
            for record in records.search(Domain.OR(Domain(text, "like", name) for text in texts)):
                if any(word.search(record[text] or "") for text in texts):
                    record.unlink()

    def _forget_results(self):
        """Remove what would keep the records from being deleted."""
