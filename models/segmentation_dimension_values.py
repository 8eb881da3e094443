import re

from odoo import api, models
from odoo.exceptions import ValidationError

# A client cannot send this very object in a context.
EVALUATING = object()


class SegmentationDimension(models.Model):
    """Classes for the records that a metric gives: a preference, such as the product category bought most."""

    _inherit = "segmentation.dimension"

    @api.constrains("method", "metric_id")
    def _check_preference(self):
        for dimension in self.filtered(lambda d: d.method == "mapping" and d.metric_id):
            if not dimension._value_model():
                raise ValidationError(
                    self.env._(
                        "Dimension “%(dimension)s”: the Metric “%(metric)s” gives no record that a class could stand "
                        "for. Choose one that does, or none to map from address and industry.",
                        dimension=dimension.name,
                        metric=dimension.metric_id.name,
                    )
                )

    def _value_model(self) -> str | None:
        """Model of the records that the metric gives, None when it gives something else."""
        field = self.env["segmentation.profile"]._fields.get(self.metric_id.field_name)
        return field.comodel_name if field is not None and field.type == "many2one" else None

    def _create_value_classes(self, record_ids):
        """Add a class for each record of the metric's model, part of its parent's class where there is one.

        Part of an evaluation: the rule, one class per record, does not change by it.
        """
        self.ensure_one()
        model = self.env[self._value_model()].with_context(active_test=False)
        records = model.search([("id", "in", record_ids)], order="id")  # the same data make the same classes
        classes = self.env["segmentation.class"].with_context(segmentation_evaluating=EVALUATING)
        codes = set(self.with_context(active_test=False).class_ids.mapped("code"))
        classes = classes.create(
            [
                {
                    "dimension_id": self.id,
                    "name": record.display_name,
                    "code": self._value_code(record, codes),
                    "res_model": record._name,
                    "res_id": record.id,
                }
                for record in records
            ]
        )
        classes._name_after(records, "display_name")
        if model._parent_store:
            self._set_parents(classes, records)
        return classes

    def _set_parents(self, classes, records):
        everything = self.with_context(active_test=False).class_ids
        by_record = {cls.res_id: cls for cls in everything if cls.res_model == records._name}
        for cls, record in zip(classes, records, strict=True):
            if parent := by_record.get(record[record._parent_name].id):
                cls.parent_id = parent

    def _value_code(self, record, codes: set) -> str:
        """A code that no class of the dimension has, from the name of the record; added to ``codes``."""
        name = record.name if "name" in record._fields else record.display_name
        code = re.sub(r"\W+", "_", name or "").strip("_").upper()[:30] or str(record.id)
        if code in codes:
            code = f"{code}_{record.id}"
        codes.add(code)
        return code

    def _outdate(self):
        if self.env.context.get("segmentation_evaluating") is EVALUATING:
            return None
        return super()._outdate()
