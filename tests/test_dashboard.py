"""The dashboard: what its spreadsheet asks for, to whom it shows what, and that it agrees with the rest."""

import importlib
import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..report.summary import summarise
from .test_summary_data import SummaryCommon
from .test_xlsx import ExportCommon

PROFILE, CHANGE = "segmentation.profile", "segmentation.change"


class DashboardCommon(SummaryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref("partner_segmentation.dashboard_customers")
        cls.snapshot = json.loads(cls.dashboard.spreadsheet_data)
        cls.charts = {
            figure["id"]: figure["data"]
            for figure in cls.snapshot["sheets"][0]["figures"]
            if figure["data"]["type"].startswith("odoo_")
        }

    def model(self, name, user=None):
        return self.env[name].with_user(user or self.env.user).with_company(self.company)

    def filtered(self, source, domain, **values) -> Domain:
        """Domain of a data source with values of global filters."""
        matching = source["fieldMatching"]
        return Domain(domain) & Domain.AND(
            [(matching[name]["chain"], "in", records.ids)] for name, records in values.items()
        )

    def charted(self, key, user=None, **filters) -> list[tuple]:
        """Groups and values that a chart shows."""
        chart = self.charts[key]
        meta, search = chart["metaData"], chart["searchParams"]
        measure = meta["measure"]
        return self.model(meta["resModel"], user)._read_group(
            self.filtered(chart, search["domain"], company=self.company, **filters),
            meta["groupBy"],
            [measure if measure == "__count" else f"{measure}:sum"],
        )

    def figure(self, key, measure, user=None, **filters):
        pivot = self.snapshot["pivots"][key]
        self.assertIn(measure, [each["id"] for each in pivot["measures"]])
        domain = self.filtered(pivot, pivot["domain"], company=self.company, **filters)
        [[value]] = self.model(pivot["model"], user)._read_group(domain, [], [measure])
        return value

    def listed(self, key, user=None):
        source = self.snapshot["lists"][key]
        order = ", ".join(f"{each['name']} {'asc' if each['asc'] else 'desc'}" for each in source["orderBy"])
        domain = self.filtered(source, source["domain"], company=self.company)
        records = self.model(source["model"], user).search(domain, order=order)
        records.read(source["columns"])
        return records


@tagged("post_install", "-at_install")
class TestDashboard(DashboardCommon):
    def files(self):
        return self.env[PROFILE].search([("company_id", "=", self.company.id)])

    def test_figures(self):
        files = self.files()
        self.assertEqual(self.figure("1", "__count"), len(files))
        self.assertAlmostEqual(self.figure("1", "revenue_12m:sum"), sum(files.mapped("revenue_12m")), 2)
        open_ = files.filtered(lambda file: not all(file[d.field_name] for d in self.dimensions))
        self.assertTrue(open_)
        self.assertEqual(self.figure("2", "__count"), len(open_))
        self.assertAlmostEqual(self.figure("4", "overdue_receivable:sum"), sum(files.mapped("overdue_receivable")), 2)

    def test_customers_at_risk_have_lost_half_of_their_revenue(self):
        half, more = self.people[:2]
        for partner, prior, now in ((half, 1000, 500), (more, 1000, 501)):
            self.profile(partner).sudo().write({"revenue_prior_12m": prior, "revenue_12m": now})
            self.profile(partner).sudo().revenue_growth = now / prior * 100 - 100
        listed = self.listed("1").partner_id
        self.assertIn(half, listed)
        self.assertNotIn(more, listed)
        self.assertEqual(self.figure("3", "__count"), len(listed))

    def test_charts_by_class(self):
        for dimension in self.dimensions:
            groups = dict(self.charted(f"customers_{dimension.field_name}"))
            self.assertEqual(
                {cls: len(files) for cls, files in self.files().grouped(dimension.field_name).items()}, groups
            )

    def test_movements(self):
        changes = self.env[CHANGE].search([("company_id", "=", self.company.id)])
        shown = self.charted("changes_direction")
        self.assertEqual(sum(count for *_group, count in shown), len(changes))
        counts = dict.fromkeys(("up", "down", False), 0)
        for _month, way, count in shown:
            counts[way] += count
        self.assertEqual(counts, {way: len(changes.filtered(lambda c, w=way: c.direction == w)) for way in counts})
        self.assertTrue(counts["up"])
        moves = changes.grouped(lambda change: (change.to_class_id, change.from_class_id))
        migration = {(to, former): count for to, former, count in self.charted("changes_migration")}
        self.assertEqual(migration, {move: len(found) for move, found in moves.items()})

    def test_filter_by_salesperson(self):
        own = self.files().filtered(lambda file: file.user_id == self.seller)
        self.assertTrue(0 < len(own) < len(self.files()))
        self.assertEqual(self.figure("1", "__count", salesperson=self.seller), len(own))
        total = sum(count for _cls, count in self.charted("customers_size_class_id", salesperson=self.seller))
        self.assertEqual(total, len(own))
        changed = self.charted("changes_direction", salesperson=self.seller)
        all_ = self.env[CHANGE].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            sum(count for *_group, count in changed), len(all_.filtered(lambda c: c.partner_id.user_id == self.seller))
        )

    def test_every_source_has_every_filter_that_fits(self):
        filters = {each["id"] for each in self.snapshot["globalFilters"]}
        sources = [*self.charts.values(), *self.snapshot["pivots"].values(), *self.snapshot["lists"].values()]
        for source in sources:
            model = source.get("model") or source["metaData"]["resModel"]
            wanted = filters if model == CHANGE else filters - {"period"}
            self.assertEqual(set(source["fieldMatching"]), wanted)

    def test_changes_of_today_are_shown(self):
        [period] = [each["defaultValue"] for each in self.snapshot["globalFilters"] if each["type"] == "date"]
        self.assertIn(period, ("today", "last_7_days", "last_30_days", "last_90_days", "year_to_date"))

    def test_headings_lead_to_views(self):
        links = [text for text in self.snapshot["sheets"][0]["cells"].values() if "odoo://view/" in text]
        self.assertGreater(len(links), 8)
        for text in links:
            target = json.loads(text.split("odoo://view/", 1)[1][:-1])["action"]
            self.env[target["modelName"]].search(target["domain"], limit=1)
            self.env[target["modelName"]].get_views(target["views"])

    def test_the_file_is_what_the_script_writes(self):
        try:
            script = importlib.import_module("odoo.addons.partner_segmentation.dev.dashboard")
        except ImportError:
            self.skipTest("The set-up scripts are not part of the package.")
        self.assertEqual(self.snapshot, json.loads(json.dumps(script.build())))

    def test_who_may_open_it(self):
        viewer = new_test_user(self.env, "dashboard_viewer", "partner_segmentation.group_user")
        self.assertTrue(self.dashboard.with_user(self.salesperson).has_access("read"))
        self.assertFalse(self.dashboard.with_user(viewer).has_access("read"))
        for group in ("account.group_account_invoice", "account.group_account_readonly"):
            user = new_test_user(self.env, f"dashboard_{group}", group)
            self.assertTrue(self.dashboard.with_user(user).has_access("read"))


