-- Fill a database with :n customers, 5 :n invoices, 2 :n orders and :n opportunities.
--
-- Every figure comes from `noise(number, salt)`, a hash: the same :n makes the same data on every
-- machine. Documents are numbered in the order of their dates, as in a database that grew.
\set ON_ERROR_STOP on
\timing on
SET synchronous_commit = off;
SET client_min_messages = warning;
SET maintenance_work_mem = '512MB';
SET work_mem = '256MB';
SET max_parallel_workers_per_gather = 0;

-- The helpers go again at the end.
CREATE SCHEMA bench;
SET search_path = public, bench;

CREATE FUNCTION bench.noise(number bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint8extended(number, salt) & 1099511627775)::float8 / 1099511627776;

-- A few customers buy most: number of the customer, far from its neighbours in that ranking.
CREATE FUNCTION bench.customer(number bigint, salt bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN floor(power(bench.noise(number, salt), 3) * n)::bigint * 7919 % n;

CREATE FUNCTION bench.day(number bigint, total bigint) RETURNS date LANGUAGE sql STABLE
RETURN current_date - ((1 - number::float8 / total) * 1095)::int;

\echo 'Loading: dropping secondary indexes and foreign keys'
CREATE TEMP TABLE rebuilt AS
SELECT 2 AS place, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS dropped,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS made
  FROM pg_constraint
 WHERE contype = 'f'
   AND conrelid IN ('res_partner'::regclass, 'account_move'::regclass, 'sale_order'::regclass, 'crm_lead'::regclass)
UNION ALL
SELECT 1, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  FROM pg_index
 WHERE NOT indisprimary
   AND indrelid IN ('res_partner'::regclass, 'account_move'::regclass, 'sale_order'::regclass, 'crm_lead'::regclass)
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);
\timing off
\o /dev/null
SELECT dropped FROM rebuilt ORDER BY place DESC \gexec
\o
\timing on

-- What the add-on keeps about partners; it finds the columns when it is installed on this data.
ALTER TABLE res_partner ADD employee_count int4, ADD annual_turnover numeric, ADD total_assets numeric,
    ADD declared_currency_id int4 REFERENCES res_currency ON DELETE SET NULL;

SELECT min(id) AS us, max(id) AS de FROM res_company \gset
SELECT id AS usd FROM res_currency WHERE name = 'USD' \gset
SELECT id AS eur FROM res_currency WHERE name = 'EUR' \gset
SELECT id AS cny FROM res_currency WHERE name = 'CNY' \gset
SELECT max(id) AS base FROM res_partner \gset
SELECT id AS home FROM res_country WHERE code = 'US' \gset
SELECT id AS seller FROM res_users WHERE login = 'bench_sales' \gset

\echo 'Loading: customers'
-- 80 % companies; 5 % of these are vendors only, half of the persons have no rank, 1 % is archived,
-- 4 % belong to one of the companies; each fact is missing for 30 %.
INSERT INTO res_partner (id, name, complete_name, commercial_partner_id, is_company, active, partner_share, type,
                         customer_rank, supplier_rank, company_id, country_id, state_id, industry_id, user_id,
                         employee_count, annual_turnover, total_assets, declared_currency_id, email, city,
                         autopost_bills, lang, create_uid, write_uid, create_date, write_date)
SELECT :base + i + 1, 'Customer ' || i, 'Customer ' || i, :base + i + 1, noise(i, 1) < 0.8, noise(i, 2) >= 0.01, true,
       'contact',
       CASE WHEN noise(i, 1) < 0.8 THEN (noise(i, 3) >= 0.05)::int ELSE (noise(i, 3) < 0.5)::int END,
       (noise(i, 1) < 0.8 AND noise(i, 3) < 0.05)::int,
       CASE WHEN noise(i, 4) < 0.02 THEN :us WHEN noise(i, 4) < 0.04 THEN :de END,
       country,
       CASE WHEN noise(i, 6) < 0.9 THEN states.ids[1 + floor(noise(i, 7) * cardinality(states.ids))::int] END,
       CASE WHEN noise(i, 8) < 0.7 THEN industries.ids[1 + floor(noise(i, 9) * cardinality(industries.ids))::int] END,
       CASE WHEN noise(i, 10) < 0.2 THEN :seller END,
       CASE WHEN noise(i, 11) < 0.7 THEN (power(noise(i, 12), 6) * 2000)::int END,
       CASE WHEN noise(i, 13) < 0.7 THEN round((power(noise(i, 14), 8) * 2e8)::numeric, 2) END,
       CASE WHEN noise(i, 15) < 0.7 THEN round((power(noise(i, 16), 8) * 1e8)::numeric, 2) END,
       (ARRAY[:usd, :usd, :eur, :cny])[1 + i % 4],
       'customer' || i || '@example.com', 'City ' || i % 1000, 'ask', 'en_US', 1, 1, now(), now()
  FROM generate_series(0, :n - 1) AS i
 CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM res_country) AS countries
 CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM res_partner_industry) AS industries
 CROSS JOIN LATERAL (SELECT CASE WHEN noise(i, 5) < 0.4 THEN :home
                                 WHEN noise(i, 5) < 0.9 THEN countries.ids[1 + i % cardinality(countries.ids)] END
                    ) AS place(country)
  LEFT JOIN (SELECT country_id, array_agg(id ORDER BY id) AS ids FROM res_country_state GROUP BY country_id) AS states
         ON states.country_id = country;

