from datetime import date
from errno import ENOSPC
from pathlib import Path
from unittest.mock import patch
from zipfile import ZipFile

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine.evaluate import Evaluation
from ..wizards import segmentation_export
from .common import SegmentationCommon
from .services_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestClock(SegmentationCommon):
    """Days are those of the company, whatever clocks and calendars do."""

    def revenue(self, partner, as_of):
        self.classify(partner, as_of=as_of)
        return self.profile(partner).revenue_12m

    def test_twelve_months_that_end_on_a_leap_day(self):
        partner = self.customer()
        for day, amount in ((date(2023, 2, 28), 1), (date(2023, 3, 1), 10), (date(2024, 2, 29), 100)):
            self.invoice(partner, amount, day)
        self.assertEqual(self.revenue(partner, date(2024, 2, 29)), 110)

    def test_twelve_months_that_end_a_year_after_a_leap_day(self):
        partner = self.customer()
        for day, amount in ((date(2024, 2, 28), 1), (date(2024, 2, 29), 10), (date(2025, 2, 28), 100)):
            self.invoice(partner, amount, day)
        self.assertEqual(self.revenue(partner, date(2025, 2, 28)), 110)
        self.assertEqual(self.revenue(partner, date(2025, 3, 1)), 100)

    def test_time_zone_of_the_company_is_changed(self):
        """The run after it has the new day, and orders at night belong to that of the new zone."""
        Run = self.env["segmentation.run"]
        with freeze_time("2026-06-30 20:00:00"):
            self.assertEqual(Run._today(self.company), date(2026, 7, 1))
            self.company.partner_id.tz = "America/New_York"
            self.assertEqual(Run._today(self.company), date(2026, 6, 30))
            self.company.partner_id.tz = False
            self.assertEqual(Run._today(self.company), date(2026, 6, 30))

    def test_orders_of_the_night_when_clocks_change(self):
        self.company.partner_id.tz = "Europe/Berlin"
        partner = self.customer()
        # The day has 25 hours: it ends at 23:00 UTC, and began at 22:00 UTC.
        for moment in ("2026-10-24 21:59:59", "2026-10-24 22:00:00", "2026-10-25 22:59:59", "2026-10-25 23:00:00"):
            self.order(partner, moment=moment)
        counts = []
        for day in (24, 25, 26):
            self.classify(partner, as_of=date(2026, 10, day))
            counts.append(self.profile(partner).orders_12m)
        self.assertEqual(counts, [1, 3, 4])