@tagged("post_install", "-at_install")
class TestSameTotals(DashboardCommon, ExportCommon):
    """Pivot, dashboard, dataset and workbook show the same customers and revenue of each class."""

    def assert_same(self, user, expected_customers):
        company = self.company.with_user(user).with_company(self.company)
        dataset = {part.dimension.sudo(False): part for part in summarise(company).dimensions}
        book = self.exported(user)
        for dimension in self.dimensions:
            field = dimension.field_name
            summary = {line.name: (line.customers, round(line.revenue, 2)) for line in dataset[dimension].classes}
            self.assertEqual(sum(count for count, _revenue in summary.values()), expected_customers)
            self.assertEqual(self.pivoted(user, field), summary)
            self.assertEqual(self.on_dashboard(user, field), summary)
            self.assertEqual(self.in_workbook(book, dimension), summary)

    def pivoted(self, user, field):
        groups = self.model(PROFILE, user).formatted_read_group(
            [("company_id", "=", self.company.id)], [field], ["__count", "revenue_12m:sum"]
        )
        return {
            group[field][1] if group[field] else "Unclassified": (
                group["__count"],
                round(group["revenue_12m:sum"], 2),
            )
            for group in groups
        }

    def on_dashboard(self, user, field):
        revenue = dict(self.charted(f"revenue_{field}", user))
        return {
            cls.display_name or "Unclassified": (count, round(revenue[cls], 2))
            for cls, count in self.charted(f"customers_{field}", user)
        }

    def in_workbook(self, book, dimension):
        head, *lines, _total = self.table(book[dimension.name], "Class")
        revenue = head.index("Revenue")
        return {line[0].strip(): (line[1], round(line[revenue], 2)) for line in lines if line[1]}

    def test_of_everybody(self):
        self.assert_same(self.env.user, len(self.state(self.today)))

    def test_of_a_salesperson_with_own_customers(self):
        own = [partner for partner in self.state(self.today) if partner.user_id == self.seller]
        self.assertTrue(0 < len(own) < len(self.state(self.today)))
        self.assert_same(self.seller, len(own))


