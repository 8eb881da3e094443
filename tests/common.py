from datetime import date

from odoo import Command
from odoo.fields import Datetime
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

AS_OF = date(2026, 6, 30)
DIMENSIONS = ("size", "industry", "region", "stage")


def wake_at_once(runs, at=None):
    """Stands for ``segmentation.run._wake`` where no scheduler runs: what is due is worked off at once."""
    if not at or at <= Datetime.now():
        runs.sudo()._cron_work()


class SegmentationCommon(AccountTestInvoicingCommon):
    """A Chinese company with real journals, and helpers to make customers, documents and runs.

    Everything is evaluated as of ``AS_OF``, so that the tests do not depend on the day they run.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.china = cls.env.ref("base.cn")
        cls.cny = cls.env.ref("base.CNY")
        cls.cny.active = True
        cls.company.write({"country_id": cls.china.id, "currency_id": cls.cny.id})
        cls.company.partner_id.tz = "Asia/Shanghai"
        for name in DIMENSIONS:
            setattr(cls, name, cls.env.ref(f"partner_segmentation.dimension_{name}"))
        cls.size.currency_id = cls.cny
        cls.region._create_state_classes(cls.china)
        cls.salesperson = new_test_user(
            cls.env,
            "segmentation_sales",
            "sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def new_viewer(cls):
        """A user of the company who sees classes, and no figures."""
        return new_test_user(
            cls.env,
            "segmentation_viewer",
            "partner_segmentation.group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        self.addCleanup(self._forget_columns)  # before the clean-ups of super: it runs after them
        super().setUp()

    def _forget_columns(self):
        """The columns that a test made are rolled back; let the registry know."""
        if self.registry.registry_invalidated:
            self.registry._setup_models__(self.env.cr, ["segmentation.profile", "res.partner"])

    @classmethod
    def get_default_groups(cls):
        return (
            super().get_default_groups()
            | cls.quick_ref("partner_segmentation.group_manager")
            | cls.quick_ref("sales_team.group_sale_manager")
        )

    # -- data ----------------------------------------------------------------------------------

    @classmethod
    def limited_salesperson(cls):
        """A user who may read own customers only."""
        user = new_test_user(
            cls.env,
            "segmentation_own",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        group = cls.env["res.groups"].create({"name": "Own customers", "user_ids": [Command.link(user.id)]})
        cls.env["ir.rule"].create(
            {
                "name": "Own customers only",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "groups": [Command.link(group.id)],
                "domain_force": "['|', ('user_id', '=', user.id), ('id', '=', user.partner_id.id)]",
            }
        )
        # Rules of groups add up: the one of the internal users lets them read everybody.
        for rule in cls.env["ir.rule"].search([("model_id.model", "=", "res.partner"), ("groups", "!=", False)]):
            if rule.groups & user.all_group_ids and rule.groups != group:
                rule.active = False
        return user

    @classmethod
    def customer(cls, name="Customer", **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **values})

    @classmethod
    def invoice(cls, partner, amount, day=AS_OF, company=None, move_type="out_invoice", post=True):
        """A customer invoice without taxes; a refund with ``move_type="out_refund"``."""
        company = company or cls.company
        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": move_type,
                    "partner_id": partner.id,
                    "invoice_date": day,
                    "date": day,
                    "company_id": company.id,
                    "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})],
                }
            )
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def order(cls, partner, amount=100.0, moment="2026-06-01 12:00:00", confirm=True, **values):
        line = Command.create({"product_id": cls.product_a.id, "price_unit": amount, "tax_ids": []})
        order = cls.env["sale.order"].create(
            {"partner_id": partner.id, "company_id": cls.company.id, "order_line": [line], **values}
        )
        if confirm:
            order.action_confirm()
        order.date_order = moment
        return order

    # -- evaluation ----------------------------------------------------------------------------

    @classmethod
    def classify(cls, partners=None, company=None, as_of=AS_OF):
        run = cls.env["segmentation.run"]._classify(company or cls.company, "manual", partners, as_of)
        assert run.state in ("done", "partial"), run.error
        return run

    def run_jobs(self, *names):
        """Run scheduled jobs as the scheduler does, in transactions of their own."""
        with self.enter_registry_test_mode():
            for name in names:
                self.env.ref(f"partner_segmentation.{name}").method_direct_trigger()
        self.env.invalidate_all()

    @classmethod
    def profile(cls, partner, company=None):
        return cls.env["segmentation.profile"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", (company or cls.company).id)]
        )

    def code(self, partner, dimension, company=None):
        """Code of the partner's class, ``None`` when it has none."""
        return self.profile(partner, company)[dimension.field_name].code or None

    def assertClass(self, partner, dimension, code, company=None):  # noqa: N802 (like assertEqual)
        self.assertEqual(self.code(partner, dimension, company), code, partner.name)

    def make_class(self, dimension, code, **values):
        return self.env["segmentation.class"].create(
            {"dimension_id": dimension.id, "code": code, "name": code, **values}
        )

    def bound(self, cls, metric, value):
        """Set the lower bound of a shipped class for a shipped metric."""
        criterion = self.env.ref(f"partner_segmentation.criterion_size_{cls}_{metric}")
        criterion.lower_bound = value
        return criterion
