"""The shipped standards: what each class means, against the same in Python, and that all of them get along."""

import copy
import json
from datetime import date, timedelta
from itertools import count, pairwise, product
from random import Random
from statistics import mean, stdev

from dateutil.relativedelta import relativedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..engine.evaluate import Evaluation
from ..engine.scope import Scope
from ..standards.nodes import nodes
from .common import AS_OF
from .standards_common import SAME_LABEL, LibraryCommon

FAMILIES = (
    ("SIZE_DEFAULT", "CN_NBS_2017", "EU_2003_361", "PURCHASES"),
    ("INDUSTRY_DEFAULT", "ISIC_4", "GBT_4754_2017"),
    ("REGION_DEFAULT", "REGION_CN7", "REGION_M49"),
    ("STAGE_DEFAULT", "STAGE_7"),
    ("ABC_REVENUE", "ABC_MARGIN"),
    ("RFM", "RFM_FIXED"),
)
ALONE = ("HABIT", "PREFERENCE", "FOCUS")
SCORES = (1, 2, 3, 4, 5)


def segment(r: int, f: int, m: int) -> str:
    """The segment of three scores, as people draw it: recency against how much the customer is worth."""
    often, much = f >= 4, m >= 4
    if r >= 4:
        if often:
            return "CHAMPION" if much else "LOYAL"
        if f >= 2:
            return "POTENTIAL"
        return "NEW" if r == 5 else "PROMISING"
    if r == 3:
        if often:
            return "LOYAL"
        return "ATTENTION" if f == 3 or much else "SLEEPING"
    if often and much:
        return "CANT_LOSE"
    if f >= 3 or much:
        return "RISK"
    return "HIBERNATING" if r == 2 else "LOST"


class ContentCommon(LibraryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.industry | cls.region | cls.stage).active = True

    @classmethod
    def apply(cls, code):
        cls.standard(code)._apply()

    @classmethod
    def dimension(cls, code):
        return cls.env["segmentation.dimension"].search([("code", "=", code)])

    @classmethod
    def class_of(cls, name):
        dimension, _slash, code = name.partition("/")
        return cls.dimension(dimension).class_ids.filtered(lambda c: c.code == code)

    def classified(self, code, rows: list[dict]) -> list:
        """Code of the class that the engine gives customer files with these facts."""
        dimension = self.dimension(code)
        names = [name for name in rows[0] if name != "partner_id"]
        profile = self.env["segmentation.profile"]
        types = {name: SQL(profile._fields[name].column_type[1]) for name in names}
        columns = SQL(", ").join(
            SQL("(fact->>%s)::%s AS %s", name, types[name], SQL.identifier(name)) for name in names
        )
        source = SQL(
            """SELECT place::int AS partner_id, %s
                 FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS listed(fact, place)""",
            columns,
            json.dumps(rows, default=str),
        )
        scope = Scope(self.env, self.company.id, AS_OF)
        evaluation = Evaluation(scope, self.env["segmentation.metric"], dimension, Domain.TRUE, "-")
        select = evaluation.classified(source)
        self.assertFalse(evaluation.result.failures)
        query = SQL(
            "SELECT c.code FROM (%s) AS f LEFT JOIN segmentation_class c ON c.id = f.%s ORDER BY f.partner_id",
            select,
            SQL.identifier(dimension.field_name),
        )
        return [found for (found,) in self.env.execute_query(query)]


# -- each file --------------------------------------------------------------------------------------


@tagged("post_install", "-at_install")
class TestTexts(ContentCommon):
    def test_all_files_are_listed_here(self):
        shipped = self.env["segmentation.standard"].search([("is_shipped", "=", True)])
        self.assertEqual(set(shipped.mapped("code")), {*(code for family in FAMILIES for code in family), *ALONE})

    def test_everything_is_described_in_both_languages(self):
        for standard in self.env["segmentation.standard"].search([("is_shipped", "=", True)]):
            for node in nodes(standard._data()):
                if node.kind in ("dimension", "class", "metric"):
                    for key in ("name", "description"):
                        for lang in ("en_US", "zh_CN"):
                            self.assertTrue(node.values.get(f"{key}@{lang}"), f"{standard.code} {node.place} {key}")

    def test_metrics_of_several_files_are_the_same(self):
        found = {}
        for standard in self.env["segmentation.standard"].search([("is_shipped", "=", True)]):
            for raw in standard._data().get("metrics", ()):
                self.assertEqual(found.setdefault(raw["code"], raw), raw)
        self.assertGreater(len(found), 10)


