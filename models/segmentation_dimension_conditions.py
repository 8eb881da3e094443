from collections.abc import Collection

from odoo import models
from odoo.exceptions import ValidationError


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

    def _used_columns(self) -> set[str]:
        """Columns of the customer file that the conditions look at."""
        return {condition.field_expr.partition(".")[0] for condition in self._conditions()}

    def _check_order(self):
        """Conditions may use the classes of earlier dimensions only.

        :raise ValidationError: names the dimensions, and the circle when they need each other
        """
        by_column = {dimension.field_name: dimension for dimension in self.search([])}
        for dimension in self:
            for column in sorted(dimension._used_columns() & by_column.keys()):
                other = by_column[column]
                if (other.sequence, other.id) >= (dimension.sequence, dimension.id):
                    raise ValidationError(dimension._order_message(other, by_column))

    def _order_message(self, other, by_column: dict) -> str:
        """Why the dimension cannot look at the classes of another one."""
        if circle := other._way_to(self, by_column):
            names = " → ".join(dimension.name for dimension in (self, *circle))
            return self.env._("Dimensions need each other in a circle: %s. Remove the Condition that closes it.", names)
        return self.env._(
            "Dimension “%(dimension)s” looks at the classes of “%(other)s”, which is evaluated after it. "
            "Move “%(other)s” up in the list of dimensions, above “%(dimension)s”.",
            dimension=self.name,
            other=other.name,
        )

    def _way_to(self, target, by_column: dict, seen=()) -> list:
        """The dimensions from this one to the target, each looking at the next; empty when there is no way."""
        if self == target:
            return [self]
        for column in sorted(self._used_columns() & by_column.keys()):
            other = by_column[column]
            if other not in seen and (way := other._way_to(target, by_column, (*seen, self))):
                return [self, *way]
        return []
