"""Recommendations against an obvious implementation: random purchases, counted by loops."""

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged
from odoo.tools import SQL

from ..engine import recommend
from ..engine.purchases import offered_products
from ..engine.scope import Scope
from .common import AS_OF, SegmentationCommon

MONTHS = 12
FIRST_DAY = AS_OF.replace(year=AS_OF.year - 1) + timedelta(days=1)
CUSTOMERS, PRODUCTS = 9, 5
COLUMNS = ("size_class_id", "industry_class_id")
LIMIT = 3
KINDS = ["out_invoice"] * 4 + ["out_refund", "order", "quotation", "draft", "invoiced order", "in_invoice"]


class Purchase(NamedTuple):
    customer: int
    product: int
    kind: str
    amount: int
    day: object
    after_refresh: bool


purchases = st.builds(
    Purchase,
    st.integers(0, CUSTOMERS - 1),
    st.integers(0, PRODUCTS - 1),
    st.sampled_from(KINDS),
    st.sampled_from([10, 10, 10, 20]),
    st.sampled_from([AS_OF, AS_OF, AS_OF, FIRST_DAY, FIRST_DAY - timedelta(days=1)]),
    st.sampled_from([False, False, False, True]),
)
worlds = st.fixed_dictionaries(
    {
        "classes": st.lists(
            st.tuples(st.sampled_from([0, 0, 1, None]), st.sampled_from([0, 1, None])),
            min_size=CUSTOMERS,
            max_size=CUSTOMERS,
        ),
        "purchases": st.lists(purchases, min_size=5, max_size=60),
        "archived": st.sets(st.integers(0, PRODUCTS - 1), max_size=1),
        "min_customers": st.sampled_from([1, 2, 4]),
        "min_buyers": st.sampled_from([1, 2]),
        "prior": st.sampled_from([1, 5, 50]),
    }
)


class Oracle:
    """What is to be recommended, by counting."""

    def __init__(self, world):
        self.world = world
        self.bought = self._bought([p for p in world["purchases"] if not p.after_refresh])
        self.bought_by_now = self._bought(world["purchases"])
        self.sizes, self.buyers = self._count()

    def _bought(self, known):
        """Customer → products."""
        amounts = defaultdict(int)
        for purchase in known:
            if purchase.day >= FIRST_DAY and purchase.kind in ("out_invoice", "out_refund", "order", "invoiced order"):
                sign = -1 if purchase.kind == "out_refund" else 1
                amounts[purchase.customer, purchase.product] += sign * purchase.amount
        bought = defaultdict(set)
        for (customer, product), amount in amounts.items():
            if amount > 0 and product not in self.world["archived"]:
                bought[customer].add(product)
        return bought

    def groups(self, customer):
        """The groups of a customer, the widest first."""
        first, second = self.world["classes"][customer]
        if first is None:
            return [()]
        return [(), (first,)] if second is None else [(), (first,), (first, second)]

    def _count(self):
        sizes, buyers = defaultdict(int), defaultdict(int)
        for customer, products in self.bought.items():
            for group in self.groups(customer):
                sizes[group] += 1
                for product in products:
                    buyers[group, product] += 1
        least = self.world["min_customers"]
        sizes = {group: size for group, size in sizes.items() if not group or size >= least}
        kept = {
            (group, product): count
            for (group, product), count in buyers.items()
            if group in sizes and count >= self.world["min_buyers"]
        }
        return sizes, kept

    def scores(self, customer):
        """Product → score, of what may be recommended to a customer."""
        # A group of which nothing is stored is not known.
        groups = [g for g in self.groups(customer) if any((g, p) in self.buyers for p in range(PRODUCTS))]
        scores = {}
        for product in set(range(PRODUCTS)) - self.bought_by_now[customer] - self.world["archived"]:
            if not any((group, product) in self.buyers for group in groups):
                continue
            score, prior = Fraction(0), 0
            for group in groups:
                score = (self.buyers.get((group, product), 0) + prior * score) / Fraction(self.sizes[group] + prior)
                prior = self.world["prior"]
            scores[product] = score
        return scores


