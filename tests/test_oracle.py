"""The engine against the oracle: random worlds must be classified the same by both."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from .oracle import (
    AMOUNTS,
    CLASS_FIELDS,
    DEFAULT_POPULATION,
    EVERYBODY,
    METRICS,
    NOBODY,
    NUMBERS,
    TEAMS,
    Class,
    Company,
    Condition,
    Customer,
    Dimension,
    Invoice,
    Lead,
    Oracle,
    Order,
    Partner,
    Settlement,
    Terse,
    World,
)

# -- what worlds are made of -----------------------------------------------------------------------

ROUNDING = {
    "QAA": Decimal("0.01"),
    "QBB": Decimal("0.01"),
    "QCC": Decimal("0.05"),
    "QJJ": Decimal("1"),
    "QNN": Decimal("0.01"),
}
# Currency, company (None: all), day, units for one QAA. QAA is the base, which Alpha, whose currency it is, needs no
# rate for; nothing is known about QNN.
RATES = [
    ("QAA", "Beta", date(2020, 1, 1), 1.0),
    ("QBB", None, date(2020, 1, 1), 2.0),
    ("QBB", None, date(2024, 3, 1), 1.25),
    ("QCC", None, date(2020, 1, 1), 1.0837),
    ("QJJ", None, date(2020, 1, 1), 160.0),
    ("QJJ", "Beta", date(2024, 1, 1), 150.0),
]
COMPANIES = {"Alpha": Company("Alpha", "QAA", "XA"), "Beta": Company("Beta", "QBB", "XB")}
PLACES = {
    "state": ["XA-1", "XA-2", "XB-1", "XC-1"],
    "country": ["XA", "XB", "XC"],
    "industry": ["Farms", "Shops", "Banks"],
}
ADDRESSES = [
    *[(None, None), ("XA", None), ("XB", None), ("XC", None)],
    *[("XA", "XA-1"), ("XA", "XA-2"), ("XB", "XB-1"), ("XC", "XC-1"), (None, "XA-1")],
]
# Partners that are there already, and never customers. The second employee's user is archived.
INSIDERS = (
    Partner(role="own company", customer_rank=1),
    Partner(role="own company", customer_rank=1),
    Partner(role="employee", is_company=False, customer_rank=1),
    Partner(role="employee", is_company=False, customer_rank=1),
)
DAYS = [  # ends of months and of leap Februaries; nights when clocks change, at midnight in two zones
    *[date(2024, 2, 29), date(2024, 3, 31), date(2023, 12, 31), date(2025, 2, 28)],
    *[date(2024, 9, 7), date(2024, 9, 8), date(2024, 10, 27), date(2024, 11, 3)],
]
ZONES = [
    *[None, "Europe/Berlin", "Asia/Shanghai", "America/New_York"],
    *["Pacific/Auckland", "America/Santiago", "America/Havana"],
]
POPULATIONS = [
    DEFAULT_POPULATION,
    EVERYBODY,
    Condition("[('customer_rank', '>', 0)]", lambda partner: partner.customer_rank > 0),
    Condition("[('country_id', '=', False)]", lambda partner: partner.country is None),
    Condition("[('id', '=', 0)]", lambda partner: False),
]
CONDITIONS = [
    EVERYBODY,
    Condition("[('orders_24m', '>', 0)]", lambda row: row["orders_24m"] > 0),
    Condition("['!', ('open_quotations', '>', 0)]", lambda row: row["open_quotations"] == 0),
    Condition("[('employee_count', '=', False)]", lambda row: row["employee_count"] is None),
    Condition("[('employee_count', '=', 0)]", lambda row: row["employee_count"] == 0),
    Condition(
        "[('employee_count', '<', 50)]",
        lambda row: row["employee_count"] is not None and row["employee_count"] < 50,
    ),
    Condition(
        "[('revenue_12m', '>=', 99.997)]",
        lambda row: row["revenue_12m"] >= Fraction("99.997"),
    ),
    Condition(
        "['|', ('open_quotations', '>', 0), ('open_opportunities', '>', 0)]",
        lambda row: row["open_quotations"] + row["open_opportunities"] > 0,
    ),
    Condition("[('partner_id.is_company', '=', True)]", lambda row: row["partner"].is_company),
    Condition(
        "[('first_purchase_date', '<', '2024-01-01')]",
        lambda row: row["first_purchase_date"] is not None and row["first_purchase_date"] < date(2024, 1, 1),
    ),
    Condition("[('days_to_pay', '=', False)]", lambda row: row["days_to_pay"] is None),
    Condition("[('overdue_receivable', '>', 0)]", lambda row: row["overdue_receivable"] > 0),
    Condition("[('x_segmentation_top_team.name', '=', 'North')]", lambda row: row["top_team"] == "North"),
]
BOUNDS = [Decimal(b) for b in ("0", "0.01", "1", "2", "50", "80", "100", "100.005", "125", "160")]


# -- strategies ------------------------------------------------------------------------------------

pick = st.sampled_from
counts = pick([None, 0, 1, 2, 49, 50, 51, 100])
ranks = pick([0, 0, 1])
owners = pick([None, None, None, None, "Alpha", "Beta"])
# Around the bounds, in either currency, to the tenth of a cent.
amounts = st.builds(
    lambda bound, rate, offset: max(bound * Decimal(rate) + Decimal(offset), Decimal(0)),
    pick(BOUNDS),
    pick(["1", "1", "0.8", "1.25", "160"]),
    pick(["0", "0.01", "-0.01", "0.005", "-0.005", "-0.006", "0.025", "-0.025"]),
)
declared_currencies = pick(["QAA", "QBB", "QCC", "QJJ", "QNN", None])


@dataclass(frozen=True, repr=False)
class Example(Terse):
    """A world before and after some documents and partners change.

    :ivar others: positions of partners that are evaluated along with those concerned
    """

    before: World
    after: World
    others: frozenset = frozenset()


@st.composite
def examples(draw) -> Example:
    company = draw(companies())
    as_of, window = draw(pick(DAYS)), draw(pick([12, 12, 0, 1, 3]))
    partners = draw(partner_lists())
    kinds = documents(partners, company, as_of, window)
    events = [draw(kinds) for _number in range(draw(st.integers(0, 40)))]
    world = World(
        company,
        as_of,
        partners,
        dimensions=tuple(comparable(dimension, company) for dimension in draw(dimension_lists())),
        revenue=draw(pick(["invoices", "orders"])),
        window=window,
    )
    changed = draw(changed_partners(partners))
    return Example(
        replace(world, documents=tuple(d for d in events if d.life != "after")),
        replace(world, documents=tuple(d for d in events if d.life != "before"), partners=changed),
        draw(st.frozensets(pick(range(len(partners))), max_size=5)),
    )


def comparable(dimension: Dimension, company: Company) -> Dimension:
    """A dimension in a currency that the company knows a rate of: the base currency has none."""
    return dimension if dimension.currency != "QAA" else replace(dimension, currency=company.currency)


@st.composite
def companies(draw) -> Company:
    return replace(
        COMPANIES[draw(pick(["Alpha", "Beta"]))],
        tz=draw(pick(ZONES)),
        population=draw(pick([DEFAULT_POPULATION, *POPULATIONS])),
        separator=draw(pick("--/")),
    )


@st.composite
def partner_lists(draw) -> tuple[Partner, ...]:
    partners = list(INSIDERS)
    for _number in range(draw(st.integers(0, 25))):
        parent = draw(st.none() | st.none() | pick(range(len(partners))))
        partners.append(draw(partner(parent)))
    return tuple(partners)


@st.composite
def partner(draw, parent: int | None) -> Partner:
    return Partner(
        is_company=draw(pick([True, True, False])),
        parent=parent,
        supplier_rank=draw(ranks),
        industry=draw(pick([None, *PLACES["industry"]])),
        **draw(changeable()),
    )


@st.composite
def changeable(draw) -> dict:
    """The values of a partner that the test changes."""
    country, state = draw(pick(ADDRESSES))
    return {
        "active": draw(pick([True] * 5 + [False])),
        "company": draw(owners),
        "customer_rank": draw(ranks),
        "country": country,
        "state": state,
        "employee_count": draw(counts),
        "annual_turnover": draw(st.none() | amounts),
        "total_assets": draw(st.none() | amounts),
        "declared_currency": draw(declared_currencies),
    }


@st.composite
def changed_partners(draw, partners) -> tuple[Partner, ...]:
    changed = list(partners)
    own = range(len(INSIDERS), len(partners))
    for index in draw(st.lists(pick(own), min_size=1, max_size=4)) if own else ():
        changed[index] = replace(changed[index], **draw(changeable()))
    return tuple(changed)


def documents(partners, company, as_of, window):
    """Invoices, orders and leads around the edges of the windows, most of them of likely customers."""
    positions = range(len(partners))
    likely = [i for i in positions if partners[i].active and partners[i].company in (None, company.name)]
    common = {
        "partner": pick([*positions, *likely[len(INSIDERS) :] * 4]),
        "company": pick([company.name] * 8 + list(COMPANIES)),
        "life": pick(["always", "always", "before", "after"]),
    }
    days = st.one_of(
        st.builds(
            lambda months, offset: as_of - relativedelta(months=months) + timedelta(days=offset),
            pick([0, window, 12, 24]),
            pick([-1, 0, 0, 1, 1]),
        ),
        st.builds(lambda offset: as_of - timedelta(days=offset), st.integers(-40, 800)),
    )
    zone = ZoneInfo(company.tz or "UTC")
    moments = st.builds(
        lambda day, seconds: _utc(day, zone) + timedelta(seconds=seconds),
        days,
        pick([0, -1, 1, 43200, 86399, 86400]),
    )
    settlements = st.builds(
        Settlement,
        day=days,
        journal=pick(["bank", "bank", "cash", "sale", "general"]),
    )
    invoices = st.builds(
        Invoice,
        amount=st.builds(lambda sign, amount: sign * amount, pick([1, 1, -1]), amounts),
        day=st.one_of([days] * 8 + [st.none()]),
        state=pick([*["posted"] * 6, "draft", "cancel"]),
        move_type=pick([*["out_invoice"] * 4, *["out_refund"] * 2, "in_invoice", "entry"]),
        team=pick([None, *TEAMS]),
        due=st.one_of(days, st.none()),
        open=st.builds(lambda sign, amount: sign * amount, pick([0, 1, 1, -1]), amounts),
        settlements=st.lists(settlements, max_size=2).map(tuple),
        **common,
    )
    orders = st.builds(
        Order,
        amount=amounts,
        moment=moments,
        state=pick([*["sale"] * 4, "draft", "sent", "cancel"]),
        currency=pick(["QAA", "QBB"]),
        currency_rate=pick([Decimal(rate) for rate in ("1", "1.25", "3", "1.0837", "0.05")]),
        **common,
    )
    leads = st.builds(
        Lead,
        type=pick(["opportunity", "opportunity", "lead"]),
        active=pick([True, True, False]),
        won_status=pick(["pending", "pending", "won", "lost"]),
        **common | {"partner": pick([None, *positions]), "company": pick([None, *COMPANIES])},
    )
    return st.one_of(invoices, invoices, orders, orders, leads)


def _utc(day: date, zone) -> datetime:
    """The moment a day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC).replace(tzinfo=None)


