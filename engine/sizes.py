"""How many customers would be in which class, without writing anything."""

from odoo.tools import SQL


def class_sizes(evaluation) -> dict:
    """Number of customers by class, in one statement over all customers of the evaluation's scope.

    :return: dimension of the scope's company → class id, ``None`` for unclassified, → number of customers
    """
    customers = evaluation.classified_customers()
    scope = evaluation.scope
    dimensions = [dimension for dimension in evaluation.dimensions if dimension._applies_to(scope.company)]
    if not dimensions:
        return {}
    columns = [SQL.identifier(dimension.field_name) for dimension in dimensions]
    rows = scope.env.execute_query(
        SQL(
            "SELECT GROUPING(%s), COUNT(*), %s FROM (%s) AS customer GROUP BY GROUPING SETS (%s)",
            SQL(", ").join(columns),
            SQL(", ").join(columns),
            customers,
            SQL(", ").join(SQL("(%s)", column) for column in columns),
        )
    )
    # A bit is 0 where the row is of that column's set; the last column has the lowest bit.
    everything = (1 << len(columns)) - 1
    place = {everything & ~(1 << (len(columns) - 1 - index)): index for index in range(len(columns))}
    sizes = {dimension: {} for dimension in dimensions}
    for grouping, count, *classes in rows:
        index = place[grouping]
        sizes[dimensions[index]][classes[index]] = count
    return sizes
