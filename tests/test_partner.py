from odoo.tests import Form, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestPartner(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = cls.customer("Large", employee_count=250, industry_id=cls.env.ref("base.res_partner_industry_C").id)
        cls.small = cls.customer("Small", employee_count=1, annual_turnover=1)
        cls.contact = cls.customer("Contact", is_company=False, parent_id=cls.large.id)
        cls.classify()
        cls.large_class = cls.env.ref("partner_segmentation.class_size_large")
        cls.partners = cls.large | cls.small | cls.contact
        cls.domain = [("id", "in", cls.partners.ids)]

    def search(self, *condition):
        return self.env["res.partner"].search([*self.domain, condition])

    def test_contacts_show_the_class_of_their_company(self):
        self.assertEqual(self.contact.size_class_id, self.large_class)
        self.assertIn(self.large_class, self.contact.segmentation_class_ids)
        self.size.in_code = False
        self.env.invalidate_all()
        self.assertNotIn(self.large_class, self.contact.segmentation_class_ids, "scores are no badges")
        self.size.in_code = True
        self.env.invalidate_all()

    def test_search(self):
        both = self.large | self.contact
        self.assertEqual(self.search("size_class_id", "=", self.large_class.id), both)
        self.assertEqual(self.search("size_class_id", "!=", self.large_class.id), self.small)
        self.assertEqual(self.search("size_class_id", "in", self.large_class.ids), both)
        self.assertEqual(self.search("size_class_id", "not in", self.large_class.ids), self.small)
        self.assertEqual(self.search("size_class_id", "ilike", "larg"), both)
        self.assertEqual(self.search("size_class_id.code", "=", "L"), both)
        self.assertEqual(self.search("size_class_id", "child_of", self.large_class.ids), both)
        self.assertEqual(self.search("industry_class_id", "=", False), self.small)
        self.assertEqual(self.search("industry_class_id", "!=", False), both)
        self.assertEqual(self.search("segmentation_code", "=like", "L-MFG-%"), both)
        self.assertEqual(self.partners.filtered_domain([("size_class_id", "=", self.large_class.id)]), both)

    def test_unclassified_partners_are_found(self):
        person = self.customer("Person", is_company=False)
        found = self.env["res.partner"].search([("size_class_id", "!=", self.large_class.id)])
        self.assertIn(person, found)
        self.assertIn(person, self.env["res.partner"].search([("segmentation_code", "=", False)]))

    def test_search_of_a_parent_finds_its_children(self):
        guangdong = self.customer(country_id=self.china.id, state_id=self.env.ref("base.state_cn_GD").id)
        self.classify(guangdong)
        china = guangdong.region_class_id.parent_id
        found = self.env["res.partner"].search([("region_class_id", "child_of", china.ids)])
        self.assertIn(guangdong, found)
        self.assertNotIn(self.large, found)

    def test_customers_are_those_with_a_file_of_their_own(self):
        subsidiary = self.customer("Subsidiary", parent_id=self.large.id, employee_count=60)
        self.classify(subsidiary)
        self.assertEqual(self.search("is_classified", "=", True), self.large | self.small)
        self.assertEqual(self.search("is_classified", "=", False), self.contact)
        self.assertTrue(subsidiary.is_classified)
        self.assertFalse(self.contact.is_classified)
        self.assertIn(subsidiary, self.env["res.partner"].search([("is_classified", "=", True)]))

    def test_count_of_a_class_is_the_list_behind_it(self):
        guangdong = self.customer(country_id=self.china.id, state_id=self.env.ref("base.state_cn_GD").id)
        self.classify()
        china = guangdong.region_class_id.parent_id
        for cls in (self.large_class, china):
            found = self.env["res.partner"].search_count(cls.action_view_customers()["domain"])
            self.assertEqual(cls.customer_count, found)
        self.assertGreater(china.customer_count, 0)

    def test_zero_is_not_empty_in_python_either(self):
        zero, empty = self.customer(employee_count=0), self.customer()
        both = zero | empty
        for domain in (
            [("employee_count", "=", 0)],
            [("employee_count", "=", False)],
            [("employee_count", "!=", False)],
            [("employee_count", "<", 5)],
            [("employee_count", ">=", 0)],
        ):
            found = self.env["res.partner"].search([("id", "in", both.ids), *domain])
            self.assertEqual(both.filtered_domain(domain), found, domain)

    def test_unsaved_change_keeps_the_classes(self):
        draft = self.env["res.partner"].new({"employee_count": 1}, origin=self.large)
        self.assertEqual(draft.size_class_id._origin, self.large_class)
        self.assertIn("Large", draft.segmentation_explanation)

    def test_group_by(self):
        groups = self.env["res.partner"]._read_group(self.domain, ["size_class_id"], ["__count"])
        self.assertEqual({cls.code: count for cls, count in groups}, {"L": 2, "S": 1})

    def test_order(self):
        ordered = self.env["res.partner"].search(self.domain, order="size_class_id desc, id")
        self.assertEqual(ordered, self.small | self.large | self.contact)
        by_code = self.env["res.partner"].search(self.domain, order="segmentation_code desc, id")
        self.assertEqual(by_code, self.small | self.large | self.contact)

    def test_views_may_use_the_fields(self):
        description = self.env["res.partner"].fields_get(["size_class_id", "segmentation_code"])
        for field in description.values():
            self.assertTrue(field["sortable"] and field["groupable"] and field["searchable"])

    def test_code_follows_its_format(self):
        self.assertEqual(self.large.segmentation_code, "L-MFG-?-POTENTIAL")
        self.company.segmentation_code_separator = "."
        self.assertEqual(self.large.segmentation_code, "L.MFG.?.POTENTIAL")
        self.company.segmentation_code_separator = False
        self.assertEqual(self.large.segmentation_code, "LMFG?POTENTIAL")
        self.company.segmentation_code_separator = "."
        self.stage.sequence = 1
        self.assertEqual(self.large.segmentation_code, "POTENTIAL.L.MFG.?")
        self.region.in_code = False
        self.assertEqual(self.large.segmentation_code, "POTENTIAL.L.MFG")
        self.large_class.code = "XL"
        self.assertEqual(self.large.segmentation_code, "POTENTIAL.XL.MFG")
        run = self.classify()
        self.assertFalse(run.changed, "the code on the profile and in a run must be the same")

    def test_facts_are_shared_with_contacts(self):
        self.assertEqual(self.contact.employee_count, 250)
        self.large.employee_count = 300
        self.assertEqual(self.contact.employee_count, 300)

    def test_empty_fact_stays_empty(self):
        partner = self.customer()
        self.assertIs(partner.employee_count, False)
        partner.employee_count = 0
        self.assertEqual(partner.employee_count, 0)
        self.assertIsNot(partner.employee_count, False)
        partner.flush_recordset()
        partner.invalidate_recordset()
        self.assertIsNot(partner.employee_count, False)
        partner.write({"employee_count": False, "annual_turnover": False})
        partner.flush_recordset()
        partner.invalidate_recordset()
        self.assertEqual(partner.read(["employee_count", "annual_turnover"])[0]["employee_count"], False)
        self.assertEqual(partner.export_data(["employee_count"])["datas"], [[""]])

    def test_import_tells_empty_from_zero(self):
        result = self.env["res.partner"].load(
            ["name", "is_company", "employee_count"], [["Empty", "1", ""], ["Zero", "1", "0"]]
        )
        empty, zero = self.env["res.partner"].browse(result["ids"])
        self.assertIs(empty.employee_count, False)
        self.assertIsNot(zero.employee_count, False)

    def test_form_leaves_facts_empty(self):
        form = Form(self.env["res.partner"])
        form.name = "From the form"
        self.assertIs(form.save().employee_count, False)

    # -- explanation ---------------------------------------------------------------------------

    def explanation(self, partner, dimension, user=None):
        profile = self.profile(partner).with_user(user or self.env.user)
        [found] = [line for line in profile._explain() if line.dimension == dimension]
        return found

    def test_explains_the_bound_that_was_reached(self):
        found = self.explanation(self.large, self.size)
        self.assertEqual((found.cls, found.value), (self.large_class, "250"))
        self.assertEqual(found.reason, "Employees 250 ≥ 250")
        self.assertEqual(found.since, self.profile(self.large).create_date.date())

    def test_explains_the_bound_that_was_not(self):
        reason = self.explanation(self.small, self.size).reason
        self.assertIn("Employees 1 < 50 (Medium)", reason)
        self.assertNotIn("not known", reason)

    def test_explains_what_is_missing(self):
        self.small.employee_count = False
        self.classify(self.small)
        self.assertIn("not known: Employees", self.explanation(self.small, self.size).reason)
        self.assertEqual(self.explanation(self.small, self.industry).reason, "not known: Industry")

    def test_explains_mapping_and_condition(self):
        self.assertEqual(self.explanation(self.large, self.industry).reason, "Industry: Manufacturing")
        self.order(self.small)
        self.classify(self.small)
        found = self.explanation(self.small, self.stage)
        self.assertEqual(found.value, "Orders, 24 months: 1")
        self.assertEqual(found.reason, "Confirmed order or posted invoice in the last 24 months.")

    def test_explains_what_kept_a_dimension_from_being_evaluated(self):
        self.env["res.currency.rate"].search([("currency_id", "=", self.cny.id)]).unlink()
        self.size.currency_id = self.env["res.currency"].create({"name": "XQX", "symbol": "?"})
        self.assertIn("no exchange rate", self.explanation(self.large, self.size).reason)
        self.assertIn("no exchange rate", self.large.segmentation_explanation)

    def test_tells_when_it_is_out_of_date(self):
        self.large.industry_id = self.env.ref("base.res_partner_industry_F")
        self.assertIn("have changed since", self.explanation(self.large, self.industry).reason)
        self.bound("large", "employee_count", 500)
        self.assertIn("have changed since", self.explanation(self.large, self.size).reason)

    def test_next_step(self):
        found = self.explanation(self.small, self.size)
        self.assertIn("49 more Employees", found.next_step)
        self.assertIn("for Medium", found.next_step)

    def test_page_shows_every_dimension(self):
        html = self.contact.segmentation_explanation
        for name in ("Large", "Manufacturing", "Potential", "Employees 250 ≥ 250"):
            self.assertIn(name, html)
        self.assertIn("Not classified yet", self.customer(is_company=False).segmentation_explanation)

    def test_name_of_a_class_is_text_and_not_markup(self):
        self.large_class.name = "<script>alert(1)</script>"
        self.assertNotIn("<script>", self.large.segmentation_explanation)
        self.assertIn("&lt;script&gt;", self.large.segmentation_explanation)
