from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tests.common import RecordCapturer

from .common import SegmentationCommon

VIEWS = {"res.partner": ("list", "search", "form", "kanban"), "segmentation.profile": ("list", "search", "pivot")}


class CustomColumnCommon(SegmentationCommon):
    @classmethod
    def make_dimension(cls, name, codes=("A", "B", "C"), **values):
        """A dimension with columns of its own; its classes by code, from the first to the last."""
        dimension = cls.env["segmentation.dimension"].create(
            {
                "name": name,
                "code": name.replace(" ", "_"),
                "method": "manual",
                "class_ids": [Command.create({"code": code, "name": f"{name} {code}"}) for code in codes],
                **values,
            }
        )
        return dimension, dict(zip(codes, dimension.class_ids, strict=True))

    def arch(self, model, view_type, user=None, view=None):
        records = self.env[model].with_user(user or self.env.user)
        view_id = view and self.env.ref(f"partner_segmentation.{view}").id
        return records.get_view(view_id, view_type)["arch"]


@tagged("post_install", "-at_install")
class TestCustomDimension(CustomColumnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.abc, cls.classes = cls.make_dimension("ABC class")
        cls.column = cls.abc.field_name
        cls.first, cls.second, cls.other = (cls.customer(name) for name in ("First", "Second", "Other"))
        cls.contact = cls.customer("Contact", is_company=False, parent_id=cls.first.id)
        cls.all = cls.first | cls.second | cls.other | cls.contact
        cls.classify()
        cls.first[cls.column] = cls.classes["A"]
        cls.second[cls.column] = cls.classes["B"]
        cls.domain = [("id", "in", cls.all.ids)]

    def search(self, *condition, **options):
        return self.env["res.partner"].search([*self.domain, condition], **options)

    def test_no_column_is_stored_on_contacts(self):
        self.env.cr.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_name = 'res_partner' AND column_name = %s",
            [self.column],
        )
        self.assertFalse(self.env.cr.fetchall())

    def test_read(self):
        self.assertEqual(self.first[self.column], self.classes["A"])
        self.assertEqual(self.contact[self.column], self.classes["A"])
        self.assertFalse(self.other[self.column])
        self.assertEqual(self.first.export_data([f"{self.column}/code"])["datas"], [["A"]])

    def test_search(self):
        class_a, class_b = self.classes["A"], self.classes["B"]
        self.assertEqual(self.search(self.column, "=", class_a.id), self.first | self.contact)
        self.assertEqual(self.search(self.column, "!=", class_a.id), self.second | self.other)
        self.assertEqual(self.search(self.column, "in", (class_a | class_b).ids), self.all - self.other)
        self.assertEqual(self.search(self.column, "=", False), self.other)
        self.assertEqual(self.search(self.column, "ilike", "class b"), self.second)
        self.assertEqual(self.search(f"{self.column}.code", "=", "B"), self.second)
        self.assertEqual(self.all.filtered_domain([(self.column, "=", class_b.id)]), self.second)

    def test_child_of_through_three_levels(self):
        top, middle, bottom = (self.classes[code] for code in "ABC")
        middle.parent_id = top
        bottom.parent_id = middle
        self.other[self.column] = bottom
        for model, name in (("res.partner", "id"), ("segmentation.profile", "partner_id.id")):
            for cls, expected in (
                (top, self.first | self.second | self.other),
                (middle, self.second | self.other),
                (bottom, self.other),
            ):
                domain = [(name, "in", (self.all - self.contact).ids), (self.column, "child_of", cls.ids)]
                found = self.env[model].search(domain).mapped(name)
                self.assertEqual(set(found), set(expected.ids), (model, cls.name))
        self.assertEqual([cls.customer_count for cls in (top, middle, bottom)], [3, 2, 1])

    def test_group_and_order(self):
        groups = self.env["res.partner"]._read_group(self.domain, [self.column], ["__count"])
        self.assertEqual({cls.code: count for cls, count in groups}, {"A": 2, "B": 1, False: 1})
        ordered = self.search("parent_id", "=", False, order=f"{self.column} desc, id")
        self.assertEqual(ordered, self.other | self.second | self.first)
        description = self.env["res.partner"].fields_get([self.column])[self.column]
        self.assertTrue(description["sortable"] and description["groupable"] and description["searchable"])
        self.assertEqual(description["falsy_value_label"], "Unclassified")
        web_groups = self.env["res.partner"].web_read_group(self.domain, [self.column], ["__count"])["groups"]
        self.assertEqual(len(web_groups), 3)

    def test_import_sets_the_class_by_hand(self):
        self.env["ir.model.data"].create(
            {"module": "test", "name": "custom_c", "model": "segmentation.class", "res_id": self.classes["C"].id}
        )
        with RecordCapturer(self.env["segmentation.override"]) as made:
            result = self.env["res.partner"].load(
                ["name", "is_company", f"{self.column}/id"], [["Imported", "1", "test.custom_c"]]
            )
        self.assertFalse(result["messages"])
        imported = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(imported[self.column], self.classes["C"])
        self.assertEqual((made.records.partner_id, made.records.dimension_id), (imported, self.abc))

    def test_emptying_returns_to_the_computed_class(self):
        self.first[self.column] = False
        self.assertFalse(self.first[self.column])
        self.assertFalse(self.env["segmentation.override"].search([("partner_id", "=", self.first.id)]))

    def test_each_company_has_its_own(self):
        other = self.setup_other_company()["company"]
        self.size.currency_id = False
        self.classify(company=other)
        there = self.first.with_company(other)
        self.assertFalse(there[self.column])
        there[self.column] = self.classes["C"]
        self.assertEqual(self.first.with_company(self.company)[self.column], self.classes["A"])

    def test_users_without_the_group_see_nothing(self):
        user = new_test_user(self.env, "segmentation_outsider", "base.group_user")
        with self.assertRaises(AccessError):
            self.first.with_user(user).read([self.column])
        with self.assertRaises(AccessError):
            self.first.with_user(user).search([(self.column, "!=", False)])
        for view_type in VIEWS["res.partner"]:
            self.assertNotIn(self.column, self.arch("res.partner", view_type, user), view_type)

    def test_lists_take_the_same_queries_whatever_the_number_of_dimensions(self):
        def queries(names):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            specification = {name: {"fields": {"display_name": {}}} for name in names}
            self.env["res.partner"].web_search_read(self.domain, specification)
            return self.env.cr.sql_log_count - before

        others = []
        for number in range(3):
            dimension, classes = self.make_dimension(f"Extra {number}")
            self.second[dimension.field_name] = classes["C"]
            others.append(dimension.field_name)
        queries([self.column])
        self.assertEqual(queries([self.column]), queries([self.column, *others]))