@st.composite
def dimension_lists(draw) -> tuple[Dimension, ...]:
    codes = draw(pick([list(CLASS_FIELDS), list(CLASS_FIELDS), list(reversed(CLASS_FIELDS))]))
    return tuple(draw(dimension(code, codes[:index])) for index, code in enumerate(codes))


@st.composite
def dimension(draw, code: str, earlier: list[str]) -> Dimension:
    method = draw(pick(["criteria", "criteria", "mapping", "mapping", "domain"]))
    classes = [Class(f"{code}{number}") for number in range(1, draw(st.integers(0, 3)) + 1)]
    if classes:
        classes = draw({"criteria": bounded, "mapping": mapped, "domain": conditioned}[method](classes, earlier))
    return Dimension(
        code,
        method,
        tuple(classes),
        mode=draw(pick(["any", "all", "alternatives"])),
        undecided=draw(pick(["certain", "fallback"])),
        fallback=draw(pick([None, *(cls.code for cls in classes)])),
        currency=draw(pick([None, "QAA", "QBB", "QCC", "QJJ"])),
        active=draw(pick([True] * 9 + [False])),
        in_code=draw(pick([True] * 5 + [False])),
        companies=draw(pick([()] * 6 + [("Alpha",), ("Beta",), ("Alpha", "Beta")])),
    )


