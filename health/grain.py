"""Too crude or too fine: how customers spread over the classes."""

from itertools import combinations

from .finding import Finding
from .look import ENOUGH

MOST = 0.8  # of the classified customers in one class is too many
FEW_CLASSES = 3
HANDFUL = 5  # customers


def one_class(look):
    """Dimensions that put nearly everybody into the same class."""
    for dimension, used in _spread(look):
        cls, (customers, revenue) = max(used.items(), key=lambda item: item[1][0])
        share = customers / sum(count for count, _revenue in used.values())
        if share > MOST:
            yield Finding("one_class", dimension, cls, number=round(100 * share), customers=customers, revenue=revenue)


def few_classes(look):
    """Dimensions that use fewer classes than tell customers apart."""
    for dimension, used in _spread(look):
        if len(used) < FEW_CLASSES:
            customers, revenue = map(sum, zip(*used.values(), strict=True))
            yield Finding("few_classes", dimension, number=len(used), customers=customers, revenue=revenue)


def same(look):
    """Pairs of dimensions that say the same thing: each class of one goes with exactly one of the other."""
    for (one, counts), (other, other_counts) in combinations(_spread(look), 2):
        sizes, other_sizes = (sorted(count for count, _revenue in c.values()) for c in (counts, other_counts))
        # Classes that go together have equally many customers: mostly there is nothing to count.
        if len(sizes) > 1 and sizes == other_sizes and _go_together(look, one, other):
            customers, revenue = map(sum, zip(*counts.values(), strict=True))
            yield Finding("same", one | other, customers=customers, revenue=revenue)


def tiny(look):
    """Classes with a handful of customers."""
    for dimension, used in _spread(look):
        classes = dimension.class_ids.browse(
            cls.id for cls, (customers, _revenue) in used.items() if customers < HANDFUL
        )
        if classes:
            customers, revenue = map(sum, zip(*(used[cls] for cls in classes), strict=True))
            classes = classes.sorted()
            yield Finding("tiny", dimension, classes, number=len(classes), customers=customers, revenue=revenue)


FINDERS = (one_class, few_classes, same, tiny)


def _spread(look):
    """Dimensions with customers enough to judge, and their customers by class."""
    for dimension in look.dimensions:
        used = look.used(dimension)
        if sum(customers for customers, _revenue in used.values()) >= ENOUGH:
            yield dimension, used


def _go_together(look, one, other) -> bool:
    pairs = look.env["segmentation.profile"]._read_group(
        [("company_id", "=", look.company.id)], [one.field_name, other.field_name]
    )
    firsts, seconds = zip(*pairs, strict=True)
    return len(pairs) == len(set(firsts)) == len(set(seconds))
