import csv
import io
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged

from ..completing.guess import guess_country, guess_industry, guess_state
from .common import SegmentationCommon

# A unified social credit code with a right check digit: registered in Shenzhen, Guangdong.
USCC = "91440300708461136T"
FACTS = ("name", "vat", "country_id", "state_id", "city", "zip", "industry_id", "employee_count", "annual_turnover")


@tagged("post_install", "-at_install")
class TestCompleting(SegmentationCommon):
    """Facts are filled in by hand, by a file or by a guess; only the guess is marked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manufacturing = cls.env.ref("base.res_partner_industry_C")
        cls.guangdong = cls.env.ref("base.state_cn_GD")
        cls.maker = cls.customer("深圳精密制造有限公司", vat=USCC, employee_count=300)
        cls.shop = cls.customer("Shanghai Retail Ltd", zip="200000", country_id=cls.china.id, annual_turnover=1e6)
        cls.silent = cls.customer("Silent")
        cls.everybody = cls.maker | cls.shop | cls.silent
        cls.invoice(cls.shop, 5000.0)
        cls.classify()
        cls.editor = cls.new_user("editor", "partner_segmentation.group_manager", "base.group_partner_manager")
        cls.manager = cls.new_user("manager", "partner_segmentation.group_manager")

    @classmethod
    def new_user(cls, login, *groups):
        return new_test_user(
            cls.env,
            f"completing_{login}",
            ",".join(groups),
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def propose(self, partners, user=None):
        action = partners.with_user(user or self.editor).action_guess()
        return self.env["segmentation.guess"].with_user(user or self.editor).browse(action["res_id"])

    # -- what is missing -----------------------------------------------------------------------

    def test_what_is_missing_is_read_searched_and_sorted(self):
        partner = self.silent.with_user(self.editor)
        self.assertIn("Industry", partner.missing_fact_names)
        found = partner.search([("id", "in", self.everybody.ids), ("missing_facts", "!=", False)])
        self.assertIn(partner, found)
        sorted_ = self.env["res.partner"].search([("id", "in", self.everybody.ids)], order="revenue_12m desc, id")
        self.assertEqual(sorted_[0], self.shop)
        self.assertEqual(self.shop.revenue_12m, 5000.0)
        with self.assertRaises(AccessError):
            self.shop.with_user(self.editor).read(["revenue_12m"])

    def test_what_is_told_is_not_missing_any_more(self):
        self.assertEqual(
            set(self.silent.missing_fact_names.split(", ")) & {"Employees", "Industry"}, {"Employees", "Industry"}
        )
        self.silent.employee_count = 0
        self.assertNotIn("Employees", self.silent.missing_fact_names)
        self.silent.industry_id = self.manufacturing
        self.assertNotIn("Industry", self.silent.missing_fact_names)
        self.silent.write({"employee_count": False, "industry_id": False})
        self.assertIn("Employees", self.silent.missing_fact_names)

    def test_industry_that_is_not_exact_enough(self):
        """Of an industry of which bounds name parts only, nobody can tell which bounds apply."""
        whole = self.env["res.partner.industry"].create({"name": "Whole"})
        part, _other = self.env["res.partner.industry"].create(
            [{"name": name, "parent_id": whole.id} for name in ("Part", "Other part")]
        )
        criterion = self.env.ref("partner_segmentation.criterion_size_large_employee_count")
        criterion.copy({"industry_ids": [Command.set(part.ids)], "lower_bound": 500})
        self.maker.industry_id = whole
        self.silent.industry_id = part
        self.classify()
        self.assertIn("industry_id", self.maker.missing_facts.split(","))
        self.assertIn("Industry, more exactly", self.maker.missing_fact_names)
        self.assertNotIn("Industry", self.silent.missing_fact_names or "")
        domain = self.env["res.partner"]._missing_fact_domain("industry_id")
        found = self.env["res.partner"].search([("id", "in", self.everybody.ids), *domain])
        self.assertEqual(found & (self.maker | self.silent), self.maker)

    def test_code_of_a_fact_is_matched_as_a_whole(self):
        self.profile(self.silent).sudo().missing_facts = "other_zip,zip_code"
        self.profile(self.shop).sudo().missing_facts = "city,other,state_id"
        self.env.flush_all()
        domain = self.env["res.partner"]._missing_fact_domain
        own = [("id", "in", self.everybody.ids)]
        search = self.env["res.partner"].search
        self.assertFalse(search([*own, *domain("zip")]) & self.silent)
        for code in ("city", "other", "state_id"):
            self.assertIn(self.shop, search([*own, *domain(code)]))

    def test_the_list_and_its_filters_open(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_complete_action")
        view = self.env.ref("partner_segmentation.segmentation_complete_view_list")
        Partner = self.env["res.partner"].with_user(self.editor)
        views = Partner.get_views([(view.id, "list"), (action["search_view_id"][0], "search")])["views"]
        self.assertNotIn("revenue_12m", views["list"]["arch"])  # neither shown nor sorted by
        self.assertIn("action_guess", views["list"]["arch"])
        seller = self.env["res.partner"].with_user(self.salesperson).get_views([(view.id, "list")])["views"]
        self.assertIn('default_order="revenue_12m desc', seller["list"]["arch"])
        plain = self.env["res.partner"].with_user(self.manager).get_views([(view.id, "list")])["views"]
        self.assertNotIn("action_guess", plain["list"]["arch"])

    # -- guesses -------------------------------------------------------------------------------

    def test_country_of_a_tax_number(self):
        for vat, country in (
            (USCC, "CN"),
            ("DE136695976", "DE"),
            ("EL094259216", "GR"),
            ("ATU13585627", "AT"),
            ("XI432525179", "XI"),  # Northern Ireland
            ("CHE-107.787.577 MWST", "CH"),
            ("GB 980 7806 84", "GB"),
            ("DE123", None),  # no such number
            ("XX12345678", None),
            ("91440300708461136A", None),  # wrong check digit
            ("", None),
        ):
            guess = guess_country(vat, "", {})
            self.assertEqual(guess and guess.value, country, vat)

    def test_country_of_a_phone_number(self):
        countries = {"86": "CN", "358": "FI", "852": "HK"}
        for phone, country in (
            ("+86 21 5555 0000", "CN"),
            ("0086-21-55550000", "CN"),
            ("+852 2345 6789", "HK"),
            ("86 21 5555", None),  # no international number
            ("+1 212 555", None),  # several countries
        ):
            guess = guess_country("", phone, countries)
            self.assertEqual(guess and guess.value, country, phone)

    def test_province(self):
        for country, zip_code, vat, state in (
            ("CN", "200000", "", "SH"),
            ("CN", "518 000", "", "GD"),
            ("CN", "", USCC, "GD"),
            ("CN", "100080", USCC, "BJ"),  # the address says more than the registration
            ("CN", "20000", "", None),
            ("DE", "20000", "", None),
            ("DE", "200000", "", None),
            (None, "200000", "", None),
            ("CN", "990000", "", None),
        ):
            guess = guess_state(country, zip_code, vat)
            self.assertEqual(guess and guess.value, state, (country, zip_code, vat))

    def test_industry_of_a_name(self):
        for name, industry in (
            ("深圳精密制造有限公司", "C"),
            ("Acme Manufacturing GmbH", "C"),
            ("Shanghai Retail Ltd", "G"),
            ("软件大学", None),  # two industries
            ("Retailoring Ltd", None),  # no whole word
            ("Riverbank Ltd", None),
            ("First Bank", "K"),
            ("Acme", None),
            ("", None),
        ):
            guess = guess_industry(name)
            self.assertEqual(guess and guess.value, industry, name)

    def test_tables_name_what_odoo_has(self):
        from ..completing import guess

        for table, prefix in (
            ("china_zip", "state_cn"),
            ("china_division", "state_cn"),
            ("industry_words", "res_partner_industry"),
        ):
            for value in set(guess._table(table).values()):
                self.assertTrue(self.env.ref(f"base.{prefix}_{value}"), (table, value))

    def test_nothing_is_written_before_it_is_taken(self):
        guess = self.propose(self.everybody)
        self.assertEqual(guess.line_ids.partner_id, self.maker | self.shop)
        line = guess.line_ids.filtered(lambda line: line.partner_id == self.maker)
        self.assertEqual((line.country_id, line.state_id), (self.china, self.guangdong))
        self.assertEqual(line.industry_id, self.manufacturing)
        self.assertIn(USCC, line.evidence)
        self.assertFalse(self.maker.country_id or self.maker.industry_id)
        self.assertFalse(self.maker.guessed_facts)

    def test_taken_guesses_are_marked(self):
        guess = self.propose(self.everybody)
        guess.line_ids.filtered(lambda line: line.partner_id == self.shop).take = False
        guess.action_take()
        self.assertEqual(self.maker.industry_id, self.manufacturing)
        self.assertEqual((self.maker.country_id, self.maker.state_id), (self.china, self.guangdong))
        self.assertEqual(self.maker.guessed_facts, "country_id,state_id,industry_id")
        self.assertEqual(self.maker.guessed_fact_names, "Country, State, Industry")
        self.assertFalse(self.shop.industry_id or self.shop.state_id or self.shop.guessed_facts)
        self.assertEqual(
            self.maker.search([("guessed_facts", "!=", False), ("id", "in", self.everybody.ids)]), self.maker
        )

    def test_guess_in_the_form_of_the_wizard(self):
        guess = self.propose(self.maker)
        with Form(guess) as form, form.line_ids.edit(0) as line:
            line.industry_id = self.env.ref("base.res_partner_industry_J")
            line.state_id = self.env["res.country.state"]
        guess.action_take()
        # What a person has chosen is no guess; what was emptied stays empty.
        self.assertEqual(self.maker.industry_id.name, "IT/Communication")
        self.assertFalse(self.maker.state_id)
        self.assertEqual(self.maker.guessed_facts, "country_id")

    def test_what_is_known_is_never_overwritten(self):
        guess = self.propose(self.maker)
        self.maker.industry_id = self.env.ref("base.res_partner_industry_J")
        guess.action_take()
        self.assertEqual(self.maker.industry_id.name, "IT/Communication")
        self.assertEqual(self.maker.guessed_facts, "country_id,state_id")

    def test_mark_goes_with_what_a_person_writes(self):
        self.propose(self.maker).action_take()
        self.maker.write({"industry_id": self.manufacturing.id})  # the same: nobody has changed anything
        self.assertIn("industry_id", self.maker.guessed_facts)
        self.maker.with_user(self.editor).industry_id = self.env.ref("base.res_partner_industry_J")
        self.assertEqual(self.maker.guessed_facts, "country_id,state_id")
        self.maker.write({"country_id": self.env.ref("base.de").id, "state_id": False})
        self.assertFalse(self.maker.guessed_facts)

    def test_confirm_and_reject(self):
        self.propose(self.everybody).action_take()
        self.maker.with_user(self.editor).action_confirm_guesses()
        self.assertFalse(self.maker.guessed_facts)
        self.assertEqual(self.maker.industry_id, self.manufacturing)
        (self.maker | self.shop).with_user(self.editor).action_reject_guesses()
        self.assertEqual(self.maker.industry_id, self.manufacturing)
        self.assertFalse(self.shop.industry_id or self.shop.state_id or self.shop.guessed_facts)
        self.assertEqual(self.shop.country_id, self.china)

    def test_all_customers_and_nothing_to_guess(self):
        guess = self.propose(self.env["res.partner"])
        self.assertLessEqual(self.maker | self.shop, guess.line_ids.partner_id)
        self.assertTrue(all(guess.line_ids.partner_id.mapped("is_classified")))
        with self.assertRaisesRegex(UserError, "by hand"):
            self.propose(self.silent)

    def test_contacts_stand_for_their_company(self):
        contact = self.customer("Contact", is_company=False, parent_id=self.maker.id)
        self.assertEqual(self.propose(contact).line_ids.partner_id, self.maker)

    def test_guess_leads_to_classes(self):
        self.env.cr.precommit.run()
        self.env["segmentation.touch"].sudo().search([]).unlink()
        self.propose(self.everybody).action_take()
        self.env.cr.precommit.run()
        marked = self.env["segmentation.touch"].sudo().search([("partner_id", "in", self.everybody.ids)]).partner_id
        self.assertEqual(marked, self.maker | self.shop)
        self.classify()
        self.assertClass(self.maker, self.industry, "MFG")
        self.assertEqual(self.maker.region_class_id.name, self.guangdong.name)

    # -- rights --------------------------------------------------------------------------------

    def test_filling_in_needs_the_right_on_contacts(self):
        guess = self.propose(self.maker, self.manager)
        with self.assertRaises(AccessError):
            guess.action_take()
        self.propose(self.maker).action_take()
        for call in ("action_confirm_guesses", "action_reject_guesses"):
            with self.assertRaises(AccessError):
                getattr(self.maker.with_user(self.manager), call)()
        self.assertEqual(self.maker.guessed_facts, "country_id,state_id,industry_id")

    def test_user_without_classes_guesses_nothing(self):
        outsider = self.new_user("outsider", "base.group_user", "base.group_partner_manager")
        with self.assertRaises(AccessError):
            self.maker.with_user(outsider).action_guess()
        # Whoever edits contacts takes the mark away, with or without a right on classes.
        self.propose(self.maker).action_take()
        self.maker.with_user(outsider).industry_id = False
        self.assertEqual(self.maker.guessed_facts, "country_id,state_id")

    def test_guesses_are_one_s_own(self):
        guess = self.propose(self.maker)
        other = self.new_user("other", "partner_segmentation.group_manager", "base.group_partner_manager")
        with self.assertRaises(AccessError):
            guess.with_user(other).action_take()

    # -- file ----------------------------------------------------------------------------------

    def exported(self, partners):
        """Rows of the shipped export template, as Odoo's export writes them."""
        names = self.env.ref("partner_segmentation.export_facts").export_fields.mapped("name")
        rows = partners.export_data([name if name != "id" else "id" for name in names])["datas"]
        return [names, *[["" if value is False else str(value) for value in row] for row in rows]]

    def imported(self, rows, user=None):
        """What Odoo's import says to the rows as a CSV file."""
        file = io.StringIO()
        csv.writer(file).writerows(rows)
        wizard = (
            self.env["base_import.import"]
            .with_user(user or self.editor)
            .create({"res_model": "res.partner", "file": file.getvalue().encode(), "file_type": "text/csv"})
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True, "encoding": "utf-8"}
        preview = wizard.parse_preview(options)
        self.assertNotIn("error", preview)
        fields = [(preview["matches"].get(index) or [None])[0] for index in range(len(rows[0]))]
        self.assertEqual(fields, rows[0])  # every column finds its field by itself
        return wizard.execute_import(fields, rows[0], preview["options"])

    def facts(self, partners):
        return {partner.id: json.dumps(partner.read(FACTS), default=str) for partner in partners}

    def test_file_comes_back_unchanged(self):
        self.propose(self.everybody).action_take()
        before = self.facts(self.everybody)
        result = self.imported(self.exported(self.everybody))
        self.assertEqual(result["messages"], [])
        self.assertEqual(set(result["ids"]), set(self.everybody.ids))
        self.env.invalidate_all()
        self.assertEqual(self.facts(self.everybody), before)
        self.assertIs(self.silent.employee_count, False)  # unknown stays unknown
        self.assertEqual(self.maker.guessed_facts, "country_id,state_id,industry_id")

    def test_facts_filled_in_in_the_file_arrive(self):
        rows = self.exported(self.everybody)
        row = next(row for row in rows if row[1] == "Silent")
        for name, value in (
            ("industry_id", "Manufacturing"),
            ("country_id", "China"),
            ("state_id", self.guangdong.display_name),
            ("employee_count", "42"),
            ("annual_turnover", "1234.5"),
        ):
            row[rows[0].index(name)] = value
        others = self.maker | self.shop
        before = self.facts(others)
        self.assertEqual(self.imported(rows)["messages"], [])
        self.env.invalidate_all()
        self.assertEqual(self.silent.industry_id, self.manufacturing)
        self.assertEqual((self.silent.country_id, self.silent.state_id), (self.china, self.guangdong))
        self.assertEqual((self.silent.employee_count, self.silent.annual_turnover), (42, 1234.5))
        self.assertFalse(self.silent.guessed_facts)
        self.assertEqual(self.facts(others), before)
        self.classify()
        self.assertClass(self.silent, self.industry, "MFG")

    def test_import_needs_the_right_on_contacts(self):
        rows = self.exported(self.silent)
        rows[1][rows[0].index("employee_count")] = "42"
        result = self.imported(rows, self.manager)
        self.assertTrue(any(message["type"] == "error" for message in result["messages"]))
        self.assertIs(self.silent.employee_count, False)

    def test_template_is_offered_for_contacts(self):
        template = self.env.ref("partner_segmentation.export_facts")
        self.assertEqual(template.resource, "res.partner")
        for name in template.export_fields.mapped("name"):
            self.assertIn(name, self.env["res.partner"]._fields)
        self.editor.group_ids += self.env.ref("base.group_allow_export")
        self.env["res.lang"]._activate_lang("zh_CN")
        for lang, name in (("en_US", template.name), ("zh_CN", "客户分类：待补全的数据")):
            found = call_kw(
                self.env["ir.exports"].with_user(self.editor),
                "search_read",
                [[("resource", "=", "res.partner")], []],
                {"context": {"lang": lang}},
            )
            self.assertIn((template.id, name), [(each["id"], each["name"]) for each in found])
        template.name = "Our facts"
        renamed = self.env["ir.exports"].with_context(lang="zh_CN").search_read([("id", "=", template.id)])
        self.assertEqual(renamed[0]["name"], "Our facts")
        # As the button of the list calls it.
        action = call_kw(self.env["res.partner"].with_user(self.editor), "action_import_facts", [[]], {})
        self.assertEqual((action["tag"], action["params"]["active_model"]), ("import", "res.partner"))
