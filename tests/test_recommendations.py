"""Products that similar customers buy: what is counted, what is recommended, who sees it, what the button does."""

from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import get_public_method
from odoo.tests import Form, new_test_user, tagged

from ..engine import recommend
from .common import AS_OF, SegmentationCommon

GROUPS = ("sales_team.group_sale_salesman", "product.group_product_pricelist")


class RecommendationsCommon(SegmentationCommon):
    """Customers who are similar when they are of the same size; every figure counts, however small its group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.segmentation_peer_columns = "size_class_id"
        for name in ("MIN_CUSTOMERS", "MIN_BUYERS"):
            cls.startClassPatcher(patch.object(recommend, name, 1))
        cls.startClassPatcher(patch.object(cls.env.registry["segmentation.run"], "_today", lambda *_args: AS_OF))
        cls.scanner, cls.rack, cls.label = cls.env["product.product"].create(
            [
                {"name": name, "list_price": price, "taxes_id": [], "type": "consu"}
                for name, price in (("Scanner", 120), ("Rack", 340), ("Label", 5))
            ]
        )
        cls.large = cls.env["res.partner"]
        for number in range(3):
            cls.large |= cls.customer(f"Large {number}", employee_count=250)
        cls.small = cls.customer("Small", employee_count=1)
        cls.user = new_test_user(
            cls.env,
            "segmentation_recommended",
            ",".join(GROUPS),
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def buy(cls, partner, *products, day=AS_OF, move_type="out_invoice", amount=100.0, **values):
        """A posted invoice, or refund, with a line for each product."""
        lines = [
            Command.create({"product_id": product.id, "price_unit": amount, "tax_ids": []}) for product in products
        ]
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": partner.id,
                "invoice_date": day,
                "date": day,
                "company_id": cls.company.id,
                "invoice_line_ids": lines,
                **values,
            }
        )
        move.action_post()
        return move

    @classmethod
    def refresh(cls, company=None):
        company = company or cls.company
        cls.classify(company=company)
        cls.env["segmentation.peer.product"]._refresh(company)

    @classmethod
    def order_of(cls, partner, product, confirm=True):
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "order_line": [Command.create({"product_id": product.id, "tax_ids": []})],
            }
        )
        if confirm:
            order.action_confirm()
        order.date_order = "2026-06-29 12:00:00"
        return order

    def recommended(self, partner, user=None, company=None):
        partner.invalidate_recordset()
        partner = partner.with_user(user or self.user).with_company(company or self.company)
        return partner.segmentation_recommended_ids

    def assertRecommended(self, partner, *products):  # noqa: N802 (like assertEqual)
        self.assertEqual(self.recommended(partner).product_id.mapped("name"), [product.name for product in products])

    def shown_to(self, partner, user=None):
        """The rows as the page of the contact shows them."""
        return self.recommended(partner, user).with_context(segmentation_partner_id=partner.id)


@tagged("post_install", "-at_install")
class TestWhatIsRecommended(RecommendationsCommon):
    def test_what_similar_customers_bought_and_this_one_did_not(self):
        self.buy(self.large[0], self.scanner, self.rack)
        self.buy(self.large[1], self.scanner)
        self.buy(self.small, self.label)
        self.refresh()
        self.assertRecommended(self.large[2], self.scanner, self.rack, self.label)
        self.assertRecommended(self.large[1], self.rack, self.label)
        rows = self.recommended(self.large[2])
        self.assertEqual(
            rows.mapped("reason"),
            [
                "Bought by 2 of 2 customers: Large",
                "Bought by 1 of 2 customers: Large",
                "Bought by 1 of 3 customers: all classes",
            ],
        )
        self.assertEqual(
            self.large[2].with_user(self.user).segmentation_recommended_note,
            "Bought by customers in the same classes in the 24 months to 06/30/2026, and not by this one.",
        )

    def test_own_group_counts_more_than_all_customers(self):
        tiny = self.env["res.partner"]
        for number in range(4):
            tiny |= self.customer(f"Tiny {number}", employee_count=1)
            self.buy(tiny[number], self.label)
        self.buy(self.large[0], self.scanner)
        self.buy(self.large[1], self.scanner)
        with patch.object(recommend, "PRIOR", 1):
            self.refresh()
            self.assertRecommended(self.large[2], self.scanner, self.label)
            self.assertRecommended(self.small, self.label, self.scanner)

    def test_small_groups_are_not_shown_and_the_wider_one_is_used(self):
        self.buy(self.large[0], self.scanner)
        self.buy(self.large[1], self.scanner, self.rack)
        self.buy(self.small, self.scanner)
        with patch.object(recommend, "MIN_CUSTOMERS", 3), patch.object(recommend, "MIN_BUYERS", 2):
            self.refresh()
        rows = self.recommended(self.large[2])
        self.assertEqual(rows.mapped("reason"), ["Bought by 3 of 3 customers: all classes"])
        self.assertEqual(rows.product_id, self.scanner)

    def test_dimensions_are_left_out_from_the_last_on(self):
        self.company.segmentation_peer_columns = "size_class_id,industry_class_id"
        retail = self.env.ref("partner_segmentation.class_industry_retail")
        self.large[:2].industry_id = retail.industry_ids[:1]
        self.buy(self.large[0], self.scanner)
        self.buy(self.large[2], self.rack)
        self.refresh()
        self.assertEqual(self.profile(self.large[1]).industry_class_id, retail)
        reasons = {row.product_id: row.reason for row in self.recommended(self.large[1])}
        self.assertEqual(reasons[self.scanner], f"Bought by 1 of 1 customers: Large, {retail.name}")
        self.assertEqual(reasons[self.rack], "Bought by 1 of 2 customers: Large")

    def test_refunds_take_purchases_back(self):
        self.buy(self.large[0], self.scanner, self.rack)
        self.buy(self.large[0], self.scanner, move_type="out_refund")
        self.buy(self.large[0], self.rack, move_type="out_refund", amount=40.0)
        self.buy(self.large[1], self.scanner)
        self.refresh()
        self.assertRecommended(self.large[0], self.scanner)
        self.assertRecommended(self.large[2], self.scanner, self.rack)
        self.assertEqual(self.recommended(self.large[2]).mapped("buyers"), [1, 1])

    def test_refund_at_another_rate_takes_a_purchase_back(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        days = (AS_OF - relativedelta(days=10), AS_OF)
        for day, rate in zip(days, (0.1, 0.2), strict=True):
            self.env["res.currency.rate"].create(
                {"currency_id": usd.id, "name": day, "rate": rate, "company_id": self.company.id}
            )
        self.buy(self.large[0], self.scanner, day=days[0], currency_id=usd.id)
        self.buy(self.large[0], self.scanner, day=days[1], currency_id=usd.id, move_type="out_refund")
        self.refresh()
        self.assertRecommended(self.large[1])

    def test_orders_count_until_they_are_invoiced(self):
        order = self.order_of(self.large[0], self.scanner)
        self.order_of(self.large[1], self.rack, confirm=False)
        self.refresh()
        self.assertRecommended(self.large[2], self.scanner)
        self.assertRecommended(self.large[0])
        self.scanner.invoice_policy = "order"
        order._create_invoices().action_post()
        order.invoice_ids._reverse_moves([{"invoice_date": AS_OF, "date": AS_OF}]).action_post()
        self.refresh()
        self.assertRecommended(self.large[2])

    def test_drafts_down_payments_and_vendor_bills_are_no_purchases(self):
        self.buy(self.large[0], self.scanner).button_draft()
        self.buy(self.large[0], self.rack, move_type="in_invoice")
        self.buy(self.large[0], self.label).invoice_line_ids.is_downpayment = True
        self.refresh()
        self.assertRecommended(self.large[1])

    def test_window(self):
        first_day = AS_OF - relativedelta(months=24) + relativedelta(days=1)
        self.buy(self.large[0], self.scanner, day=first_day)
        self.buy(self.large[0], self.rack, day=first_day - relativedelta(days=1))
        self.refresh()
        self.assertRecommended(self.large[1], self.scanner)
        self.company.segmentation_peer_months = 30
        self.refresh()
        self.assertRecommended(self.large[1], self.scanner, self.rack)
        self.assertEqual(self.recommended(self.large[1]).mapped("months"), [30, 30])

    def test_products_that_are_not_for_sale_are_not_recommended(self):
        other = self.setup_other_company()["company"]
        products = self.scanner | self.rack | self.label
        self.buy(self.large[0], *products)
        self.refresh()
        self.assertRecommended(self.large[1], *products)
        # At once, and after the next refresh.
        self.scanner.active = False
        self.rack.sale_ok = False
        self.label.product_tmpl_id.company_id = other
        self.assertRecommended(self.large[1])
        self.refresh()
        self.assertFalse(self.env["segmentation.peer.product"].search([("company_id", "=", self.company.id)]))

    def test_discount_products_are_not_recommended(self):
        self.buy(self.large[0], self.scanner, self.rack)
        self.company.sale_discount_product_id = self.rack
        self.refresh()
        self.assertRecommended(self.large[1], self.scanner)

    def test_what_was_bought_since_the_refresh_is_not_recommended(self):
        self.buy(self.large[0], self.scanner, self.rack, self.label)
        self.refresh()
        self.buy(self.large[1], self.scanner)
        self.order_of(self.large[1], self.rack)
        self.assertRecommended(self.large[1], self.label)

    def test_contacts_show_what_is_recommended_to_their_company(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.large[1].id})
        self.buy(self.large[0], self.scanner, self.rack)
        self.buy(contact, self.rack)
        self.refresh()
        self.assertRecommended(contact, self.scanner)
        self.assertRecommended(self.large[1], self.scanner)

    def test_who_is_no_customer_gets_nothing(self):
        self.buy(self.large[0], self.scanner)
        self.refresh()
        vendor = self.customer("Vendor", supplier_rank=1)
        self.assertRecommended(vendor)
        self.assertRecommended(self.env["res.partner"].new({"name": "New"}))

    def test_nothing_sold_nothing_recommended(self):
        self.refresh()
        self.assertFalse(self.env["segmentation.peer.product"].search([("company_id", "=", self.company.id)]))
        self.assertRecommended(self.small)
        self.assertFalse(self.small.with_user(self.user).segmentation_recommended_note)

    def test_companies_do_not_see_each_other(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        self.buy(self.large[0], self.scanner)
        self.refresh()
        self.refresh(other)
        Peer = self.env["segmentation.peer.product"]
        self.assertEqual(Peer.search([("product_id", "=", self.scanner.id)]).company_id, self.company)
        self.assertFalse(self.large[1].with_company(other).segmentation_recommended_ids)
        foreigner = new_test_user(
            self.env, "segmentation_foreigner", GROUPS[0], company_id=other.id, company_ids=[Command.set(other.ids)]
        )
        self.assertFalse(Peer.with_user(foreigner).search([]))


@tagged("post_install", "-at_install")
class TestRefresh(RecommendationsCommon):
    def test_full_run_has_the_products_counted(self):
        self.buy(self.large[0], self.scanner)
        self.classify()
        Peer = self.env["segmentation.peer.product"]
        self.assertTrue(Peer._waiting_run(self.company))
        self.run_jobs("cron_recommend")
        self.assertFalse(Peer._waiting_run(self.company))
        self.assertRecommended(self.large[1], self.scanner)
        self.classify(self.small)
        self.assertFalse(Peer._waiting_run(self.company))

    def test_waiting_run_of_all_customers_wakes_the_job(self):
        job = self.env.ref("partner_segmentation.cron_recommend")
        self.env["segmentation.run"].sudo().search([]).unlink()  # those of all companies
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        for partners, woken in ((self.small, False), (None, True)):
            self.env["segmentation.run"]._queue(self.company, "manual", partners)
            self.run_jobs("cron_work")
            now = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
            self.assertEqual(bool(now - triggers), woken)

    def test_rows_that_stay_keep_their_ids(self):
        self.buy(self.large[0], self.scanner, self.rack)
        self.refresh()
        row = self.recommended(self.large[2])[0]
        self.buy(self.large[1], self.scanner)
        self.buy(self.large[0], self.rack, move_type="out_refund")
        self.refresh()
        self.assertEqual(self.recommended(self.large[2]), row)
        self.assertEqual((row.buyers, row.customers), (2, 2))

    def test_one_company_that_fails_does_not_keep_the_others_from_it(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        self.buy(self.large[0], self.scanner)
        self.classify(company=other)
        self.classify()
        model = self.env.registry["segmentation.peer.product"]
        refresh = model._refresh

        def failing(peer, company):
            if company == other:
                raise ValueError("broken")
            refresh(peer, company)

        logger = "odoo.addons.partner_segmentation.models.segmentation_peer_product"
        with patch.object(model, "_refresh", failing), self.assertLogs(logger, "ERROR"):
            self.run_jobs("cron_recommend")
        self.assertRecommended(self.large[1], self.scanner)
        self.assertTrue(self.env["segmentation.peer.product"]._waiting_run(other))

    def test_settings(self):
        manager = new_test_user(
            self.env,
            "segmentation_recommending_manager",
            "partner_segmentation.group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.refresh()
        page = self.env["segmentation.settings"].with_user(manager)._of_company(self.company)
        self.assertEqual(page.peer_dimension_ids, self.size)
        page.write({"peer_dimension_ids": [Command.link(self.industry.id)], "peer_months": 12})
        self.assertEqual(self.company.segmentation_peer_columns, "size_class_id,industry_class_id")
        self.assertEqual(self.company.segmentation_peer_months, 12)
        self.assertFalse(self.company.segmentation_peer_run_id)
        self.assertTrue(self.env["segmentation.peer.product"]._waiting_run(self.company))
        page.write({"peer_dimension_ids": [Command.unlink(self.size.id)]})
        self.assertEqual(page.peer_dimension_ids, self.industry)
        page.write({"peer_dimension_ids": [Command.link(self.size.id)]})
        self.assertEqual(page.peer_dimension_ids.ids, [self.industry.id, self.size.id])
        with self.assertRaisesRegex(UserError, "Enter 1 or more"):
            page.peer_months = 0
        with self.assertRaisesRegex(ValidationError, "Enter 1 or more"):
            self.company.segmentation_peer_months = 0
        with self.assertRaises(AccessError):
            self.env["segmentation.settings"].with_user(self.user)._of_company(self.company)

    def test_dimensions_that_do_not_apply_are_passed_over(self):
        self.company.segmentation_peer_columns = "x_gone,industry_class_id,size_class_id,name"
        self.industry.active = False
        self.assertEqual(self.company._segmentation_peer_dimensions(), self.size)

    def test_new_companies_use_the_shipped_dimensions(self):
        company = self.env["res.company"].create({"name": "New"})
        self.assertEqual(company._segmentation_peer_dimensions(), self.industry | self.region | self.size)


@tagged("post_install", "-at_install")
class TestQuotations(RecommendationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buy(cls.large[0], cls.scanner, cls.rack)
        cls.refresh()
        cls.buyer = cls.large[1]

    def row(self, partner=None):
        return self.shown_to(partner or self.buyer).filtered(lambda row: row.product_id == self.scanner)

    def quotations(self):
        return self.env["sale.order"].search([("partner_id", "=", self.buyer.id)])

    def test_price_is_that_of_the_customer(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "currency_id": self.cny.id,
                "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 50})],
            }
        )
        self.buyer.with_company(self.company).property_product_pricelist = pricelist
        prices = {row.product_id: row.price for row in self.shown_to(self.buyer)}
        self.assertEqual(prices, {self.scanner: 60, self.rack: 170})
        self.assertEqual(self.row().currency_id, self.cny)
        order = self.env["sale.order"].create({"partner_id": self.buyer.id, "pricelist_id": False})
        rows = order.with_user(self.user).segmentation_recommended_ids.with_context(segmentation_order_id=order.id)
        self.assertEqual({row.product_id: row.price for row in rows}, {self.scanner: 120, self.rack: 340})

    def test_button_makes_a_quotation_and_opens_it(self):
        action = self.row().action_add_to_quotation()
        order = self.quotations()
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))
        self.assertEqual((order.state, order.company_id, order.create_uid), ("draft", self.company, self.user))
        self.assertEqual(order.order_line.product_id, self.scanner)
        self.assertEqual((order.order_line.product_uom_qty, order.order_line.price_unit), (1, 120))

    def test_button_uses_the_newest_open_quotation(self):
        sent, old, newest = self.env["sale.order"].create(
            [
                {"partner_id": self.buyer.id, "user_id": self.user.id, "date_order": f"2026-06-{day} 12:00:00"}
                for day in ("30", "10", "20")
            ]
        )
        sent.action_quotation_sent()
        row = self.row()
        row.action_add_to_quotation()
        self.assertEqual(newest.order_line.product_id, self.scanner)
        self.assertFalse((sent | old).order_line)
        row.action_add_to_quotation()
        self.assertEqual(len(newest.order_line), 1)
        self.assertEqual(len(self.quotations()), 3)
        self.assertRecommended(self.buyer, self.rack)

    def test_quotation_shows_what_is_not_on_it_and_adds_it(self):
        with Form(self.env["sale.order"].with_user(self.user)) as form:
            form.partner_id = self.buyer
        order = form.record
        self.assertEqual(order.segmentation_recommended_ids.product_id, self.scanner | self.rack)
        row = order.segmentation_recommended_ids.filtered(lambda row: row.product_id == self.scanner)
        self.assertIsNone(row.with_context(segmentation_order_id=order.id).action_add_to_quotation())
        self.assertEqual(order.order_line.product_id, self.scanner)
        self.assertEqual(order.segmentation_recommended_ids.product_id, self.rack)
        self.assertEqual(self.quotations(), order)

    def test_orders_are_left_alone(self):
        order = self.order_of(self.buyer, self.label)
        self.assertFalse(order.segmentation_recommended_ids)
        order.user_id = self.user
        row = self.row().with_context(segmentation_order_id=order.id)
        with self.assertRaisesRegex(UserError, "no quotation any more"):
            row.action_add_to_quotation()
        with self.assertRaisesRegex(UserError, "Open a contact"):
            self.env["segmentation.peer.product"].search([], limit=1).action_add_to_quotation()

    def test_stock_is_shown_where_it_is_kept(self):
        arch = self.env["segmentation.peer.product"].get_view(view_type="list")["arch"]
        known = "qty_available" in self.env["product.product"]._fields
        self.assertEqual("stock_on_hand" in arch, known)
        row = self.row()
        self.assertFalse(row.is_stocked)  # consumables are not counted
        self.assertEqual(row.stock_on_hand, 0)
        if known:
            self.scanner.is_storable = True
            warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
            self.env["stock.quant"]._update_available_quantity(self.scanner, warehouse.lot_stock_id, 7)
            viewer = new_test_user(self.env, "segmentation_viewer", "sales_team.group_sale_salesman")
            self.assertFalse(row.with_user(viewer).is_stocked, "who may not see stock sees none, and all the rest")
            keeper = new_test_user(
                self.env, "segmentation_keeper", "sales_team.group_sale_salesman,stock.group_stock_user"
            )
            row = row.with_user(keeper).with_company(self.company)
            self.assertTrue(row.is_stocked)
            self.assertEqual(row.stock_on_hand, 7)

    # -- rights --------------------------------------------------------------------------------

    def test_figures_need_sales_or_invoicing_rights(self):
        viewer = new_test_user(self.env, "segmentation_viewer", "partner_segmentation.group_user")
        manager = new_test_user(self.env, "segmentation_rules", "partner_segmentation.group_manager")
        row = self.row()
        for user in (viewer, manager):
            with self.assertRaises(AccessError):
                self.buyer.with_user(user).read(["segmentation_recommended_ids"])
            with self.assertRaises(AccessError):
                row.with_user(user).read(["buyers"])
            with self.assertRaises(AccessError):
                row.with_user(user).action_add_to_quotation()
        for operation in ("write", "create", "unlink"):
            self.assertFalse(row.has_access(operation))

    def test_accountant_sees_and_cannot_add(self):
        accountant = new_test_user(
            self.env,
            "segmentation_accountant",
            "account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        rows = self.shown_to(self.buyer, accountant)
        self.assertEqual(rows.product_id, self.scanner | self.rack)
        with self.assertRaises(AccessError):
            rows[0].action_add_to_quotation()
        form = self.env["res.partner"].with_user(accountant).get_view(view_type="form")["arch"]
        self.assertIn("segmentation_recommended_ids", form)
        self.assertNotIn("action_add_to_quotation", form)

    def test_quotations_of_others_are_closed(self):
        order = self.env["sale.order"].create({"partner_id": self.buyer.id, "user_id": self.env.uid})
        row = self.row().with_context(segmentation_order_id=order.id)
        with self.assertRaises(AccessError):
            row.action_add_to_quotation()
        with self.assertRaises(AccessError):
            row.mapped("price")
        self.row().action_add_to_quotation()
        self.assertFalse(order.order_line)

    def test_product_the_user_may_not_see_is_left_out(self):
        self.env["ir.rule"].create(
            {
                "name": "No racks",
                "model_id": self.env["ir.model"]._get_id("product.product"),
                "domain_force": f"[('id', '!=', {self.rack.id})]",
                "groups": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        self.assertRecommended(self.buyer, self.scanner)
        self.env["ir.model.access"].search([("model_id.model", "=", "product.product")]).perm_read = False
        self.assertFalse(self.recommended(self.buyer))

    def test_customer_the_user_may_not_see(self):
        self.env["ir.rule"].create(
            {
                "name": "Own customers",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[('user_id', 'in', (user.id, False))]",
                "groups": [Command.link(self.env.ref("sales_team.group_sale_salesman").id)],
            }
        )
        self.assertTrue(self.recommended(self.buyer))
        self.buyer.user_id = self.env.user
        with self.assertRaises(AccessError):
            self.recommended(self.buyer)

    def test_counting_is_closed_to_rpc(self):
        for method in ("_refresh", "_cron_refresh", "_wake", "_recommended_to"):
            with self.assertRaises(AccessError):
                get_public_method(self.env["segmentation.peer.product"], method)
