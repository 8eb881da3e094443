from .look import Look
from . import data, grain, staleness, standard

# Every way of looking for what is wrong: look → findings.
FINDERS = (*standard.FINDERS, *grain.FINDERS, *staleness.FINDERS, *data.FINDERS)


def findings(look) -> list:
    """What is wrong with the classification that ``look`` looks at, in the order it was looked for."""
    return [finding for find in FINDERS for finding in find(look)]
