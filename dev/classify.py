"""Classify the demo companies and print the result. Runs in `odoo shell`, which gives `env`."""

import time
import unicodedata
from datetime import date, timedelta

from odoo.addons.partner_segmentation.report.summary import summarise


def padded(text, width):
    """Text filled up to a width in columns of the terminal; Chinese characters take two."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return text + " " * (width - len(text) - wide)


def print_summary(company):
    """One line per class; with the classes that are part of it where there are any."""
    print(f"\n{company.name} ({company.currency_id.name})")
    print(f"  {'Dimension':<16}{'Class':<28}{'Customers':>9}{'Revenue, 12 months':>22}{'with its parts':>34}")
    for dimension in summarise(company).dimensions:
        for line in dimension.classes:
            name = "  " * line.level + (line.cls.name or "Unclassified")
            cells = padded(dimension.dimension.name, 16) + padded(name, 28)
            cells += f"{line.customers:>9,}{line.revenue:>22,.2f}"
            if line.total.customers != line.customers:
                cells += f"{line.total.customers:>12,}{line.total.revenue:>22,.2f}"
            print(f"  {cells}")
        print(f"  {'':<16}{'Total':<28}{dimension.customers:>9,}{dimension.revenue:>22,.2f}")


companies = env["res.company"].union(
    *(env.ref(f"base.segmentation_demo_company_{country}") for country in ("cn", "de"))
)
for company in companies:  # as it was a quarter ago first, so that there are changes to look at
    env["segmentation.run"]._classify(company, "manual", as_of=date.today() - timedelta(days=91))
start = time.monotonic()
runs = env["segmentation.run"]._classify_companies("manual", companies=companies)
seconds = time.monotonic() - start
env.cr.commit()
for run in runs:
    if run.error:
        print(f"\n{run.company_id.name}: {run.error}")
    print_summary(run.company_id)
print(f"\n{sum(runs.mapped('customers')):,} customer files of {len(runs)} companies classified in {seconds:.2f} s")
