from pathlib import Path

from odoo.tests import tagged
from odoo.tools import html2plaintext

from .common import SegmentationCommon

README = Path(__file__).parent.parent / "README.rst"


@tagged("post_install", "-at_install")
class TestWorkedExample(SegmentationCommon):
    """The example in README.rst, step by step."""

    def test_a_fact_is_missing_and_the_class_is_certain(self):
        customer = self.customer(employee_count=120)
        self.invoice(customer, 90_000)
        self.invoice(customer, 5_000, move_type="out_refund")
        self.classify()
        profile = self.profile(customer)
        self.assertEqual(profile.revenue_12m, 85_000)
        self.assertClass(customer, self.size, "M")
        self.assertIn("Annual turnover", profile.missing_fact_names.split(", "))
        explanation = " ".join(html2plaintext(customer.segmentation_explanation).split())
        readme = " ".join(README.read_text().split())
        for text in ("Employees 120 ≥ 50; not known: Annual turnover", "130 more Employees"):
            self.assertIn(text, explanation)
            self.assertIn(text, readme)