@st.composite
def bounded(draw, classes, _earlier) -> list[Class]:
    """Bounds of up to three metrics, falling from the highest class to the lowest."""
    bounds = {cls.code: {} for cls in classes}
    number = draw(pick([2, 1, 3]))
    alternatives = {metric: index % number for index, metric in enumerate(NUMBERS)}
    for metric in draw(st.lists(pick(NUMBERS), unique=True, max_size=3)):
        possible = BOUNDS if metric in AMOUNTS else [b for b in BOUNDS if b == int(b)]
        codes = sorted(draw(st.frozensets(pick(list(bounds)))))
        values = draw(st.lists(pick(possible), unique=True, min_size=len(codes), max_size=len(codes)))
        for code, bound in zip(codes, sorted(values, reverse=True), strict=True):
            bounds[code][metric] = bound
    return [replace(cls, bounds=bounds[cls.code], alternatives=alternatives) for cls in classes]


@st.composite
def mapped(draw, classes, _earlier) -> list[Class]:
    """A place leads to one own-country class and one general class at most."""
    classes = [replace(cls, own_country_only=draw(pick([False, False, True]))) for cls in classes]
    fields = {"state": "states", "country": "countries", "industry": "industries"}
    facts = draw(pick([["industry"], ["state", "country"], ["state", "country", "industry"]]))
    for own in (True, False):
        positions = [i for i, cls in enumerate(classes) if cls.own_country_only == own]
        # An industry lies in no country.
        for fact in facts if not own else [fact for fact in facts if fact != "industry"]:
            for place in PLACES[fact]:
                position = draw(pick([None, *positions]))
                if position is not None:
                    places = classes[position].places(fact) | {place}
                    classes[position] = replace(classes[position], **{fields[fact]: places})
    return classes


@st.composite
def conditioned(draw, classes, earlier) -> list[Class]:
    conditions = CONDITIONS + [condition for code in earlier for condition in _class_conditions(code)]
    return [replace(cls, condition=draw(pick(conditions))) for cls in classes]


def _class_conditions(code: str) -> list[Condition]:
    """Conditions on the class that an earlier dimension gave."""
    field = CLASS_FIELDS[code]
    return [
        Condition(f"[('{field}', '=', False)]", lambda row: row[code] is None),
        Condition(f"[('{field}.code', '=', '{code}1')]", lambda row: row[code] == f"{code}1"),
    ]


# -- the database ----------------------------------------------------------------------------------


