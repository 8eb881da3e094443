"""ABC and RFM of real purchases against an independent computation with pandas.

The data are purchases at an online shop for music, 1997 and 1998, which are used throughout the literature on
customer value (Fader and Hardie: CDNOW); the package Lifetimes ships them. Nothing of its code is used.
"""

from datetime import date
from importlib import metadata
from importlib.util import find_spec
from unittest import skipUnless

from odoo import Command
from odoo.tests import tagged

from .common import SegmentationCommon
from .test_standards_content import segment

LAST_DAY = date(1998, 6, 30)
EVERY = 8  # one of so many of the 2357 customers
QUIET = {"mail_create_nolog": True, "mail_create_nosubscribe": True, "mail_notrack": True, "tracking_disable": True}


def is_installed() -> bool:
    return bool(find_spec("pandas") and find_spec("lifetimes"))


def purchases():
    """Table of the sampled customers' purchases: customer, day, amount in cents."""
    import pandas as pd

    path = metadata.distribution("Lifetimes").locate_file("lifetimes/datasets/CDNOW_sample.txt")
    names = ["master", "customer", "day", "quantity", "amount"]
    table = pd.read_csv(path, sep=r"\s+", header=None, names=names, parse_dates=["day"])
    table["amount"] = (table["amount"] * 100).round().astype(int)
    return table[table["customer"] % EVERY == 1][["customer", "day", "amount"]]


def contribution(values):
    """Customer → A, B or C: the share that those before it have brought, equal values together."""
    import pandas as pd

    by_value = values[values > 0].groupby(values).sum().sort_index(ascending=False)
    before = 100 * (by_value.cumsum() - by_value)
    total = by_value.sum()
    classes = pd.Series("C", index=by_value.index)
    classes[before < 95 * total] = "B"
    classes[before < 80 * total] = "A"
    return values.map(classes).fillna("C")


def scores(values, lower_is_better=False):
    """Customer → score of 5 to 1: how many fifths of the customers are better, equal values together."""
    before = values.rank(method="min", ascending=lower_is_better).astype(int) - 1
    return 5 - before * 5 // len(values)


@tagged("post_install", "-at_install")
@skipUnless(is_installed(), "needs pandas and Lifetimes, see dev/")
class TestPublicData(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = purchases()
        numbers = cls.table["customer"].unique().tolist()
        partners = cls.env["res.partner"].create([{"name": f"CDNOW {number}"} for number in numbers])
        cls.partners = dict(zip(numbers, partners, strict=True))
        line = {"name": "Music", "tax_ids": []}
        moves = cls.env["account.move"].with_context(**QUIET).with_company(cls.company)
        moves.create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": cls.partners[row.customer].id,
                    "invoice_date": row.day.date(),
                    "date": row.day.date(),
                    "invoice_line_ids": [Command.create({**line, "price_unit": row.amount / 100})],
                }
                for row in cls.table.itertuples()
            ]
        )._post(soft=False)
        for code in ("ABC_REVENUE", "RFM"):
            cls.env["segmentation.standard"].search([("code", "=", code)])._apply()
        cls.classify(as_of=LAST_DAY)

    def found(self, code: str) -> dict:
        """Customer → class of a dimension."""
        column = self.env["segmentation.dimension"].search([("code", "=", code)]).field_name
        profiles = self.env["segmentation.profile"].search([("company_id", "=", self.company.id)])
        by_partner = profiles.grouped("partner_id")
        return {number: by_partner[partner][column].code for number, partner in self.partners.items()}

    def recent(self, months: int):
        """Sum of each customer's purchases in the months up to the last day."""
        import pandas as pd

        begin = pd.Timestamp(LAST_DAY) - pd.DateOffset(months=months)
        recent = self.table[self.table["day"] > begin].groupby("customer")["amount"].sum()
        return recent.reindex(list(self.partners), fill_value=0)

    def test_contribution(self):
        expected = contribution(self.recent(12)).to_dict()
        self.assertEqual(self.found("ABC"), expected)
        self.assertEqual(set(expected.values()), set("ABC"))

    def test_behaviour(self):
        import pandas as pd

        by_customer = self.table.groupby("customer")
        since = (pd.Timestamp(LAST_DAY) - by_customer["day"].max()).dt.days
        expected = {
            "R": scores(since, lower_is_better=True),
            "F": scores(by_customer["day"].count()),
            "M": scores(self.recent(24)),
        }
        for part, values in expected.items():
            self.assertEqual(self.found(f"RFM_{part}"), values.astype(str).to_dict(), part)
            self.assertGreater(values.nunique(), 2)
        segments = {n: segment(*(int(expected[part][n]) for part in "RFM")) for n in self.partners}
        self.assertEqual(self.found("RFM"), segments)
        self.assertGreater(len(set(segments.values())), 4)
