from collections.abc import Collection

from odoo import models


class SegmentationDimension(models.Model):
    """What the conditions of dimensions look at."""

    _inherit = "segmentation.dimension"

    def _conditions(self):
        """The conditions on the customer file, one by one."""
        for dimension in self:
            domains = [dimension._get_domain()]
            if dimension.method == "domain":
                domains += [cls._get_domain() for cls in dimension.class_ids]
            for domain in domains:
                yield from domain.iter_conditions()

    def _condition_classes(self):
        """Classes that the conditions name."""
        ids = set()
        columns = set(self.mapped("field_name"))
        for condition in self._conditions():
            if condition.field_expr in columns:
                values = condition.value if isinstance(condition.value, Collection) else [condition.value]
                ids.update(value for value in values if isinstance(value, int))
        return self.env["segmentation.class"].browse(ids)