class OracleCase(TransactionCase):
    """Two companies of our own, and the shipped dimensions with classes of our own.

    ``ids`` has the database id of everything that worlds name.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = {None: None}
        cls._create_currencies()
        cls._create_places()
        cls._create_companies()
        cls._create_ledger()
        cls._create_metrics()
        cls._create_classes()
        cls._create_insiders()
        cls.rate = staticmethod(cache(cls._odoo_rate))
        for table in ("country", "state", "industry"):
            field = cls.env["segmentation.class"]._fields[f"{table}_ids"]
            setattr(cls, f"{table}_relation", (field.relation, field.column1, field.column2))

    @classmethod
    def _create(cls, model, name, **values):
        record = cls.env[model].create({"name": name, **values})
        cls.ids[name] = record.id
        return record

    @classmethod
    def _create_currencies(cls):
        for code, rounding in ROUNDING.items():
            cls._create("res.currency", code, symbol=code, rounding=float(rounding))

    @classmethod
    def _create_places(cls):
        for code in PLACES["country"]:
            cls._create("res.country", code, code=code)
        for code in PLACES["state"]:
            cls._create("res.country.state", code, code=code, country_id=cls.ids[code[:2]])
        for name in PLACES["industry"]:
            cls._create("res.partner.industry", name)

    @classmethod
    def _create_companies(cls):
        for name, company in COMPANIES.items():
            country, currency = cls.ids[company.country], cls.ids[company.currency]
            record = cls._create("res.company", name, country_id=country, currency_id=currency)
            cls._create("account.journal", f"{name} journal", code="Q", type="general", company_id=record.id)
        for currency, owner, day, rate in RATES:
            values = {"currency_id": cls.ids[currency], "company_id": cls.ids[owner]}
            cls.env["res.currency.rate"].create({"name": day, "rate": rate, **values})

    @classmethod
    def _create_ledger(cls):
        """What invoices are booked on and matched with; of the settling entry only the journal matters."""
        company_id = cls.ids["Alpha"]
        for kind in ("bank", "cash", "sale", "general"):
            journal = cls._create("account.journal", kind, code=kind, type="general", company_id=company_id)
            cls.env.flush_all()
            cls.env.cr.execute("UPDATE account_journal SET type = %s WHERE id = %s", [kind, journal.id])
        for kind in ("asset_receivable", "liability_payable"):
            values = {"account_type": kind, "reconcile": True, "company_ids": [(6, 0, [company_id])]}
            cls._create("account.account", kind, code=kind[:5], **values)
        entry = cls.env["account.move"].create({"journal_id": cls.ids["Alpha journal"], "company_id": company_id})
        cls.ids["settling entry"] = entry.id

    @classmethod
    def _create_metrics(cls):
        """Two more than the shipped ones, for the aggregates that these do not use."""
        for team in TEAMS:
            cls._create("crm.team", team)
        values = {
            "model_id": cls.env["ir.model"]._get_id("account.move"),
            "domain": "[('state', '=', 'posted'), ('move_type', 'in', ('out_invoice', 'out_refund'))]",
            "measure_field_id": cls.env["ir.model.fields"]._get_ids("account.move")["amount_untaxed_signed"],
            "date_field_id": cls.env["ir.model.fields"]._get_ids("account.move")["invoice_date"],
            "group_path": "team_id",
            "sequence": 200,
        }
        for code, aggregate in {"top_team": "argmax", "top_team_share": "top_share"}.items():
            cls._create("segmentation.metric", code, code=code, aggregate=aggregate, **values)
        metrics = cls.env["segmentation.metric"].search([])
        cls.ids |= {metric.code: metric.id for metric in metrics}
        cls.columns = {metric.code: metric.field_name for metric in metrics if metric.code in METRICS}
        cls.teams = {cls.ids[team]: team for team in TEAMS}

    @classmethod
    def _create_classes(cls):
        for code, field_name in CLASS_FIELDS.items():
            dimension = cls.env["segmentation.dimension"].search([("field_name", "=", field_name)])
            cls.ids[code] = dimension.id
            dimension.write({"code": code, "fallback_class_id": False})
            dimension.class_ids.active = False
            for number in (1, 2, 3):
                values = {"dimension_id": dimension.id, "sequence": number}
                cls._create("segmentation.class", f"{code}{number}", code=f"{code}{number}", **values)
        cls.codes = {cls.ids[f"{code}{number}"]: f"{code}{number}" for code in CLASS_FIELDS for number in (1, 2, 3)}

    @classmethod
    def _create_insiders(cls):
        companies = cls.env["res.company"].browse([cls.ids[name] for name in COMPANIES])
        users = new_test_user(cls.env, "oracle_employee") | new_test_user(cls.env, "oracle_former_employee")
        users[1].active = False
        partners = companies.partner_id | users.partner_id
        partners.write({"customer_rank": 1, "active": True})
        cls.insider_ids = partners.ids

    @classmethod
    def _odoo_rate(cls, source, target, company, day):
        """The rate in Odoo, None when one is not known: Odoo takes 1.0 then.

        The currency of the company needs no rate.
        """
        currencies = cls.env["res.currency"].browse([cls.ids[source], cls.ids[target]])
        company_record = cls.env["res.company"].browse(cls.ids[company])
        known = {currency for currency, owner, *_rate in RATES if owner in (None, company)}
        own = {code for code in (source, target) if cls.ids[code] == company_record.currency_id.id}
        if source != target and not {source, target} <= known | own:
            return None
        return currencies._get_conversion_rate(*currencies, company_record, day)

    # -- write a world

    @contextmanager
    def written(self, world: World):
        """The world is in the database, until the end of the block."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            self._write_company(world.company)
            self._write_revenue(world)
            self.env.cr.execute("UPDATE segmentation_dimension SET active = FALSE")
            for sequence, dimension in enumerate(world.dimensions):
                self._write_dimension(dimension, sequence)
            self._write_partners(world)
            self._write_documents(world, world.documents)
            self.env.invalidate_all(flush=False)
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.transaction.clear()

    def _write_company(self, company: Company):
        company_id = self.ids[company.name]
        population, separator = company.population.domain, company.separator
        self._update(
            "res_company", company_id, segmentation_population=population, segmentation_code_separator=separator
        )
        self._update("res_partner", self.env["res.company"].browse(company_id).partner_id.id, tz=company.tz)

    def _write_revenue(self, world: World):
        values = {"window_months": world.window}
        if world.revenue == "orders":
            values |= {
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "partner_path": "partner_id.commercial_partner_id",
                "domain": "[('state', '=', 'sale')]",
                "measure_field_id": self.env["ir.model.fields"]._get_ids("sale.order")["amount_untaxed"],
                "date_field_id": self.env["ir.model.fields"]._get_ids("sale.order")["date_order"],
            }
        self._update("segmentation_metric", self.ids["revenue_12m"], **values)

    def _write_dimension(self, dimension: Dimension, sequence: int):
        dimension_id = self.ids[dimension.code]
        self._update(
            "segmentation_dimension",
            dimension_id,
            sequence=sequence,
            method=dimension.method,
            criteria_mode=dimension.mode,
            undecided=dimension.undecided,
            fallback_class_id=self.ids[dimension.fallback],
            currency_id=self.ids[dimension.currency],
            active=dimension.active,
            in_code=dimension.in_code,
        )
        field = self.env["segmentation.dimension"]._fields["company_ids"]
        self._relate((field.relation, field.column1, field.column2), dimension_id, dimension.companies)
        classes = {cls.code: cls for cls in dimension.classes}
        for code in (f"{dimension.code}{number}" for number in (1, 2, 3)):
            self._write_class(classes.get(code, Class(code)), active=code in classes)

    def _write_class(self, cls: Class, active: bool):
        class_id = self.ids[cls.code]
        own = cls.own_country_only
        self._update("segmentation_class", class_id, active=active, own_country_only=own, domain=cls.condition.domain)
        for fact in PLACES:
            self._relate(getattr(self, f"{fact}_relation"), class_id, cls.places(fact))
        bounds = [
            {
                "class_id": class_id,
                "metric_id": self.ids[metric],
                "lower_bound": bound,
                "alternative": cls.alternatives.get(metric, 1),
            }
            for metric, bound in cls.bounds.items()
        ]
        self._insert("segmentation_criterion", bounds)

    def _write_partners(self, world: World):
        number = len(world.partners) - len(INSIDERS)
        self.partner_ids = [*self.insider_ids, *self._new_ids("res_partner", number)]
        rows = [self._partner_row(world, index) for index in range(len(INSIDERS), len(world.partners))]
        self._insert("res_partner", rows)

    def _partner_row(self, world: World, index: int) -> dict:
        partner = world.partners[index]
        return {
            "id": self.partner_ids[index],
            "name": f"Partner {index}",
            "type": "contact",
            "autopost_bills": "ask",
            "is_company": partner.is_company,
            "parent_id": None if partner.parent is None else self.partner_ids[partner.parent],
            "commercial_partner_id": self._commercial_id(world, index),
            "active": partner.active,
            "company_id": self.ids[partner.company],
            "customer_rank": partner.customer_rank,
            "supplier_rank": partner.supplier_rank,
            "country_id": self.ids[partner.country],
            "state_id": self.ids[partner.state],
            "industry_id": self.ids[partner.industry],
            "employee_count": partner.employee_count,
            "annual_turnover": partner.annual_turnover,
            "total_assets": partner.total_assets,
            "declared_currency_id": self.ids[partner.declared_currency],
        }

    def _commercial_id(self, world: World, index: int) -> int:
        return self.partner_ids[self.oracle(world).commercial(index)]

    def _write_documents(self, world: World, documents):
        for kind, table, row in (
            (Invoice, "account_move", self._invoice_row),
            (Order, "sale_order", self._order_row),
            (Lead, "crm_lead", self._lead_row),
        ):
            chosen = [document for document in documents if isinstance(document, kind)]
            ids = self._new_ids(table, len(chosen))
            rows = [{"id": id_, **row(world, document)} for id_, document in zip(ids, chosen, strict=True)]
            self._insert(table, rows)
            if kind is Invoice:
                self._write_items(world, dict(zip(ids, chosen, strict=True)))

    def _write_items(self, world: World, moves: dict[int, Invoice]):
        """The journal item of each invoice that is to be paid, and what it is matched with."""
        rows, partials = [], []
        settled = [(move_id, settlement) for move_id, move in moves.items() for settlement in move.settlements]
        ids = self._new_ids("account_move_line", len(moves) + len(settled))
        items = dict(zip(moves, ids[: len(moves)], strict=True))
        for move_id, move in moves.items():
            rows.append(self._item_row(world, items[move_id], move_id, move))
        for item_id, (move_id, settlement) in zip(ids[len(moves) :], settled, strict=True):
            credit = {"id": item_id, "move_id": self.ids["settling entry"], "journal_id": self.ids[settlement.journal]}
            rows.append({**rows[0], **credit, "parent_state": "posted", "partner_id": None, "date_maturity": None})
            partials.append(
                {
                    "debit_move_id": items[move_id],
                    "credit_move_id": item_id,
                    "company_id": self.ids[moves[move_id].company],
                    "max_date": settlement.day,
                }
            )
        self._insert("account_move_line", rows)
        self._insert("account_partial_reconcile", partials)

    def _item_row(self, world: World, item_id: int, move_id: int, move: Invoice) -> dict:
        kind = "liability_payable" if move.move_type == "in_invoice" else "asset_receivable"
        return {
            "id": item_id,
            "move_id": move_id,
            "journal_id": self.ids[f"{move.company} journal"],
            "company_id": self.ids[move.company],
            "currency_id": self.ids[COMPANIES[move.company].currency],
            "company_currency_id": self.ids[COMPANIES[move.company].currency],
            "account_id": self.ids[kind],
            "partner_id": self._commercial_id(world, move.partner),
            "parent_state": move.state,
            "display_type": "payment_term",
            "invoice_date": move.day,
            "date_maturity": move.due,
            "amount_residual": move.open,
            "reconciled": not move.open,
        }

    def _invoice_row(self, world: World, move: Invoice) -> dict:
        return {
            "partner_id": self.partner_ids[move.partner],
            "commercial_partner_id": self._commercial_id(world, move.partner),
            "company_id": self.ids[move.company],
            "journal_id": self.ids[f"{move.company} journal"],
            "currency_id": self.ids[COMPANIES[move.company].currency],
            "state": move.state,
            "move_type": move.move_type,
            "auto_post": "no",
            "name": "/",
            "date": move.day or world.as_of,
            "invoice_date": move.day,
            "amount_untaxed_signed": move.amount,
            "team_id": self.ids[move.team],
            "ref": move.life,
        }

    def _order_row(self, _world: World, order: Order) -> dict:
        return {
            **dict.fromkeys(
                ("partner_id", "partner_invoice_id", "partner_shipping_id"), self.partner_ids[order.partner]
            ),
            "company_id": self.ids[order.company],
            "currency_id": self.ids[order.currency],
            "currency_rate": order.currency_rate,
            "state": order.state,
            "date_order": order.moment,
            "amount_untaxed": order.amount,
            "name": order.life,
        }

    def _lead_row(self, _world: World, lead: Lead) -> dict:
        return {
            "partner_id": None if lead.partner is None else self.partner_ids[lead.partner],
            "company_id": self.ids[lead.company],
            "type": lead.type,
            "active": lead.active,
            "won_status": lead.won_status,
            "name": lead.life,
        }

    def write_change(self, before: World, after: World):
        """Turn the world before into the world after."""
        self.env.flush_all()
        self.env.cr.execute(
            """DELETE FROM account_partial_reconcile AS partial
                USING account_move_line AS item, account_move AS move
                WHERE item.id = partial.debit_move_id AND move.id = item.move_id AND move.ref = 'before'"""
        )
        for table, life in (("account_move", "ref"), ("sale_order", "name"), ("crm_lead", "name")):
            self.env.cr.execute(SQL("DELETE FROM %s WHERE %s = 'before'", SQL.identifier(table), SQL.identifier(life)))
        self._write_documents(after, [document for document in after.documents if document.life == "after"])
        for index in range(len(INSIDERS), len(after.partners)):
            if after.partners[index] != before.partners[index]:
                row = self._partner_row(after, index)
                self._update("res_partner", row.pop("id"), **row)
        self.env.invalidate_all(flush=False)

    def _new_ids(self, table: str, number: int) -> list[int]:
        self.env.cr.execute(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"{table}_id_seq", number))
        return [new_id for (new_id,) in self.env.cr.fetchall()]

    def _insert(self, table: str, rows: list[dict]):
        if rows:
            columns = SQL(", ").join(map(SQL.identifier, rows[0]))
            values = SQL(", ").join(SQL("%s", tuple(row.values())) for row in rows)
            self.env.cr.execute(SQL("INSERT INTO %s (%s) VALUES %s", SQL.identifier(table), columns, values))

    def _update(self, table: str, record_id: int, **values):
        assignments = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items())
        self.env.cr.execute(SQL("UPDATE %s SET %s WHERE id = %s", SQL.identifier(table), assignments, record_id))

    def _relate(self, relation: tuple[str, str, str], record_id: int, names):
        table, column1, column2 = relation
        self._insert(table, [{column1: record_id, column2: self.ids[name]} for name in names])

    # -- run and compare

    def oracle(self, world: World) -> Oracle:
        return Oracle(world, self.rate, ROUNDING)

    def classify(self, world: World, partners=None):
        company = self.env["res.company"].browse(self.ids[world.company.name])
        run = self.env["segmentation.run"]._classify(company, "manual", partners, as_of=world.as_of)
        self.assertEqual(run.state, "done", run.error)
        return run

    def stored(self, world: World) -> list[Customer]:
        """The customer files of the world's partners."""
        self.env.flush_all()
        columns = [*self.columns.values(), *CLASS_FIELDS.values(), "segmentation_code", "missing_facts", "active"]
        self.env.cr.execute(
            SQL(
                "SELECT partner_id, %s FROM segmentation_profile WHERE company_id = %s AND partner_id = ANY(%s)",
                SQL(", ").join(map(SQL.identifier, columns)),
                self.ids[world.company.name],
                self.partner_ids,
            )
        )
        rows = {row["partner_id"]: row for row in self.env.cr.dictfetchall()}
        return [self._customer(rows.get(partner_id)) for partner_id in self.partner_ids]

    def _customer(self, row: dict | None) -> Customer:
        if row is None:
            return NOBODY
        metrics = {metric: row[self.columns[metric]] for metric in METRICS}
        metrics["top_team"] = self.teams.get(metrics["top_team"])
        customer = Customer(
            metrics,
            {code: self.codes.get(row[field], row[field]) for code, field in CLASS_FIELDS.items()},
            row["segmentation_code"],
            row["missing_facts"],
        )
        self.assertIs(row["active"], customer != NOBODY, f"active file of nobody, or archived file of somebody: {row}")
        return customer

    def assert_agrees(self, world: World, step: str):
        """The customer files say what the oracle says."""
        pairs = enumerate(zip(self.stored(world), self.oracle(world).customers(), strict=True))
        different = [
            f"partner {index} {world.partners[index]}\n  engine: {stored}\n  oracle: {expected}"
            for index, (stored, expected) in pairs
            if not same(stored, expected)
        ]
        self.assertFalse(different, f"{step}:\n" + "\n".join(different))


