"""What the explanation of a class says, word by word."""

from odoo.tests import tagged

from .test_methods import EMPLOYEES, MethodCase


@tagged("post_install", "-at_install")
class TestSentences(MethodCase):
    def said(self, dimension, partner, user=None):
        """Class, value, reason and next step."""
        profile = self.profile(partner).with_user(user or self.env.user)
        [found] = [line for line in profile._explain() if line.dimension == dimension]
        texts = (text.replace("\xa0", " ") for text in (found.value, found.reason, found.next_step))
        return found.cls.code, *texts

    def of(self, dimension, **facts):
        partner = self.customer(**facts)
        self.classify(partner)
        return self.said(dimension, partner)

    # -- bounds --------------------------------------------------------------------------------

    def test_no_bound_is_reached(self):
        missed = "Employees 5 < 50 (Medium); Annual turnover ¥ 7 < ¥ 10,000,000 (Medium); "
        missed += "Invoiced revenue, 12 months ¥ 0 < ¥ 100,000 (Medium)"
        step = "45 more Employees or ¥ 9,999,993 more Annual turnover or ¥ 100,000 more Invoiced revenue, 12 months"
        self.assertEqual(
            self.of(self.size, employee_count=5, annual_turnover=7), ("S", "5", missed, f"{step} for Medium")
        )

    def test_facts_that_are_not_known(self):
        missed = "Annual turnover ¥ 7 < ¥ 10,000,000 (Medium); Invoiced revenue, 12 months ¥ 0 < ¥ 100,000 (Medium)"
        step = "¥ 9,999,993 more Annual turnover or ¥ 100,000 more Invoiced revenue, 12 months for Medium"
        expected = ("S", "¥ 7", f"{missed}; not known: Employees", step)
        self.assertEqual(self.of(self.size, annual_turnover=7), expected)
        [_code, value, reason, _step] = self.of(self.size)
        self.assertEqual(value, "¥ 0")
        self.assertTrue(reason.endswith("not known: Employees, Annual turnover"), reason)

    def test_some_bounds_are_reached(self):
        reason = "Employees 60 ≥ 50; Annual turnover ¥ 20,000,000 ≥ ¥ 10,000,000"
        step = "190 more Employees or ¥ 30,000,000 more Annual turnover or "
        step += "¥ 1,000,000 more Invoiced revenue, 12 months for Large"
        self.assertEqual(self.of(self.size, employee_count=60, annual_turnover=20_000_000), ("M", "60", reason, step))

    def test_the_highest_class_has_no_next_step(self):
        reason = "Annual turnover ¥ 90,000,000 ≥ ¥ 50,000,000"
        found = self.of(self.size, employee_count=10, annual_turnover=90_000_000)
        self.assertEqual(found, ("L", "¥ 90,000,000", reason, ""))

    def test_figures_that_the_user_may_not_see(self):
        partner = self.customer(employee_count=60)
        self.invoice(partner, 2_000_000)
        self.classify(partner)
        viewer = self.new_viewer()
        code, value, reason, step = self.said(self.size, partner, viewer)
        self.assertEqual((code, value, step), ("L", "", ""))
        self.assertIn("≥ ¥ 1,000,000", reason)
        self.assertNotIn("2,000,000", reason)
        self.assertEqual(self.said(self.stage, partner, viewer)[1], "")

    # -- comparisons ---------------------------------------------------------------------------

    def compared(self, *values, **options):
        """Dimension that compares employees, and customers with these numbers of them."""
        self.company.segmentation_population = "[('ref', '=', 'compared')]"
        metric = self.env.ref(EMPLOYEES)
        dimension = self.make_dimension("THIRDS", method="quantile", metric_id=metric.id, **options)
        self.make_classes(dimension, "A", "B", "C")
        partners = [self.customer(ref="compared", employee_count=value) for value in values]
        return dimension, partners

    def test_compared_with_others(self):
        dimension, partners = self.compared(30, 20, 10, False)
        self.classify()
        said = [self.said(dimension, partner) for partner in partners]
        self.assertEqual(said[0], ("A", "30", "Employees 30 ≥ 30", ""))
        self.assertEqual(said[1], ("B", "20", "Employees 20 ≥ 20", "10 more Employees for A"))
        self.assertEqual(said[2], ("C", "10", "Employees 10 < 20 (B)", "10 more Employees for B"))
        self.assertEqual(said[3], (False, "", "not known: Employees", ""))

    def test_the_lower_the_better(self):
        dimension, partners = self.compared(30, 20, 10, lower_is_better=True)
        self.classify()
        said = [self.said(dimension, partner) for partner in partners]
        self.assertEqual(said[2], ("A", "10", "Employees 10 ≤ 10", ""))
        self.assertEqual(said[0], ("C", "30", "Employees 30 > 20 (B)", ""))

    # -- mapping -------------------------------------------------------------------------------

    def test_mapped_facts(self):
        beijing = self.env.ref("base.state_cn_BJ")
        germany = self.env.ref("base.de")
        self.assertEqual(
            self.of(self.region, country_id=self.china.id, state_id=beijing.id)[1:],
            (beijing.name, f"State: {beijing.name}", ""),
        )
        self.assertEqual(self.of(self.region, country_id=germany.id), ("EUR", "Germany", "Country: Germany", ""))
        self.assertEqual(self.of(self.region), (False, "", "not known: Country", ""))
        industry = self.env["res.partner.industry"].create({"name": "Lighthouses"})
        expected = ("OTH", "Lighthouses", "no class is mapped to Lighthouses", "")
        self.assertEqual(self.of(self.industry, industry_id=industry.id), expected)

    # -- conditions ----------------------------------------------------------------------------

    def test_conditions(self):
        dimension = self.make_dimension("TARGETS", method="domain", sequence=90)
        self.make_class(
            dimension,
            "T",
            description="Large employers\nVisit them.",
            domain="[('size_class_id.code', '=', 'L'), ('employee_count', '>', 100), ('revenue_12m', '<', 5)]",
        )
        self.assertEqual(self.of(dimension, employee_count=300), ("T", "Employees: 300, Large", "Large employers", ""))
        self.assertEqual(self.of(dimension, employee_count=3), (False, "", "no condition is met", ""))

    # -- what keeps a class from being told ------------------------------------------------------

    def test_no_rate_between_currencies(self):
        partner = self.customer(employee_count=5)
        self.classify(partner)
        currency = self.env["res.currency"].create({"name": "XNR", "symbol": "N"})
        self.size.currency_id = currency
        code, value, reason, step = self.said(self.size, partner)
        self.assertEqual((code, value, step), ("S", "", ""))
        self.assertIn("no exchange rate between", reason)

    def test_what_was_just_written(self):
        partner = self.customer(country_id=self.env.ref("base.de").id)
        self.classify(partner)
        profile = self.profile(partner)
        self.env.flush_all()
        partner.country_id = self.env.ref("base.us")
        [found] = [line for line in profile._explain() if line.dimension == self.region]
        self.assertEqual(found.reason, "The data or the rules have changed since. Press Reclassify.")

    # -- bounds of industries ------------------------------------------------------------------

    def bounds_of_parts(self, *bounds):
        """Dimension with a bound for each part of an industry, and one for others where a bound is left."""
        Industry = self.env["res.partner.industry"]
        whole = Industry.create({"name": "Making"})
        parts = Industry.create([{"name": name, "parent_id": whole.id} for name in ("Bread", "Ships")])
        dimension = self.make_dimension("PARTS")
        self.make_classes(dimension, "A", "B")
        for bound, part in zip(bounds, (*parts, None), strict=False):
            values = {"class_id": dimension.class_ids[0].id, "metric_id": self.env.ref(EMPLOYEES).id}
            values |= {"lower_bound": bound, "industry_ids": part and part.ids}
            self.env["segmentation.criterion"].create(values)
        return dimension, whole, parts

    def test_part_of_an_industry_is_not_known(self):
        dimension, whole, parts = self.bounds_of_parts(10, 20)
        general = "the bounds depend on what part of the industry “Making” it is; not known: Industry"
        partner = self.customer(employee_count=15, industry_id=whole.id)
        self.classify(partner)
        self.assertEqual(self.said(dimension, partner)[1:], ("", general, ""))
        self.assertEqual(
            self.of(dimension, employee_count=15, industry_id=parts[0].id), ("A", "15", "Employees 15 ≥ 10", "")
        )

    def test_industry_is_not_known(self):
        dimension, _whole, _parts = self.bounds_of_parts(10, 20, 30)
        self.assertEqual(self.of(dimension, employee_count=15)[1:], ("", "not known: Industry", ""))

    def test_the_class_just_above(self):
        dimension = self.make_dimension("STAIRS")
        self.make_classes(dimension, "A", "B", "C", "D")
        for cls, bound in zip(dimension.class_ids, (40, 30, 20), strict=False):
            values = {"class_id": cls.id, "metric_id": self.env.ref(EMPLOYEES).id, "lower_bound": bound}
            self.env["segmentation.criterion"].create(values)
        expected = ("D", "5", "Employees 5 < 20 (C)", "15 more Employees for C")
        self.assertEqual(self.of(dimension, employee_count=5), expected)
        self.assertEqual(self.of(dimension, employee_count=25)[3], "5 more Employees for B")

    # -- preference ----------------------------------------------------------------------------

    def test_preferred_record(self):
        fields = self.env["ir.model.fields"]
        metric = self.env["segmentation.metric"].create(
            {
                "name": "Adviser",
                "code": "ADVISER",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "partner_path": "partner_id.commercial_partner_id",
                "aggregate": "argmax",
                "group_path": "user_id",
                "measure_field_id": fields._get("crm.lead", "probability").id,
            }
        )
        dimension = self.make_dimension("ADVISED", method="mapping", metric_id=metric.id)
        users = self.env.user | self.salesperson | self.new_viewer()
        partners = []
        for user in users:
            partner = self.customer()
            values = {"name": "Lead", "partner_id": partner.id, "company_id": self.company.id, "user_id": user.id}
            self.env["crm.lead"].create(values).probability = 50
            partners.append(partner)
        self.classify()
        classes = {cls.res_id: cls for cls in dimension.class_ids}
        for user, partner in zip(users, partners, strict=True):
            found = self.said(dimension, partner)
            self.assertEqual(found, (classes[user.id].code, user.name, f"Adviser: {user.name}", ""))
        dropped = users[0]
        classes[dropped.id].active = False
        self.profile(partners[0]).sudo()[dimension.field_name] = False
        expected = (False, dropped.name, f"no class is mapped to Adviser: {dropped.name}", "")
        self.assertEqual(self.said(dimension, partners[0]), expected)
        newcomer = {metric.field_name: self.limited_salesperson().id, dimension.field_name: False}
        self.profile(partners[1]).sudo().write(newcomer)
        self.assertEqual(self.said(dimension, partners[1]), (False, "", "no class is mapped to Adviser: ?", ""))
