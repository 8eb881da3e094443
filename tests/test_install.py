from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from ..hooks import post_init_hook, pre_init_hook
from ..report.summary import summarise


@tagged("post_install", "-at_install")
class TestInstall(TransactionCase):
    def test_every_country_gets_regions(self):
        """Codes of states differ within each country of the world."""
        region = self.env.ref("partner_segmentation.dimension_region")
        region._create_state_classes(self.env["res.country"].search([]))
        china = region.class_ids.filtered(lambda cls: cls.code == "CN")
        self.assertIn("CN_GD", china.search([("parent_id", "=", china.id)]).mapped("code"))

    def test_regions_are_made_once(self):
        region = self.env.ref("partner_segmentation.dimension_region")
        post_init_hook(self.env)
        before = region.class_ids
        post_init_hook(self.env)
        self.assertEqual(region.class_ids, before)

    def test_every_country_is_on_a_continent(self):
        region = self.env.ref("partner_segmentation.dimension_region")
        continents = region.class_ids.filtered(lambda cls: not cls.own_country_only)
        shipped = self.env["ir.model.data"].search([("model", "=", "res.country"), ("module", "=", "base")])
        countries = self.env["res.country"].browse(shipped.mapped("res_id"))
        self.assertFalse((countries - continents.country_ids).mapped("name"))

    def test_every_industry_has_a_sector(self):
        industries = self.env.ref("partner_segmentation.dimension_industry").class_ids.industry_ids
        shipped = self.env["ir.model.data"].search([("model", "=", "res.partner.industry"), ("module", "=", "base")])
        self.assertFalse(set(shipped.mapped("res_id")) - set(industries.ids))

    def test_standard_currency_needs_a_rate(self):
        size = self.env.ref("partner_segmentation.dimension_size")
        euro = self.env.ref("base.EUR")
        size.currency_id = euro
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.9, "name": "2020-01-01"})
        post_init_hook(self.env)
        self.assertEqual(size.currency_id, euro)
        self.env["res.currency.rate"].search([]).unlink()
        dollars = self.env["res.company"].search([("currency_id", "!=", euro.id)])
        with patch.object(type(dollars), "search", lambda *_args, **_kwargs: dollars):
            post_init_hook(self.env)
        self.assertFalse(size.currency_id)

    def test_contacts_that_are_there_get_a_currency_without_being_written(self):
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE res_partner DROP COLUMN declared_currency_id")
        before = self.stored_contacts()
        pre_init_hook(self.env)
        self.assertEqual(self.stored_contacts(), before)
        self.env.cr.execute("SELECT DISTINCT declared_currency_id FROM res_partner")
        self.assertEqual(self.env.cr.fetchall(), [(self.env.company.currency_id.id,)])
        self.env.cr.execute(
            "INSERT INTO res_partner (name, autopost_bills) VALUES ('Later', 'ask') RETURNING declared_currency_id"
        )
        self.assertEqual(self.env.cr.fetchall(), [(None,)], "the default is Odoo's, not the database's")

    def stored_contacts(self):
        """The file of the table and where in it each row is."""
        self.env.cr.execute(
            "SELECT pg_relation_filenode('res_partner'), array_agg(ctid::text ORDER BY id) FROM res_partner"
        )
        return self.env.cr.fetchall()

    def test_companies_made_later_get_their_states(self):
        region = self.env.ref("partner_segmentation.dimension_region")
        self.env["res.company"].create({"name": "Later", "country_id": self.env.ref("base.jp").id})
        self.assertIn("JP", region.class_ids.mapped("code"))

    def test_demo_data_fills_every_class(self):
        if not self.env.ref("base.segmentation_demo_company_cn", raise_if_not_found=False):
            self.skipTest("installed without demo data")
        company = self.env.ref("base.segmentation_demo_company_cn")
        self.env["segmentation.run"]._classify(company, "manual")
        for dimension in summarise(company).dimensions:
            self.assertGreaterEqual(dimension.customers, 60)
            self.assertGreaterEqual(len([line for line in dimension.classes if line.cls]), 3, dimension.dimension.name)
        revenues = {round(dimension.revenue, 2) for dimension in summarise(company).dimensions}
        self.assertEqual(len(revenues), 1, "each dimension adds up to the same total")
