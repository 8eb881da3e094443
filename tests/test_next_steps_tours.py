from datetime import timedelta

from odoo.fields import Command, Date
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestNextStepsTours(HttpCase):
    """What a salesperson does with the next steps, in a real browser."""

    def test_from_the_next_step_to_the_quotation(self):
        seller = new_test_user(self.env, "next_steps_tour", "sales_team.group_sale_salesman")
        company, today = seller.company_id, Date.today()
        customers = self.env["res.partner"].create(
            [
                {"name": "Overdue Tour", "is_company": True, "employee_count": 5, "user_id": seller.id},
                {"name": "Other Tour", "is_company": True, "employee_count": 5, "user_id": seller.id},
                {"name": "Colleague Tour", "is_company": True, "employee_count": 5, "user_id": self.env.user.id},
            ]
        )
        for customer in customers:
            for number in range(4):
                self.invoice(customer, 500, today - timedelta(days=50 + 20 * number))
        run = self.env["segmentation.run"]._classify(company, "manual", customers)
        self.env["segmentation.next.step"]._refresh_after(company, run)
        self.start_tour("/odoo", "segmentation_next_steps", login="next_steps_tour", timeout=180)
        order = self.env["sale.order"].search([("partner_id", "=", customers[0].id)])
        self.assertEqual(order.user_id, seller)
        step = self.env["segmentation.next.step"].search([("partner_id", "=", customers[0].id)])
        self.assertEqual(step.snoozed_by_id, seller)

    def invoice(self, customer, amount, day):
        line = Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [line],
            }
        ).action_post()
