"""Products that similar customers buy: purchases → counts per group of customers → recommendations for one of them.

Customers are similar when they are in the same classes. The key of a group is made of the ids of these classes in the
order of the dimensions: ``12/45/7`` lies in ``12/45``, that in ``12``, and all in the group of everybody, with no id.
"""

from itertools import accumulate

from odoo.tools import SQL, Query

from .purchases import offered_products, purchases_query

EVERYBODY = ""
# Smaller groups say little, and figures about them say who bought what.
MIN_CUSTOMERS = 10
MIN_BUYERS = 3
# Products kept per group: enough for customers who have most of them already.
KEPT = 300
# How many customers of a group weigh as much as the whole group around it. Between 20 and 100 gives the best hit rate;
# see the benchmark.
PRIOR = 50

PEERS = SQL.identifier("segmentation_peer")


# -- everybody -------------------------------------------------------------------------------------


def refresh(scope, columns, months: int):
    """Bring the stored counts of the company up to date, in the transaction of the caller.

    :param columns: class columns of the customer file, which make customers similar; the last is dropped first
    :param months: how far back purchases count
    """
    cr = scope.env.cr
    scope.env.flush_all()
    cr.execute(SQL("DROP TABLE IF EXISTS %s", PEERS))
    cr.execute(SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", PEERS, peers_query(scope, columns, months)))
    cr.execute(SQL("ANALYZE %s", PEERS))
    values = {"peers": PEERS, "company": scope.company_id, "months": months}
    for statement in (DELETE, UPDATE, INSERT):
        cr.execute(SQL(statement, **values))
    # Before autovacuum looks, plans for an empty table would take seconds for one customer.
    cr.execute("ANALYZE segmentation_peer_product")
    scope.env["segmentation.peer.product"].invalidate_model()


# Rows keep their ids, so that a page that is open stays usable.
DELETE = """
    DELETE FROM segmentation_peer_product AS old
     WHERE company_id = %(company)s
       AND NOT EXISTS (SELECT FROM %(peers)s AS new
                        WHERE new.group_key = old.group_key AND new.product_id = old.product_id)"""
UPDATE = """
    UPDATE segmentation_peer_product AS old
       SET buyers = new.buyers, customers = new.customers, months = %(months)s
      FROM %(peers)s AS new
     WHERE old.company_id = %(company)s AND new.group_key = old.group_key AND new.product_id = old.product_id
       AND (old.buyers, old.customers, old.months) IS DISTINCT FROM (new.buyers, new.customers, %(months)s)"""
INSERT = """
    INSERT INTO segmentation_peer_product (company_id, group_key, product_id, buyers, customers, months)
    SELECT %(company)s, group_key, product_id, buyers, customers, %(months)s
      FROM %(peers)s AS new
     WHERE NOT EXISTS (SELECT FROM segmentation_peer_product AS old
                        WHERE old.company_id = %(company)s
                          AND old.group_key = new.group_key AND old.product_id = new.product_id)
  ORDER BY group_key"""


def peers_query(scope, columns, months: int) -> SQL:
    """SELECT of ``group_key``, ``product_id``, ``buyers`` and ``customers`` of the group who bought anything.

    A customer is in one cell, the finest group, and counts of cells add up to those of the groups around them:
    purchases are read once, whatever the number of groups.
    """
    classes = [SQL.identifier("profile", column) for column in columns]
    return SQL(
        """WITH bought AS MATERIALIZED (
               SELECT partner_id, product_id FROM (%(purchases)s) AS purchase
                WHERE product_id IN %(products)s
           ), cell AS MATERIALIZED (
               SELECT profile.partner_id, %(keys)s AS keys FROM segmentation_profile AS profile
                WHERE profile.company_id = %(company)s AND profile.active
           ), buyer AS (
               SELECT keys, COUNT(*) AS buyers FROM cell
                WHERE partner_id IN (SELECT partner_id FROM bought) GROUP BY keys
           ), size AS (
               SELECT group_key, SUM(buyers)::int4 AS customers FROM buyer, unnest(keys) AS group_key
                WHERE group_key IS NOT NULL
             GROUP BY group_key HAVING SUM(buyers) >= %(min_customers)s OR group_key = %(everybody)s
           ), cell_product AS (
               SELECT keys, product_id, COUNT(*) AS buyers FROM bought JOIN cell USING (partner_id)
             GROUP BY keys, product_id
           ), ranked AS (
               SELECT group_key, product_id, SUM(buyers)::int4 AS buyers,
                      ROW_NUMBER() OVER (PARTITION BY group_key ORDER BY SUM(buyers) DESC, product_id) AS place
                 FROM cell_product, unnest(keys) AS group_key
             GROUP BY group_key, product_id HAVING SUM(buyers) >= %(min_buyers)s
           )
           SELECT group_key, product_id, buyers, customers FROM ranked JOIN size USING (group_key)
            WHERE place <= %(kept)s""",
        purchases=purchases_query(scope, months),
        products=offered_products(scope, scope.env["product.product"]).subselect(),
        keys=_keys(classes),
        company=scope.company_id,
        everybody=EVERYBODY,
        min_customers=MIN_CUSTOMERS,
        min_buyers=MIN_BUYERS,
        kept=KEPT,
    )


def _keys(classes) -> SQL:
    """Array of the keys of a customer's groups; NULL from the first dimension on in which it has no class."""
    texts = [SQL("%s::text", column) for column in classes]
    keys = accumulate(texts, lambda key, text: SQL("%s || '/' || %s", key, text))
    return SQL("ARRAY[%s]", SQL(", ").join([SQL("%s::text", EVERYBODY), *keys]))


def group_keys(class_ids) -> list[str]:
    """The keys of the groups of a customer, the widest first.

    :param class_ids: of the customer, by dimension; what follows one that is missing does not count
    """
    known = []
    for class_id in class_ids:
        if not class_id:
            break
        known.append(str(class_id))
    return [EVERYBODY, *accumulate(known, lambda key, class_id: f"{key}/{class_id}")]


# -- one customer ----------------------------------------------------------------------------------


def recommended(scope, products: Query, class_ids, months: int, without=(), limit: int = 10) -> list[int]:
    """Ids of the best rows of ``segmentation_peer_product`` for the customer of the scope, the best first.

    The score of a product is the share of the customers of the group who bought it, as if ``PRIOR`` more customers had
    bought like those of the group around it. So a large group speaks for itself and a small one adds to what is known
    from the wider ones. The row is that of the narrowest group in which the product is known.

    :param products: what may be recommended
    :param class_ids: of the customer, by dimension
    :param without: ids of products to leave out, besides those that the customer bought
    """
    weights = _weights(scope, group_keys(class_ids))
    if not weights:
        return []
    rows = scope.env.execute_query(
        SQL(
            """SELECT id FROM (
                   SELECT DISTINCT ON (product_id) id, product_id,
                          SUM(weight * buyers) OVER (PARTITION BY product_id) AS score
                     FROM segmentation_peer_product JOIN (VALUES %(weights)s) AS peers (place, group_key, weight)
                          USING (group_key)
                    WHERE company_id = %(company)s
                 ORDER BY product_id, place DESC
               ) AS best
                WHERE product_id IN %(products)s AND NOT product_id = ANY(%(without)s)
                  AND product_id NOT IN (SELECT product_id FROM (%(bought)s) AS bought)
             ORDER BY score DESC, product_id LIMIT %(limit)s""",
            weights=SQL(", ").join(SQL("%s", row) for row in weights),
            company=scope.company_id,
            products=products.subselect(),
            without=list(without),
            bought=purchases_query(scope, months),
            limit=limit,
        )
    )
    return [row_id for (row_id,) in rows]


def _weights(scope, keys) -> list[tuple]:
    """Place, key and weight of each group: the score is the sum of buyers times weights."""
    sizes = dict(
        scope.env.execute_query(
            SQL(
                "SELECT DISTINCT group_key, customers FROM segmentation_peer_product"
                " WHERE company_id = %s AND group_key = ANY(%s)",
                scope.company_id,
                keys,
            )
        )
    )
    weights, wider = [], 1.0
    for place, key in reversed(list(enumerate(key for key in keys if key in sizes))):
        prior = PRIOR if place else 0
        weights.append((place, key, wider / (sizes[key] + prior)))
        wider *= prior / (sizes[key] + prior)
    return weights