@tagged("post_install", "-at_install")
class TestTogether(ContentCommon):
    """Every standard after every other one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.size.currency_id = cls.env.ref("base.EUR")  # as shipped
        cls.provide_margin()

    @classmethod
    def provide_margin(cls):
        """A metric margin_12m where sale_margin does not bring it."""
        if cls.env["segmentation.metric"].search([("code", "=", "margin_12m")]):
            return
        cls.env["segmentation.metric"].create(
            {
                "name": "Margin",
                "code": "margin_12m",
                "model_id": cls.env["ir.model"]._get_id("sale.order"),
                "partner_path": "partner_id.commercial_partner_id",
                "aggregate": "sum",
                "measure_field_id": cls.env["ir.model.fields"]._get("sale.order", "amount_untaxed").id,
                "field_name": "margin_12m",
            }
        )

    def apply_twice(self, code):
        standard = self.standard(code)
        standard._apply()
        dimensions = self.env["segmentation.dimension"].search([])
        versions = dimensions.mapped("rule_version")
        self.assertFalse(self.rows(standard), f"{code} is not as the file says")
        standard._apply()
        self.assertEqual(dimensions.mapped("rule_version"), versions, code)

    def test_families(self):
        """Of standards for the same dimension, each directly after each other one."""
        for family in FAMILIES:
            for index, first in enumerate(family):
                for second in family[index + 1 :]:
                    for code in (first, second, first):
                        with self.subTest(code=code, family=family[0]):
                            self.apply_twice(code)

    def test_all_of_them(self):
        """In one order and in the other; the combined one when all that it names is there."""
        codes = [code for family in FAMILIES for code in family] + ["HABIT", "PREFERENCE"]
        for code in (*codes, *("SIZE_DEFAULT", "INDUSTRY_DEFAULT"), "FOCUS", "FOCUS"):
            with self.subTest(code):
                self.apply_twice(code)
        for code in reversed(codes):
            with self.subTest(code, reverse=True):
                self.apply_twice(code)
        self.size.currency_id = self.cny
        run = self.classify()
        self.assertEqual(run.state, "done", run.error)

    def test_combined_names_what_is_missing(self):
        focus = self.standard("FOCUS")

        def missing():
            with self.assertRaises(UserError) as caught:
                focus._apply()
            return str(caught.exception)

        self.apply("SIZE_DEFAULT")
        self.assertIn("no dimension with the code “ABC”: apply a standard", missing())
        self.apply("ABC_REVENUE")
        message = missing()
        self.assertIn("the dimension “Purchase stage” has no class with the code “RISK”", message)
        self.assertIn("dimensions[0].classes[0].domain[6]", message)
        self.apply("STAGE_7")
        focus._apply()
        self.class_of("INDUSTRY/MFG").active = False
        self.assertIn("“Manufacturing” is archived", missing())
        wizard = self.env["segmentation.apply.standard"].create({"standard_id": focus.id})
        self.assertIn("“Manufacturing” is archived", wizard.error)

    def test_class_that_a_condition_names_is_not_deleted(self):
        for code in ("STAGE_7", "ABC_REVENUE", "FOCUS"):
            self.apply(code)
        risk, first = self.class_of("STAGE/RISK"), self.class_of("STAGE/FIRST")
        self.dimension("FOCUS").class_ids.filtered(lambda c: c.code == "LARGE_SMALL_SHARE").domain = "[]"
        self.apply("STAGE_DEFAULT")
        self.assertFalse(risk.active)
        self.assertFalse(first.exists())
        with self.assertRaisesRegex(UserError, "“At risk” is archived"):
            self.apply("FOCUS")
        self.apply("STAGE_7")
        self.assertTrue(risk.active)
        self.apply("FOCUS")

    def test_absent_app(self):
        self.env["segmentation.metric"].search([("code", "=", "margin_12m")]).unlink()
        with self.assertRaisesRegex(UserError, "“margin_12m”: it comes with the app .*Install the app"):
            self.standard("ABC_MARGIN")._apply()
        self.assertFalse(self.dimension("ABC"))


@tagged("post_install", "-at_install")
class TestFormat(ContentCommon):
    """What files can say of metrics comes out as it went in."""

    @mute_logger(SAME_LABEL)
    def test_round_trip(self):
        for code in ("STAGE_7", "HABIT", "PREFERENCE", "RFM"):
            self.apply(code)
        names = ("HABIT", "PREFERENCE", "RFM_M")
        before = self.exported(*names)
        codes = [metric["code"] for metric in before["metrics"]]
        self.assertTrue({"next_purchase_date", "purchase_deviation", "top_category", "revenue_24m"} <= set(codes))
        text = json.dumps(before)
        for name in (*codes, *names):
            for pattern in (f'"{name}"', f'"x_segmentation_{name}"'):
                text = text.replace(pattern, f'{pattern[:-1]}_2"')
        again = {"format": 1, "code": "AGAIN", "version": "1.0", "name": {"en_US": "Again"}, **json.loads(text)}
        again["metrics"].reverse()  # those that derive come first
        self.imported(again)._apply()
        after = json.dumps(self.exported(*(f"{name}_2" for name in names))).replace('_2"', '"')
        self.assertEqual(json.loads(after)["dimensions"], before["dimensions"])
        self.assertEqual(
            {m["code"]: m for m in json.loads(after)["metrics"]}, {m["code"]: m for m in before["metrics"]}
        )

    def test_keys_that_were_not_there(self):
        metrics = {raw["code"]: raw for raw in self.standard("PREFERENCE")._data()["metrics"]}
        self.apply("PREFERENCE")
        top = self.env["segmentation.metric"].search([("code", "=", "top_category")])
        self.assertTrue(top.reverse_sign)
        self.assertEqual(top.group_path, metrics["top_category"]["group_path"])
        self.assertIn("less refunds", top.description)

    numbers = count()

    def refused(self, message, **changes):
        data = copy.deepcopy(self.standard("HABIT")._data()) | {"code": f"WRONG_{next(self.numbers)}"}
        raw = next(raw for raw in data["metrics"] if raw["code"] == "next_purchase_date")
        raw.update(changes)
        for name in [name for name, value in changes.items() if value is None]:
            del raw[name]
        with self.assertRaisesRegex((UserError, ValidationError), message):
            self.imported(data)._apply()

    def test_wrong_metrics(self):
        self.refused(r"metrics\[6\].base_metric: no metric with the code “nobody”", base_metric="nobody")
        self.refused(r"metrics\[6\].model: is missing", base_metric=None)
        self.refused(r"metrics\[6\]: .*needs a Metric", metric=None)
        self.refused(r"metrics\[6\]: .*no date", metric="days_between_purchases")
        self.refused(r"metrics\[6\]: .*no number", base_metric="last_purchase_date")
        self.refused(r"metrics\[6\].reverse_sign: true or false", reverse_sign="yes")
        self.refused(r"metrics\[6\].offset_days: a whole number", offset_days=1.5)
        self.refused(r"metrics\[6\].aggregate: one of", aggregate="median")


# -- what the new metrics compute -------------------------------------------------------------------


def deviation(days: list[date]) -> float | None:
    """Standard deviation of the gaps in percent of their average."""
    days = sorted(set(days))
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return 100 * stdev(gaps) / mean(gaps) if len(gaps) > 1 else None


def season(days: list[date]) -> float | None:
    """Share of the three calendar months in a row with most days, if they have some in two years."""
    days = set(days)
    if len(days) < 6 or min(days) > AS_OF - relativedelta(months=24):
        return None
    largest = 0
    for first in range(12):
        months = [first, (first + 1) % 12, (first + 2) % 12]
        inside = [day for day in days if day.month - 1 in months]
        # A season that begins in November belongs to that year, also in January.
        years = {day.year - (day.month - 1 < first) for day in inside}
        if len(years) >= 2:
            largest = max(largest, len(inside))
    return 100 * largest / len(days)


@tagged("post_install", "-at_install")
class TestMetrics(ContentCommon):
    def orders(self, partner, days):
        noon = "04:00:00"  # in Shanghai
        vals = {"partner_id": partner.id, "company_id": self.company.id, "state": "sale"}
        self.env["sale.order"].create([{**vals, "date_order": f"{day} {noon}"} for day in days])

    def order_metric(self, aggregate, **values):
        order = self.env["ir.model"]._get("sale.order")
        return self.env["segmentation.metric"].create(
            {
                "name": aggregate,
                "code": aggregate,
                "model_id": order.id,
                "partner_path": "partner_id.commercial_partner_id",
                "aggregate": aggregate,
                "date_field_id": self.env["ir.model.fields"]._get("sale.order", "date_order").id,
                "window_months": 36,
                **values,
            }
        )

    def test_random_days(self):
        """Regularity and season of random customers, some of them with a rhythm, some with a season."""
        random = Random(5)
        metrics = self.order_metric("interval_deviation") | self.order_metric("season_share")
        histories = []
        for number in range(60):
            days = [AS_OF - timedelta(days=random.randrange(1300)) for _ in range(random.choice((0, 1, 2, 5, 8, 12)))]
            if number % 3 == 1:
                days = [day for day in days if day.month in (11, 12, 1)] * 2
            if number % 3 == 2:
                days = [AS_OF - timedelta(days=30 * step + random.randrange(4)) for step in range(len(days) * 3)]
            histories.append(days)
        partners = [self.customer(f"Customer {number}") for number in range(len(histories))]
        for partner, days in zip(partners, histories, strict=True):
            self.orders(partner, days)
        self.classify()
        begin = AS_OF - relativedelta(months=36)
        known = 0
        for partner, days in zip(partners, histories, strict=True):
            inside = sorted(day for day in days if day > begin)
            profile = self.profile(partner)
            for metric, expected in zip(metrics, (deviation(inside), season(inside)), strict=True):
                value = profile[metric.field_name]
                if expected is None:
                    self.assertIs(value, False, f"{metric.code} {inside}")
                else:
                    known += 1
                    self.assertAlmostEqual(value, expected, 5, f"{metric.code} {inside}")
        self.assertGreater(known, 30)

    def test_season_needs_two_years(self):
        metric = self.order_metric("season_share")
        once, twice, short, few = (self.customer(name) for name in ("Once", "Twice", "Short", "Few"))
        march = [date(2024, 3, day) for day in (1, 5, 9, 13, 17)]
        self.orders(once, [*march, date(2025, 9, 1)])
        self.orders(twice, [*march, date(2025, 3, 1)])
        self.orders(
            short, [date(2025, month, 1) for month in (3, 4, 5)] + [date(2026, month, 1) for month in (3, 4, 5)]
        )
        self.orders(few, march)
        self.classify()
        values = [self.profile(partner)[metric.field_name] for partner in (once, twice, short, few)]
        self.assertEqual(values, [0, 100, False, False])

    def test_days_from_one_date_to_another(self):
        self.apply("STAGE_7")
        self.apply("HABIT")
        partner, new = self.customer(), self.customer("New")
        for day in (date(2022, 1, 1), date(2023, 1, 1), date(2025, 12, 1), date(2026, 6, 21)):
            self.invoice(partner, 100, day=day)
        self.invoice(new, 100)
        self.classify()
        profile = self.profile(partner)
        self.assertEqual(profile.x_segmentation_purchase_pause, (date(2025, 12, 1) - date(2023, 1, 1)).days)
        # The usual interval is that of 36 months: 202 days.
        self.assertEqual(profile.x_segmentation_next_purchase_date, date(2026, 6, 21) + timedelta(days=202))
        self.assertIs(self.profile(new).x_segmentation_purchase_pause, False)
        self.assertIs(self.profile(new).x_segmentation_next_purchase_date, False)

    def test_days_after_are_rounded(self):
        self.apply("HABIT")
        partner = self.customer()
        for back in (0, 1, 6):  # 3 days apart on average
            self.invoice(partner, 1, day=AS_OF - timedelta(days=back))
        self.classify()
        self.assertEqual(self.profile(partner).x_segmentation_next_purchase_date, AS_OF + timedelta(days=3))
        self.invoice(partner, 1, day=AS_OF - timedelta(days=2))
        self.classify()
        self.assertEqual(self.profile(partner).x_segmentation_next_purchase_date, AS_OF + timedelta(days=2))

    def test_bases_of_another_kind(self):
        self.apply("HABIT")
        metric = self.env["segmentation.metric"].search([("code", "=", "next_purchase_date")])
        other = self.env["segmentation.metric"].search([("code", "=", "first_purchase_date")])
        with self.assertRaisesRegex(ValidationError, "no number"), self.env.cr.savepoint():
            metric.base_metric_id = other
        with self.assertRaisesRegex(ValidationError, "no date"), self.env.cr.savepoint():
            metric.metric_id = self.env["segmentation.metric"].search([("code", "=", "invoices_total")])
        metric.write({"aggregate": "date_after", "metric_id": other.id})
        self.assertIn("as many days later as", metric.sentence)


# -- what the classes mean --------------------------------------------------------------------------


def stage(f: dict) -> str:
    """The stage of a customer file, in the words of the descriptions."""
    bought_24 = f["orders_24m"] > 0 or f["invoices_24m"] > 0
    bought_12 = f["orders_12m"] > 0 or f["x_segmentation_first_purchase_12m"] is not None
    pause = f["x_segmentation_purchase_pause"]
    if pause is not None and pause > 730:
        return "WONBACK"
    late = (f["x_segmentation_interval_elapsed"] or 0) > 200 and f["x_segmentation_purchase_days_36m"] >= 4
    late_order = f["orders_total"] == 0 or (f["x_segmentation_order_interval_elapsed"] or 0) > 200
    if bought_24 and (not bought_12 or (late and late_order)):
        return "RISK"
    if bought_24:
        return "FIRST" if f["orders_total"] < 2 and f["invoices_total"] < 2 else "CLOSED"
    if f["open_quotations"] or f["open_opportunities"]:
        return "INTENT"
    return "LAPSED" if f["orders_total"] or f["invoices_total"] else "POTENTIAL"


@tagged("post_install", "-at_install")
class TestStage(ContentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.apply("STAGE_7")

    def test_every_combination_of_facts(self):
        """Exactly one stage, whatever the facts are."""
        counts = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 0, 0), (2, 1, 1), (5, 3, 0)]
        rows = []
        facts = product(counts, counts, (0, 1), (0, 2), (None, 730, 731), (0, 3, 4), (None, 200, 201), (None, 200, 201))
        for orders, invoices, quotations, opportunities, pause, days, elapsed, order_elapsed in facts:
            rows.append(
                {
                    **dict(zip(("orders_total", "orders_24m", "orders_12m"), orders, strict=True)),
                    "invoices_total": invoices[0],
                    "invoices_24m": invoices[1],
                    "x_segmentation_first_purchase_12m": AS_OF if invoices[2] else None,
                    "open_quotations": quotations,
                    "open_opportunities": opportunities,
                    "x_segmentation_purchase_pause": pause,
                    "x_segmentation_purchase_days_36m": days,
                    "x_segmentation_interval_elapsed": elapsed,
                    "x_segmentation_order_interval_elapsed": order_elapsed,
                }
            )
        found = self.classified("STAGE", rows)
        self.assertEqual(found, [stage(row) for row in rows])
        self.assertEqual(len(set(found)), 7)

    def ago(self, days):
        return AS_OF - timedelta(days=days)

    def test_customers_with_documents(self):
        histories = {
            "POTENTIAL": [],
            "FIRST": [40],
            "CLOSED": [40, 200],
            "RISK": [400, 800],
            "LAPSED": [800, 900],
            "WONBACK": [40, 780],
        }
        partners = {code: self.customer(code) for code in histories}
        for code, days in histories.items():
            for day in days:
                self.invoice(partners[code], 100, day=self.ago(day))
        partners["RISK by rhythm"] = self.customer("RISK by rhythm")
        for day in (100, 130, 160, 190):
            self.invoice(partners["RISK by rhythm"], 100, day=self.ago(day))
        partners["CLOSED by order"] = self.customer("CLOSED by order")
        for day in (100, 130, 160, 190):
            self.invoice(partners["CLOSED by order"], 100, day=self.ago(day))
        self.order(partners["CLOSED by order"], moment=f"{self.ago(10)} 12:00:00")
        partners["INTENT"] = self.customer("INTENT")
        self.invoice(partners["INTENT"], 100, day=self.ago(900))
        self.order(partners["INTENT"], confirm=False)
        partners["CLOSED again"] = self.customer("CLOSED again")
        for day in (40, 300, 780):  # a shorter pause than two years
            self.invoice(partners["CLOSED again"], 100, day=self.ago(day))
        self.classify()
        for name, partner in partners.items():
            self.assertClass(partner, self.stage, name.partition(" ")[0])

    def test_simple_stages_come_back(self):
        simple = {"CLOSED", "INTENT", "LAPSED", "POTENTIAL"}
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        self.assertEqual((closed.name, set(self.stage.class_ids.mapped("code")) >= simple), ("Repeat", True))
        self.apply("STAGE_DEFAULT")
        self.assertEqual((closed.name, set(self.stage.class_ids.mapped("code"))), ("Closed", simple))


@tagged("post_install", "-at_install")
class TestContribution(ContentCommon):
    def test_lines_and_customers_without_value(self):
        self.apply("ABC_REVENUE")
        dimension = self.dimension("ABC")
        amounts = {"A": 70, "A too": 15, "B": 10, "C": 5, "C nothing": 0, "C returned": 0}
        partners = {name: self.customer(name) for name in amounts}
        for name, amount in amounts.items():
            if amount:
                self.invoice(partners[name], amount)
        self.invoice(partners["C returned"], 30, move_type="out_refund")
        self.classify()
        for name, partner in partners.items():
            self.assertClass(partner, dimension, name[0])


@tagged("post_install", "-at_install")
class TestBehaviour(ContentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.apply("RFM")

    def test_every_cell_belongs_to_one_segment(self):
        """By the engine, and by each condition alone: none overlaps another, whatever their order."""
        cells = list(product(SCORES, repeat=3))
        scores = {p: {n: self.class_of(f"RFM_{p}/{n}").id for n in SCORES} for p in "RFM"}
        rows = [
            {
                "invoices_total": 1,
                **{f"x_segmentation_rfm_{p.lower()}": scores[p][n] for p, n in zip("RFM", cell, strict=True)},
            }
            for cell in cells
        ]
        self.assertEqual(self.classified("RFM", rows), [segment(*cell) for cell in cells])
        raw = next(d for d in self.standard("RFM")._data()["dimensions"] if d["code"] == "RFM")
        for cell in cells:
            own = dict(zip("rfm", cell, strict=True))
            met = [cls["code"] for cls in raw["classes"] if self.holds(list(cls["domain"]), own)]
            self.assertEqual(met, [segment(*cell)], cell)
        self.assertEqual(len({segment(*cell) for cell in cells}), 11)

    def holds(self, domain: list, scores: dict) -> bool:
        """Whether a domain of the file, in prefix notation, holds for the scores."""
        item = domain.pop(0)
        if item in ("&", "|"):
            both = self.holds(domain, scores), self.holds(domain, scores)
            return all(both) if item == "&" else any(both)
        column, _in, values = item
        return {"class": f"RFM_{column[-1].upper()}/{scores[column[-1]]}"} in values

    def test_descriptions_name_the_cells(self):
        """What a description says of the scores is what the class holds."""
        for cls in self.dimension("RFM").class_ids:
            cells = [cell for cell in product(SCORES, repeat=3) if segment(*cell) == cls.code]
            recency = sorted({r for r, _f, _m in cells})
            text = f"R {recency[0]}" if len(recency) == 1 else f"R {recency[0]}–{recency[-1]}"
            if cls.code != "LOYAL":  # two blocks
                self.assertIn(text, cls.description)

    def test_both_files_have_the_same_segments(self):
        segments = [
            next(d for d in self.standard(code)._data()["dimensions"] if d["code"] == "RFM")
            for code in ("RFM", "RFM_FIXED")
        ]
        self.assertEqual(*segments)

    def test_who_never_bought_has_no_scores(self):
        buyer, other = self.customer("Buyer"), self.customer("Other")
        self.invoice(buyer, 100)
        self.classify()
        for code in ("RFM_R", "RFM_F", "RFM_M", "RFM"):
            dimension = self.dimension(code)
            self.assertTrue(self.code(buyer, dimension), code)
            self.assertClass(other, dimension, None)

    def test_only_the_segment_is_part_of_the_code(self):
        parts = self.dimension("RFM_R") | self.dimension("RFM_F") | self.dimension("RFM_M")
        self.assertFalse(any(parts.mapped("in_code")))
        self.assertTrue(self.dimension("RFM").in_code)

    def test_fixed_bounds(self):
        self.apply("RFM_FIXED")
        days = {30: "5", 31: "4", 90: "4", 91: "3", 180: "3", 181: "2", 365: "2", 366: "1", 3000: "1"}
        rows = [{"invoices_total": 1, "days_since_purchase": day} for day in days]
        self.assertEqual(self.classified("RFM_R", rows), list(days.values()))
        counts = {0: "1", 1: "1", 2: "2", 5: "2", 6: "3", 11: "3", 12: "4", 23: "4", 24: "5", 500: "5"}
        rows = [{"invoices_total": 1, "invoices_24m": count} for count in counts]
        self.assertEqual(self.classified("RFM_F", rows), list(counts.values()))
        amounts = {-5: "1", 0: "1", 9999.99: "1", 10000: "2", 50000: "3", 199999: "3", 200000: "4", 1000000: "5"}
        rows = [{"invoices_total": 1, "x_segmentation_revenue_24m": amount} for amount in amounts]
        self.assertEqual(self.classified("RFM_M", rows), list(amounts.values()))


def habit(f: dict) -> str | None:
    """The habit of a customer file, in the words of the descriptions."""
    if not f["invoices_total"]:
        return None
    if f["x_segmentation_purchase_days_total"] == 1:
        return "ONE_OFF"
    if (f["x_segmentation_purchase_season_share"] or 0) >= 80 and f["days_since_purchase"] <= 366:
        return "SEASONAL"
    recent = f["x_segmentation_purchase_days_36m"]
    steady = f["x_segmentation_purchase_deviation"] is not None and f["x_segmentation_purchase_deviation"] <= 50
    if recent == 0 or (recent >= 4 and (f["x_segmentation_interval_elapsed"] or 0) > (150 if steady else 300)):
        return "OVERDUE"
    return "REGULAR" if recent >= 4 and steady else "IRREGULAR"


@tagged("post_install", "-at_install")
class TestHabit(ContentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.apply("HABIT")

    def test_every_combination_of_facts(self):
        rows = []
        facts = product(
            (0, 1), (1, 2), (0, 3, 4), (None, 150, 151, 300, 301), (None, 50, 51), (None, 79, 80), (366, 367)
        )
        for total, days, recent, elapsed, wobble, share, since in facts:
            rows.append(
                {
                    "invoices_total": total,
                    "x_segmentation_purchase_days_total": days,
                    "x_segmentation_purchase_days_36m": recent,
                    "x_segmentation_interval_elapsed": elapsed,
                    "x_segmentation_purchase_deviation": wobble,
                    "x_segmentation_purchase_season_share": share,
                    "days_since_purchase": since,
                }
            )
        found = self.classified("HABIT", rows)
        self.assertEqual(found, [habit(row) for row in rows])
        self.assertEqual(len(set(found)), 6)

    def test_customers_with_documents(self):
        histories = {
            "ONE_OFF": [700],
            "REGULAR": [10, 40, 72, 100],
            "OVERDUE": [100, 130, 162, 190],
            "IRREGULAR": [10, 12, 200, 203],
            "OVERDUE for long": [1200, 1300],
            "SEASONAL": [240, 250, 260, 605, 610, 620, 970, 980],
        }
        partners = {name: self.customer(name) for name in histories}
        for name, days in histories.items():
            for day in days:
                self.invoice(partners[name], 100, day=AS_OF - timedelta(days=day))
        self.classify()
        dimension = self.dimension("HABIT")
        for name, partner in partners.items():
            self.assertClass(partner, dimension, name.partition(" ")[0])


@tagged("post_install", "-at_install")
class TestCombined(ContentCommon):
    def test_key_manufacturer_about_to_lapse(self):
        for code in ("STAGE_7", "ABC_REVENUE", "FOCUS"):
            self.apply(code)
        focus, china = self.dimension("FOCUS"), self.china.id
        facts = {"employee_count": 9000, "industry_id": self.odoo_industry("C").id, "country_id": china}
        shanghai, beijing = (self.env.ref(f"base.state_cn_{name}").id for name in ("SH", "BJ"))
        east = self.customer("East", state_id=shanghai, **facts)
        north = self.customer("North", state_id=beijing, **facts)
        other = self.customer("Other", state_id=shanghai, country_id=china)
        for partner in (east, north, other):
            self.invoice(partner, 1000, day=AS_OF - timedelta(days=500))
            self.invoice(partner, 1000, day=AS_OF - timedelta(days=600))
        prospect = self.customer("Prospect", employee_count=300)
        self.classify()
        self.assertClass(east, self.stage, "RISK")
        self.assertClass(east, focus, "EAST_MFG_RISK")
        self.assertClass(north, focus, "LARGE_SMALL_SHARE")
        self.assertClass(other, focus, None)
        self.assertClass(prospect, focus, "LARGE_PROSPECT")
        explained = {explanation.dimension: explanation for explanation in self.profile(east)._explain()}
        self.assertEqual(explained[focus].value, "Large, Manufacturing, At risk")
