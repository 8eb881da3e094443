"""Industries that are part of others: what is said of the whole, and of a part."""


def spoken_for(named) -> dict:
    """Industry → those of the ``named`` industries that may stand for it, where there are any.

    An industry that is not named itself is spoken for by the nearest named one that it is part of. An
    industry of which only parts are named is too general: each of its parts may be meant, and an empty
    record stands for the parts that nobody speaks for.
    """
    parts = named.with_context(active_test=False).search([("parent_id", "!=", False)]).with_env(named.env)
    wholes = parts.filtered("active").grouped("parent_id")

    def whole(industry):
        while industry and industry not in named:
            industry = industry.parent_id
        return industry

    def meant(industry) -> set:
        if nearest := whole(industry):
            return {nearest}
        return {other for part in wholes.get(industry, ()) for other in meant(part)} or {named.browse()}

    by_industry = {industry: meant(industry) for industry in named | parts | parts.parent_id}
    return {industry: others for industry, others in by_industry.items() if any(others)}
