from ast import literal_eval
from datetime import date, timedelta

from lxml import etree

from odoo.tests import tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestOverrides(SegmentationCommon):
    """Classes set by hand are listed, counted and ended; nobody keeps a class that is no longer set."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (
            cls.customer(name, employee_count=1, annual_turnover=1) for name in ("First", "Second")
        )
        cls.contact = cls.customer("Contact", is_company=False, parent_id=cls.first.id)
        cls.classify()
        cls.large = cls.env.ref("partner_segmentation.class_size_large")
        cls.today = cls.env["segmentation.run"]._today(cls.company)  # tomorrow already, when it is late in UTC

    def override(self, partner=None, **values):
        return self.env["segmentation.override"].create(
            {
                "partner_id": (partner or self.first).id,
                "dimension_id": self.size.id,
                "class_id": self.large.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def filtered(self, name):
        """Records that a filter of the list finds."""
        view = self.env.ref("partner_segmentation.segmentation_override_view_search")
        [node] = etree.fromstring(view.arch).xpath(f"//filter[@name='{name}']")
        return self.env["segmentation.override"].search(literal_eval(node.get("domain")))

    # -- what is left behind -------------------------------------------------------------------

    def test_customer_that_an_override_leaves_is_classified_again(self):
        override = self.override()
        self.assertClass(self.first, self.size, "L")
        override.partner_id = self.second
        self.assertClass(self.first, self.size, "S")
        self.assertClass(self.second, self.size, "L")

    def test_dimension_that_an_override_leaves_is_classified_again(self):
        override = self.override()
        sector = self.industry.class_ids[0]
        override.write({"dimension_id": self.industry.id, "class_id": sector.id})
        self.assertClass(self.first, self.size, "S")
        self.assertClass(self.first, self.industry, sector.code)

    def test_company_that_an_override_leaves_is_classified_again(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        self.classify(company=other)
        override = self.override()
        override.company_id = other
        self.assertClass(self.first, self.size, "S")
        self.assertClass(self.first, self.size, "L", other)

    def test_moving_is_one_run_per_company(self):
        override = self.override()
        runs = self.env["segmentation.run"].search_count([])
        override.partner_id = self.second
        self.assertEqual(self.env["segmentation.run"].search_count([]), runs + 1)

    # -- expiry --------------------------------------------------------------------------------

    def test_nightly_run_ends_what_has_expired(self):
        override = self.override(until=self.today)
        self.assertClass(self.first, self.size, "L")
        self.env.cr.execute("UPDATE segmentation_override SET until = %s", [date(2026, 1, 1)])
        override.invalidate_recordset()
        self.env["segmentation.run"].search([("state", "=", "queued")]).unlink()
        self.run_jobs("cron_classify", "cron_work")
        self.assertClass(self.first, self.size, "S")
        change = self.env["segmentation.change"].search([("partner_id", "=", self.first.id)], limit=1)
        self.assertEqual((change.from_class_id, change.reason), (self.large, "scheduled"))

    def test_expired_override_gives_way_to_a_new_one(self):
        expired = self.override(until=self.today - timedelta(days=2))
        self.assertClass(self.first, self.size, "S")
        medium = self.env.ref("partner_segmentation.class_size_medium")
        self.first.size_class_id = medium
        self.assertClass(self.first, self.size, "M")
        self.assertFalse(expired.active)
        self.assertEqual(expired.class_id, self.large, "what was set before stays readable")
        current = self.env["segmentation.override"].search([("partner_id", "=", self.first.id)])
        self.assertEqual((current.class_id, current.until), (medium, False))

    def test_setting_a_class_again_changes_the_one_in_force(self):
        override = self.override(until=self.today + timedelta(days=2))
        self.first.size_class_id = self.env.ref("partner_segmentation.class_size_medium")
        self.assertEqual(override.class_id.code, "M")
        self.assertEqual(self.env["segmentation.override"].search([("partner_id", "=", self.first.id)]), override)

    # -- list and counts -----------------------------------------------------------------------

    def test_filters(self):
        lasting, soon, later = (
            self.override(self.customer(name), until=until)
            for name, until in (
                ("Lasting", False),
                ("Soon", self.today + timedelta(days=20)),
                ("Later", self.today + timedelta(days=60)),
            )
        )
        expired = self.override(self.customer("Expired"), until=self.today - timedelta(days=2))
        ended = self.override(self.customer("Ended"))
        ended.action_end()
        own = lasting | soon | later | expired | ended
        self.assertEqual(self.filtered("in_force") & own, lasting | soon | later)
        self.assertEqual(self.filtered("expiring") & own, soon)
        self.assertEqual(self.filtered("ended") & own, expired | ended)

    def test_ended_in_bulk(self):
        overrides = self.override() | self.override(self.second)
        overrides.action_end()
        self.assertClass(self.first, self.size, "S")
        self.assertClass(self.second, self.size, "S")
        self.assertFalse(any(overrides.mapped("active")))

    def test_counts(self):
        self.assertEqual((self.size.override_count, self.first.segmentation_override_count), (0, 0))
        override, other = self.override(), self.override(self.second)
        self.override(self.customer("Expired"), until=self.today - timedelta(days=2))
        (self.size | self.industry).invalidate_recordset()
        self.all_partners().invalidate_recordset()
        self.assertEqual((self.size.override_count, self.industry.override_count), (2, 0))
        self.assertEqual(self.first.segmentation_override_count, 1)
        self.assertEqual(self.contact.segmentation_override_count, 1, "a contact has the classes of its company")
        for record, expected in ((self.size, override | other), (self.first, override), (self.contact, override)):
            action = record.action_view_overrides()
            found = self.env[action["res_model"]].with_context(**action["context"]).search(action["domain"])
            self.assertEqual(found.filtered(lambda o: not o.until), expected)
            self.assertTrue(action["context"]["search_default_in_force"])

    def all_partners(self):
        return self.first | self.second | self.contact

    def test_other_companies_are_not_counted(self):
        other = self.setup_other_company()["company"]
        self.override(company_id=other.id)
        self.assertEqual(self.first.with_company(self.company).segmentation_override_count, 0)
        self.assertEqual(self.first.with_company(other).segmentation_override_count, 1)
