-- Two products on each posted invoice of a company: synthetic, but not random.
--
-- 40 percent of the lines are what the sector of the customer likes, 20 what its region likes, the rest what everybody
-- likes; each taste has its own few favourites. Customers without a class have the taste of everybody.
INSERT INTO account_move_line (move_id, journal_id, company_id, company_currency_id, currency_id, account_id, partner_id,
                               product_id, product_uom_id, display_type, parent_state, date, invoice_date, quantity,
                               price_unit, price_subtotal, price_total, debit, credit, balance, amount_currency)
SELECT move.id, move.journal_id, move.company_id, company.currency_id, move.currency_id, %(account)s, move.partner_id,
       (%(products)s::int4[])[1 + (rank * 131 + taste * 37) %% cardinality(%(products)s::int4[])], %(uom)s,
       'product', 'posted', move.date, move.invoice_date, 1, 10, 10, 10,
       CASE WHEN sign > 0 THEN 10 ELSE 0 END, CASE WHEN sign < 0 THEN 10 ELSE 0 END, sign * 10, sign * 10
  FROM account_move AS move
  JOIN res_company AS company ON company.id = move.company_id
  LEFT JOIN segmentation_profile AS profile
         ON profile.partner_id = move.commercial_partner_id AND profile.company_id = move.company_id
 CROSS JOIN generate_series(0, 1) AS place
 CROSS JOIN LATERAL (
       SELECT (hashint8extended(2 * move.id + place, 1) & 1048575) / 1048576.0,
              (hashint8extended(2 * move.id + place, 2) & 1048575) / 1048576.0,
              CASE WHEN move.move_type = 'out_refund' THEN 1 ELSE -1 END
       ) AS noise(which, how_rare, sign)
 CROSS JOIN LATERAL (
       SELECT floor(power(how_rare, 3) * cardinality(%(products)s::int4[]))::int4,
              CASE WHEN which < 0.4 THEN COALESCE(profile.industry_class_id, 0)
                   WHEN which < 0.6 THEN COALESCE(profile.region_class_id, 0) ELSE 0 END
       ) AS choice(rank, taste)
 WHERE move.company_id = %(company)s AND move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund')
