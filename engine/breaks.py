"""Where to cut customers into classes: bounds suggested from the values of a metric.

Pure functions on the positive values, best first. A cut is the number of customers above it; customers
with the same value are never parted.
"""

from bisect import bisect_left, bisect_right
from functools import partial
from itertools import accumulate, pairwise
from math import ceil, floor, log

import kmeans1d

NICE_STEPS = (0, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)


def quantile_cuts(values: list, classes: int) -> list[int]:
    """Cuts into classes of as many customers each."""
    return _below_ties(values, [ceil(len(values) * number / classes) for number in range(1, classes)])


def share_cuts(values: list, shares: list) -> list[int]:
    """Cuts where the customers above make up these shares of the total (%), as the method “share” cuts them.

    The customer that crosses the line belongs to the class it started in.
    """
    reached = [0, *accumulate(values)]
    # A customer belongs to the class when those before it have not reached the share yet.
    return _below_ties(values, [bisect_left(reached, share * reached[-1] / 100, hi=len(values)) for share in shares])


def natural_cuts(values: list, classes: int, logarithmic: bool = False) -> list[int]:
    """Cuts at natural breaks (Fisher and Jenks): the values within a class differ as little as possible.

    :param logarithmic: look at the orders of magnitude, so that a few giants do not take all the classes
    """
    points = [log(value) for value in values] if logarithmic else values
    clusters = kmeans1d.cluster(points, classes).clusters  # numbered from low to high
    return _below_ties(values, [number for number, (a, b) in enumerate(pairwise(clusters), 1) if a != b])


def bounds_at(values: list, cuts: list[int]) -> list[float]:
    """The lower bounds that cut there: the least value above each cut."""
    return [values[cut - 1] for cut in cuts]


def shares_at(values: list, cuts: list[int]) -> list[float]:
    """The shares of the total (%) that the customers above the cuts make up."""
    reached = [0, *accumulate(values)]
    return [100 * reached[cut] / reached[-1] for cut in cuts]


def counts_from(values: list, bounds: list) -> list[int]:
    """How many values reach each bound."""
    return [bisect_right(values, -bound, key=lambda value: -value) for bound in bounds]


def rounded(bounds: list, whole: bool = False) -> list[float]:
    """The bounds as a person would choose them, as rough as they stay different.

    Rounded down, so that whoever reaches the exact bound reaches the rounded one.

    :param bounds: different numbers above zero
    :param whole: only whole numbers
    """
    for rounding in (_nice, partial(_floor, digits=2), partial(_floor, digits=3)):
        attempt = [max(floor(rounding(bound)), 1) if whole else rounding(bound) for bound in bounds]
        if len(set(attempt)) == len(attempt):
            return attempt
    return list(bounds)


def _below_ties(values: list, cuts: list[int]) -> list[int]:
    """The cuts, moved below the customers that have the same value as the last one above."""
    return counts_from(values, bounds_at(values, cuts))


def _nice(number: float) -> float:
    magnitude = _magnitude(number)
    step = max(step for step in NICE_STEPS if step <= number / 10.0**magnitude)
    return round(step * 10.0**magnitude, 1 - magnitude)


def _floor(number: float, digits: int) -> float:
    decimals = digits - 1 - _magnitude(number)
    return round(floor(number * 10.0**decimals) / 10.0**decimals, decimals)


def _magnitude(number: float) -> int:
    """The power of ten that the number begins with."""
    return int(f"{number:.17e}".partition("e")[2])
