"""Purchases, counts of them per group and recommendations beside what they should be: see test_mutants.py."""

from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..engine import purchases, recommend
from ..engine.scope import Scope
from .common import AS_OF
from .test_recommendations import RecommendationsCommon

COLUMNS = ("size_class_id", "industry_class_id")


@tagged("post_install", "-at_install")
class TestGroups(TransactionCase):
    """Made-up purchases of made-up customers in the classes Large and Small and two sectors."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company, cls.other = cls.env["res.company"].create([{"name": "Counted"}, {"name": "Other"}])
        cls.large, _medium, cls.small = cls.env.ref("partner_segmentation.dimension_size").class_ids
        cls.first, cls.second = cls.env.ref("partner_segmentation.dimension_industry").class_ids[:2]
        cls.customers = cls.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(12)])
        cls.products = cls.env["product.product"].create(
            [{"name": f"Product {number}", "type": "consu"} for number in range(12)]
        )
        cls.Peer = cls.env["segmentation.peer.product"]

    def put(self, number, *classes, company=None, **values):
        """The file of a customer in these classes."""
        values |= {name: cls.id for name, cls in zip(COLUMNS, classes, strict=False)}
        values |= {"partner_id": self.customers[number].id, "company_id": (company or self.company).id}
        return self.env["segmentation.profile"].create(values)

    def bought(self, baskets):
        """Let the purchases be these: number of the customer → numbers of products."""
        rows = [(self.customers[n].id, self.products[p].id) for n, basket in baskets.items() for p in basket]
        values = SQL(", ").join(SQL("%s", row) for row in rows)
        query = SQL("SELECT * FROM (VALUES %s) AS purchase(partner_id, product_id)", values)
        return patch.object(recommend, "purchases_query", lambda *_args: query)

    def key(self, *classes):
        return "/".join(str(cls.id) for cls in classes)

    def scope(self):
        return Scope(self.env, self.company.id, AS_OF)

    # -- counts --------------------------------------------------------------------------------

    def counted(self, baskets):
        """Group, product → buyers and customers, as the query counts them."""
        with self.bought(baskets):
            query = recommend.peers_query(self.scope(), COLUMNS, 12)
            numbers = {product.id: number for number, product in enumerate(self.products)}
            rows = self.env.execute_query(query)
        return {(key, numbers[product_id]): counts for key, product_id, *counts in rows}

    def test_groups_are_made_of_cells(self):
        """Eleven large customers in two sectors, neither of ten; an archived one; another company's classes."""
        baskets = {0: [0, 1], 1: [0, 1], 2: [0, 2], 3: [0, 2], 4: [0, 2], 5: [0]}
        baskets |= {6: [0, 1], 7: [0, 1], 8: [0, 3], 9: [0, 3], 10: [0], 11: [0, 3]}
        for number in baskets:
            self.put(number, self.large, self.first if number < 6 else self.second, active=number < 11)
            self.put(number, self.small, company=self.other)
        large = self.key(self.large)
        expected = {(key, product): [n, 11] for key in ("", large) for product, n in enumerate((11, 4, 3))}
        self.assertEqual(self.counted(baskets), expected)
        with patch.object(recommend, "KEPT", 2):
            self.assertEqual(self.counted(baskets), {key: n for key, n in expected.items() if key[1] < 2})

    def test_300_products_are_kept(self):
        for number in range(3):
            self.put(number)
        one, *_others, three = self.customers[:3].ids
        query = SQL("SELECT * FROM generate_series(%s, %s) partner_id, generate_series(1, 302) product_id", one, three)
        offered = SimpleNamespace(subselect=lambda: SQL("(SELECT generate_series(1, 302))"))
        with (
            patch.object(recommend, "purchases_query", lambda *_args: query),
            patch.object(recommend, "offered_products", lambda *_args: offered),
        ):
            rows = self.env.execute_query(recommend.peers_query(self.scope(), COLUMNS, 12))
        self.assertEqual(sorted(product for _key, product, *_counts in rows), list(range(1, 301)))

    def test_keys_end_where_a_class_is_missing(self):
        self.assertEqual(recommend.group_keys([12, 45, 7]), ["", "12", "12/45", "12/45/7"])
        self.assertEqual(recommend.group_keys([12, False, 7]), ["", "12"])

    # -- refresh -------------------------------------------------------------------------------

    def refresh(self, baskets, months=12):
        with self.bought(baskets), patch.multiple(recommend, MIN_CUSTOMERS=1, MIN_BUYERS=1):
            recommend.refresh(self.scope(), COLUMNS[:1], months)

    def stored(self, company=None):
        rows = self.Peer.search([("company_id", "=", (company or self.company).id)])
        numbers = {product: number for number, product in enumerate(self.products)}
        return {(row.group_key, numbers[row.product_id]): row for row in rows}

    def counts(self, company=None):
        return {key: (row.buyers, row.customers, row.months) for key, row in self.stored(company).items()}

    def test_refresh_brings_rows_up_to_date(self):
        for number, cls in enumerate((self.large, self.large, self.small)):
            self.put(number, cls)
        large, small = self.key(self.large), self.key(self.small)
        elsewhere = {("", 0): (70, 77, 7), (large, 1): (71, 77, 7), (small, 2): (72, 77, 7)}
        for (key, product), counts in elsewhere.items():
            self.store(key, product, *counts, company=self.other)
        self.refresh({0: [0, 1], 1: [0], 2: [0, 2]})
        before = {("", 0): (3, 3, 12), ("", 1): (1, 3, 12), ("", 2): (1, 3, 12)}
        before |= {(large, 0): (2, 2, 12), (large, 1): (1, 2, 12), (small, 0): (1, 1, 12), (small, 2): (1, 1, 12)}
        self.assertEqual(self.counts(), before)
        rows = self.stored()
        self.refresh({0: [0, 1], 1: [0, 1, 2], 2: [1]})
        after = {("", 0): (2, 3, 12), ("", 1): (3, 3, 12), ("", 2): (1, 3, 12)}
        after |= {(large, 0): (2, 2, 12), (large, 1): (2, 2, 12), (large, 2): (1, 2, 12), (small, 1): (1, 1, 12)}
        self.assertEqual(self.counts(), after)
        self.assertEqual(
            {key: row for key, row in rows.items() if key in after},
            {key: row for key, row in self.stored().items() if key in before},
            "rows keep their ids",
        )
        self.assertEqual(self.counts(self.other), elsewhere)
        self.refresh({0: [0, 1], 1: [0, 1, 2], 2: [1]}, months=24)
        self.assertEqual(self.counts(), {key: (*counts[:2], 24) for key, counts in after.items()})

    def test_refresh_knows_what_was_just_written(self):
        profile = self.put(0, self.small)
        self.env.flush_all()
        profile.size_class_id = self.large
        self.refresh({0: [0]})
        self.assertEqual(self.counts(), {(key, 0): (1, 1, 12) for key in ("", self.key(self.large))})

    # -- recommendations -----------------------------------------------------------------------

    def store(self, key, product, buyers, customers, months=12, company=None):
        values = {"group_key": key, "buyers": buyers, "customers": customers, "months": months}
        values |= {"product_id": self.products[product].id, "company_id": (company or self.company).id}
        return self.Peer.create(values)

    def recommended(self, *class_ids, without=()):
        Product = self.env["product.product"]
        products = Product._search([("id", "in", self.products.ids)])
        without = [self.products[number].id for number in without]
        return self.Peer.browse(recommend.recommended(self.scope(), products, class_ids, 12, without=without))

    def test_shares_of_all_groups_add_up(self):
        """60 of all 100 and none of the group of 50: 0 + 0.3; 40 and 20: 0.2 + 0.2, as if 50 more bought like all."""
        self.store("", 0, 60, 100)
        self.store("7", 2, 1, 50)
        self.store("", 1, 40, 100)
        row = self.store("7", 1, 20, 50)
        found = self.recommended(7)
        self.assertEqual([product.name for product in found.product_id], ["Product 1", "Product 0", "Product 2"])
        self.assertEqual(found[0], row, "of the narrowest group")
        self.assertEqual(self.recommended(7, without=[0]), found[0] + found[2])

    def test_ten_are_recommended(self):
        for number in range(12):
            self.store("", number, 60 - number, 100)
        self.assertEqual(self.recommended().mapped("buyers"), list(range(60, 50, -1)))

    def test_without_classes(self):
        self.store("7", 1, 20, 50)
        self.assertFalse(self.recommended())
        row = self.store("", 0, 60, 100)
        self.assertEqual(self.recommended(), row)

    def test_weights(self):
        sizes = {"": 100, "7": 50, "7/8": 10, "9": 30}
        for key, customers in sizes.items():
            self.store(key, 0, 5, customers)
            self.store(key, 1, 6, customers)
        for key, customers in {**sizes, "7/8/9": 4}.items():
            for product, more in enumerate((-3, 900)):
                self.store(key, product, 5, customers + more, company=self.other)
        weights = recommend._weights(self.scope(), ["", "7", "7/8", "7/8/9"])
        expected = [(2, "7/8", 1 / 60), (1, "7", 50 / 60 / 100), (0, "", 50 / 60 * 50 / 100 / 100)]
        for (place, key, weight), (*named, share) in zip(weights, expected, strict=True):
            self.assertEqual([place, key], named)
            self.assertAlmostEqual(weight, share, 12)


