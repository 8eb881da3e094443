"""Recommended products: what counting costs, and whether customers buy what is recommended.

Purchases are split by a day. Recommendations are made of those before, and hit when the customer buys one of its ten
after: a product it did not buy before. The best sellers are the same without any dimension.
"""

from collections import defaultdict
from pathlib import Path

from dateutil.relativedelta import relativedelta

from odoo.tools import SQL

from ..engine.purchases import offered_products, purchases_query
from ..engine.recommend import recommended, refresh
from ..engine.scope import Scope
from .measure import Samples
from .scenarios import BUSIEST, CUSTOMERS
from .table import Row, timing

PURCHASES = Path(__file__).with_name("purchases.sql")
PRODUCTS = 500
MONTHS = 24
HELD_OUT = relativedelta(months=6)
SAMPLE = 1000

# Lines by the million are loaded into a bare table. The database is thrown away: foreign keys are not made again.
FOREIGN_KEYS = """
    SELECT format('ALTER TABLE account_move_line DROP CONSTRAINT %I', conname) FROM pg_constraint
     WHERE conrelid = 'account_move_line'::regclass AND contype = 'f'"""
INDEXES = """
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
     WHERE indrelid = 'account_move_line'::regclass AND NOT indisprimary"""
LATER = """
    SELECT move.commercial_partner_id, array_agg(DISTINCT line.product_id)
      FROM account_move_line AS line
      JOIN account_move AS move ON move.id = line.move_id
      JOIN segmentation_profile AS profile
           ON profile.partner_id = move.commercial_partner_id AND profile.company_id = move.company_id
     WHERE profile.active AND move.company_id = %s AND move.move_type = 'out_invoice' AND move.state = 'posted'
       AND move.invoice_date > %s AND line.product_id IS NOT NULL
  GROUP BY move.commercial_partner_id
  ORDER BY hashint8extended(move.commercial_partner_id, 7), move.commercial_partner_id LIMIT %s"""
# The same classes, dealt to other customers: they say nothing about what is bought.
SHUFFLE = """
    UPDATE segmentation_profile AS profile SET industry_class_id = other.industry_class_id,
           region_class_id = other.region_class_id, size_class_id = other.size_class_id
      FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) FROM segmentation_profile WHERE company_id = %(company)s) AS own
      JOIN (SELECT *, ROW_NUMBER() OVER (ORDER BY hashint8extended(id, 3), id) FROM segmentation_profile
             WHERE company_id = %(company)s) AS other USING (row_number)
     WHERE profile.id = own.id"""


class Recommendations:
    """Measurements of the recommended products; the customers must be classified.

    :ivar rates: what classes say → hit rates of similar customers and of best sellers, in percent
    """

    def __init__(self, bench):
        self.bench = bench
        self.samples = defaultdict(Samples)
        self.rates = {}
        self.lines = 0

    def run(self):
        with self.bench.transaction(commit=True) as env:
            self._load(env)
        self.bench.vacuum("account_move_line", "segmentation_profile")
        for _ in range(self.bench.repeat):
            self._refresh()
        self._one_customer()
        with self.bench.transaction() as env:
            day = env["segmentation.run"]._today(env.company) - HELD_OUT
            self.rates["classes with tastes of their own"] = hit_rates(env, day)
            env.cr.execute(SHUFFLE, {"company": env.company.id})
            self.rates["classes that say nothing"] = hit_rates(env, day)

    def rows(self):
        title = f"recommended products, {self.lines:,} lines"
        yield timing(f"{title}, first count", self.samples["first"], bound=60)
        yield timing(f"{title}, nothing changed", self.samples["again"], bound=60)
        yield timing("recommended to one customer", self.samples["one customer"], 1000, bound=100)
        yield timing("recommended to the busiest customer", self.samples["busiest"], 1000)
        for name, (similar, best) in self.rates.items():
            yield Row(f"hit rate at 10, synthetic, {name}", similar, "%", ratio=similar / best, against="best sellers")

    def _load(self, env):
        products = env["product.product"].create([{"name": f"Product {n}", "type": "consu"} for n in range(PRODUCTS)])
        account = env["account.account"].search([("account_type", "=", "income")], limit=1)
        env.flush_all()
        env.cr.execute(FOREIGN_KEYS)
        for (drop,) in env.cr.fetchall():
            env.cr.execute(drop)
        env.cr.execute(INDEXES)
        indexes = env.cr.fetchall()
        for drop, _make in indexes:
            env.cr.execute(drop)
        values = {"products": products.ids, "account": account.id, "uom": products.uom_id.id, "company": env.company.id}
        env.cr.execute(PURCHASES.read_text(), values)
        self.lines = env.cr.rowcount
        for _drop, make in indexes:
            env.cr.execute(make)

    def _refresh(self):
        with self.bench.transaction() as env:
            scope = Scope(env, env.company.id, env["segmentation.run"]._today(env.company))
            columns = env.company._segmentation_peer_dimensions().mapped("field_name")
            for name in ("first", "again"):
                with self.samples[name].timed():
                    refresh(scope, columns, MONTHS)

    def _one_customer(self, count=30):
        with self.bench.transaction() as env:
            env["segmentation.peer.product"]._refresh(env.company)
            env.cr.execute(CUSTOMERS, (env.company.id, count + 1))
            ids = [partner_id for (partner_id,) in env.cr.fetchall()]
            env.cr.execute(BUSIEST, (env.company.id,))
            [busiest] = env.cr.fetchone()
            for name, partner_id in [*(("one customer", i) for i in ids), *[("busiest", busiest)] * self.bench.repeat]:
                env.invalidate_all()
                with self.samples[name].timed():
                    env["res.partner"].browse(partner_id).segmentation_recommended_ids.mapped("reason")
        self.samples["one customer"].pop(0)  # fills the caches of the registry


def hit_rates(env, day, sample=SAMPLE):
    """Percent of the customers that bought new products after the day, one of them among the ten recommended.

    :return: by similar customers, by best sellers
    """
    company = env.company
    columns = company._segmentation_peer_dimensions().mapped("field_name")
    refresh(Scope(env, company.id, day), columns, MONTHS)
    env.cr.execute(LATER, (company.id, day, sample))
    hits = {"similar": 0, "best": 0}
    customers = 0
    for partner_id, later in env.cr.fetchall():
        scope = Scope(env, company.id, day, (partner_id,))
        before = {product_id for _partner_id, product_id in env.execute_query(purchases_query(scope, MONTHS))}
        if not (new := set(later) - before):
            continue
        customers += 1
        class_ids = env.execute_query(_classes(scope, columns))[0]
        for name, ids in (("similar", class_ids), ("best", ())):
            hits[name] += not new.isdisjoint(_products(env, scope, ids))
    return tuple(100 * count / customers for count in hits.values())


def _classes(scope, columns) -> SQL:
    classes = SQL(", ").join(map(SQL.identifier, columns))
    return SQL("SELECT %s FROM segmentation_profile WHERE %s", classes, scope.stored_condition)


def _products(env, scope, class_ids):
    products = offered_products(scope, env["product.product"])
    rows = env["segmentation.peer.product"].browse(recommended(scope, products, class_ids, MONTHS))
    return rows.product_id.ids