def same(stored: Customer, expected: Customer) -> bool:
    """Equal, amounts within a millionth."""
    metrics = [(stored.metrics[name], expected.metrics[name]) for name in METRICS]
    close = all(a == b or (_is_number(a) and _is_number(b) and abs(a - b) < 1e-6) for a, b in metrics)
    return close and replace(stored, metrics={}) == replace(expected, metrics={})


def _is_number(value) -> bool:
    return isinstance(value, int | float | Fraction)


# -- tests -----------------------------------------------------------------------------------------


@tagged("post_install", "-at_install")
class TestOracle(OracleCase):
    """Random worlds, the same for every run of the test."""

    @settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(example=examples())
    def test_random_worlds(self, example):
        before, after = example.before, example.after
        with self.written(before):
            self.classify(before)
            self.assert_agrees(before, "full run")
            self.assert_nothing_changes(before)
            self.write_change(before, after)
            if evaluated := self.concerned(before, after) | example.others:
                self.check_some(before, after, evaluated)
            self.assert_nothing_changes(after)

    def check_some(self, before: World, after: World, evaluated):
        """Evaluate some partners: their files and the counts of the run are right."""
        partners = self.env["res.partner"].browse(self.partner_ids[index] for index in sorted(evaluated))
        run = self.classify(after, partners)
        self.assert_agrees(after, "incremental run")
        old, new = self.oracle(before).customers(), self.oracle(after).customers()
        known = [index for index, customer in enumerate(old) if customer != NOBODY]
        self.assertEqual(
            run.created, sum(customer != NOBODY for customer in new) - sum(new[index] != NOBODY for index in known)
        )
        self.assertEqual(
            run.changes,
            sum(old[index].classes[code] != new[index].classes[code] for index in known for code in CLASS_FIELDS),
        )

    def concerned(self, before: World, after: World) -> set[int]:
        """Positions of the partners whose documents or facts are changed."""
        changed = {i for i, partner in enumerate(after.partners) if partner != before.partners[i]}
        events = [*before.documents, *after.documents]
        return changed | {d.partner for d in events if d.life != "always" and d.partner is not None}

    def assert_nothing_changes(self, world: World):
        run = self.classify(world)
        self.assertEqual((run.created, run.changed, run.changes), (0, 0, 0))


