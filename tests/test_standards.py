"""The size standards against their official figures, which ``size_standards.csv`` holds a second time."""

import csv
from itertools import product
from pathlib import Path

from odoo.tests import tagged

from .common import SegmentationCommon

FIGURES = Path(__file__).parent / "size_standards.csv"
STEPS = (("L", "large_min"), ("M", "medium_min"), ("S", "small_min"))
# Where Odoo's industries stand in the Chinese table; the others are split, or not listed.
ODOO = {
    "A": "农、林、牧、渔业 (agriculture)",
    "B": "工业 (industry: mining + manufacturing + electricity heat gas water supply)",
    "C": "工业 (industry: mining + manufacturing + electricity heat gas water supply)",
    "D": "工业 (industry: mining + manufacturing + electricity heat gas water supply)",
    "E": "工业 (industry: mining + manufacturing + electricity heat gas water supply)",
    "F": "建筑业 (construction)",
    "N": "租赁和商务服务业 (leasing and business services)",
    **dict.fromkeys("KMOPQRSTU", "其他未列明行业 (other)"),
}
FINER = {
    "Wholesale": ("批发业 (wholesale)", "G"),
    "Retail": ("零售业 (retail)", "G"),
    "Transport": ("交通运输业 (transport)", "H"),
    "Warehousing": ("仓储业 (warehousing)", "H"),
    "Post": ("邮政业 (post)", "H"),
    "Accommodation": ("住宿业 (accommodation)", "I"),
    "Catering": ("餐饮业 (catering)", "I"),
    "Information transmission": ("信息传输业 (information transmission)", "J"),
    "Software and IT services": ("软件和信息技术服务业 (software and IT services)", "J"),
    "Real-estate development": ("房地产开发经营 (real-estate development)", "L"),
    "Property management": ("物业管理 (property management)", "L"),
    "Other real estate": ("其他未列明行业 (other)", "L"),
    "Business services (law, accounting, consulting, advertising)": (
        "租赁和商务服务业 (leasing and business services)",
        "M",
    ),
    "Waste management and environment": ("其他未列明行业 (other)", "E"),
}
FACTS = ("employee_count", "annual_turnover", "total_assets")


def figures(standard: str) -> dict:
    """Row of the table → fact → class → lower bound, in persons or in whole currency."""
    rows = {}
    with FIGURES.open() as table:
        for line in csv.DictReader(table):
            if line["standard"] == standard:
                factor = 10_000 if line["unit"].startswith("10k") else 1
                bounds = {code: float(line[name].lstrip(">")) * factor for code, name in STEPS}
                rows.setdefault(line["industry_row"], {})[line["metric"]] = bounds
    return rows


def china(row: dict, facts: dict) -> str:
    """Large, medium and small must reach every bound, otherwise the next class down."""
    for code, _name in STEPS:
        if all(facts[fact] >= bounds[code] for fact, bounds in row.items()):
            return code
    return "X"


def europe(row: dict, facts: dict) -> str:
    """Up to a ceiling of persons, and up to one of the two financial ceilings."""
    for code, larger in (("X", "S"), ("S", "M"), ("M", "L")):
        if facts["employee_count"] < row["employee_count"][larger] and any(
            facts[fact] <= row[fact][larger] for fact in ("annual_turnover", "total_assets")
        ):
            return code
    return "L"


def around(fact: str, bounds: dict, past: bool = False) -> list:
    """Values of a fact at each bound and just on the other side of it; nothing; and not known."""
    smallest = 1 if fact == "employee_count" else 0.01
    other = smallest if past else -smallest
    return [None, 0.0, *(value + offset for value in bounds.values() for offset in (0, other))]


def certain(rule, row: dict, facts: dict) -> str | None:
    """The class that the rule gives whatever the facts are that are not known; None where it depends."""
    unknown = [fact for fact in row if facts[fact] is None]
    candidates = [[0.0, 1e15, *row[fact].values()] for fact in unknown]
    classes = {rule(row, {**facts, **dict(zip(unknown, values, strict=True))}) for values in product(*candidates)}
    return classes.pop() if len(classes) == 1 else None