@tagged("post_install", "-at_install")
class TestMerge(ServiceCommon):
    """Merged contacts are one customer, in everything that is known about them."""

    def merge(self, gone, kept):
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge((gone | kept).ids, kept)

    def by_hand(self, partner, dimension, cls):
        self.env["segmentation.override"]._set(partner, dimension, cls)

    def overrides(self, partner):
        return (
            self.env["segmentation.override"].with_context(active_test=False).search([("partner_id", "=", partner.id)])
        )

    def in_force(self, partner):
        return {override.dimension_id: override.class_id for override in self.overrides(partner) if override.active}

    def test_classes_set_by_hand(self):
        """What was set for the one who stays wins; the rest follows, and nothing is lost."""
        gone, kept = self.served(1, employees=1), self.served(1, employees=1)
        sector, region = self.industry.class_ids[0], self.region.class_ids[0]
        self.by_hand(gone, self.size, self.large)
        self.by_hand(gone, self.industry, sector)
        self.by_hand(kept, self.size, self.medium)
        self.by_hand(kept, self.region, region)
        self.merge(gone, kept)
        self.assertEqual(self.in_force(kept), {self.size: self.medium, self.industry: sector, self.region: region})
        [ended] = self.overrides(kept).filtered(lambda override: not override.active)
        self.assertEqual(ended.class_id, self.large)
        self.assertTrue(ended.ended_at)

    def test_two_of_three_who_go_have_the_same_dimension_set(self):
        gone, other, kept = (self.served(1, employees=1) for _number in range(3))
        self.by_hand(gone, self.size, self.large)
        self.by_hand(other, self.size, self.medium)
        self.merge(gone | other, kept)
        self.assertEqual(len(self.in_force(kept)), 1)

    def test_who_stays_is_classified_again_soon(self):
        gone, kept = self.customer("Gone"), self.customer("Kept")
        self.invoice(gone, 100)
        self.classify()
        self.env.cr.flush()
        self.env["segmentation.touch"].sudo().search([]).unlink()
        self.merge(gone, kept)
        self.env.cr.flush()
        self.assertIn(kept, self.env["segmentation.touch"].search([]).partner_id)

    def test_history_services_touches_and_steps_follow(self):
        gone, kept = self.served(1), self.served(1)
        self.service("tags", self.tag)
        (gone | kept)._apply_services()
        gone.employee_count = kept.employee_count = 1
        self.classify()
        self.env["segmentation.next.step"].sudo().create(
            [{"partner_id": partner.id, "company_id": self.company.id} for partner in gone | kept]
        )
        self.env.cr.flush()
        models = ("segmentation.change", "segmentation.service.applied")
        counts = {name: self.env[name].search_count([("partner_id", "in", (gone | kept).ids)]) for name in models}
        self.merge(gone, kept)
        for name, count in counts.items():
            self.assertGreater(count, 1)
            self.assertEqual(self.env[name].search_count([("partner_id", "=", kept.id)]), count, name)
        self.assertEqual(self.env["segmentation.next.step"].search_count([("partner_id", "=", kept.id)]), 1)
        self.run_jobs("cron_classify_touched")
        self.assertEqual(len(self.profile(kept)), 1)


@tagged("post_install", "-at_install")
class TestCompany(SegmentationCommon):
    """Companies come to rest, and change their currency."""

    def test_archived_company_is_left_alone(self):
        self.size.currency_id = False
        other = self.setup_other_company()["company"]
        Run = self.env["segmentation.run"]
        Run.search([]).unlink()
        waiting = Run._queue(other, "manual")
        partner = self.customer()
        other.active = False
        self.env["segmentation.touch"].sudo().create({"company_id": other.id, "partner_id": partner.id})
        Run._cron_classify()
        Run._queue_rule_change()
        self.assertEqual(Run.search([("company_id", "=", other.id)]), waiting, "no other run")
        self.run_jobs("cron_work", "cron_classify_touched", "cron_next_steps", "cron_recommend")
        self.assertFalse(self.profile(partner, other))
        self.assertEqual(waiting.state, "queued")
        other.active = True
        self.run_jobs("cron_work")
        self.assertEqual(waiting.state, "done")
        self.assertTrue(self.profile(partner, other))

    def test_bounds_follow_the_currency_of_the_company(self):
        """Bounds without a currency are amounts of the company: the same number, in the new currency."""
        self.size.currency_id = False
        company = self.setup_other_company(currency_id=self.cny.id)["company"]
        partner = self.customer(annual_turnover=1_000_000, declared_currency_id=self.cny.id)
        self.classify(partner, company)
        before = self.profile(partner, company).annual_turnover
        usd = self.env.ref("base.USD")
        self.env["res.currency.rate"].search([]).unlink()
        self.env["res.currency.rate"].create(
            [
                {"name": "2020-01-01", "currency_id": usd.id, "rate": 1, "company_id": company.id},
                {"name": "2020-01-01", "currency_id": self.cny.id, "rate": 8, "company_id": company.id},
            ]
        )
        company.currency_id = usd
        self.assertTrue(self.size.with_company(company).is_outdated)
        self.assertTrue(
            self.env["segmentation.run"].search([("company_id", "=", company.id), ("state", "=", "queued")])
        )
        self.classify(partner, company)
        self.assertAlmostEqual(self.profile(partner, company).annual_turnover, before / 8)

    def test_bounds_in_a_currency_without_a_rate_are_told(self):
        self.env["res.currency.rate"].search([]).unlink()
        company = self.setup_other_company(currency_id=self.cny.id)["company"]
        partner = self.customer(annual_turnover=1_000_000, declared_currency_id=self.cny.id)
        self.assertEqual(self.classify(partner, company).state, "done")
        company.currency_id = self.env.ref("base.EUR")
        run = self.classify(partner, company)
        self.assertEqual(run.state, "partial")
        self.assertIn("EUR", run.error)
        self.assertIn("Enter a rate under Currencies", run.error)