# -- wrong rules are noticed -----------------------------------------------------------------------

AS_OF = date(2024, 3, 31)
SHOP = Partner(country="XA", state="XA-1", industry="Shops", employee_count=50)


def _world(*documents, partner=SHOP, **values) -> World:
    """A world whose partner 4 is a shop."""
    tz = values.pop("tz", None)
    company = replace(COMPANIES["Alpha"], tz=tz)
    return World(company, AS_OF, (*INSIDERS, partner), documents, **values)


def _size(bounds, **values) -> tuple[Dimension]:
    return (Dimension("SIZE", "criteria", (Class("SIZE1", bounds=bounds), Class("SIZE2")), **values),)


def _region(first: Class, second: Class) -> tuple[Dimension]:
    return (Dimension("REGION", "mapping", (first, second)),)


class BoundIsExcluded(Oracle):
    world = _world(dimensions=_size({"employee_count": Decimal(50)}))

    def reaches(self, value, bound):
        return value > bound


class MissingIsZero(Oracle):
    world = _world(
        partner=replace(SHOP, employee_count=None),
        dimensions=_size({"employee_count": Decimal(50)}, undecided="fallback"),
    )

    def test(self, metrics, metric, bound, dimension):
        return super().test({metric: metrics[metric] or 0}, metric, bound, dimension)