@tagged("post_install", "-at_install")
class TestPurchases(RecommendationsCommon):
    def bought(self, partner):
        self.env.flush_all()
        query = purchases.purchases_query(Scope(self.env, self.company.id, AS_OF, (partner.id,)), 12)
        names = {product.id: product.name for product in self.scanner + self.rack + self.label + self.product_a}
        return sorted(names[product_id] for _partner_id, product_id in self.env.execute_query(query))

    def test_orders_count_like_invoices(self):
        """What was given back is taken off, whether it was ordered or invoiced."""
        kept, returned = self.large[:2]
        self.order(kept, 150)
        self.buy(kept, self.product_a, amount=100, move_type="out_refund")
        self.order(returned, 100)
        self.buy(returned, self.product_a, amount=150, move_type="out_refund")
        self.assertEqual(self.bought(kept), [self.product_a.name])
        self.assertFalse(self.bought(returned))

    def test_amounts_below_one(self):
        self.buy(self.small, self.label, amount=0.5)
        self.assertEqual(self.bought(self.small), ["Label"])

    def test_days_are_those_of_the_invoice(self):
        """West of Greenwich the day ends on the next one in UTC, which says nothing about an invoice date."""
        self.company.partner_id.tz = "America/New_York"
        first_day = AS_OF.replace(year=AS_OF.year - 1) + timedelta(days=1)
        self.buy(self.small, self.label, day=AS_OF)
        self.buy(self.small, self.scanner, day=AS_OF + timedelta(days=1))
        self.buy(self.small, self.rack, day=first_day)
        self.assertEqual(self.bought(self.small), ["Label", "Rack"])

    def test_what_other_modules_add_to_orders(self):
        """Stands for the tables of the modules, which need not be installed."""

        class Table(dict):
            def search(self, _domain):
                return self

        tables = {
            "res.company": SimpleNamespace(search=lambda _domain: SimpleNamespace(sale_discount_product_id=self.label)),
            "delivery.carrier": Table(product_id=self.rack),
            "loyalty.reward": Table(discount_line_product_id=self.scanner),
        }
        self.assertEqual(purchases._stand_ins(tables), (self.label + self.rack + self.scanner).ids)
        del tables["delivery.carrier"]
        self.assertEqual(purchases._stand_ins(tables), (self.label + self.scanner).ids)