@tagged("post_install", "-at_install")
class TestJobs(SegmentationCommon):
    def test_conflict_of_touched_customers_is_put_off(self):
        """They are neither lost nor reported as a failure of the job, and do not wait for its next hour."""
        partner = self.customer(employee_count=250)
        self.env.cr.precommit.run()
        self.env["ir.cron.trigger"].search([]).unlink()
        with patch.object(Evaluation, "run", side_effect=SerializationFailure("concurrent update")):
            self.run_jobs("cron_classify_touched")
        self.assertTrue(self.env["segmentation.touch"].search([("partner_id", "=", partner.id)]))
        job = self.env.ref("partner_segmentation.cron_classify_touched")
        [at] = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]).mapped("call_at")
        self.assertGreater(at, Datetime.now())
        self.run_jobs("cron_classify_touched")
        self.assertClass(partner, self.size, "L")

    def test_user_who_started_a_run_is_deleted(self):
        user = new_test_user(
            self.env,
            "leaving",
            "partner_segmentation.group_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        partner = self.customer(employee_count=250)
        run = self.env["segmentation.run"].with_user(user)._queue(self.company, "manual").with_env(self.env)
        self.env.cr.precommit.run()
        user.sudo().unlink()
        self.run_jobs("cron_work")
        self.assertEqual(run.state, "done", run.error)
        self.assertClass(partner, self.size, "L")


@tagged("post_install", "-at_install")
class TestFullDisk(SegmentationCommon):
    """An export that does not fit on the disk says so, and leaves no file."""

    def export(self):
        partner = self.customer(employee_count=250)
        self.classify(partner)
        self.env["segmentation.export.xlsx"].with_company(self.company).create({}).action_export()
        return self.env["segmentation.export"].search([], limit=1)

    def attachments(self, export):
        return self.env["ir.attachment"].search([("res_model", "=", export._name), ("res_id", "in", export.ids)])

    def work(self):
        with mute_logger("odoo.addons.partner_segmentation.wizards.segmentation_export"):
            self.run_jobs("cron_export")

    def full_disk(self):
        """There is no room where the library that writes the workbook packs it."""
        return patch.object(ZipFile, "write", side_effect=OSError(ENOSPC, "No space left on device", "/somewhere"))

    def test_while_it_is_written(self):
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.export()
        with self.full_disk():
            self.work()
        self.assertEqual(export.state, "failed")
        self.assertIn("disk of the server is full", export.error)
        self.assertNotIn("somewhere", export.error)
        self.assertFalse(self.attachments(export))

    def test_while_it_is_kept(self):
        """Odoo only logs that a file of an attachment could not be written."""
        self.patch(segmentation_export, "AT_ONCE", 0)
        export = self.export()
        written = []

        def half(attachments, content, checksum):
            name, path = attachments._get_path(content, checksum)
            Path(path).write_bytes(content[: len(content) // 2])
            written.append(Path(path))
            return name

        with patch.object(type(self.env["ir.attachment"]), "_file_write", half):
            self.work()
        self.assertTrue(written)
        self.assertFalse(any(path.exists() for path in written))
        self.assertEqual(export.state, "failed")
        self.assertIn("disk of the server is full", export.error)
        self.assertFalse(self.attachments(export))

    def test_while_the_user_waits(self):
        with self.full_disk(), self.assertRaisesRegex(UserError, "disk of the server is full"):
            self.export()
