"""Tables that fit on a page."""

from dataclasses import dataclass

COLUMNS = 8  # of a cross table; the others are added up
CHARTED = 15  # classes in a chart
MOVES = 15  # of a list
BLOCK = 20  # lines of a table that are kept together
RULES = 20  # of a dimension; of more, those of classes with customers


@dataclass(frozen=True)
class Grid:
    """Customers by two dimensions.

    :ivar corner: names of the dimensions of rows and columns
    :ivar heads: names of the columns
    :ivar rows: name, customers of each column and of all, revenue of all
    :ivar totals: customers of each column and of all, revenue of all
    """

    corner: tuple[str, str]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...], float | None], ...]
    totals: tuple[tuple[int, ...], float | None]


@dataclass(frozen=True)
class Move:
    """Customers that went from one class to another; names, for a reader."""

    source: str
    target: str
    customers: int
    revenue: float | None


def grid(cross, env) -> Grid:
    """A :class:`~.summary_data.CrossTable` with so many columns that it fits; the smallest ones become one."""
    sums = [sum(column) for column in zip(*cross.customers, strict=True)]
    kept = set(range(len(cross.columns)))
    if len(kept) > COLUMNS:
        kept = set(sorted(kept, key=lambda number: (-sums[number], number))[: COLUMNS - 1])
    rest = [number for number in range(len(cross.columns)) if number not in kept]

    def narrow(line):
        return (
            *(line[number] for number in sorted(kept)),
            *([sum(line[number] for number in rest)] if rest else []),
            sum(line),
        )

    heads = [cross.columns[number].name for number in sorted(kept)]
    if rest:
        heads.append(env._("%s others", len(rest)))
    revenue = [sum(line) for line in cross.revenue] if cross.revenue is not None else [None] * len(cross.rows)
    return Grid(
        (cross.row_dimension.name, cross.column_dimension.name),
        tuple(heads),
        tuple(
            (head.name, narrow(line), amount)
            for head, line, amount in zip(cross.rows, cross.customers, revenue, strict=True)
        ),
        (narrow(sums), sum(revenue) if cross.revenue is not None else None),
    )


def moves(migration) -> list[Move]:
    """What changed in a migration, the largest moves first; not who came or went."""
    found = [
        Move(row.name, column.name, customers, migration.revenue and migration.revenue[y][x])
        for y, row in enumerate(migration.rows)
        for x, column in enumerate(migration.columns)
        for customers in [migration.customers[y][x]]
        if customers and row.cls is not None and column.cls is not None and row.cls != column.cls
    ]
    return sorted(found, key=lambda move: (-move.customers, -(move.revenue or 0), move.source, move.target))


def charted(part, formats, env) -> tuple[list, list]:
    """Labels and measures of the bars of a dimension: its largest classes, and all others as one.

    :param part: :class:`~.summary_data.DimensionSummary`
    """
    lines = [line for line in part.classes if line.customers or line.revenue]
    if len(lines) > CHARTED:
        largest = sorted(lines, key=lambda line: -line.customers)[: CHARTED - 1]
        lines = [line for line in lines if line in largest]
    bars = [(line.name, line.own) for line in lines]
    others = part.customers - sum(own.customers for _name, own in bars)
    if others:
        revenue = None if part.revenue is None else part.revenue - sum(own.revenue for _name, own in bars)
        bars.append((env._("Others"), type(part.total)(customers=others, revenue=revenue)))
    measures = [(env._("Customers"), [(own.customers, formats.number(own.customers)) for _name, own in bars])]
    if part.revenue is not None:
        measures.append((env._("Revenue"), [(own.revenue, formats.number(own.revenue)) for _name, own in bars]))
    return [name for name, _own in bars], measures
