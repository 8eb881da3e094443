-- The shipped standard, written by hand for one company: the yardstick of the engine.
--
-- One row per customer with the columns of segmentation_profile. Every document table is read once,
-- for the metrics and for the population alike. Codes of classes come with their ids from three
-- small tables, so that the code costs no join of its own.
WITH rate AS MATERIALIZED (
    SELECT currency.id AS currency_id,
           (SELECT rate FROM res_currency_rate
             WHERE currency_id = company.currency_id AND name <= %(as_of)s ORDER BY name DESC LIMIT 1)
           / (SELECT rate FROM res_currency_rate
               WHERE currency_id = currency.id AND name <= %(as_of)s ORDER BY name DESC LIMIT 1) AS rate
      FROM res_currency AS currency
      JOIN res_company AS company ON company.id = %(company)s
),
region_of_state AS (
    SELECT state.id AS state_id, class.id, class.code
      FROM segmentation_class AS class
      JOIN res_country_state_segmentation_class_rel AS mapped ON mapped.segmentation_class_id = class.id
      JOIN res_country_state AS state ON state.id = mapped.res_country_state_id
     WHERE class.dimension_id = %(region)s AND class.active AND state.country_id = %(country)s
),
region_of_country AS (
    SELECT DISTINCT ON (mapped.res_country_id) mapped.res_country_id AS country_id, class.id, class.code
      FROM segmentation_class AS class
      JOIN res_country_segmentation_class_rel AS mapped ON mapped.segmentation_class_id = class.id
     WHERE class.dimension_id = %(region)s AND class.active
       AND (mapped.res_country_id = %(country)s OR NOT COALESCE(class.own_country_only, FALSE))
  ORDER BY mapped.res_country_id, class.own_country_only DESC NULLS LAST
),
sector AS (
    SELECT mapped.res_partner_industry_id AS industry_id, class.id, class.code
      FROM segmentation_class AS class
      JOIN res_partner_industry_segmentation_class_rel AS mapped ON mapped.segmentation_class_id = class.id
     WHERE class.dimension_id = %(industry)s AND class.active
),
invoices AS (
    SELECT commercial_partner_id AS partner_id,
           SUM(amount_untaxed_signed) FILTER (WHERE counts AND invoice_date >= %(year)s) AS revenue_12m,
           SUM(amount_untaxed_signed) FILTER (WHERE counts AND invoice_date >= %(two_years)s AND invoice_date < %(year)s)
               AS revenue_prior_12m,
           %(as_of)s - MAX(invoice_date) FILTER (WHERE counts AND move_type = 'out_invoice') AS days_since_purchase,
           MIN(invoice_date) FILTER (WHERE counts AND move_type = 'out_invoice') AS first_purchase_date,
           (MAX(invoice_date) FILTER (WHERE counts AND move_type = 'out_invoice' AND invoice_date >= %(three_years)s)
            - MIN(invoice_date) FILTER (WHERE counts AND move_type = 'out_invoice' AND invoice_date >= %(three_years)s)
           )::numeric
           / NULLIF(COUNT(DISTINCT invoice_date)
                        FILTER (WHERE counts AND move_type = 'out_invoice' AND invoice_date >= %(three_years)s) - 1, 0)
               AS days_between_purchases,
           COUNT(*) FILTER (WHERE counts AND move_type = 'out_invoice' AND invoice_date >= %(two_years)s)
               AS invoices_24m,
           COUNT(*) FILTER (WHERE counts AND move_type = 'out_invoice') AS invoices_total
      FROM account_move
CROSS JOIN LATERAL (SELECT state = 'posted' AND invoice_date <= %(as_of)s) AS move(counts)
     WHERE company_id = %(company)s AND move_type IN ('out_invoice', 'out_refund')
  GROUP BY commercial_partner_id
),
orders AS (
    SELECT partner.commercial_partner_id AS partner_id, SUM(orders_12m)::int8 AS orders_12m,
           SUM(amount_12m) AS amount_12m, SUM(orders_24m)::int8 AS orders_24m,
           SUM(orders_total)::int8 AS orders_total, SUM(open_quotations)::int8 AS open_quotations
      FROM (SELECT partner_id,
                   COUNT(*) FILTER (WHERE state = 'sale' AND date_order < %(tomorrow)s
                                      AND date_order >= %(year)s) AS orders_12m,
                   SUM(amount_untaxed / NULLIF(currency_rate, 0))
                       FILTER (WHERE state = 'sale' AND date_order < %(tomorrow)s AND date_order >= %(year)s)
                       AS amount_12m,
                   COUNT(*) FILTER (WHERE state = 'sale' AND date_order < %(tomorrow)s
                                      AND date_order >= %(two_years)s) AS orders_24m,
                   COUNT(*) FILTER (WHERE state = 'sale' AND date_order < %(tomorrow)s) AS orders_total,
                   COUNT(*) FILTER (WHERE state IN ('draft', 'sent')) AS open_quotations
              FROM sale_order
             WHERE company_id = %(company)s
          GROUP BY partner_id) AS counted
      JOIN res_partner AS partner ON partner.id = counted.partner_id
  GROUP BY partner.commercial_partner_id
),
leads AS (
    SELECT partner.commercial_partner_id AS partner_id, SUM(open_opportunities)::int8 AS open_opportunities,
           SUM(expected_revenue) AS expected_revenue
      FROM (SELECT partner_id, COUNT(*) FILTER (WHERE active AND won_status = 'pending') AS open_opportunities,
                   SUM(expected_revenue) FILTER (WHERE active AND won_status = 'pending') AS expected_revenue
              FROM crm_lead
             WHERE (company_id = %(company)s OR company_id IS NULL) AND type = 'opportunity'
          GROUP BY partner_id) AS counted
      JOIN res_partner AS partner ON partner.id = counted.partner_id
  GROUP BY partner.commercial_partner_id
),
receivables AS (
    SELECT partner.commercial_partner_id AS partner_id, SUM(item.amount_residual) AS overdue_receivable
      FROM account_move_line AS item
      JOIN account_account AS account ON account.id = item.account_id
      JOIN res_partner AS partner ON partner.id = item.partner_id
     WHERE item.company_id = %(company)s AND item.parent_state = 'posted' AND item.reconciled IS NOT TRUE
       AND account.account_type = 'asset_receivable' AND item.date_maturity < %(as_of)s
  GROUP BY partner.commercial_partner_id
),
payments AS (
    SELECT invoice.commercial_partner_id AS partner_id, AVG(matched.max_date - debit.invoice_date) AS days_to_pay
      FROM account_partial_reconcile AS matched
      JOIN account_move_line AS debit ON debit.id = matched.debit_move_id
      JOIN account_move AS invoice ON invoice.id = debit.move_id
      JOIN account_move_line AS credit ON credit.id = matched.credit_move_id
      JOIN account_journal AS journal ON journal.id = credit.journal_id
     WHERE matched.company_id = %(company)s AND invoice.move_type = 'out_invoice' AND debit.parent_state = 'posted'
       AND debit.display_type = 'payment_term' AND credit.parent_state = 'posted'
       AND journal.type IN ('bank', 'cash', 'credit') AND matched.max_date BETWEEN %(year)s AND %(as_of)s
  GROUP BY invoice.commercial_partner_id
),
customer AS (
    SELECT partner.id AS partner_id, partner.industry_id, partner.country_id, partner.state_id,
           partner.employee_count,
           ROUND(partner.annual_turnover * rate.rate, 6) AS annual_turnover,
           ROUND(partner.total_assets * rate.rate, 6) AS total_assets,
           ROUND(COALESCE(invoices.revenue_12m, 0), 6) AS revenue_12m,
           ROUND(COALESCE(invoices.revenue_prior_12m, 0), 6) AS revenue_prior_12m,
           CASE WHEN ROUND(COALESCE(invoices.revenue_prior_12m, 0), 6) > 0
                THEN ROUND(100 * (ROUND(COALESCE(invoices.revenue_12m, 0), 6) - ROUND(invoices.revenue_prior_12m, 6))
                           / ROUND(invoices.revenue_prior_12m, 6), 6)
                END AS revenue_growth,
           invoices.first_purchase_date, invoices.days_since_purchase,
           ROUND(invoices.days_between_purchases, 6) AS days_between_purchases,
           ROUND(payments.days_to_pay, 6) AS days_to_pay,
           ROUND(COALESCE(receivables.overdue_receivable, 0), 6) AS overdue_receivable,
           COALESCE(invoices.invoices_24m, 0) AS invoices_24m,
           COALESCE(invoices.invoices_total, 0) AS invoices_total,
           COALESCE(orders.orders_12m, 0) AS orders_12m,
           ROUND(orders.amount_12m / NULLIF(orders.orders_12m, 0), 6) AS average_order_12m,
           COALESCE(orders.orders_24m, 0) AS orders_24m,
           COALESCE(orders.orders_total, 0) AS orders_total,
           COALESCE(orders.open_quotations, 0) AS open_quotations,
           COALESCE(leads.open_opportunities, 0) AS open_opportunities,
           ROUND(COALESCE(leads.expected_revenue, 0), 6) AS expected_revenue
      FROM res_partner AS partner
 LEFT JOIN invoices ON invoices.partner_id = partner.id
 LEFT JOIN orders ON orders.partner_id = partner.id
 LEFT JOIN leads ON leads.partner_id = partner.id
 LEFT JOIN receivables ON receivables.partner_id = partner.id
 LEFT JOIN payments ON payments.partner_id = partner.id
 LEFT JOIN rate ON rate.currency_id = partner.declared_currency_id
     WHERE partner.active AND partner.commercial_partner_id = partner.id
       AND (partner.company_id = %(company)s OR partner.company_id IS NULL)
       AND NOT EXISTS (SELECT FROM res_company WHERE res_company.partner_id = partner.id)
       AND NOT EXISTS (SELECT FROM res_users WHERE res_users.partner_id = partner.id AND NOT share)
       AND (partner.customer_rank > 0 OR partner.is_company AND COALESCE(partner.supplier_rank, 0) = 0
            OR invoices.partner_id IS NOT NULL OR orders.partner_id IS NOT NULL OR leads.partner_id IS NOT NULL)
),
tested AS (
    SELECT customer.*, sector.id AS sector_id, sector.code AS sector_code,
           COALESCE(region_of_state.id, region_of_country.id) AS region_id,
           COALESCE(region_of_state.code, region_of_country.code) AS region_code,
           employee_count >= 250 OR ROUND(annual_turnover * %(to_euro)s, 2) >= 50000000
               OR ROUND(revenue_12m * %(to_euro)s, 2) >= 1000000 AS large,
           employee_count >= 50 OR ROUND(annual_turnover * %(to_euro)s, 2) >= 10000000
               OR ROUND(revenue_12m * %(to_euro)s, 2) >= 100000 AS medium
      FROM customer
 LEFT JOIN sector ON sector.industry_id = customer.industry_id
 LEFT JOIN region_of_state ON region_of_state.state_id = customer.state_id
 LEFT JOIN region_of_country ON region_of_country.country_id = customer.country_id
),
classified AS (
    SELECT tested.*,
           CASE WHEN large THEN 'L' WHEN medium THEN 'M' ELSE 'S' END AS size,
           CASE WHEN industry_id IS NOT NULL THEN COALESCE(sector_code, 'OTH') END AS sector,
           CASE WHEN orders_24m > 0 OR invoices_24m > 0 THEN 'CLOSED'
                WHEN open_quotations > 0 OR open_opportunities > 0 THEN 'INTENT'
                WHEN orders_total > 0 OR invoices_total > 0 THEN 'LAPSED'
                ELSE 'POTENTIAL' END AS stage
      FROM tested
)
SELECT partner_id, employee_count, annual_turnover, total_assets, revenue_12m, revenue_prior_12m, revenue_growth,
       first_purchase_date, days_since_purchase, days_between_purchases, days_to_pay, overdue_receivable,
       invoices_24m, invoices_total, orders_12m, average_order_12m, orders_24m, orders_total,
       open_quotations, open_opportunities, expected_revenue,
       CASE size WHEN 'L' THEN %(large)s WHEN 'M' THEN %(medium)s ELSE %(small)s END AS size_class_id,
       CASE WHEN industry_id IS NOT NULL THEN COALESCE(sector_id, %(other)s) END AS industry_class_id,
       region_id AS region_class_id,
       CASE stage WHEN 'CLOSED' THEN %(closed)s WHEN 'INTENT' THEN %(intent)s WHEN 'LAPSED' THEN %(lapsed)s
                  ELSE %(potential)s END AS stage_class_id,
       size || '-' || COALESCE(sector, '?') || '-' || COALESCE(region_code, '?') || '-' || stage AS segmentation_code,
       NULLIF(concat_ws(',',
              CASE WHEN large IS NULL AND employee_count IS NULL THEN 'employee_count' END,
              CASE WHEN large IS NULL AND annual_turnover IS NULL THEN 'annual_turnover' END,
              CASE WHEN industry_id IS NULL THEN 'industry_id' END,
              CASE WHEN state_id IS NULL AND country_id = %(country)s THEN 'state_id'
                   WHEN country_id IS NULL AND region_id IS NULL THEN 'country_id' END), '') AS missing_facts
  FROM classified
