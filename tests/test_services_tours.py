from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestServiceTours(HttpCase):
    """From the service of a class to a served customer and back, in a real browser, by a manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.group_user").implied_ids |= cls.env.ref("product.group_product_pricelist")
        # A company of its own: nobody else has traded with it.
        cls.company = cls.env["res.company"].create(
            {
                "name": "Service",
                "currency_id": cls.env.ref("base.USD").id,
                "segmentation_population": "[('ref', '=', 'SERVICE-TOUR')]",
            }
        )
        cls.env.ref("partner_segmentation.dimension_size").currency_id = False
        cls.large = cls.env.ref("partner_segmentation.class_size_large")
        cls.standard, cls.pricelist = cls.env["product.pricelist"].create(
            [
                {"name": name, "company_id": cls.company.id, "currency_id": cls.env.ref("base.USD").id}
                for name in ("Everybody", "Tour Pricelist")
            ]
        )
        call = Command.create(
            {
                "activity_type_id": cls.env.ref("mail.mail_activity_data_call").id,
                "summary": "Tour Call",
                "responsible_type": "on_demand",
            }
        )
        cls.plan = cls.env["mail.activity.plan"].create(
            {"name": "Tour Plan", "res_model": "res.partner", "company_id": cls.company.id, "template_ids": [call]}
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Service Tour", "ref": "SERVICE-TOUR", "is_company": True, "employee_count": 5}
        )
        new_test_user(
            cls.env,
            "service_tour",
            "partner_segmentation.group_manager,base.group_partner_manager,sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.env["segmentation.run"]._classify(cls.company, "manual")

    def test_class_serves_the_customer_who_enters(self):
        customer = self.customer.with_company(self.company)
        self.assertEqual(customer.size_class_id.code, "S")
        url = f"/odoo/action-partner_segmentation.segmentation_class_action/{self.large.id}"
        self.start_tour(url, "segmentation_service_of_class", login="service_tour", timeout=120)
        self.assertEqual(set(self.large.service_ids.mapped("kind")), {"pricelist", "plan"})
        self.start_tour(
            f"/odoo/contacts/{customer.id}", "segmentation_service_of_customer", login="service_tour", timeout=120
        )
        self.env.invalidate_all()
        self.assertEqual(customer.size_class_id.code, "L")
        self.assertFalse(customer.specific_property_product_pricelist)
        self.assertFalse(customer.activity_ids)
        application = self.env["segmentation.service.application"].search([("company_id", "=", self.company.id)])
        self.assertEqual((len(application), application.state, application.changed), (1, "undone", 2))
