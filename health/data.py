"""Incomplete data: facts that a class depends on and that nobody has told."""

from odoo.tools import SQL

from .finding import Finding


def missing(look):
    """Facts whose absence leaves a class open; those that somebody has told meanwhile do not count."""
    for code in _missing_codes(look):
        customers, revenue = look.count_partners(look.env["res.partner"]._missing_fact_domain(code))
        if customers:
            yield Finding("missing", subject=code, customers=customers, revenue=revenue)


def guessed(look):
    """Facts that were guessed and that nobody has confirmed."""
    customers, revenue = look.count_partners([("guessed_facts", "!=", False)])
    if customers:
        yield Finding("guessed", customers=customers, revenue=revenue)


FINDERS = (missing, guessed)


def _missing_codes(look) -> list[str]:
    look.env["segmentation.profile"].flush_model()
    query = SQL(
        """SELECT DISTINCT code
             FROM (SELECT DISTINCT missing_facts
                     FROM segmentation_profile
                    WHERE company_id = %s AND active AND missing_facts IS NOT NULL) AS combinations,
                  unnest(string_to_array(missing_facts, ',')) AS code
         ORDER BY code""",
        look.company.id,
    )
    return [code for (code,) in look.env.execute_query(query)]