class WindowIncludesItsFirstDay(Oracle):
    world = _world(Invoice(4, "Alpha", amount=Decimal(100), day=date(2023, 3, 31)))

    def in_window(self, day, months, **offset):
        return super().in_window(day, months, **offset) or day == AS_OF - relativedelta(months=12)


class WindowExcludesItsLastDay(Oracle):
    world = _world(Invoice(4, "Alpha", amount=Decimal(100), day=AS_OF))

    def in_window(self, day, months, **offset):
        return super().in_window(day, months, **offset) and day != AS_OF


class DaysAreUtc(Oracle):
    """At 16:30 in UTC on March 31 it is April 1 in Shanghai."""

    world = _world(
        Order(4, "Alpha", amount=Decimal(1), moment=datetime(2024, 3, 31, 16, 30)),
        tz="Asia/Shanghai",
    )

    def local_day(self, moment):
        return moment.date()


class RefundsDoNotCount(Oracle):
    world = _world(Invoice(4, "Alpha", amount=Decimal(-5), day=AS_OF, move_type="out_refund"))

    def is_revenue(self, move):
        return self.is_invoice(move)


class OtherCompaniesCount(Oracle):
    world = _world(Invoice(4, "Beta", amount=Decimal(5), day=AS_OF))

    def is_of_company(self, document):
        return True


class LostOpportunitiesAreOpen(Oracle):
    world = _world(Lead(4, "Alpha", active=False, won_status="lost"))

    def is_open(self, lead):
        return lead.type == "opportunity"


class ContactsAreCustomers(Oracle):
    world = _world(partner=replace(SHOP, is_company=False, parent=0, customer_rank=1))

    def commercial(self, index):
        return index


class TradeDoesNotMakeCustomers(Oracle):
    world = _world(
        Order(4, "Alpha", amount=Decimal(0), moment=datetime(2024, 3, 31), state="cancel"),
        partner=replace(SHOP, supplier_rank=1),
    )

    def has_traded(self, index):
        return False


class AlternativesAreAllNeeded(Oracle):
    """Employees alone are enough here, turnover and assets would be needed together."""

    world = _world(
        partner=replace(SHOP, annual_turnover=Decimal(1), declared_currency="QAA"),
        dimensions=(
            Dimension(
                "SIZE",
                "criteria",
                (
                    Class(
                        "SIZE1",
                        bounds={
                            "employee_count": Decimal(50),
                            "annual_turnover": Decimal(2),
                            "total_assets": Decimal(2),
                        },
                        alternatives={"employee_count": 1, "annual_turnover": 2, "total_assets": 2},
                    ),
                    Class("SIZE2"),
                ),
                mode="alternatives",
            ),
        ),
    )

    def decide(self, tests, deciding):
        return super().decide(tests, False)