class StandardCommon(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.industry | cls.region | cls.stage).active = False

    @classmethod
    def standard(cls, code):
        return cls.env["segmentation.standard"].search([("code", "=", code)])

    @classmethod
    def odoo_industry(cls, name):
        """An industry of Odoo by its letter, or a finer one by its name."""
        found = cls.env.ref(f"base.res_partner_industry_{name}", raise_if_not_found=False)
        return found or cls.env["res.partner.industry"].search([("name", "=", name)]).ensure_one()

    @classmethod
    def customers(cls, every_facts, **values):
        """A customer for each of the facts; what is None is left empty."""
        return cls.env["res.partner"].create(
            [
                {"name": str(facts), "is_company": True, **values, **{f: v for f, v in facts.items() if v is not None}}
                for facts in every_facts
            ]
        )

    def classes(self, partners) -> list:
        """(code of the size, missing facts) of each partner."""
        profiles = self.profile_by_partner(partners)
        return [(profiles[p].size_class_id.code or None, profiles[p].missing_facts or None) for p in partners]

    def profile_by_partner(self, partners):
        return self.env["segmentation.profile"].search([("partner_id", "in", partners.ids)]).grouped("partner_id")


@tagged("post_install", "-at_install")
class TestChina(StandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard("CN_NBS_2017")._apply()
        cls.rows = figures("CN_NBS_2017")

    def check_row(self, row: dict, industry, facts_list=None):
        """Every combination of values around the bounds, against the rule in Python."""
        facts_list = facts_list or [
            dict(zip(row, values, strict=True))
            for values in product(*(around(fact, bounds) for fact, bounds in row.items()))
        ]
        partners = self.customers(facts_list, industry_id=industry.id)
        self.classify(partners)
        for facts, (code, missing) in zip(facts_list, self.classes(partners), strict=True):
            expected = certain(china, row, facts)
            self.assertEqual(code, expected, f"{industry.name}: {facts}")
            unknown = ",".join(fact for fact in FACTS if fact in row and facts[fact] is None)
            self.assertEqual(missing, None if expected else unknown, f"{industry.name}: {facts}")

    def test_table_is_complete(self):
        self.assertEqual(len(self.rows), 16)
        known = {*ODOO.values(), *(row for row, _whole in FINER.values())}
        self.assertEqual(known, set(self.rows))

    def test_every_odoo_industry(self):
        for letter, name in ODOO.items():
            with self.subTest(letter):
                self.check_row(self.rows[name], self.odoo_industry(letter))

    def test_every_finer_industry(self):
        for industry, (name, whole) in FINER.items():
            with self.subTest(industry):
                self.assertEqual(self.odoo_industry(industry).parent_id, self.odoo_industry(whole))
                self.check_row(self.rows[name], self.odoo_industry(industry))

    def test_industry_of_the_user(self):
        """A part that the user adds counts as the whole; one of its own as other."""
        Industry = self.env["res.partner.industry"]
        part = Industry.create({"name": "Bakery machines", "parent_id": self.odoo_industry("C").id})
        self.check_row(self.rows[ODOO["C"]], part)
        self.check_row(self.rows["其他未列明行业 (other)"], Industry.create({"name": "Circus"}))

    def test_too_general_industry(self):
        """Wholesale or retail: open where the two rows disagree, not open where they agree."""
        trade = self.odoo_industry("G")
        wholesale, retail = (self.rows[FINER[name][0]] for name in ("Wholesale", "Retail"))
        facts_list = [
            dict(zip(wholesale, values, strict=True))
            for values in product(*(around(fact, wholesale[fact]) + around(fact, retail[fact]) for fact in wholesale))
        ]
        partners = self.customers(facts_list, industry_id=trade.id)
        self.classify(partners)
        undecided = 0
        for facts, (code, missing) in zip(facts_list, self.classes(partners), strict=True):
            both = {certain(china, wholesale, facts), certain(china, retail, facts)}
            expected = both.pop() if len(both) == 1 else None
            self.assertEqual(code, expected, str(facts))
            if not expected:
                undecided += 1
                self.assertIn("industry_id", missing)
        self.assertGreater(undecided, 100)

    def test_unknown_industry(self):
        tiny = {"employee_count": 1, "annual_turnover": 1.0, "total_assets": 1.0}
        huge = dict.fromkeys(FACTS, 10_000_000_000.0) | {"employee_count": 10_000}
        partners = self.customers([tiny, huge, {**tiny, "employee_count": 100}])
        self.classify(partners)
        self.assertEqual(self.classes(partners), [("X", None), ("L", None), (None, "industry_id")])

    def test_currency_is_converted(self):
        """8 CNY for an EUR: 50 million EUR are exactly the 400 million CNY of a large manufacturer."""
        euro = self.env.ref("base.EUR")
        self.env["res.currency.rate"].search([("currency_id", "in", (euro | self.cny).ids)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.125, "name": "2020-01-01", "company_id": self.company.id}
        )
        values = {"industry_id": self.odoo_industry("C").id, "declared_currency_id": euro.id, "employee_count": 1000}
        partners = self.customers([{"annual_turnover": 50_000_000.0}, {"annual_turnover": 49_999_999.99}], **values)
        self.classify(partners)
        self.assertEqual([code for code, _missing in self.classes(partners)], ["L", "M"])

    def test_page_explains(self):
        retail = self.customer(
            industry_id=self.odoo_industry("Retail").id, employee_count=300, annual_turnover=5_000_000.0
        )
        trade = self.customer(industry_id=self.odoo_industry("G").id, employee_count=300, annual_turnover=5_000_000.0)
        self.classify(retail | trade)
        [size] = [e for e in self.profile(retail)._explain() if e.dimension == self.size]
        self.assertEqual(size.cls.code, "M")
        self.assertIn("Annual turnover", size.next_step)
        [size] = [e for e in self.profile(trade)._explain() if e.dimension == self.size]
        self.assertFalse(size.cls)
        self.assertIn("Wholesale/Retail", size.reason)
        self.assertIn("not known: Industry", size.reason)

    def test_sector_of_a_finer_industry(self):
        """The finer industries of the standard keep the sector of the wider ones."""
        self.industry.active = True
        partners = self.customers([{}] * len(FINER))
        for partner, name in zip(partners, FINER, strict=True):
            partner.industry_id = self.odoo_industry(name)
        self.classify(partners)
        for partner in partners:
            whole = partner.industry_id.parent_id
            sector = self.industry.class_ids.filtered(lambda cls, whole=whole: whole in cls.industry_ids)
            self.assertClass(partner, self.industry, sector.code)
            [explanation] = [e for e in self.profile(partner)._explain() if e.dimension == self.industry]
            self.assertIn(partner.industry_id.name, explanation.reason)


@tagged("post_install", "-at_install")
class TestEurope(StandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.standard("EU_2003_361")._apply()
        cls.row = figures("EU_2003_361")["all"]

    def test_every_combination(self):
        values = product(*(around(fact, self.row[fact], past=fact != "employee_count") for fact in FACTS))
        facts_list = [dict(zip(FACTS, one, strict=True)) for one in values]
        partners = self.customers(facts_list, declared_currency_id=self.company.currency_id.id)
        self.classify(partners)
        found = set()
        for facts, (code, missing) in zip(facts_list, self.classes(partners), strict=True):
            expected = certain(europe, self.row, facts)
            found.add(expected)
            self.assertEqual(code, expected, str(facts))
            if expected is None:
                self.assertEqual(missing, ",".join(fact for fact in FACTS if facts[fact] is None), str(facts))
        self.assertEqual(found, {"L", "M", "S", "X", None})

    def test_page_explains(self):
        facts = {"employee_count": 40, "annual_turnover": 60_000_000.0, "total_assets": 1_000_000.0}
        partner = self.customers([facts], declared_currency_id=self.company.currency_id.id)
        self.classify(partner)
        [size] = [e for e in self.profile(partner)._explain() if e.dimension == self.size]
        self.assertEqual(size.cls.code, "S")
        self.assertEqual(size.reason.count("≥"), 1, "turnover alone is no reason")
        self.assertIn("10 more Employees or", size.next_step)
        self.assertNotIn("turnover", size.next_step)
        self.assertIn("Employees ≥ 250 or (Annual turnover ≥", self.size.class_ids[0].rule)


@tagged("post_install", "-at_install")
class TestPurchases(StandardCommon):
    def test_bounds(self):
        self.standard("PURCHASES")._apply()
        partners = self.customers([{"employee_count": 100_000}] * 4)
        for partner, amount in zip(partners, (1_000_000, 999_999.99, 100_000, 99_999.99), strict=True):
            self.invoice(partner, amount)
        self.classify(partners)
        self.assertEqual([code for code, _missing in self.classes(partners)], ["L", "M", "M", "S"])
