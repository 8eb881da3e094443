from collections.abc import Collection

from odoo import api, models
from odoo.exceptions import ValidationError

from .domain_field import check_domain

# Fields of the customer file that are there before anything is computed.
KNOWN_FIELDS = ("partner_id", "user_id", "industry_id", "country_id", "state_id")


class SegmentationDimension(models.Model):
    """What the conditions of dimensions look at."""

    _inherit = "segmentation.dimension"

    @api.constrains("domain", "method", "sequence", "active")
    def _check_domains(self):
        """Conditions may use the classes of earlier dimensions only: no cycles."""
        dimensions = self.search([])
        dimensions._check_order()
        for dimension in dimensions:
            # Conditions of others have been entered by who may read what they read.
            dimension._check_conditions(dimension._known_fields(), by_author=False)

    @api.constrains("domain", "method")
    def _check_own_domains(self):
        for dimension in self:
            dimension._check_conditions(dimension._known_fields() if dimension.active else None)

    def _check_conditions(self, known, by_author=True):
        """Refuse conditions that could not be evaluated; the parameters are those of :func:`check_domain`."""
        check_domain(self, "domain", "segmentation.profile", known, by_author)
        if self.method == "domain":
            for cls in self.class_ids:
                check_domain(cls, "domain", "segmentation.profile", known, by_author)

    def _known_fields(self) -> set[str]:
        """Fields of the customer file that conditions of the dimension may use."""
        self.ensure_one()
        earlier = self.search([]).filtered(lambda d: (d.sequence, d.id) < (self.sequence, self.id))
        metrics = self.env["segmentation.metric"].search([])
        return {*KNOWN_FIELDS, *metrics.mapped("field_name"), *earlier.mapped("field_name")}

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
