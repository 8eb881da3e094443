from .look import Look
from . import data, grain, staleness, standard

# Every way of looking for what is wrong: look → findings.
FINDERS = (*standard.FINDERS, *grain.FINDERS, *staleness.FINDERS, *data.FINDERS)


def findings(company) -> list:
    """What is wrong with the classification of a company, in the order it was looked for."""
    look = Look(company)
    return [finding for find in FINDERS for finding in find(look)]
