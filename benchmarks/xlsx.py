"""What the Excel export costs beside a bare xlsxwriter loop of the same cells; runs in `odoo shell`.

    XLSX_CUSTOMERS=1000000 python3 -m dev odoo -- shell -d DATABASE --no-http < benchmarks/xlsx.py

The customers are made in a transaction that is undone.
"""

import os
import tempfile
import time

import xlsxwriter

from odoo.addons.partner_segmentation.benchmarks.measure import cost
from odoo.addons.partner_segmentation.report import export, workbook, workbook_customers

CUSTOMERS = int(os.environ.get("XLSX_CUSTOMERS", "200000"))
BOUND = 1.3


def generate(env, customers):
    """Make customers with a file each, by hand: no documents, the figures are hashes of the number."""
    env.cr.execute(
        """INSERT INTO res_partner (name, ref, city, country_id, active, is_company, type, customer_rank, company_id,
                                    autopost_bills)
           SELECT 'Customer ' || n, 'C' || n, 'City ' || n %% 1000, (SELECT MIN(id) + n %% 50 FROM res_country),
                  TRUE, TRUE, 'contact', 1, NULL, 'ask'
             FROM GENERATE_SERIES(1, %s) AS n""",
        (customers,),
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL")
    env.cr.execute(
        """INSERT INTO segmentation_profile
                  (partner_id, company_id, active, create_date, revenue_12m, revenue_prior_12m, overdue_receivable,
                   employee_count, first_purchase_date, size_class_id, stage_class_id)
           SELECT partner.id, %s, TRUE, NOW(), partner.id %% 99991 + 0.37, partner.id %% 88883, partner.id %% 777,
                  partner.id %% 500, '2024-01-01'::date + partner.id %% 700, size[1 + partner.id %% 3],
                  stage[1 + partner.id %% 4]
             FROM res_partner AS partner,
                  (SELECT ARRAY(SELECT cls.id FROM segmentation_class AS cls WHERE dimension_id = %s) AS size,
                          ARRAY(SELECT cls.id FROM segmentation_class AS cls WHERE dimension_id = %s) AS stage) AS class
            WHERE partner.ref LIKE 'C%%' AND partner.name LIKE 'Customer %%'
      ON CONFLICT DO NOTHING""",
        (
            env.company.id,
            env.ref("partner_segmentation.dimension_size").id,
            env.ref("partner_segmentation.dimension_stage").id,
        ),
    )
    env.cr.execute("ANALYZE res_partner, segmentation_profile")
    env.invalidate_all()


def write_bare(path, cells, rows):
    """The same cells without a database: the kinds and values of one batch again and again."""
    book = xlsxwriter.Workbook(path, workbook.OPTIONS)
    formats = {kind: book.add_format({"num_format": form}) for kind, form in workbook.NUMBER_FORMATS.items()}
    sheet = book.add_worksheet()
    methods = {"text": sheet.write_string, "date": sheet.write_datetime, "link": sheet.write_formula}
    writers = {kind: methods.get(kind, sheet.write_number) for row in cells for kind, _value in row}
    for row in range(rows):
        for column, (kind, value) in enumerate(cells[row % len(cells)]):
            if value is not None:
                writers[kind](row, column, value, formats.get(kind))
    book.close()


def sample(env, options):
    """Kind and value of the cells of a batch of customers, as the export writes them."""
    cells = []

    class Recorder(workbook_customers._Writer):
        def write_rows(self, batch):
            if not cells:
                for partner_id, *values in batch:
                    row = [
                        (column.kind, column.names[value] if column.names and value is not None else value)
                        for column, value in zip(self.columns, values, strict=True)
                    ]
                    cells.append([*row, ("link", self.link.format(partner_id))])

    original = workbook_customers._Writer
    workbook_customers._Writer = Recorder
    try:
        with tempfile.TemporaryDirectory() as folder:
            export.Export(env.company, options).save(f"{folder}/sample.xlsx")
    finally:
        workbook_customers._Writer = original
    return cells


def main(env):
    generate(env, CUSTOMERS)
    metrics = env["segmentation.metric"].search([("field_name", "in", ("employee_count", "first_purchase_date"))])
    options = export.ExportOptions(metrics=metrics, details=("reference", "address"))
    cells = sample(env, options)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        rows = export.Export(env.company, options)
        prepared = time.perf_counter() - start
        with cost(env.cr) as used:
            start = time.perf_counter()
            written = rows.save(f"{folder}/export.xlsx")
            ours = time.perf_counter() - start
        size = os.path.getsize(f"{folder}/export.xlsx") / 1e6
        start = time.perf_counter()
        write_bare(f"{folder}/bare.xlsx", cells, written)
        bare = time.perf_counter() - start
    total = prepared + ours
    print(f"{written:,} customers, {len(cells[0])} columns, {size:.0f} MB")
    print(f"  finding the customers {prepared:8.1f} s")
    print(f"  whole workbook        {ours:8.1f} s, {used.queries} queries, memory +{used.megabytes:.0f} MB")
    print(f"  bare xlsxwriter loop  {bare:8.1f} s")
    print(f"  {total / bare:.2f} × the bare loop (bound {BOUND})")
    env.cr.rollback()


main(env)  # noqa: F821
