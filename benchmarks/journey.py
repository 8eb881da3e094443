"""The hold-out of the recommended products on purchases of real customers. Runs in `odoo shell`, which gives `env`.

PURCHASES names a CSV file with the columns customer, day, product, sector, region and size: one line for each customer,
product and day; the last three are classes, and may be empty. SPLIT is the first day that is held out.
"""

import os
from datetime import date, timedelta

from odoo.addons.partner_segmentation.benchmarks.recommend import hit_rates

LOAD = """
CREATE TEMPORARY TABLE purchase (customer text, day date, product text, sector text, region text, size text);
"""
WRITE = """
INSERT INTO res_partner (name, complete_name, is_company, active, autopost_bills, ref)
SELECT customer, customer, TRUE, TRUE, 'ask', 'journey' FROM purchase GROUP BY customer;
UPDATE res_partner SET commercial_partner_id = id WHERE ref = 'journey';

INSERT INTO product_template (name, type, service_tracking, uom_id, active, sale_ok, default_code)
SELECT jsonb_build_object('en_US', product), 'consu', 'no', (SELECT MIN(id) FROM uom_uom), TRUE, TRUE, product
  FROM purchase GROUP BY product;
INSERT INTO product_product (product_tmpl_id, active, default_code, combination_indices)
SELECT template.id, TRUE, default_code, '' FROM product_template AS template
 WHERE default_code IN (SELECT product FROM purchase);

INSERT INTO segmentation_class (dimension_id, code, name, active)
SELECT dimension.id, 'J' || ROW_NUMBER() OVER (ORDER BY dimension.id, value), jsonb_build_object('en_US', value), TRUE
  FROM (SELECT 'industry_class_id' AS field_name, sector AS value FROM purchase
         UNION SELECT 'region_class_id', region FROM purchase
         UNION SELECT 'size_class_id', size FROM purchase) AS held
  JOIN segmentation_dimension AS dimension USING (field_name)
 WHERE value <> '';
INSERT INTO segmentation_profile (partner_id, company_id, active, industry_class_id, region_class_id, size_class_id)
SELECT partner.id, %(company)s, TRUE, sector.id, region.id, size.id
  FROM (SELECT DISTINCT customer, sector, region, size FROM purchase) AS customer
  JOIN res_partner AS partner ON partner.ref = 'journey' AND partner.name = customer.customer
  LEFT JOIN segmentation_class AS sector ON sector.code LIKE 'J%%' AND sector.name ->> 'en_US' = customer.sector
        AND sector.dimension_id = (SELECT id FROM segmentation_dimension WHERE field_name = 'industry_class_id')
  LEFT JOIN segmentation_class AS region ON region.code LIKE 'J%%' AND region.name ->> 'en_US' = customer.region
        AND region.dimension_id = (SELECT id FROM segmentation_dimension WHERE field_name = 'region_class_id')
  LEFT JOIN segmentation_class AS size ON size.code LIKE 'J%%' AND size.name ->> 'en_US' = customer.size
        AND size.dimension_id = (SELECT id FROM segmentation_dimension WHERE field_name = 'size_class_id');

INSERT INTO account_move (journal_id, company_id, currency_id, partner_id, commercial_partner_id, move_type, state,
                          auto_post, date, invoice_date)
SELECT journal.id, %(company)s, company.currency_id, partner.id, partner.id, 'out_invoice', 'posted', 'no', day, day
  FROM (SELECT DISTINCT customer, day FROM purchase) AS visit
  JOIN res_partner AS partner ON partner.ref = 'journey' AND partner.name = visit.customer
  JOIN res_company AS company ON company.id = %(company)s
  JOIN (SELECT MIN(id) AS id FROM account_journal WHERE type = 'sale' AND company_id = %(company)s) AS journal ON TRUE;
INSERT INTO account_move_line (move_id, company_id, currency_id, account_id, product_id, display_type, parent_state,
                               date, invoice_date, balance, amount_currency)
SELECT move.id, %(company)s, move.currency_id, (SELECT MIN(id) FROM account_account WHERE account_type = 'income'),
       product.id, 'product', 'posted', day, day, -1, -1
  FROM purchase
  JOIN res_partner AS partner ON partner.ref = 'journey' AND partner.name = purchase.customer
  JOIN account_move AS move ON move.partner_id = partner.id AND move.invoice_date = day
  JOIN product_product AS product ON product.default_code = purchase.product;
"""

company = env.company  # noqa: F821
cr = env.cr  # noqa: F821
cr.execute(LOAD)
with open(os.environ["PURCHASES"]) as file:
    cr._obj.copy_expert("COPY purchase FROM STDIN WITH (FORMAT csv, HEADER)", file)
cr.execute(WRITE, {"company": company.id})
cr.execute("ANALYZE")
split = date.fromisoformat(os.environ["SPLIT"]) - timedelta(days=1)
for columns in os.environ.get("COLUMNS", "industry_class_id,region_class_id,size_class_id").split(";"):
    company.segmentation_peer_columns = columns
    similar, best = hit_rates(env, split, sample=100_000)  # noqa: F821
    print(f"hit rate at 10 by {columns}: {similar:.1f} %, best sellers {best:.1f} %")
cr.rollback()
