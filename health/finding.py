"""What the health check can find."""

from dataclasses import dataclass

# Kind of finding → the topic it belongs to, and how serious it is.
KINDS = {
    "no_rules": ("standard", "serious"),
    "unreachable": ("standard", "moderate"),
    "too_high": ("standard", "minor"),
    "without_class": ("standard", "moderate"),
    "one_class": ("crude", "moderate"),
    "few_classes": ("crude", "moderate"),
    "same": ("crude", "moderate"),
    "tiny": ("fine", "minor"),
    "never_evaluated": ("stale", "serious"),
    "long_ago": ("stale", "serious"),
    "outdated": ("stale", "moderate"),
    "run_failed": ("stale", "serious"),
    "run_partial": ("stale", "moderate"),
    "job_off": ("stale", "serious"),
    "job_failing": ("stale", "moderate"),
    "queue_late": ("stale", "moderate"),
    "overrides_expired": ("stale", "minor"),
    "overrides_expiring": ("stale", "minor"),
    "missing": ("data", "moderate"),
    "guessed": ("data", "minor"),
}

# Points that a finding costs when it concerns everybody.
WEIGHTS = {"serious": 20.0, "moderate": 10.0, "minor": 3.0}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    :ivar kind: one of ``KINDS``
    :ivar dimensions: dimensions it is about, an empty recordset or None when it is about none
    :ivar classes: classes it is about
    :ivar subject: code of the fact, name of the job or id of the run it is about
    :ivar number: the figure to be told: per cent, days, number of classes or of jobs
    :ivar customers: number of customers concerned
    :ivar revenue: their revenue of 12 months
    :ivar whole: it is about the set-up, so it weighs as if it concerned everybody
    """

    kind: str
    dimensions: object = None
    classes: object = None
    subject: str = ""
    number: float = 0.0
    customers: int = 0
    revenue: float = 0.0
    whole: bool = False

    @property
    def topic(self) -> str:
        return KINDS[self.kind][0]

    @property
    def severity(self) -> str:
        return KINDS[self.kind][1]

    def points(self, customers: int, revenue: float) -> float:
        """Points it takes from the score: its weight by the share of customers or revenue concerned.

        :param customers: number of all customers
        :param revenue: revenue of all customers
        """
        shares = [self.customers / customers if customers else 0.0, self.revenue / revenue if revenue > 0 else 0.0]
        share = 1.0 if self.whole else min(max(*shares, 0.0), 1.0)
        return round(WEIGHTS[self.severity] * share, 1)