@tagged("post_install", "-at_install")
class TestRecommendationsOracle(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(CUSTOMERS)]
        )
        cls.products = cls.env["product.product"].create(
            [{"name": f"Product {number}", "type": "consu"} for number in range(PRODUCTS)]
        )
        cls.classify()
        cls.env["account.move.line"].search([("company_id", "=", cls.company.id)]).product_id = False
        cls.classes = [cls.size.class_ids[:2], cls.industry.class_ids[:2]]
        cls.account = cls.company_data["default_account_revenue"]
        cls.journal = cls.company_data["default_journal_sale"]

    @settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(world=worlds)
    def test_random_purchases(self, world):
        oracle = Oracle(world)
        constants = {name: world[name.lower()] for name in ("MIN_CUSTOMERS", "MIN_BUYERS", "PRIOR")}
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            with patch.multiple(recommend, **constants):
                self.write_classes(world)
                self.write_purchases([p for p in world["purchases"] if not p.after_refresh])
                recommend.refresh(Scope(self.env, self.company.id, AS_OF), COLUMNS, MONTHS)
                self.assert_counts(oracle)
                self.write_purchases([p for p in world["purchases"] if p.after_refresh])
                for customer in range(CUSTOMERS):
                    self.assert_recommended(oracle, customer)
        finally:
            savepoint.close(rollback=True)
            self.env.transaction.clear()

    # -- write ---------------------------------------------------------------------------------

    def write_classes(self, world):
        for partner, numbers in zip(self.partners, world["classes"], strict=True):
            for column, number, classes in zip(COLUMNS, numbers, self.classes, strict=True):
                value = None if number is None else classes[number].id
                self.env.cr.execute(
                    SQL(
                        "UPDATE segmentation_profile SET %s = %s WHERE partner_id = %s AND company_id = %s",
                        *(SQL.identifier(column), value, partner.id, self.company.id),
                    )
                )
        for product in world["archived"]:
            self.products[product].active = False
        self.env.flush_all()
        self.env.invalidate_all()

    def write_purchases(self, known):
        for purchase in known:
            partner, product = self.partners[purchase.customer], self.products[purchase.product]
            order_line = None
            if "order" in purchase.kind or purchase.kind == "quotation":
                order_line = self.write_order(purchase, partner, product)
            if purchase.kind not in ("order", "quotation"):
                self.write_invoice(purchase, partner, product, order_line)

    def write_order(self, purchase, partner, product):
        state = "draft" if purchase.kind == "quotation" else "sale"
        moment = f"{purchase.day} 02:00:00"  # in UTC; the day has begun in Shanghai
        [order_id] = self.insert(
            "sale_order",
            name="/",
            state=state,
            company_id=self.company.id,
            date_order=moment,
            **dict.fromkeys(("partner_id", "partner_invoice_id", "partner_shipping_id"), partner.id),
        )
        [line_id] = self.insert(
            "sale_order_line",
            order_id=order_id,
            order_partner_id=partner.id,
            company_id=self.company.id,
            state=state,
            name="/",
            product_id=product.id,
            product_uom_id=product.uom_id.id,
            product_uom_qty=1,
            customer_lead=0,
            price_unit=purchase.amount,
            price_subtotal=purchase.amount,
        )
        return line_id

    def write_invoice(self, purchase, partner, product, order_line):
        move_type = purchase.kind if "_" in purchase.kind else "out_invoice"
        state = "draft" if purchase.kind == "draft" else "posted"
        signed = purchase.amount if move_type in ("out_refund", "in_invoice") else -purchase.amount
        common = {"company_id": self.company.id, "currency_id": self.cny.id, "date": purchase.day}
        [move_id] = self.insert(
            "account_move",
            **common,
            name=None,
            journal_id=self.journal.id,
            move_type=move_type,
            state=state,
            auto_post="no",
            invoice_date=purchase.day,
            partner_id=partner.id,
            commercial_partner_id=partner.id,
        )
        [line_id] = self.insert(
            "account_move_line",
            **common,
            move_id=move_id,
            account_id=self.account.id,
            display_type="product",
            parent_state=state,
            product_id=product.id,
            amount_currency=signed,
            balance=signed,
        )
        if order_line:
            values = {"invoice_line_id": line_id, "order_line_id": order_line}
            self.insert("sale_order_line_invoice_rel", "order_line_id", **values)

    def insert(self, table, returning="id", **values):
        columns = SQL(", ").join(map(SQL.identifier, values))
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) VALUES %s RETURNING %s",
                *(SQL.identifier(table), columns, tuple(values.values()), SQL.identifier(returning)),
            )
        )
        return self.env.cr.fetchone()

    # -- compare -------------------------------------------------------------------------------

    def key(self, group):
        return "/".join(str(classes[number].id) for classes, number in zip(self.classes, group, strict=False))

    def assert_counts(self, oracle):
        stored = self.env["segmentation.peer.product"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            {(row.group_key, row.product_id): (row.buyers, row.customers) for row in stored},
            {
                (self.key(group), self.products[product]): (count, oracle.sizes[group])
                for (group, product), count in oracle.buyers.items()
            },
        )

    def assert_recommended(self, oracle, customer):
        scope = Scope(self.env, self.company.id, AS_OF, (self.partners[customer].id,))
        numbers = oracle.world["classes"][customer]
        class_ids = [
            None if number is None else classes[number].id
            for number, classes in zip(numbers, self.classes, strict=True)
        ]
        products = offered_products(scope, self.env["product.product"])
        ids = recommend.recommended(scope, products, class_ids, MONTHS, limit=LIMIT)
        rows = self.env["segmentation.peer.product"].browse(ids)
        scores = oracle.scores(customer)
        given_scores = [float(scores[self.products.ids.index(product.id)]) for product in rows.product_id]
        best = sorted(map(float, scores.values()), reverse=True)[:LIMIT]
        self.assertEqual(len(given_scores), len(best))
        for one, other in zip(given_scores, best, strict=True):
            self.assertAlmostEqual(one, other, 9)
        for product, score in scores.items():
            self.assertAlmostEqual(self.weighed(scope, class_ids, self.products[product]), float(score), 9)
        for row in rows:
            product = self.products.ids.index(row.product_id.id)
            narrowest = [g for g in oracle.groups(customer) if (g, product) in oracle.buyers][-1]
            self.assertEqual(row.group_key, self.key(narrowest))

    def weighed(self, scope, class_ids, product):
        """Score of a product as the engine adds it up."""
        weights = {key: weight for _place, key, weight in recommend._weights(scope, recommend.group_keys(class_ids))}
        rows = self.env["segmentation.peer.product"].search(
            [
                ("company_id", "=", self.company.id),
                ("group_key", "in", list(weights)),
                ("product_id", "=", product.id),
            ]
        )
        return sum(weights[row.group_key] * row.buyers for row in rows)