class AmountsAreNotConverted(Oracle):
    """125 QBB are 100 QAA."""

    world = _world(
        Invoice(4, "Alpha", amount=Decimal(100), day=AS_OF),
        dimensions=_size({"revenue_12m": Decimal(125)}, currency="QBB"),
    )

    def convert(self, amount, source, target):
        return amount


class RoundingIsHalfEven(Oracle):
    world = _world(
        Invoice(4, "Alpha", amount=Decimal("100.005"), day=AS_OF),
        dimensions=_size({"revenue_12m": Decimal("100.01")}),
    )

    def round(self, value):
        return round(value)


class CreditNotesPay(Oracle):
    world = _world(Invoice(4, "Alpha", amount=Decimal(1), day=AS_OF, settlements=(Settlement(AS_OF, "sale"),)))

    def is_payment(self, settlement):
        return True


class InvoicesOfADayAreManyPurchases(Oracle):
    world = _world(
        *(Invoice(4, "Alpha", amount=Decimal(1), day=day) for day in (AS_OF, AS_OF, date(2024, 3, 1))),
    )

    def interval(self, days):
        return self.kept(Fraction((max(days) - min(days)).days, len(days) - 1))


class DueTodayIsOverdue(Oracle):
    world = _world(Invoice(4, "Alpha", amount=Decimal(1), day=AS_OF, due=AS_OF, open=Decimal(1)))

    def is_overdue(self, move):
        return self.in_window(move.due, 0)


class CreditsAreNotOverdue(Oracle):
    world = _world(
        Invoice(4, "Alpha", amount=Decimal(1), day=AS_OF, due=date(2024, 3, 1), open=Decimal(5)),
        Invoice(4, "Alpha", amount=Decimal(1), day=AS_OF, due=date(2024, 3, 2), open=Decimal(-2)),
    )

    def is_overdue(self, move):
        return super().is_overdue(move) and move.open > 0


class GrowthFromNothingIsNone(Oracle):
    world = _world(Invoice(4, "Alpha", amount=Decimal(1), day=AS_OF))

    def growth(self, value, base):
        return super().growth(value, base) or Fraction(0)


class RefundedTeamsAreInTheWhole(Oracle):
    world = _world(
        Invoice(4, "Alpha", amount=Decimal(3), day=AS_OF, team="North"),
        Invoice(4, "Alpha", amount=Decimal(3), day=AS_OF),
        Invoice(4, "Alpha", amount=Decimal(-2), day=AS_OF, move_type="out_refund", team="South"),
    )

    def whole(self, totals):
        return sum(totals.values())


class NoTeamIsOutOfTheWhole(Oracle):
    world = RefundedTeamsAreInTheWhole.world

    def whole(self, totals):
        return super().whole({team: total for team, total in totals.items() if team})


class GeneralClassesComeFirst(Oracle):
    world = _world(
        dimensions=_region(
            Class("REGION1", states=frozenset({"XA-1"})),
            Class("REGION2", countries=frozenset({"XA"}), own_country_only=True),
        )
    )

    def specificity(self):
        return sorted(super().specificity(), key=lambda item: item[1])


class UnknownCountriesMatterToNoState(Oracle):
    """The customer may be in the company's own country, whose class comes before that of the state."""

    world = _world(
        partner=replace(SHOP, country=None),
        dimensions=_region(
            Class("REGION1", states=frozenset({"XA-1"})),
            Class("REGION2", countries=frozenset({"XA"}), own_country_only=True),
        ),
    )

    def could_be_mapped(self, fact, mapped, partner):
        return False


class CountriesComeBeforeStates(Oracle):
    world = _world(
        dimensions=_region(
            Class("REGION1", states=frozenset({"XA-1"})),
            Class("REGION2", countries=frozenset({"XA"})),
        )
    )

    def specificity(self):
        return [(fact, own) for own in (True, False) for fact in ("country", "state", "industry")]


MUTANTS = (
    *(BoundIsExcluded, MissingIsZero, WindowIncludesItsFirstDay, WindowExcludesItsLastDay, DaysAreUtc),
    *(RefundsDoNotCount, OtherCompaniesCount, LostOpportunitiesAreOpen, ContactsAreCustomers),
    *(TradeDoesNotMakeCustomers, AlternativesAreAllNeeded, AmountsAreNotConverted, RoundingIsHalfEven),
    *(CreditNotesPay, InvoicesOfADayAreManyPurchases, DueTodayIsOverdue, CreditsAreNotOverdue),
    *(GrowthFromNothingIsNone, RefundedTeamsAreInTheWhole, NoTeamIsOutOfTheWhole),
    *(GeneralClassesComeFirst, UnknownCountriesMatterToNoState, CountriesComeBeforeStates),
)


@tagged("post_install", "-at_install")
class TestMutants(OracleCase):
    """Each wrong rule has a world in which the engine contradicts it and agrees with the right one."""

    def test_mutants(self):
        for mutant in MUTANTS:
            with self.subTest(mutant.__name__), self.written(mutant.world):
                self.classify(mutant.world)
                self.assert_agrees(mutant.world, "full run")
                wrong = mutant(mutant.world, self.rate, ROUNDING).customers()
                pairs = zip(self.stored(mutant.world), wrong, strict=True)
                self.assertFalse(all(same(*pair) for pair in pairs), "the wrong rule goes unnoticed")
