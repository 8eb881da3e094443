from odoo.tests import tagged

from ..report.summary import summarise
from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestSummary(SegmentationCommon):
    """A hierarchy of three levels: World > Asia > China, World > Europe; and Other beside it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = cls.env["segmentation.dimension"].create({"name": "Tree", "code": "tree", "method": "manual"})
        cls.world, cls.other = cls.node("World", 10), cls.node("Other", 5)
        cls.europe, cls.asia = cls.node("Europe", 20, cls.world), cls.node("Asia", 15, cls.world)
        cls.china = cls.node("China", 1, cls.asia)
        for cls_, amount in ((cls.china, 1000), (cls.china, 200), (cls.europe, 30), (cls.world, 4), (None, 50_000)):
            customer = cls.customer(cls_.name if cls_ else "None")
            cls.invoice(customer, amount)
            cls.classify(customer)
            if cls_:
                customer[cls.tree.field_name] = cls_

    @classmethod
    def node(cls, name, sequence, parent=None):
        return cls.env["segmentation.class"].create(
            {
                "dimension_id": cls.tree.id,
                "code": name,
                "name": name,
                "sequence": sequence,
                "parent_id": parent and parent.id,
            }
        )

    def summary(self):
        [found] = [summary for summary in summarise(self.company).dimensions if summary.dimension == self.tree]
        return found

    def test_classes_follow_the_tree(self):
        lines = [(line.cls.name, line.level) for line in self.summary().classes]
        self.assertEqual(lines, [("World", 0), ("Asia", 1), ("China", 2), ("Europe", 1), (False, 0)])
        customer = self.env["res.partner"].search([("name", "=", "Europe")], limit=1)
        customer[self.tree.field_name] = self.other
        lines = [line.cls.name for line in self.summary().classes]
        self.assertEqual(lines, ["Other", "World", "Asia", "China", False])

    def test_classes_count_what_is_below_them(self):
        figures = {
            line.cls.name: (line.customers, line.revenue, line.total.customers, line.total.revenue)
            for line in self.summary().classes
        }
        self.assertEqual(figures["World"], (1, 4, 4, 1234))
        self.assertEqual(figures["Asia"], (0, 0, 2, 1200))
        self.assertEqual(figures["China"], (2, 1200, 2, 1200))
        self.assertEqual(figures["Europe"], (1, 30, 1, 30))
        self.assertEqual(figures[False][1:2], figures[False][3:])

    def test_totals_count_every_customer_once(self):
        summary = self.summary()
        files = self.env["segmentation.profile"].search([("company_id", "=", self.company.id)])
        self.assertEqual(summary.customers, len(files))
        self.assertEqual(summary.revenue, sum(files.mapped("revenue_12m")))
        roots = [line for line in summary.classes if line.level == 0]
        self.assertEqual(sum(line.total.customers for line in roots), summary.customers)

    def test_roll_up_is_what_the_class_and_child_of_say(self):
        for line in self.summary().classes[:-1]:
            self.assertEqual(line.total.customers, line.cls.customer_count, line.cls.name)
            found = self.env["res.partner"].search_count(line.cls.action_view_customers()["domain"])
            self.assertEqual(line.total.customers, found, line.cls.name)

    def test_archived_classes_that_customers_hold_are_counted(self):
        (self.china | self.asia).active = False
        names = [line.cls.name for line in self.summary().classes]
        self.assertEqual(names, ["World", "Asia", "China", "Europe", False])

    def test_other_companies_are_left_out(self):
        other = self.setup_other_company()["company"]
        self.tree.company_ids = self.company
        self.assertNotIn(self.tree, [summary.dimension for summary in summarise(other).dimensions])

    def test_read_replicas_give_the_same(self):
        summary = summarise(self.company)
        with self.enter_registry_test_mode(), self.registry.cursor(readonly=True) as replica:
            company = self.company.with_env(self.env(cr=replica))
            replica.execute("SHOW transaction_read_only")
            self.assertEqual(replica.fetchone(), ("on",))
            self.assertEqual(summarise(company), summary)
            self.assertTrue(summary.dimensions)
