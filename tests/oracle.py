"""The written rules of classification in slow, obvious Python: what the engine must agree with.

Nothing here reads a database or knows SQL. A :class:`World` is everything that matters: a company,
a day, its partners, their documents, and the dimensions. :class:`Oracle` says which partners are
customers, what their metrics are, and which class each dimension gives them. Every rule is one
method, so that a test can break one (see ``MUTANTS`` in ``test_oracle``).

Things are named, not numbered: a partner by its position in ``World.partners``, a state "AA-1"
belongs to the country "AA", a class is its code. Sums are fractions: nothing is rounded by chance.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

AMOUNTS = ("annual_turnover", "total_assets", "revenue_12m", "revenue_prior_12m", "overdue_receivable")
FACTS = ("employee_count", "annual_turnover", "total_assets")
# Numbers in the order of the metrics, which is the order missing ones are listed in.
NUMBERS = (
    *FACTS,
    *("revenue_12m", "revenue_prior_12m", "revenue_growth", "invoices_24m", "invoices_total"),
    *("days_between_purchases", "orders_24m", "orders_total", "open_quotations", "open_opportunities"),
    *("days_to_pay", "overdue_receivable", "top_team_share"),
)
METRICS = (*NUMBERS, "first_purchase_date", "top_team")
TEAMS = ("North", "South")
# Where money comes in; the others close an invoice without it.
MONEY = ("bank", "cash", "credit")
CLASS_FIELDS = {
    "SIZE": "size_class_id",
    "INDUSTRY": "industry_class_id",
    "REGION": "region_class_id",
    "STAGE": "stage_class_id",
}


# -- the world -------------------------------------------------------------------------------------


class Terse:
    """Mixin of dataclasses that print only what differs from the default."""

    def __repr__(self):
        told = [(f.name, getattr(self, f.name)) for f in fields(self) if getattr(self, f.name) != _default(f)]
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in told)})"

    def _repr_pretty_(self, printer, _cycle):
        """The same for hypothesis."""
        printer.text(repr(self))


def _default(described):
    factory = described.default_factory
    return described.default if factory is MISSING else factory()


@dataclass(frozen=True, repr=False)
class Partner(Terse):
    role: str = "contact"  # "own company" and "employee" are never customers
    is_company: bool = True
    parent: int | None = None
    active: bool = True
    company: str | None = None  # None: shared by all companies
    customer_rank: int = 0
    supplier_rank: int = 0
    country: str | None = None
    state: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    annual_turnover: Decimal | None = None
    total_assets: Decimal | None = None
    declared_currency: str | None = None


@dataclass(frozen=True, repr=False)
class Document(Terse):
    """:ivar life: "always", or only "before" or only "after" the change in the test"""

    partner: int | None
    company: str | None
    life: str = field(default="always", kw_only=True)


@dataclass(frozen=True, repr=False)
class Settlement(Terse):
    """What was matched with an invoice: an entry in a journal of this type."""

    day: date
    journal: str = "bank"


@dataclass(frozen=True, repr=False)
class Invoice(Document):
    """Any ``account.move``; ``amount`` is untaxed, signed and in company currency.

    :ivar open: what is still to be paid, negative when the customer is to get it
    """

    amount: Decimal
    day: date | None
    state: str = "posted"
    move_type: str = "out_invoice"
    team: str | None = None
    due: date | None = None
    open: Decimal = Decimal(0)
    settlements: tuple[Settlement, ...] = ()


@dataclass(frozen=True, repr=False)
class Order(Document):
    """``currency_rate`` units of the order's currency make one of the company's."""

    amount: Decimal
    moment: datetime  # UTC, naive
    state: str = "sale"
    currency: str = "QAA"
    currency_rate: Decimal = Decimal(1)


@dataclass(frozen=True, repr=False)
class Lead(Document):
    type: str = "opportunity"
    active: bool = True
    won_status: str = "pending"


@dataclass(frozen=True, repr=False)
class Condition(Terse):
    """An Odoo domain, and the same in Python."""

    domain: str
    holds: Callable = field(compare=False)

    def __repr__(self):
        return self.domain


EVERYBODY = Condition("[]", lambda row: True)
DEFAULT_POPULATION = Condition(
    "['|', ('customer_rank', '>', 0), '&', ('is_company', '=', True), ('supplier_rank', '=', 0)]",
    lambda partner: partner.customer_rank > 0 or (partner.is_company and partner.supplier_rank == 0),
)


@dataclass(frozen=True, repr=False)
class Class(Terse):
    """A class with the rules of all three methods; the dimension's method says which one counts."""

    code: str
    bounds: dict[str, Decimal] = field(default_factory=dict)  # metric → lower bound
    alternatives: dict[str, int] = field(default_factory=dict)  # metric → number of the alternative it is needed in
    states: frozenset = frozenset()
    countries: frozenset = frozenset()
    industries: frozenset = frozenset()
    own_country_only: bool = False
    condition: Condition = EVERYBODY

    def places(self, fact: str) -> frozenset:
        return {"state": self.states, "country": self.countries, "industry": self.industries}[fact]


