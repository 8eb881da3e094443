"""Customer files and class changes as pivot, graph, list, kanban and form, with their ready favourites."""

import ast
import json

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ..models.ir_filters import NAMES
from .test_summary_data import SummaryCommon

PROFILE, CHANGE = "segmentation.profile", "segmentation.change"


@tagged("post_install", "-at_install")
class TestAnalysisViews(SummaryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.new_viewer()

    def favourites(self, user=None, model=PROFILE, lang="en_US"):
        action = {PROFILE: "segmentation_profile_action", CHANGE: "segmentation_change_action"}[model]
        filters = self.env["ir.filters"].with_user(user or self.salesperson).with_context(lang=lang)
        return filters.get_filters(model, self.env.ref(f"partner_segmentation.{action}").id)

    def test_favourites_can_be_used(self):
        for model in (PROFILE, CHANGE):
            Model = self.env[model].with_user(self.salesperson)
            favourites = self.favourites(model=model)
            self.assertTrue(favourites)
            for favourite in favourites:
                with self.subTest(favourite["name"]):
                    self.assertFalse(favourite["user_ids"])
                    context = ast.literal_eval(favourite["context"])
                    domain = safe_eval(favourite["domain"])
                    order = ", ".join(json.loads(favourite["sort"]))
                    self.assertTrue(Model.search(domain, order=order or None))
                    measures = [f"{m}:sum" if m != "__count" else m for m in context.get("pivot_measures", [])]
                    rows = context.get("pivot_row_groupby", []) + context.get("pivot_column_groupby", [])
                    for groups in (rows, context.get("graph_groupbys", []), context.get("group_by", [])):
                        self.assertTrue(Model.formatted_read_group(domain, groups, measures or ["__count"]))

    def test_favourites_have_names_of_the_language(self):
        found = {each["name"] for model in (PROFILE, CHANGE) for each in self.favourites(model=model)}
        self.assertEqual(found, {self.env._(name) for name in NAMES.values()} - {"ABC by region"})
        favourite = self.env.ref("partner_segmentation.favourite_top_customers")
        favourite.name = "Our best"
        self.assertIn("Our best", {each["name"] for each in self.favourites()})

    def test_favourite_comes_with_the_standard(self):
        def offered():
            return "ABC by region" in {each["name"] for each in self.favourites()}

        self.assertFalse(offered())
        self.env["segmentation.standard"].search([("code", "=", "ABC_REVENUE")])._apply()
        self.classify()
        self.assertTrue(offered())
        self.test_favourites_can_be_used()

    def test_favourites_about_figures_are_for_those_who_see_them(self):
        names = {each["name"] for each in self.favourites(self.viewer)}
        self.assertFalse(names & {"Top customers", "Size by sector"})
        self.assertIn("Movements by month", {each["name"] for each in self.favourites(self.viewer, CHANGE)})

    def test_views_open_for_viewers_and_sellers(self):
        for user in (self.viewer, self.salesperson):
            for model, kinds in (
                (PROFILE, ("pivot", "graph", "list", "kanban", "form", "search")),
                (CHANGE, ("list", "pivot", "graph", "search")),
            ):
                Model = self.env[model].with_user(user)
                views = Model.get_views([(False, kind) for kind in kinds])["views"]
                shows_figures = "revenue_12m" in views.get("kanban", {"arch": ""})["arch"]
                self.assertEqual(shows_figures, user == self.salesperson and model == PROFILE)

    def test_direction_is_grouped_as_it_is_shown(self):
        changes = self.env[CHANGE].search([("company_id", "=", self.company.id)])
        groups = self.env[CHANGE].formatted_read_group(
            [("company_id", "=", self.company.id)], ["direction"], ["__count"]
        )
        self.assertTrue({group["direction"] for group in groups} > {"up"})
        self.assertEqual(sum(group["__count"] for group in groups), len(changes))
        for group in groups:
            found = self.env[CHANGE].search([("company_id", "=", self.company.id), *group["__extra_domain"]])
            self.assertEqual(len(found), group["__count"])
            self.assertEqual(found, changes.filtered(lambda c, way=group["direction"]: c.direction == way))
        self.assertTrue(self.env[CHANGE].fields_get(["direction"])["direction"]["groupable"])

    def test_invoices_of_a_customer(self):
        customer = self.people[2]  # with a refund
        address = self.env["res.partner"].create({"name": "Branch", "parent_id": customer.id})
        branch = self.invoice(address, 50, self.today)
        draft = self.invoice(customer, 60, self.today, post=False)
        action = self.profile(customer).with_user(self.salesperson).action_view_invoices()
        invoices = self.env["account.move"].search(action["domain"])
        self.assertIn(branch, invoices)
        self.assertNotIn(draft, invoices)
        self.assertIn("out_refund", invoices.mapped("move_type"))
        self.assertEqual(invoices.commercial_partner_id, customer)

    def test_file_shows_classes_and_reasons(self):
        file = self.profile(self.people[0]).with_user(self.salesperson)
        classes = self.env["segmentation.class"].union(*(file[d.field_name] for d in self.dimensions))
        self.assertEqual(file.class_ids, classes)
        self.assertIn("Invoiced revenue", file.explanation)
        self.assertNotIn("Invoiced revenue", file.with_user(self.viewer).explanation)
        self.assertEqual(file.action_open_partner()["res_id"], self.people[0].id)
        history = file.action_view_class_changes()
        self.assertTrue(self.env[CHANGE].search(history["domain"]))
