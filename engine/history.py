"""Classes on a past day: as they were recorded, or by the rules of today; and which history can go.

A class of a day is a row of ``partner_id``, ``dimension_id`` and ``class_id``.
"""

from dataclasses import replace

from odoo.exceptions import UserError
from odoo.tools import SQL

from .relative import METHODS as RELATIVE


def stored_classes(scope, dimensions) -> SQL:
    """SELECT of the classes stored now, with whether the customer file is ``active`` and its ``create_date``."""
    return SQL(
        "SELECT file.partner_id, file.active, file.create_date, held.* FROM segmentation_profile AS file %s WHERE %s",
        _by_dimension("file", dimensions),
        scope.stored_condition,
    )


def recorded_classes(scope, dimensions) -> SQL:
    """SELECT of the classes recorded at the end of the scope's day.

    That is the class stored now or, when the customer has moved since, the one it first moved from. A customer
    whose file was made later is not there; nobody is before the day the history begins with.
    """
    start = scope.company.segmentation_history_start
    return SQL(
        """SELECT stored.partner_id, stored.dimension_id,
                  CASE WHEN later.partner_id IS NULL THEN stored.class_id ELSE later.from_class_id END AS class_id
             FROM (%(stored)s) AS stored
        LEFT JOIN (SELECT DISTINCT ON (partner_id, dimension_id) partner_id, dimension_id, from_class_id
                     FROM segmentation_change
                    WHERE %(scope)s AND dimension_id = ANY(%(dimensions)s) AND date >= %(end)s
                 ORDER BY partner_id, dimension_id, date, id
                  ) AS later ON later.partner_id = stored.partner_id AND later.dimension_id = stored.dimension_id
            WHERE stored.create_date < %(end)s AND %(known)s""",
        stored=stored_classes(scope, dimensions),
        scope=scope.stored_condition,
        dimensions=dimensions.ids,
        end=scope.end,
        known=not start or scope.as_of >= start,
    )


def computed_classes(evaluation, dimensions) -> SQL:
    """SELECT of the classes that the rules of today give on the scope's day; nothing is stored.

    :param evaluation: :class:`~.evaluate.Evaluation` of a retrospective scope
    :raise UserError: a dimension or a metric cannot be evaluated
    """
    scope = evaluation.scope
    if any(d.method in RELATIVE and d._applies_to(scope.company) for d in evaluation.dimensions):
        # Stored cut values are of today; those of the day are made from everybody.
        evaluation.scope = replace(scope, partner_ids=None, cuts={})
    rows = evaluation.classified_customers()
    if failures := _failures(evaluation, dimensions):
        raise UserError("\n".join(failures))
    return SQL(
        "SELECT file.partner_id, held.* FROM (%s) AS file %s WHERE %s",
        rows,
        _by_dimension("file", dimensions),
        SQL("TRUE") if scope.partner_ids is None else SQL("file.partner_id = ANY(%s)", list(scope.partner_ids)),
    )


def _failures(evaluation, dimensions) -> list[str]:
    """What kept the dimensions, or others whose classes they use, from being evaluated."""
    needed = set(dimensions.mapped("field_name"))
    for dimension in reversed(evaluation.dimensions):  # each uses earlier ones only
        if dimension.field_name in needed:
            needed.update(dimension._used_columns())
    return [
        message
        for dimension, message in evaluation.result.failures.items()
        if dimension in evaluation.rules and dimension.field_name in needed
    ]


def removal(scope, limit: int) -> SQL:
    """DELETE of up to ``limit`` changes of the days before the scope's day.

    The latest change of a customer in a dimension stays: it tells since when the customer has its class.
    """
    return SQL(
        """DELETE FROM segmentation_change
            WHERE id IN (SELECT old.id
                           FROM segmentation_change AS old
                          WHERE old.company_id = %(company)s AND old.date < %(start)s
                            AND EXISTS (SELECT FROM segmentation_change AS newer
                                         WHERE newer.company_id = old.company_id
                                           AND newer.partner_id = old.partner_id
                                           AND newer.dimension_id = old.dimension_id
                                           AND (newer.date, newer.id) > (old.date, old.id))
                          LIMIT %(limit)s)""",
        company=scope.company_id,
        start=scope.start,
        limit=limit,
    )


def _by_dimension(row: str, dimensions) -> SQL:
    """Join that makes a row per dimension of a row with class columns."""
    classes = [SQL("(%s, %s)", dimension.id, SQL.identifier(row, dimension.field_name)) for dimension in dimensions]
    return SQL("CROSS JOIN LATERAL (VALUES %s) AS held(dimension_id, class_id)", SQL(", ").join(classes))