@dataclass(frozen=True, repr=False)
class Dimension(Terse):
    """:ivar classes: the highest, or the first to be tried, comes first"""

    code: str
    method: str
    classes: tuple[Class, ...]
    mode: str = "any"
    undecided: str = "certain"
    fallback: str | None = None
    currency: str | None = None
    active: bool = True
    in_code: bool = True
    companies: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Company(Terse):
    name: str
    currency: str
    country: str
    tz: str | None = None
    population: Condition = DEFAULT_POPULATION
    separator: str = "-"


@dataclass(frozen=True, repr=False)
class World(Terse):
    """:ivar revenue: whether ``revenue_12m`` adds up "invoices" or confirmed "orders"
    :ivar window: its months, 0 for all
    :ivar dimensions: in the order of evaluation
    """

    company: Company
    as_of: date
    partners: tuple[Partner, ...] = ()
    documents: tuple[Document, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    revenue: str = "invoices"
    window: int = 12


@dataclass(frozen=True)
class Customer:
    """What the customer file must say: all of it is None for somebody who is not a customer."""

    metrics: dict
    classes: dict
    code: str | None = None
    missing_facts: str | None = None


NOBODY = Customer(dict.fromkeys(METRICS), dict.fromkeys(CLASS_FIELDS))


# -- the rules -------------------------------------------------------------------------------------


class Oracle:
    """The classification of a world.

    :param rate: function of source, target, company and day: units of the currency ``target`` for
        one unit of ``source``, ``None`` when no rate is known
    :param rounding: currency → smallest amount
    """

    def __init__(self, world: World, rate: Callable, rounding: dict[str, Decimal]):
        self.world = world
        self.rate = rate
        self.rounding = rounding

    def customers(self) -> list[Customer]:
        """What the customer file of each partner must say."""
        return [
            self.customer(index) if self.is_customer(index) else NOBODY for index in range(len(self.world.partners))
        ]

    # -- who is a customer -------------------------------------------------------------------------

    def commercial(self, index: int) -> int:
        """A contact is dealt with as the company, or the person, it belongs to."""
        partner = self.world.partners[index]
        if partner.is_company or partner.parent is None:
            return index
        return self.commercial(partner.parent)

    def is_customer(self, index: int) -> bool:
        partner = self.world.partners[index]
        return (
            self.commercial(index) == index
            and partner.active
            and partner.company in (None, self.world.company.name)
            and partner.role == "contact"
            and (self.world.company.population.holds(partner) or self.has_traded(index))
        )

    def has_traded(self, index: int) -> bool:
        return any(self.is_trade(document) for document in self.documents(index))

    def is_trade(self, document: Document) -> bool:
        """Orders, opportunities, customer invoices and refunds in any state."""
        if isinstance(document, Invoice):
            return document.move_type in ("out_invoice", "out_refund")
        if isinstance(document, Lead):
            return document.type == "opportunity"
        return True

    def documents(self, index: int, kind=Document) -> list:
        """The documents of a commercial partner and its contacts that the company may use."""
        return [
            document
            for document in self.world.documents
            if isinstance(document, kind)
            and self.is_of_company(document)
            and document.partner is not None
            and self.commercial(document.partner) == index
        ]

    def is_of_company(self, document: Document) -> bool:
        """A document without a company (an opportunity) counts in every company."""
        return document.company in (None, self.world.company.name)

    # -- metrics -----------------------------------------------------------------------------------

    def metrics(self, index: int) -> dict:
        """Numbers about a customer: amounts in company currency, None for a fact nobody stated."""
        partner = self.world.partners[index]
        invoices = [d for d in self.documents(index, Invoice) if self.is_invoice(d)]
        orders = [d for d in self.documents(index, Order) if d.state == "sale"]
        quotations = [d for d in self.documents(index, Order) if d.state in ("draft", "sent")]
        days = {d.day for d in invoices if self.in_window(d.day, 0)}
        revenue, prior = self.revenue(index), self.prior_revenue(index)
        top_team, top_team_share = self.top_team(index)
        return {
            "employee_count": partner.employee_count,
            "annual_turnover": self.declared(partner, partner.annual_turnover),
            "total_assets": self.declared(partner, partner.total_assets),
            "revenue_12m": revenue,
            "revenue_prior_12m": prior,
            "revenue_growth": self.growth(revenue, prior),
            "first_purchase_date": min(days, default=None),
            "days_between_purchases": self.interval([d.day for d in invoices if self.in_window(d.day, 36)]),
            "days_to_pay": self.days_to_pay(invoices),
            "overdue_receivable": sum(
                (Fraction(move.open) for move in self.documents(index, Invoice) if self.is_overdue(move)), Fraction(0)
            ),
            "top_team": top_team,
            "top_team_share": top_team_share,
            "invoices_24m": sum(self.in_window(d.day, 24) for d in invoices),
            "invoices_total": sum(self.in_window(d.day, 0) for d in invoices),
            "orders_24m": sum(self.in_window(self.local_day(d.moment), 24) for d in orders),
            "orders_total": sum(self.in_window(self.local_day(d.moment), 0) for d in orders),
            "open_quotations": len(quotations),
            "open_opportunities": sum(map(self.is_open, self.documents(index, Lead))),
        }

    def is_invoice(self, move: Invoice) -> bool:
        return move.state == "posted" and move.move_type == "out_invoice"

    def is_revenue(self, move: Invoice) -> bool:
        return move.state == "posted" and move.move_type in ("out_invoice", "out_refund")

    def is_open(self, lead: Lead) -> bool:
        return lead.type == "opportunity" and lead.active and lead.won_status == "pending"

    def revenue(self, index: int) -> Fraction:
        """Invoices minus refunds, or orders at the rate each was made at; 0 without documents."""
        months = self.world.window
        total = Fraction(0)
        if self.world.revenue == "invoices":
            for move in self.documents(index, Invoice):
                if self.is_revenue(move) and self.in_window(move.day, months):
                    total += Fraction(move.amount)
        else:
            for order in self.documents(index, Order):
                if order.state == "sale" and self.in_window(self.local_day(order.moment), months):
                    total += Fraction(order.amount) / Fraction(order.currency_rate)
        return total

    def prior_revenue(self, index: int) -> Fraction:
        """Invoices minus refunds in the 12 months before the last 12."""
        moves = filter(self.is_revenue, self.documents(index, Invoice))
        return sum((Fraction(m.amount) for m in moves if self.in_window(m.day, 12, offset_months=12)), Fraction(0))

    def growth(self, value: Fraction, base: Fraction) -> Fraction | None:
        """Percent more than before; nobody can say where there was nothing, or less."""
        return self.kept(100 * (value - base) / base) if base > 0 else None

    def interval(self, days: list[date]) -> Fraction | None:
        """Average days from one day to the next; two invoices of a day are one purchase."""
        days = sorted(set(days))
        return self.kept(Fraction((days[-1] - days[0]).days, len(days) - 1)) if len(days) > 1 else None

    def days_to_pay(self, invoices: list[Invoice]) -> Fraction | None:
        """Average over the payments of 12 months; each counts once, whatever its amount."""
        waited = [
            (settlement.day - invoice.day).days
            for invoice in invoices
            for settlement in invoice.settlements
            if invoice.day and self.is_payment(settlement) and self.in_window(settlement.day, 12)
        ]
        return self.kept(Fraction(sum(waited), len(waited))) if waited else None

    def is_payment(self, settlement: Settlement) -> bool:
        return settlement.journal in MONEY

    def is_overdue(self, move: Invoice) -> bool:
        """On a receivable account, and due before the day."""
        receivable = move.state == "posted" and move.move_type != "in_invoice"
        return receivable and self.in_window(move.due, 0, offset_days=1)

    def top_team(self, index: int) -> tuple[str | None, Fraction | None]:
        """The team with the largest positive revenue (the first of equals), and its percentage."""
        totals = dict.fromkeys((*TEAMS, None), Fraction(0))
        for move in filter(self.is_revenue, self.documents(index, Invoice)):
            if self.in_window(move.day, 0):
                totals[move.team] += Fraction(move.amount)
        best = max(TEAMS, key=totals.get)
        if totals[best] <= 0:
            return None, None
        return best, self.kept(100 * totals[best] / self.whole(totals))

    def whole(self, totals: dict) -> Fraction:
        """What all sold, teams with more refunds than sales aside; no team counts as one."""
        return sum(total for total in totals.values() if total > 0)

    def kept(self, value: Fraction) -> Fraction:
        """As the customer file keeps it, with 6 decimals."""
        return Fraction(self.round(value * 10**6), 10**6)

    def declared(self, partner: Partner, amount: Decimal | None) -> Fraction | None:
        """A declared amount in company currency; an amount of unknown worth is not known."""
        if amount is None or partner.declared_currency is None:
            return None
        return self.convert(Fraction(amount), partner.declared_currency, self.world.company.currency)

    def convert(self, amount: Fraction, source: str, target: str) -> Fraction | None:
        """The amount in another currency, at the rate of the as-of day; not rounded."""
        rate = self.rate(source, target, self.world.company.name, self.world.as_of)
        return None if rate is None else amount * Fraction(repr(rate))

    def local_day(self, moment: datetime) -> date:
        """The day it was where the company is."""
        zone = ZoneInfo(self.world.company.tz or "UTC")
        return moment.replace(tzinfo=UTC).astimezone(zone).date()

    def in_window(self, day: date | None, months: int, offset_months: int = 0, offset_days: int = 0) -> bool:
        """After the day ``months`` ago, up to and including the as-of day; or all of that so much earlier."""

        def ago(months: int) -> date:
            return self.world.as_of - relativedelta(months=months, days=offset_days)

        if day is None or day > ago(offset_months):
            return False
        return not months or day > ago(offset_months + months)

    # -- classes -----------------------------------------------------------------------------------

    def customer(self, index: int) -> Customer:
        """Metrics, classes, segmentation code and missing facts of a customer.

        A dimension sees the classes that the dimensions before it gave.
        """
        partner = self.world.partners[index]
        metrics = self.metrics(index)
        classes, codes, missing = dict.fromkeys(CLASS_FIELDS), [], []
        for dimension in filter(self.applies, self.world.dimensions):
            code, facts = self.classify(dimension, partner, metrics, classes)
            classes[dimension.code] = code
            missing += facts
            if dimension.in_code:
                codes.append(code or "?")
        return Customer(
            metrics,
            classes,
            self.world.company.separator.join(codes) or None,
            ",".join(dict.fromkeys(missing)) or None,  # each fact is named once
        )

    def applies(self, dimension: Dimension) -> bool:
        companies = dimension.companies
        return dimension.active and (not companies or self.world.company.name in companies)

    def classify(self, dimension, partner, metrics, classes) -> tuple[str | None, list[str]]:
        """The code of the class, and the facts whose absence leaves it open."""
        if dimension.method == "criteria":
            return self.by_criteria(dimension, metrics)
        if dimension.method == "mapping":
            return self.by_mapping(dimension, partner)
        return self.by_condition(dimension, partner, metrics, classes)

    # -- criteria

    def by_criteria(self, dimension, metrics) -> tuple[str | None, list[str]]:
        """The highest class that is reached whatever the missing facts are."""
        missing = []
        for cls in dimension.classes:
            reached = self.is_reached(cls, dimension, metrics)
            if reached:
                return cls.code, missing
            if reached is None:
                missing = missing or [m for m in METRICS if m in cls.bounds and metrics[m] is None]
                if dimension.undecided == "fallback":
                    break
        if missing and dimension.undecided == "certain":
            return None, missing
        return dimension.fallback, missing

    def is_reached(self, cls, dimension, metrics) -> bool | None:
        """Whether any, all, or all of one alternative's bounds are reached; None when a missing fact decides.

        Without bounds the last class is for everybody, another one for nobody.
        """
        tests = {m: self.test(metrics, m, bound, dimension) for m, bound in cls.bounds.items()}
        if not tests:
            return cls is dimension.classes[-1]
        if dimension.mode == "alternatives":
            alternatives = {}
            for metric, test in tests.items():
                alternatives.setdefault(cls.alternatives[metric], []).append(test)
            return self.decide([self.decide(together, False) for together in alternatives.values()], True)
        return self.decide(list(tests.values()), dimension.mode == "any")

    def decide(self, tests: list, deciding: bool) -> bool | None:
        """One True decides "any", one False decides "all"."""
        if deciding in tests:
            return deciding
        return None if None in tests else not deciding

    def test(self, metrics, metric, bound, dimension) -> bool | None:
        value = metrics[metric]
        if value is None:
            return None
        if metric in AMOUNTS:
            value = self.compared(value, dimension.currency or self.world.company.currency)
        return self.reaches(value, Fraction(bound))

    def reaches(self, value, bound) -> bool:
        """The bound itself belongs to the class."""
        return value >= bound

    def compared(self, value: Fraction, currency: str) -> Fraction:
        """An amount as it is compared: in the dimension's currency, rounded as that rounds."""
        value = self.convert(value, self.world.company.currency, currency)
        smallest = Fraction(self.rounding[currency])
        return self.round(value / smallest) * smallest

    def round(self, value: Fraction) -> int:
        """Half up, which for a negative value means away from zero."""
        return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))

    # -- mapping

    def by_mapping(self, dimension, partner) -> tuple[str | None, list[str]]:
        """The class of the most specific place that is mapped."""
        missing = []
        for fact, own_country_only in self.specificity():
            mapped = self.mapped(dimension, fact, own_country_only)
            value = getattr(partner, fact)
            if value in mapped:
                is_open = missing and dimension.undecided == "fallback"
                return dimension.fallback if is_open else mapped[value], missing
            if value is None and self.could_be_mapped(fact, mapped, partner):
                missing.append(f"{fact}_id")
            elif value is None and fact == "state" and mapped and partner.country is None:
                missing.append("country_id")  # in a country whose states are mapped, the state would count
        if missing and dimension.undecided == "certain":
            return None, missing
        return dimension.fallback, missing

    def specificity(self) -> list[tuple[str, bool]]:
        """Own-country classes first; among these as among the others: state, country, industry."""
        facts = ("state", "country", "industry")
        return [(fact, own) for own in (True, False) for fact in facts]

    def mapped(self, dimension, fact: str, own_country_only: bool) -> dict[str, str]:
        """Place → class."""
        return {
            place: cls.code
            for cls in dimension.classes
            if cls.own_country_only == own_country_only
            for place in cls.places(fact)
            if not own_country_only or country_of(place) == self.world.company.country
        }

    def could_be_mapped(self, fact: str, mapped: dict, partner: Partner) -> bool:
        """Whether the missing fact matters: a state does where the country's states are mapped."""
        if fact == "state":
            return any(country_of(state) == partner.country for state in mapped)
        return bool(mapped)

    # -- condition

    def by_condition(self, dimension, partner, metrics, classes) -> tuple[str | None, list[str]]:
        """The first class whose condition on the customer file holds."""
        row = {"partner": partner, **metrics, **classes}
        for cls in dimension.classes:
            if cls.condition.holds(row):
                return cls.code, []
        return dimension.fallback, []


def country_of(place: str) -> str:
    """The country of a state, or the country itself."""
    return place.partition("-")[0]
