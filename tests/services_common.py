from odoo import Command
from odoo.tests import new_test_user

from .common import SegmentationCommon


class ServiceCommon(SegmentationCommon):
    """Helpers to give classes services and to look at what they do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Service = cls.env["segmentation.service"]
        cls.Application = cls.env["segmentation.service.application"]
        cls.Applied = cls.env["segmentation.service.applied"]
        cls.large, cls.medium, cls.small = (
            cls.env.ref(f"partner_segmentation.class_size_{name}") for name in ("large", "medium", "small")
        )
        cls.company.account_use_credit_limit = True
        cls.env.ref("base.group_user").implied_ids |= cls.env.ref("product.group_product_pricelist")
        cls.pricelist, cls.other_pricelist = cls.env["product.pricelist"].create(
            [{"name": name, "company_id": cls.company.id} for name in ("Key accounts", "Standard")]
        )
        cls.term = cls.env.ref("account.account_payment_term_30days")
        cls.tag, cls.other_tag = cls.env["res.partner.category"].create([{"name": "Fair"}, {"name": "Gifts"}])
        cls.plan = cls.env["mail.activity.plan"].create(
            {
                "name": "Welcome",
                "res_model": "res.partner",
                "company_id": cls.company.id,
                "template_ids": [
                    Command.create(
                        {
                            "activity_type_id": cls.env.ref("mail.mail_activity_data_call").id,
                            "summary": "Welcome call",
                            "responsible_type": "on_demand",
                        }
                    )
                ],
            }
        )
        cls.users = cls.env["res.users"].union(
            *(
                new_test_user(
                    cls.env,
                    f"service_{name}",
                    "sales_team.group_sale_salesman_all_leads",
                    company_id=cls.company.id,
                    company_ids=[Command.set(cls.company.ids)],
                )
                for name in ("anna", "ben", "carl")
            )
        )

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("base.group_partner_manager")

    @classmethod
    def service(cls, kind, value, segmentation_class=None, effect="sets", **values):
        field = cls.Service._kinds()[kind].value
        value = value.ids if cls.Service._fields[field].type == "many2many" else value
        value = value.id if hasattr(value, "id") else value
        return cls.Service.create(
            {
                "class_id": (segmentation_class or cls.large).id,
                "kind": kind,
                "effect": effect,
                "company_id": cls.company.id,
                field: value,
                **values,
            }
        )

    @classmethod
    def served(cls, number, employees=250, **values):
        partners = cls.env["res.partner"].create(
            [
                {"name": f"Served {i}", "is_company": True, "employee_count": employees, **values}
                for i in range(1, number + 1)
            ]
        )
        cls.classify(partners)
        return partners

    def new_user(self, login, groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env, login, groups, company_id=companies[0].id, company_ids=[Command.set(companies.ids)]
        )

    def kinds_of(self, partner):
        """Kind → class that gives it."""
        return {line.item.kind: line.cls for line in self.Service._policy(partner).lines}

    def preview(self, partners, user=None):
        wizard = self.env["segmentation.service.apply"].browse(
            partners.with_user(user or self.env.user).action_apply_services()["res_id"]
        )
        return wizard.with_user(user or self.env.user)

    def notes(self, partner):
        """The messages in the chatter that tell of services."""
        return partner.message_ids.filtered(lambda message: "Serv" in (message.body or ""))