\echo 'Loading: contacts of the companies'
-- One below every tenth company. Its number is its company's plus :n.
INSERT INTO res_partner (id, name, complete_name, commercial_partner_id, parent_id, is_company, active, partner_share,
                         type, customer_rank, supplier_rank, company_id, country_id, commercial_company_name, email,
                         autopost_bills, lang, create_uid, write_uid, create_date, write_date)
SELECT id + :n, 'Contact ' || id, complete_name || ', Contact ' || id, id, id, false, active, true,
       'contact', 0, 0, company_id, country_id, name, 'contact' || id || '@example.com',
       'ask', 'en_US', 1, 1, now(), now()
  FROM res_partner
 WHERE id > :base AND is_company AND noise(id, 20) < 0.1;
SELECT setval('res_partner_id_seq', (SELECT max(id) FROM res_partner));

CREATE TEMP TABLE customer AS
SELECT customer.id - :base - 1 AS k, customer.id, customer.company_id, contact.id AS contact
  FROM res_partner AS customer
  LEFT JOIN res_partner AS contact ON contact.parent_id = customer.id
 WHERE customer.id > :base AND customer.commercial_partner_id = customer.id;

\echo 'Loading: invoices'
-- 5 % refunds, 3 % drafts, 1 % cancelled, 10 % in a foreign currency, 20 % in the second company, 15 % unpaid.
INSERT INTO account_move (name, sequence_prefix, sequence_number, journal_id, company_id, currency_id,
                          invoice_currency_rate, partner_id, commercial_partner_id, partner_shipping_id, move_type,
                          state, invoice_date, date, invoice_date_due, amount_untaxed, amount_tax, amount_total,
                          amount_untaxed_signed, amount_tax_signed, amount_total_signed,
                          amount_residual, amount_residual_signed, payment_state, auto_post, posted_before, checked,
                          made_sequence_gap, always_tax_exigible, invoice_user_id, team_id, create_uid, write_uid,
                          create_date, write_date)
SELECT CASE WHEN state <> 'draft' THEN prefix || lpad(i::text, 7, '0') END, CASE WHEN state <> 'draft' THEN prefix END,
       CASE WHEN state <> 'draft' THEN i END, journal.id, company,
       CASE WHEN rate = 1 THEN journal.currency WHEN company = :us THEN :eur ELSE :usd END, rate,
       COALESCE(CASE WHEN noise(i, 31) < 0.3 THEN contact END, customer.id), customer.id, customer.id,
       CASE WHEN sign < 0 THEN 'out_refund' ELSE 'out_invoice' END,
       state, invoice_date, invoice_date, invoice_date + 30,
       round(amount * rate, 2), round(amount * rate * 0.2, 2), round(amount * rate * 1.2, 2),
       sign * amount, sign * round(amount * 0.2, 2), sign * round(amount * 1.2, 2),
       unpaid * round(amount * rate * 1.2, 2), unpaid * sign * round(amount * 1.2, 2),
       CASE WHEN unpaid = 1 THEN 'not_paid' ELSE 'paid' END, 'no', state <> 'draft', state <> 'draft',
       false, false, :seller, NULL, 1, 1, invoice_date, invoice_date
  FROM generate_series(1, 5 * :n) AS i
  JOIN customer ON customer.k = customer(i, 30, :n)
 CROSS JOIN LATERAL (SELECT COALESCE(customer.company_id, CASE WHEN noise(i, 32) < 0.8 THEN :us ELSE :de END),
                            CASE WHEN noise(i, 33) < 0.05 THEN -1 ELSE 1 END, day(i, 5 * :n),
                            CASE WHEN noise(i, 34) < 0.03 THEN 'draft'
                                 WHEN noise(i, 34) < 0.04 THEN 'cancel' ELSE 'posted' END,
                            (noise(i, 38) < 0.15)::int
                    ) AS kind(company, sign, invoice_date, state, unpaid)
 CROSS JOIN LATERAL (SELECT CASE WHEN noise(i, 35) < 0.9 THEN 1 WHEN company = :us THEN 0.8 ELSE 1.25 END,
                            round((power(noise(i, 36), 6) * 100000)::numeric, 2),
                            CASE WHEN sign < 0 THEN 'RINV/' ELSE 'INV/' END || extract(year FROM invoice_date) || '/'
                    ) AS figure(rate, amount, prefix)
  JOIN (SELECT DISTINCT ON (company_id) company_id, id, CASE WHEN company_id = :us THEN :usd ELSE :eur END
          FROM account_journal WHERE type = 'sale' ORDER BY company_id, sequence, id
       ) AS journal(company_id, id, currency) ON journal.company_id = company
 ORDER BY i;

