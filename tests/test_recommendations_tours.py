from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from ..engine import recommend


@tagged("post_install", "-at_install")
class TestRecommendationsTours(HttpCase):
    """A salesperson sells what similar customers buy, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        for name in ("MIN_CUSTOMERS", "MIN_BUYERS"):
            cls.startClassPatcher(patch.object(recommend, name, 1))
        cls.company.segmentation_peer_columns = "size_class_id"
        cls.env.ref("partner_segmentation.dimension_size").currency_id = False
        cls.buyer, cls.customer = cls.env["res.partner"].create(
            [
                {"name": "Tour Buyer", "is_company": True, "employee_count": 120},
                {"name": "Tour Customer", "is_company": True, "employee_count": 120},
            ]
        )
        products = cls.env["product.product"].create(
            [
                {"name": name, "list_price": 77, "taxes_id": [], "type": "consu"}
                for name in ("Tour Scanner", "Tour Rack")
            ]
        )
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.buyer.id,
                "order_line": [Command.create({"product_id": product.id}) for product in products],
            }
        )
        order.action_confirm()
        # What the database has beside would come first.
        cls.env["product.product"].search([("id", "not in", products.ids)]).sale_ok = False
        cls.env["segmentation.run"]._classify(cls.company, "manual")
        cls.env["segmentation.peer.product"]._refresh(cls.company)
        new_test_user(
            cls.env,
            "segmentation_recommending",
            "sales_team.group_sale_salesman,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def test_salesperson_adds_recommended_products(self):
        url = f"/odoo/contacts/{self.customer.id}"
        self.start_tour(url, "segmentation_recommended", login="segmentation_recommending", timeout=120)
        order = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(order.user_id.login, "segmentation_recommending")
        self.assertEqual(order.order_line.product_id.mapped("name"), ["Tour Scanner", "Tour Rack"])
        self.assertEqual(order.order_line.mapped("price_unit"), [77, 77])
        self.assertFalse(order.segmentation_recommended_ids)
