from odoo import models
from odoo.exceptions import UserError
from odoo.orm.model_classes import add_field

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ..fields import OptionalFloat, OptionalInteger, OptionalMonetary
from .res_partner import class_field_attributes
from .segmentation_column import COLUMN_MODELS, PREFIX
from .segmentation_profile import FIGURES, UNCLASSIFIED

OPTIONAL = {"integer": OptionalInteger, "float": OptionalFloat, "monetary": OptionalMonetary}


class IrModelFields(models.Model):
    """The columns that administrators make: as good as those the add-on ships, and as well kept."""

    _inherit = "ir.model.fields"

    def _instanciate_attrs(self, field_data):
        attrs = super()._instanciate_attrs(field_data)
        model, name = field_data["model"], field_data["name"]
        if not attrs or model not in COLUMN_MODELS or not name.startswith(PREFIX):
            return attrs
        if model == "res.partner":
            return {**attrs, **class_field_attributes(name)}
        if field_data["relation"] == "segmentation.class":
            return {**attrs, "readonly": True, "falsy_value_label": UNCLASSIFIED}
        attrs |= {"readonly": True, "groups": FIGURES}  # Odoo does not apply the groups of manual fields
        if field_data["ttype"] not in OPTIONAL:
            return attrs
        # Odoo makes manual fields of its own field classes, which take an unknown number for 0.
        add_field(self.env.registry[model], name, OPTIONAL[field_data["ttype"]](**attrs))
        return None

    def _prepare_update(self):
        """Keep the column of a metric or dimension from being renamed or deleted behind its back."""
        if not self.env.context.get(MODULE_UNINSTALL_FLAG):
            for field in self.filtered(lambda f: f.model in COLUMN_MODELS and f.name.startswith(PREFIX)):
                field._check_column_unused()
        return super()._prepare_update()

    def _check_column_unused(self):
        for model in ("segmentation.dimension", "segmentation.metric"):
            # Whoever manages fields need not see classifications, nor those of all companies.
            owner = self.env[model].sudo().with_context(active_test=False)
            if owner := owner.search([("field_name", "=", self.name)], limit=1):
                raise UserError(
                    self.env._(
                        "The field “%(field)s” holds the values of “%(owner)s”. Archive and delete “%(owner)s” under "
                        "Customer Classification > Configuration: its field goes with it.",
                        field=self.name,
                        owner=owner.name,
                    )
                )
