"""The standard of preferences: its classes are made while customers are classified, one per product category."""

import copy

from odoo import Command
from odoo.tests import tagged

from .common import AS_OF
from .standards_common import LibraryCommon


@tagged("post_install", "-at_install")
class TestPreferenceStandard(LibraryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phones, cls.tools = cls.env["product.category"].create([{"name": "Phones"}, {"name": "Tools"}])
        cls.product_a.categ_id, cls.product_b.categ_id = cls.phones, cls.tools
        cls.partner, cls.other, cls.nobody = (cls.customer(name) for name in ("Partner", "Other", "Nobody"))
        cls.bill(cls.partner, (cls.product_a, 60), (cls.product_a, 50), (cls.product_b, 100))
        cls.bill(cls.other, (cls.product_b, 10), (cls.product_a, 5))

    @classmethod
    def bill(cls, partner, *lines):
        values = {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": AS_OF, "date": AS_OF}
        products = [
            Command.create({"product_id": product.id, "price_unit": price, "tax_ids": []}) for product, price in lines
        ]
        cls.env["account.move"].create({**values, "invoice_line_ids": products}).action_post()

    def setUp(self):
        super().setUp()
        self.preference = self.standard("PREFERENCE")
        self.preference._apply()
        self.dimension = self.env["segmentation.dimension"].search([("code", "=", "PREFERENCE")])

    def made(self):
        return self.dimension.with_context(active_test=False).class_ids

    def test_classes_are_made_and_explained(self):
        self.assertFalse(self.dimension.class_ids)
        self.assertEqual(self.classify().state, "done")
        self.assertEqual(self.made().mapped("code"), ["PHONES", "TOOLS"])
        for partner, code in ((self.partner, "PHONES"), (self.other, "TOOLS"), (self.nobody, None)):
            self.assertClass(partner, self.dimension, code)
        [found] = [line for line in self.profile(self.partner)._explain() if line.dimension == self.dimension]
        self.assertEqual(found.reason, "Preferred product category, 12 months: Phones")
        share = self.env["segmentation.metric"].search([("code", "=", "top_category_share")])
        self.assertAlmostEqual(self.profile(self.partner)[share.field_name], 100 * 110 / 210, 2)

    def test_twice_changes_nothing(self):
        self.classify()
        before = self.made()
        self.assertFalse(self.rows(self.preference))
        self.preference._apply()
        self.assertEqual(self.dimension.class_ids, before)
        self.assertFalse(self.classify().changed)

    def test_another_standard_takes_over_and_gives_back(self):
        self.classify()
        made = self.made()
        data = copy.deepcopy(self.preference._data()) | {"code": "BUYERS"}
        [dimension] = data["dimensions"]
        dimension.pop("metric")
        dimension |= {"method": "domain", "classes": [{"code": "ALL", "name": {"en_US": "All"}, "domain": []}]}
        buyers = self.imported(data)
        self.assertIn(("archive", "class", "Preference › Phones", ""), self.actions(buyers))
        buyers._apply()
        self.assertFalse(self.rows(buyers))
        self.assertEqual(made.exists().mapped("active"), [False, False])
        self.classify()
        self.assertClass(self.partner, self.dimension, "ALL")
        made[1].code = "MY_TOOLS"
        self.preference._apply()
        self.assertFalse(self.rows(self.preference))
        self.assertEqual(self.dimension.class_ids, made)
        self.classify()
        self.assertClass(self.partner, self.dimension, "PHONES")
        self.assertClass(self.other, self.dimension, "MY_TOOLS")

    def test_class_that_the_user_archived_stays_archived(self):
        self.classify()
        self.made()[1].active = False
        self.assertFalse(self.rows(self.preference))
        self.preference._apply()
        self.assertEqual(self.dimension.class_ids.mapped("code"), ["PHONES"])

    def test_export_leaves_them_out(self):
        """In another database they would stand for nothing."""
        self.classify()
        [dimension] = self.exported("PREFERENCE")["dimensions"]
        self.assertNotIn("PHONES", str(dimension))
        self.assertEqual(dimension["metric"], "top_category")
