"""How many customers would move from which class to which, for whoever presents it."""

from collections import defaultdict
from dataclasses import dataclass

from ..models.segmentation_change import RANKED

# Up to as many classes all of them are listed.
CROSSED = 7


@dataclass(frozen=True)
class ClassSize:
    """Customers of a class before and after a change.

    :ivar name: in the user's language
    :ivar color: index of the colour
    """

    name: str
    color: int
    now: int
    then: int


@dataclass(frozen=True)
class Move:
    """Customers that move from a class to another.

    :ivar source, target: positions of the classes in ``DimensionMoves.classes``
    :ivar revenue: of 12 months, in company currency; 0 for users who may not see it
    :ivar direction: ``up``, ``down`` or empty where the classes are not ranked
    """

    source: int
    target: int
    customers: int
    revenue: float
    direction: str


@dataclass(frozen=True)
class DimensionMoves:
    """Moves between the classes of a dimension, highest class first; unclassified customers come last.

    Of many classes, only those that gain or lose customers are listed.
    """

    name: str
    classes: tuple[ClassSize, ...]
    moves: tuple[Move, ...]


def summarise_moves(company, counted, customers: int, shows_revenue: bool) -> list[DimensionMoves]:
    """What a :class:`~..engine.preview.Preview` has found, by dimension in which anybody moves.

    :param counted: its ``counted_moves``
    :param customers: number of all customers that were evaluated
    """
    dimensions = company.env["segmentation.dimension"].with_context(active_test=False).search([])
    moves = defaultdict(list)
    for dimension_id, source, target, count, revenue, _known in counted:
        moves[dimension_id].append((source, target, count, revenue))
    return [
        _summarise(company, dimension, moves[dimension.id], customers, shows_revenue)
        for dimension in dimensions
        if dimension.id in moves
    ]


def _summarise(company, dimension, moves, customers: int, shows_revenue: bool) -> DimensionMoves:
    now = _sizes(company, dimension, customers)
    then = defaultdict(int, now)
    for source, target, count, _revenue in moves:
        then[source] -= count
        then[target] += count
    involved = {class_id for source, target, *_ in moves for class_id in (source, target)}
    if len(dimension.class_ids) <= CROSSED:
        involved |= {*dimension.class_ids.ids}
    classes = company.env["segmentation.class"].browse(involved - {None}).sorted(lambda cls: (cls.sequence, cls.id))
    order = [*classes.ids, *([None] if None in involved else [])]
    return DimensionMoves(
        dimension.name,
        tuple(_size(classes.browse(class_id or []), now[class_id], then[class_id]) for class_id in order),
        tuple(
            Move(
                order.index(source),
                order.index(target),
                count,
                float(revenue) if shows_revenue else 0.0,
                _direction(dimension, order.index(source), order.index(target), source and target),
            )
            for source, target, count, revenue in sorted(moves, key=lambda move: -move[2])
        ),
    )


def _sizes(company, dimension, customers: int) -> dict:
    """Class id → number of customers as they are stored; ``None`` are all others that there are."""
    groups = company.env["segmentation.profile"]._read_group(
        [("company_id", "=", company.id)], [dimension.field_name], ["__count"]
    )
    sizes = defaultdict(int, {cls.id or None: count for cls, count in groups})
    sizes[None] += max(customers - sum(sizes.values()), 0)
    return sizes


def _size(cls, now: int, then: int) -> ClassSize:
    return ClassSize(cls.name or cls.env._("Unclassified"), cls.color, now, then)


def _direction(dimension, source: int, target: int, both) -> str:
    if not both or dimension.method not in RANKED:
        return ""
    return "up" if target < source else "down"