@tagged("post_install", "-at_install")
class TestOwnCustomers(DashboardCommon):
    """Who may read some contacts only sees what is kept about these, and nothing about others."""

    def setUp(self):
        super().setUp()
        self.own, self.foreign = self.people[0], self.people[1]
        self.assertEqual(self.own.user_id, self.seller)

    def test_files_and_changes(self):
        for model in (PROFILE, CHANGE):
            records = self.env[model].with_user(self.seller).search([])
            self.assertTrue(records)
            self.assertEqual(records.sudo().partner_id.user_id, self.seller)
            self.assertFalse(records.sudo().partner_id.filtered(lambda partner: not partner.user_id))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_records_that_are_named(self):
        file = self.profile(self.foreign).with_user(self.seller)
        with self.assertRaises(AccessError):
            file.read(["revenue_12m"])
        with self.assertRaises(AccessError):
            file.action_open_partner()
        change = self.env[CHANGE].search([("partner_id", "=", self.foreign.id)], limit=1)
        self.assertTrue(change)
        with self.assertRaises(AccessError):
            change.with_user(self.seller).read(["to_class_id"])
        self.profile(self.own).with_user(self.seller).read(["revenue_12m"])

    def test_classes_set_by_hand(self):
        target = self.size.class_ids[0]
        self.env["segmentation.override"]._set(self.own | self.foreign, self.size, target)
        shown = self.env["segmentation.override"].with_user(self.seller).search([])
        self.assertEqual(shown.partner_id, self.own)

    def test_history_of_archived_customers_stays(self):
        self.own.active = False
        self.assertIn(self.own, self.env[CHANGE].with_user(self.seller).search([]).sudo().partner_id)

    def test_figures(self):
        own = self.env[PROFILE].search([("company_id", "=", self.company.id), ("user_id", "=", self.seller.id)])
        self.assertEqual(self.figure("1", "__count", self.seller), len(own))
        self.assertAlmostEqual(self.figure("1", "revenue_12m:sum", self.seller), sum(own.mapped("revenue_12m")), 2)
        self.assertEqual(self.listed("1", self.seller).user_id, self.listed("1", self.seller).user_id & self.seller)

    def test_a_change_of_the_rule_holds_at_once(self):
        self.assertFalse(self.env[PROFILE].with_user(self.seller).search([("partner_id", "=", self.foreign.id)]))
        self.foreign.user_id = self.seller
        self.assertTrue(self.env[PROFILE].with_user(self.seller).search([("partner_id", "=", self.foreign.id)]))

    def test_contacts_of_another_company_only(self):
        other = self.setup_other_company()["company"]
        self.foreign.company_id = other
        self.salesperson.company_ids = [Command.set(self.company.ids)]
        files = self.env[PROFILE].with_user(self.salesperson).search([])
        self.assertIn(self.own, files.partner_id)
        self.assertNotIn(self.foreign, files.partner_id)
