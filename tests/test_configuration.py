from contextlib import contextmanager

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestConfiguration(SegmentationCommon):
    """Bad input is refused on save, with the field and the remedy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = cls.env.ref("partner_segmentation.class_size_large")
        cls.medium = cls.env.ref("partner_segmentation.class_size_medium")
        cls.revenue = cls.env.ref("partner_segmentation.metric_revenue_12m")

    @contextmanager
    def assertRefused(self, *parts, error=ValidationError):  # noqa: N802
        """The block is refused with a message that has all the parts."""
        with self.assertRaises(error) as caught:
            yield
        message = str(caught.exception)
        if isinstance(caught.exception, IntegrityError):  # as the RPC layer shows it
            model = self.env[caught.exception.diag.table_name.replace("_", ".")]
            message = model._sql_error_to_message(caught.exception)
        for part in parts:
            self.assertIn(part, message)

    # -- bounds --------------------------------------------------------------------------------

    def test_negative_bound(self):
        with self.assertRefused("Lower bound", "Employees", "Medium", "-1", "negative", "Enter 0 or more"):
            self.bound("medium", "employee_count", -1)

    def test_equal_bounds(self):
        with self.assertRefused("Lower bound", "Employees", "Large", "50", "Medium", "Raise the one"):
            self.bound("large", "employee_count", 50)

    def test_bounds_in_the_wrong_order(self):
        with self.assertRefused("Employees", "Large", "Medium"):
            self.bound("medium", "employee_count", 251)

    def test_bounds_saved_together_may_pass_each_other(self):
        def lower(cls, value):
            criterion = cls.criterion_ids.filtered(lambda c: c.metric_id.code == "employee_count")
            return Command.update(cls.id, {"criterion_ids": [Command.update(criterion.id, {"lower_bound": value})]})

        self.size.write({"class_ids": [lower(self.large, 40), lower(self.medium, 20)]})
        with self.assertRefused("Employees"):
            self.size.write({"class_ids": [lower(self.large, 10), lower(self.medium, 10)]})

    def test_bounds_of_a_new_class(self):
        criterion = {"metric_id": self.revenue.id, "lower_bound": 1_000_000}
        with self.assertRefused("Invoiced revenue", "1,000,000"):
            self.make_class(self.size, "XL", sequence=5, criterion_ids=[Command.create(criterion)])
        criterion["lower_bound"] = 5_000_000
        self.make_class(self.size, "XL", sequence=5, criterion_ids=[Command.create(criterion)])

    def test_order_of_classes_is_checked_with_the_bounds(self):
        with self.assertRefused("Employees", "Large"):
            self.medium.sequence = 5
        self.large.active = False
        self.bound("medium", "employee_count", 500)
        with self.assertRefused("Employees", "Large"):
            self.large.active = True

    def test_client_cannot_switch_the_check_off(self):
        criterion = self.env.ref("partner_segmentation.criterion_size_medium_employee_count")
        with self.assertRefused("negative"):
            criterion.with_context(segmentation_check_later=True).lower_bound = -5

    def test_new_class_takes_nobody(self):
        self.customer(employee_count=250)
        self.classify()
        known = self.size.class_ids  # in the cache, as a run leaves it
        new = self.make_class(self.size, "XL", sequence=1)
        self.assertEqual(self.size.class_ids, new + known)
        new = self.make_class(self.stage, "NEW")
        self.assertGreater(new.sequence, self.env.ref("partner_segmentation.class_stage_potential").sequence)
        new.sequence = 1
        self.assertFalse(self.classify().changes)

    def test_class_stays_in_its_dimension(self):
        with self.assertRefused("Dimension", "archive", error=UserError):
            self.large.dimension_id = self.stage

    def test_conditions_see_earlier_dimensions_only(self):
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        for field in ("segmentation_code", "company_id", "create_date"):
            with self.subTest(field), self.assertRefused("Condition", field, "not available"):
                closed.domain = f"[('{field}', '!=', False)]"
        closed.domain = "[('size_class_id.code', '=', 'L')]"
        with self.assertRefused("“Purchase stage” looks at the classes of “Size”", "Move “Size” up"):
            self.size.sequence = 99

    def test_circle_of_dimensions_is_named(self):
        closed = self.env.ref("partner_segmentation.class_stage_closed")
        with self.assertRefused("circle: Purchase stage → Purchase stage"):
            closed.domain = "[('stage_class_id', '!=', False)]"
        closed.domain = "[('region_class_id', '!=', False)]"
        self.region.domain = "[('size_class_id', '!=', False)]"
        with self.assertRefused("circle: Size → Purchase stage → Region → Size"):
            self.size.domain = "[('stage_class_id', '!=', False)]"

    def test_value_that_does_not_fit(self):
        with self.assertRefused("Condition"):
            self.env.ref("partner_segmentation.class_stage_closed").domain = "[('orders_24m', '>', 'abc')]"

    def test_text_that_breaks_the_parser(self):
        for domain in ("[" + "-" * 100_000 + "1]", "[('name', '=', 'a\0b')]"):
            with self.assertRefused("Customers to classify"):
                self.company.segmentation_population = domain

    def test_population_must_not_depend_on_classes(self):
        for field in ("segmentation_code", "size_class_id", "is_classified"):
            with self.subTest(field), self.assertRefused("Customers to classify", field):
                self.company.segmentation_population = f"[('{field}', '=', False)]"

    def test_empty_population_is_the_default(self):
        self.company.segmentation_population = False
        vendor, customer = self.customer(supplier_rank=1), self.customer()
        self.classify()
        self.assertFalse(self.profile(vendor))
        self.assertTrue(self.profile(customer))

    def test_metric_in_use_cannot_be_archived(self):
        for code in ("orders_24m", "employee_count"):
            metric = self.env.ref(f"partner_segmentation.metric_{code}")
            with self.subTest(code), self.assertRefused(metric.name, "used by dimension"):
                metric.active = False
        self.env.ref("partner_segmentation.metric_total_assets").active = False

    def test_measure_must_be_stored_and_fit_the_column(self):
        fields = self.env["ir.model.fields"]
        assets = self.env.ref("partner_segmentation.metric_total_assets")
        with self.assertRefused("cannot be computed"):
            assets.measure_field_id = fields._get("res.partner", "credit")
        with self.assertRefused("Column", "same kind"):
            assets.measure_field_id = fields._get("res.partner", "employee_count")

    def test_metric_twice_in_a_class(self):
        with self.assertRefused("Large", "two Lower bounds", "Invoiced revenue", "Keep one"):
            self.large.criterion_ids = [Command.create({"metric_id": self.revenue.id, "lower_bound": 7})]

    # -- codes ---------------------------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_repeated_code(self):
        with self.assertRefused("Code", "“L”", "Choose a Code that is not used", error=IntegrityError):
            self.make_class(self.size, "L")

    def test_strange_code(self):
        with self.assertRefused("Code", "=A 1", "Use letters"):
            self.make_class(self.size, "=A 1")

    # -- domains -------------------------------------------------------------------------------

    def test_invalid_domain_of_a_class(self):
        for domain in ("[('no_such_field', '=', 1)]", "nonsense(", "[('size_class_id'", "[1, 2]", "['|']"):
            with self.subTest(domain), self.assertRefused("Condition", "domain editor"):
                self.env.ref("partner_segmentation.class_stage_closed").domain = domain

    def test_invalid_domain_of_a_metric(self):
        with self.assertRefused("Domain", "no_such_field", "domain editor"):
            self.revenue.domain = "[('no_such_field', '=', 1)]"

    def test_domain_is_data_and_not_code(self):
        with self.assertRefused("Domain"):
            self.revenue.domain = "[('name', '=', __import__('os').getcwd())]"

    def test_invalid_population(self):
        with self.assertRefused("Customers to classify"):
            self.company.segmentation_population = "[('no_such_field', '=', 1)]"

    # -- metrics -------------------------------------------------------------------------------

    def test_measure_must_be_a_number(self):
        text = self.env["ir.model.fields"]._get("account.move", "name")
        with self.assertRefused("Measure", "not a number", "Choose an integer"):
            self.revenue.measure_field_id = text

    def test_column_must_be_a_number_of_the_customer_file(self):
        for column in ("segmentation_code", "no_such_column", "partner_id"):
            with self.subTest(column), self.assertRefused("Column", column, "numeric field"):
                self.revenue.field_name = column

    def test_measure_of_another_model(self):
        field = self.env["ir.model.fields"]._get("sale.order", "amount_total")
        with self.assertRefused("does not belong to the Source", "Choose a field of the source"):
            self.revenue.measure_field_id = field

    def test_path_must_lead_to_a_partner(self):
        for path in ("journal_id", "no_such_field", "partner_id.name", "partner_id", ""):
            with self.subTest(path), self.assertRefused("Path to the customer", "partner_id.commercial_partner_id"):
                self.revenue.partner_path = path

    def test_value_needs_the_partner(self):
        with self.assertRefused("Source", "Contact"):
            self.revenue.aggregate = "value"

    # -- dimensions and classes ----------------------------------------------------------------

    def test_column_must_hold_a_class(self):
        with self.assertRefused("Column", "employee_count", "refers to a class"):
            self.size.field_name = "employee_count"

    def test_fallback_must_be_of_the_dimension(self):
        with self.assertRefused("Fallback class", "Closed"):
            self.size.fallback_class_id = self.env.ref("partner_segmentation.class_stage_closed")

    def test_parent_must_be_of_the_dimension(self):
        with self.assertRefused("Part of", "Closed"):
            self.large.parent_id = self.env.ref("partner_segmentation.class_stage_closed")
        self.large.parent_id = self.medium
        with self.assertRaises(UserError):
            self.medium.parent_id = self.large

    def test_country_maps_to_one_class(self):
        with self.assertRefused("France", "Countries", "Europe", "Africa", "Remove it"):
            self.env.ref("partner_segmentation.class_region_africa").country_ids += self.env.ref("base.fr")

    def test_industries_have_no_country(self):
        manufacturing = self.env.ref("partner_segmentation.class_industry_manufacturing")
        with self.assertRefused("Manufacturing", "Industries", "own country"):
            manufacturing.own_country_only = True

    def test_used_dimension_cannot_be_deleted(self):
        self.customer()
        self.classify()
        with self.assertRefused("Archive it", error=UserError):
            self.stage.unlink()

    def test_used_class_cannot_be_deleted(self):
        self.customer(employee_count=250)
        self.classify()
        with self.assertRefused("Large", "Archive it", error=UserError):
            self.large.unlink()
        self.make_class(self.size, "XS", sequence=90).unlink()
        maker = self.customer(industry_id=self.env.ref("base.res_partner_industry_C").id)
        self.classify()
        used = self.profile(maker)[self.industry.field_name]
        with self.assertRefused(used.name, "has customers or a history", error=UserError):
            used.unlink()

    def test_rule_reads_as_a_sentence(self):
        self.size.currency_id = self.env.ref("base.EUR")
        self.assertEqual(
            self.large.rule,
            "Employees ≥ 250 or Annual turnover ≥ 50,000,000 € or Invoiced revenue, 12 months ≥ 1,000,000 €".replace(
                " €", "\u00a0€"
            ),
        )
        self.size.criteria_mode = "all"
        self.assertIn(" and ", self.large.rule)
        self.assertEqual(self.env.ref("partner_segmentation.class_size_small").rule, "Everybody else")
        self.assertIn("more", self.env.ref("partner_segmentation.class_region_europe").rule)

    def test_forms_open(self):
        for record in (self.size, self.large, self.revenue):
            Form(record).save()
        self.assertEqual(self.size.action_view_customers()["res_model"], "res.partner")
        self.assertEqual(self.large.action_view_customers()["res_model"], "res.partner")

    def test_dimension_that_contacts_have_no_field_for(self):
        self.addCleanup(self.registry.reset_changes)
        own = self.env["segmentation.dimension"].create({"name": "Own", "code": "OWN", "method": "manual"})
        action = own.action_view_customers()
        if own.field_name not in self.env["res.partner"]._fields:
            self.assertEqual(action["res_model"], "segmentation.profile")
        self.assertEqual(action["context"], {"group_by": [own.field_name]})

    def test_industry_is_no_part_of_itself(self):
        wide, fine = self.env["res.partner.industry"].create([{"name": "Wide"}, {"name": "Fine"}])
        fine.parent_id = wide
        with self.assertRefused("cannot be part of itself", "Part of"):
            wide.parent_id = fine