\echo 'Loading: orders'
INSERT INTO sale_order (name, company_id, currency_id, currency_rate, partner_id, partner_invoice_id,
                        partner_shipping_id, state, date_order, amount_untaxed, amount_tax, amount_total,
                        invoice_status, user_id, create_uid, write_uid, create_date, write_date)
SELECT 'S' || lpad(i::text, 7, '0'), company,
       CASE WHEN (rate = 1) = (company = :us) THEN :usd ELSE :eur END, rate, contact_or_customer,
       customer.id, customer.id,
       CASE WHEN noise(i, 44) < 0.1 THEN 'draft' WHEN noise(i, 44) < 0.2 THEN 'sent'
            WHEN noise(i, 44) < 0.3 THEN 'cancel' ELSE 'sale' END,
       moment, amount, round(amount * 0.2, 2), round(amount * 1.2, 2),
       CASE WHEN noise(i, 44) < 0.3 THEN 'no' ELSE 'invoiced' END, :seller, 1, 1, moment, moment
  FROM generate_series(1, 2 * :n) AS i
  JOIN customer ON customer.k = customer(i, 40, :n)
 CROSS JOIN LATERAL (SELECT COALESCE(customer.company_id, CASE WHEN noise(i, 41) < 0.8 THEN :us ELSE :de END),
                            COALESCE(CASE WHEN noise(i, 42) < 0.5 THEN contact END, customer.id),
                            day(i, 2 * :n) + noise(i, 43) * interval '20 hours',
                            round((power(noise(i, 45), 6) * 100000)::numeric, 2)
                    ) AS kind(company, contact_or_customer, moment, amount)
 CROSS JOIN LATERAL (SELECT CASE WHEN noise(i, 46) < 0.9 THEN 1 WHEN company = :us THEN 0.8 ELSE 1.25 END
                    ) AS currency(rate)
 ORDER BY i;

\echo 'Loading: opportunities'
INSERT INTO crm_lead (name, type, active, won_status, stage_id, probability, expected_revenue, prorated_revenue,
                      company_id, partner_id, priority, user_id, create_uid, write_uid, create_date, write_date,
                      date_open, date_closed)
SELECT 'Opportunity ' || i, 'opportunity', outcome <> 'lost', outcome, stage.id,
       CASE outcome WHEN 'won' THEN 100 WHEN 'lost' THEN 0 ELSE 10 + 80 * noise(i, 53) END, amount,
       amount * CASE outcome WHEN 'won' THEN 1 WHEN 'lost' THEN 0 ELSE 0.5 END,
       COALESCE(customer.company_id,
                CASE WHEN noise(i, 51) < 0.76 THEN :us WHEN noise(i, 51) < 0.95 THEN :de END),
       COALESCE(CASE WHEN noise(i, 54) < 0.5 THEN contact END, customer.id),
       (floor(noise(i, 55) * 4))::int::text, :seller, 1, 1, day(i, :n), day(i, :n), day(i, :n),
       CASE WHEN outcome <> 'pending' THEN day(i, :n) END
  FROM generate_series(1, :n) AS i
  JOIN customer ON customer.k = customer(i, 50, :n)
 CROSS JOIN LATERAL (SELECT CASE WHEN noise(i, 52) < 0.3 THEN 'pending' WHEN noise(i, 52) < 0.6 THEN 'won'
                                 ELSE 'lost' END,
                            round((power(noise(i, 56), 6) * 100000)::numeric, 2)) AS kind(outcome, amount)
 CROSS JOIN LATERAL (SELECT id FROM crm_stage WHERE COALESCE(is_won, false) = (outcome = 'won') ORDER BY sequence LIMIT 1) AS stage
 ORDER BY i;

\echo 'Loading: rebuilding indexes and foreign keys'
ANALYZE res_partner, account_move, sale_order, crm_lead;
RESET max_parallel_workers_per_gather;
\timing off
\o /dev/null
SELECT made FROM rebuilt ORDER BY place \gexec
\o
\timing on

DROP SCHEMA bench CASCADE;

\echo 'Loading: vacuum'
VACUUM (FREEZE, ANALYZE) res_partner, account_move, sale_order, crm_lead;
SELECT (SELECT count(*) FROM res_partner) AS partners, (SELECT count(*) FROM account_move) AS invoices,
       (SELECT count(*) FROM sale_order) AS orders, (SELECT count(*) FROM crm_lead) AS leads;
