from math import isfinite

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_round

from .segmentation_criterion import BOUND_DIGITS

NEW_CLASS = "+"  # before the code of a class that is not saved yet; a code cannot have it


class SegmentationDimension(models.Model):
    """The lower bounds of all classes as one grid; the criteria are what is stored."""

    _inherit = "segmentation.dimension"

    # No dependencies: an onchange of the form must not put the stored bounds in place of those just typed.
    bounds = fields.Json(
        string="Lower bounds",
        compute="_compute_bounds",
        inverse="_inverse_bounds",
        copy=False,
        help="One row per metric, industries and alternative, with the lower bound of each class.",
    )

    def _compute_bounds(self):
        """Rows ``{"metric_id", "industry_ids", "alternative", "cells": {class: bound}}``.

        A class is its id as text, since the keys of JSON are texts; one without a cell has no bound.
        """
        for dimension in self:
            dimension.bounds = [
                {
                    "metric_id": metric_id,
                    "industry_ids": list(industry_ids),
                    "alternative": alternative,
                    "cells": {str(criterion.class_id._origin.id): criterion.lower_bound for criterion in criteria},
                }
                for (metric_id, industry_ids, alternative), criteria in dimension._bound_rows()
            ]

    def _bound_rows(self) -> list:
        """Key and criteria of each row, as a table of an official standard lists them: industry by industry."""
        criteria = self.class_ids.criterion_ids
        first = {}  # industries → their first criterion
        for criterion in criteria.sorted("id"):
            first.setdefault(criterion.industry_ids, len(first))
        metrics = {metric: position for position, metric in enumerate(criteria.metric_id.sorted())}

        def position(criterion):
            industries = criterion.industry_ids
            return not industries, first[industries], criterion.alternative, metrics[criterion.metric_id]

        return list(criteria.sorted(position).grouped(lambda criterion: criterion._row_key()).items())

    def _inverse_bounds(self):
        for dimension in self:
            dimension._set_bounds(dimension._wanted_bounds())
        self.invalidate_recordset(["bounds"])

    def _set_bounds(self, wanted: dict):
        """Have exactly these criteria; those that stay are the same records as before.

        :param wanted: (row key, class) → lower bound
        """
        criteria = self.class_ids.criterion_ids
        known = {(criterion._row_key(), criterion.class_id): criterion for criterion in criteria}
        criteria.filtered(lambda criterion: (criterion._row_key(), criterion.class_id) not in wanted).unlink()
        for key, bound in wanted.items():
            if key in known and known[key].lower_bound != bound:
                known[key].lower_bound = bound
        self.env["segmentation.criterion"].create(
            [
                {
                    "class_id": cls.id,
                    "metric_id": metric_id,
                    "industry_ids": [Command.set(industry_ids)],
                    "alternative": alternative,
                    "lower_bound": bound,
                }
                for ((metric_id, industry_ids, alternative), cls), bound in wanted.items()
                if ((metric_id, industry_ids, alternative), cls) not in known
            ]
        )

    def _wanted_bounds(self) -> dict:
        """What the grid says: (row key, class) → lower bound."""
        by_key = {str(cls.id): cls for cls in self.class_ids}
        by_key |= {f"{NEW_CLASS}{cls.code}": cls for cls in self.class_ids}
        wanted = {}
        for row in self.bounds or []:
            key, cells = self._read_row(row)
            for name, bound in cells.items():
                if cls := by_key.get(name):
                    if (key, cls) in wanted:
                        raise ValidationError(self._message_row_twice(key))
                    wanted[key, cls] = self._read_bound(bound, key, cls)
                elif name.startswith(NEW_CLASS):
                    raise ValidationError(
                        self.env._(
                            "Lower bounds are given for a class with the Code “%s”, which is not there. "
                            "Enter them again in the column of the class.",
                            name.removeprefix(NEW_CLASS),
                        )
                    )
        return wanted

    def _read_row(self, row) -> tuple[tuple, dict]:
        """Row key and cells of a row, which may come from any client."""
        try:
            key = (int(row["metric_id"]), tuple(sorted(map(int, row["industry_ids"]))), int(row["alternative"]))
            cells = dict(row["cells"])
            if cells and not key[0]:
                raise ValueError("no metric")
            return key, cells
        except (KeyError, TypeError, ValueError) as error:
            raise ValidationError(
                self.env._("Lower bounds: each row needs a Metric. Choose one, or remove the row.")
            ) from error

    def _read_bound(self, bound, key, cls) -> float:
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not isfinite(bound):
            raise ValidationError(
                self.env._(
                    "Lower bound of “%(metric)s” for class “%(class)s”: “%(bound)s” is not a number. "
                    "Enter a number, or leave it empty for no bound.",
                    **{"metric": self._row_metric(key).name, "class": cls.name, "bound": bound},
                )
            )
        return float_round(bound, precision_digits=BOUND_DIGITS[1])

    def _row_metric(self, key):
        return self.env["segmentation.metric"].browse(key[0])

    def _message_row_twice(self, key) -> str:
        industries = self.env["res.partner.industry"].browse(key[1])
        return self.env._(
            "“%(metric)s” has two rows of Lower bounds for the same customers (%(industries)s). "
            "Remove one of them, or choose other industries.",
            metric=self._row_metric(key).name,
            industries=", ".join(industries.mapped("name")) or self.env._("all industries"),
        )

    @api.constrains("bounds")
    def _check_grid(self):
        self._check_classes()