@tagged("post_install", "-at_install")
class TestDimensionViews(CustomColumnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.abc, cls.classes = cls.make_dimension("ABC class")
        cls.column = cls.abc.field_name

    def names(self, *args, **kwargs):
        """Fields and filters of a view."""
        return [node.get("name") for node in etree.fromstring(self.arch(*args, **kwargs)).iter("field", "filter")]

    def test_views_show_the_dimensions_in_their_order(self):
        self.abc.sequence = self.size.sequence
        self.size.sequence = self.abc.sequence + 1
        columns = self.env["segmentation.dimension"].search([]).mapped("field_name")
        self.assertLess(columns.index(self.column), columns.index("size_class_id"))
        for model, view_types in VIEWS.items():
            for view_type in set(view_types) & {"list", "search"}:
                names = self.names(model, view_type)
                self.assertEqual([name for name in names if name in columns], columns, (model, view_type))
                if view_type == "search":
                    filters = [name for name in names if name.removeprefix("group_") in columns]
                    self.assertEqual(filters[len(columns) :], [f"group_{name}" for name in columns], model)
        self.assertEqual([n for n in self.names("res.partner", "form") if n in columns], columns)

    def test_own_list_and_search_panel(self):
        self.assertIn(self.column, self.names("res.partner", "list", view="segmentation_customer_view_list"))
        names = self.names("res.partner", "search", view="segmentation_customer_view_search")
        self.assertIn(f"group_{self.column}", names)
        self.assertEqual(names.count("size_class_id"), 2)  # search field and panel

    def test_archived_dimensions_are_out_of_the_way(self):
        for model in VIEWS:
            for view_type in ("list", "search"):
                self.assertIn("region_class_id", self.names(model, view_type))
        (self.region | self.abc).active = False
        for name in ("region_class_id", self.column):
            self.assertNotIn(name, self.names("res.partner", "list"))
            self.assertNotIn(name, self.names("res.partner", "form"))
            self.assertNotIn(f"group_{name}", self.names("res.partner", "search"))
            self.assertNotIn(name, self.names("segmentation.profile", "list"))

    def test_labels_follow_the_name_of_the_dimension(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.assertIn('string="ABC class"', self.arch("res.partner", "list"))
        self.abc.name = "Value"
        self.size.name = "Bigness"
        for label in ('string="Value"', 'string="Bigness"'):
            self.assertIn(label, self.arch("res.partner", "list"))
        self.assertEqual(self.env["res.partner"].fields_get([self.column])[self.column]["string"], "Value")
        self.abc.update_field_translations("name", {"zh_CN": "价值"})
        chinese = self.env["res.partner"].with_context(lang="zh_CN")
        self.assertIn('string="价值"', chinese.get_view(view_type="list")["arch"])
        self.assertEqual(chinese.fields_get([self.column])[self.column]["string"], "价值")
        self.assertEqual(self.env["res.partner"].fields_get([self.column])[self.column]["string"], "Value")

    def test_dimensions_of_other_companies_are_not_shown(self):
        other = self.setup_other_company()["company"]
        self.abc.company_ids = other
        for companies, shown in ((self.company, False), (other, True), (self.company | other, True)):
            partners = self.env["res.partner"].with_context(allowed_company_ids=companies.ids)
            self.assertEqual(
                self.column in partners.get_view(view_type="list")["arch"], shown, companies.mapped("name")
            )

    def test_only_managers_set_classes(self):
        groups = "partner_segmentation.group_user,base.group_partner_manager"
        viewer = new_test_user(self.env, "segmentation_viewer", groups)
        self.assertNotIn(self.column, self.names("res.partner", "form", viewer))
        self.assertIn(self.column, self.names("res.partner", "list", viewer))

    def test_class_is_set_in_the_form(self):
        partner = self.customer()
        self.classify(partner)
        with Form(partner) as form:
            form[self.column] = self.classes["B"]
        self.assertEqual(partner[self.column], self.classes["B"])
        self.assertClass(partner, self.abc, "B")

    def test_fields_are_made_for_dimensions_that_lack_one(self):
        partner_field = self.env["ir.model.fields"]._get("res.partner", self.column)
        partner_field.with_context(_force_unlink=True).unlink()
        self.registry._setup_models__(self.env.cr, ["res.partner"])
        self.assertNotIn(self.column, self.env["res.partner"]._fields)
        self.env["segmentation.dimension"]._create_missing_fields()
        self.assertIn(self.column, self.env["res.partner"]._fields)
        before = self.env["ir.model.fields"].search([("name", "=", self.column)])
        self.env["segmentation.dimension"]._create_missing_fields()
        self.assertEqual(self.env["ir.model.fields"].search([("name", "=", self.column)]), before)


@tagged("post_install", "-at_install")
class TestDeletion(CustomColumnCommon):
    def fields_left(self, name):
        self.env.cr.execute("SELECT table_name FROM information_schema.columns WHERE column_name = %s", [name])
        models = ("res.partner", "res.users", "segmentation.profile")
        return (
            self.env["ir.model.fields"].search([("name", "=", name)]).mapped("model")
            + [model for model in models if name in self.env[model]._fields]
            + [table for (table,) in self.env.cr.fetchall()]
        )

    def test_nothing_is_left(self):
        abc, classes = self.make_dimension("AB")
        name, keep = abc.field_name, self.make_dimension("ABC")[0].field_name
        partner = self.customer()
        self.classify(partner)
        partner[name] = classes["A"]
        filters = self.env["ir.filters"].create(
            [
                {"name": "Domain", "model_id": "res.partner", "domain": f"[('{name}', '!=', False)]"},
                {"name": "Grouped", "model_id": "segmentation.profile", "context": f"{{'group_by': ['{name}']}}"},
                {"name": "Sorted", "model_id": "res.partner", "sort": f'["{name}"]', "user_ids": self.env.user.ids},
                {"name": "Other", "model_id": "res.partner", "domain": f"[('{keep}', '!=', False)]"},
            ]
        )
        export = self.env["ir.exports"].create(
            {
                "name": "Export",
                "resource": "res.partner",
                "export_fields": [Command.create({"name": column}) for column in ("name", f"{name}/id", keep)],
            }
        )
        self.assertTrue(self.fields_left(name))
        abc.active = False
        abc.unlink()
        self.assertFalse(self.fields_left(name))
        self.assertEqual(filters.exists().mapped("name"), ["Other"])
        self.assertEqual(export.export_fields.mapped("name"), ["name", keep])
        for model, view_types in VIEWS.items():
            for view_type in view_types:
                self.assertNotIn(f'"{name}"', self.arch(model, view_type))
        self.assertFalse(self.env["segmentation.override"].search([("partner_id", "=", partner.id)]))
        self.assertEqual(self.classify().state, "done")
        self.assertTrue(self.env["res.partner"].search([(keep, "=", False)], limit=1))

    def test_field_stays_as_long_as_what_fills_it(self):
        abc, _classes = self.make_dimension("AB")
        metric = self.env["segmentation.metric"].create(
            {
                "name": "Cities",
                "code": "cities",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "aggregate": "count",
            }
        )
        names = [abc.field_name, metric.field_name]
        fields = self.env["ir.model.fields"].search([("name", "in", names), ("state", "=", "manual")])
        self.assertEqual(len(fields), 3)
        for field in fields:
            with self.assertRaisesRegex(UserError, "holds the values of"):
                field.unlink()
            with self.assertRaisesRegex(UserError, "holds the values of"):
                field.name = "x_renamed"
        abc.active = False
        with self.assertRaisesRegex(UserError, "holds the values of “AB”"):
            self.env["ir.model.fields"]._get("res.partner", abc.field_name).unlink()
        self.assertEqual(fields.exists(), fields)
        metric.active = False
        metric.unlink()
        abc.unlink()
        self.assertFalse(fields.exists())

    def test_other_fields_go_as_ever(self):
        field = self.env["ir.model.fields"].create(
            {"name": "x_mine", "model_id": self.env["ir.model"]._get_id("res.partner"), "ttype": "char"}
        )
        field.unlink()
        self.assertFalse(field.exists())

    def test_view_of_the_users_own_keeps_the_field(self):
        """Odoo refuses to break a view; the dimension then stays as well."""
        abc, _classes = self.make_dimension("AB")
        arch = f"<list><field name='{abc.field_name}'/></list>"
        self.env["ir.ui.view"].create({"name": "mine", "model": "res.partner", "type": "list", "arch": arch})
        abc.active = False
        with self.assertRaisesRegex(UserError, "mine"):
            abc.unlink()


@tagged("post_install", "-at_install")
class TestCustomMetric(CustomColumnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fields = cls.env["ir.model.fields"]
        common = {
            "model_id": cls.env["ir.model"]._get_id("sale.order"),
            "partner_path": "partner_id.commercial_partner_id",
            "date_field_id": fields._get("sale.order", "date_order").id,
        }
        amount = fields._get("sale.order", "amount_untaxed").id
        cls.days, cls.smallest = cls.env["segmentation.metric"].create(
            [
                {"name": "Days since order", "code": "days_order", "aggregate": "days_since", **common},
                {
                    "name": "Smallest order",
                    "code": "smallest",
                    "aggregate": "min",
                    "measure_field_id": amount,
                    **common,
                },
            ]
        )
        cls.buyer, cls.other = cls.customer("Buyer"), cls.customer("Other", employee_count=5)
        cls.order(cls.buyer, 12.5, moment="2026-06-30 02:00:00")
        cls.classify()

    def test_unknown_is_not_zero(self):
        name = self.days.field_name
        self.assertEqual(self.profile(self.buyer)[name], 0)
        self.assertIsNot(self.profile(self.buyer)[name], False)
        self.assertIs(self.profile(self.other)[name], False)
        self.assertIs(self.profile(self.other)[self.smallest.field_name], False)
        self.assertIs(self.profile(self.other).read([name])[0][name], False)

    def test_figures_are_for_those_who_may_see_sales(self):
        viewer = new_test_user(self.env, "segmentation_viewer", "partner_segmentation.group_user")
        viewer.write({"company_ids": [Command.link(self.company.id)], "company_id": self.company.id})
        profile = self.profile(self.buyer).with_user(viewer)
        with self.assertRaises(AccessError):
            profile.read([self.smallest.field_name])
        self.assertNotIn(self.smallest.field_name, profile.get_view(view_type="list")["arch"])
        self.assertEqual(self.profile(self.buyer).with_user(self.salesperson)[self.smallest.field_name], 12.5)

    def test_figures_on_the_page(self):
        html = self.other.segmentation_explanation
        figures = dict(self.profile(self.other)._figures())
        self.assertEqual(figures["Employees"], "5")
        self.assertEqual(figures["Annual turnover"], "not known")
        self.assertNotIn("Days since order", figures)
        self.assertIn("Figures", html)
        self.assertEqual(dict(self.profile(self.buyer)._figures())["Smallest order"].replace("\xa0", " "), "¥ 12.50")
        self.smallest.active = False
        self.assertNotIn("Smallest order", dict(self.profile(self.buyer)._figures()))
