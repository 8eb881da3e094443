"""Files of standards: what goes out comes in again, what is no standard is refused; and the wizard."""

import base64
import copy
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ..standards.format import dump
from .standards_common import VALUE, LibraryCommon


@tagged("post_install", "-at_install")
class TestFiles(LibraryCommon):
    def test_export_and_import_in_the_same_database(self):
        self.env["segmentation.dimension"].with_context(active_test=False).search([]).active = True
        for codes in (("SIZE",), ("INDUSTRY",), ("REGION", "STAGE")):
            before = self.exported(*codes)
            standard = self.env["segmentation.standard"]._from_dimensions(
                self.env["segmentation.dimension"].search([("code", "in", codes)])
            )
            self.assertFalse(self.rows(standard), codes)
            standard._apply()
            self.assertEqual(self.exported(*codes), before)

    def test_export_and_import_in_an_empty_database(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.imported(VALUE)._apply()
        before = self.exported("TIER", "PLACE", "MIX")
        self.assertEqual(before["dimensions"][0]["name"], VALUE["dimensions"][0]["name"])
        self.assertEqual(
            before["dimensions"][2]["classes"][0]["domain"], VALUE["dimensions"][2]["classes"][0]["domain"]
        )
        text = self.env["segmentation.standard"].search([("code", "=", "TIER_PLACE_MIX")]).content
        self.forget("TIER", "PLACE", "MIX")
        again = self.imported(json.loads(text))
        again._apply()
        self.assertEqual(self.exported("TIER", "PLACE", "MIX"), before)

    def forget(self, *codes):
        """As if the dimensions, and what only they know, had never been."""
        self.env["segmentation.standard.item"].search([]).unlink()
        standards = self.env["segmentation.standard"].search([("is_shipped", "=", False)])
        standards.applied_version = False
        standards.unlink()
        for dimension in self.env["segmentation.dimension"].search(
            [("code", "in", codes)], order="sequence desc, id desc"
        ):
            dimension.active = False
            dimension.unlink()
        metrics = self.env["segmentation.metric"].search([]).filtered("is_custom")
        metrics.active = False
        metrics.unlink()
        self.env["res.partner.industry"].search([("name", "=", "Toys")]).unlink()

    def test_shipped_standards_survive_the_round_trip(self):
        for code in ("CN_NBS_2017", "EU_2003_361"):
            self.standard(code)._apply()
            before = self.exported("SIZE")
            own = self.env["segmentation.standard"].search([("code", "=", "SIZE")])
            self.standard("SIZE_DEFAULT")._apply()
            own._apply()
            self.assertEqual(self.exported("SIZE")["dimensions"], before["dimensions"])

    def test_own_industries_go_with_a_standard(self):
        """By a code made of their names, each its own."""
        Industry = self.env["res.partner.industry"]
        industries = Industry.create(
            [{"name": name} for name in ("Wood & paper", "Wood, paper", "机械", "电子", "3D print")]
        )
        self.industry.active = True
        self.make_class(self.industry, "OWN").industry_ids = industries
        [cls] = [cls for cls in self.exported("INDUSTRY")["dimensions"][0]["classes"] if cls["code"] == "OWN"]
        codes = cls["industries"]
        self.assertEqual(len(set(codes)), 5)
        self.assertLessEqual({"WOOD_PAPER", "INDUSTRY", "INDUSTRY_3D_PRINT"}, set(codes))
        standard = self.env["segmentation.standard"]._from_dimensions(self.industry)
        self.assertFalse(self.rows(standard))

    def refused(self, message, text):
        if not isinstance(text, bytes | str):
            text = json.dumps(text)
        encoded = base64.b64encode(text.encode() if isinstance(text, str) else text)
        with self.assertRaisesRegex(UserError, message):
            self.env["segmentation.standard"].create({"file": encoded})

    def test_not_a_file_of_a_standard(self):
        self.refused("not a text", b"\xff\xfe\x00")
        self.refused("not valid JSON", "nonsense")
        self.refused("not valid JSON", "[" * 200_000)
        self.refused("NaN is not a number", '{"format": NaN}')
        self.refused("the key “format” occurs twice", '{"format": 1, "format": 1}')
        self.refused("not valid JSON", "9" * 10_000)
        self.refused("… and [0-9]+ more", {f"key_{number}": None for number in range(20)})
        self.refused("too large", "[" + " " * 3_000_000)
        self.refused("is not a number|hysteresis: a number", json.dumps(VALUE).replace("0.1", "1e400"))
        for text in ("[]", "1", '"x"', "null", "true"):
            self.refused("an object with the keys", text)
        with self.assertRaisesRegex(UserError, "Choose the File"):
            self.env["segmentation.standard"].create({})

    def test_wrong_values(self):
        """Each place in turn gets what does not belong there, and the message names it."""
        wrong = {
            "format": (2, "1", True, None),
            "code": ("<b>", "a b", "", 5, None, [], {}, "x" * 41, "x\n"),
            "version": (1.0, "one", ""),
            "name": (
                "Size",
                {},
                {"zh_CN": "x"},
                {"en_US": 5},
                {"en_US": "x\x00"},
                {"en_US": "\ud800"},
                {"../": "x", "en_US": "x"},
            ),
            "dimensions": ({}, None, [[]], ["x"]),
            "dimensions[0].method": ("magic", ["criteria"], {}),
            "dimensions[0].sequence": (1.5, True, 2**40, "1"),
            "dimensions[0].hysteresis": ("1", True, 1e20),
            "dimensions[0].in_code": (1, "yes"),
            "dimensions[0].domain": (
                "[(1,'=',1)]",
                [["a"]],
                [["a", "=", {"b": 1}]],
                [{"a": 1}],
                [["a", "=", {"class": 5}]],
            ),
            "dimensions[0].column": ("employee_count", "no_such_column"),
            "dimensions[0].currency": ("euro", "ZZZ"),
            "dimensions[0].fallback": ("Z", ["A"]),
            "dimensions[0].classes[0].criteria": ("x", {}),
            "dimensions[0].classes[0].criteria[0].metric": ("no_such_metric", 5, "x-y"),
            "dimensions[0].classes[0].criteria[0].lower_bound": ("5", None, [5]),
            "dimensions[0].classes[0].criteria[0].industries": (["base.cn"], ["NONE"], "TOYS", [5]),
            "dimensions[1].classes[0].states": (["CN-NOWHERE"], ["X"], "CN-GD"),
            "dimensions[1].classes[1].countries": (["XX"], ["de"]),
            "dimensions[1].classes[1].zip_prefixes": ("20", [20], ["2 0"], ["sw1"], ["20*"], ["20,21"], [""], {}),
            "dimensions[1].classes[1].cities": ("上海", [5], ["上海、苏州"], ["a, b"], ["X", "x"], [" X"], [""], {}),
            "metrics[0].model": ("no.such.model",),
            "metrics[0].measure": ("no_such_field",),
            "dimensions[2].classes[0].domain": (
                [["a", "=", {"class": "TIER/Z"}]],
                [["a", "=", {"record": "base.nobody"}]],
            ),
        }
        for place, values in wrong.items():
            for value in values:
                with self.subTest(place=place, value=value):
                    data = copy.deepcopy(VALUE)
                    self.put(data, place, value)
                    self.refused(f"\n{place}".replace("[", r"\[").replace("]", r"\]"), data)

    @staticmethod
    def put(data, place, value):
        *path, last = place.replace("[", ".").replace("]", "").split(".")
        for step in path:
            data = data[int(step) if step.isdigit() else step]
        data[last] = value

    def test_unknown_missing_and_repeated(self):
        data = copy.deepcopy(VALUE)
        data["dimensions"][0]["classes"][1]["colour"] = 1
        data["dimensions"][0]["classes"][1].pop("code")
        data["dimensions"][1]["classes"][1]["code"] = "HOME"
        data["dimensions"][0]["classes"][0]["criteria"][1].pop("industries")
        self.refused(r"classes\[1\]: unknown key “colour”", data)
        self.refused(r"dimensions\[0\]\.classes\[1\]\.code: is missing", data)
        self.refused(r"dimensions\[1\]\.classes\[1\]\.code: “HOME” is used twice", data)
        data = copy.deepcopy(VALUE)
        data["dimensions"][0]["classes"][0]["criteria"][1].pop("industries")
        self.refused(r"criteria\[1\]: the class already has a bound", data)

    def test_condition_that_means_nothing_elsewhere(self):
        partner = self.customer("Nameless")
        self.size.domain = str([("partner_id", "=", partner.id)])
        with self.assertRaisesRegex(UserError, "by its number"):
            self.exported("SIZE")

    def test_file_comes_out_as_it_went_in(self):
        standard = self.imported(VALUE)
        self.assertEqual(json.loads(base64.b64decode(standard.file)), VALUE)
        self.assertEqual(base64.b64decode(standard.file).decode(), dump(VALUE))
        self.assertIn("VALUE_TIERS.json", standard.action_download()["url"])
        with self.assertRaisesRegex(UserError, "already has a standard"):
            self.imported(VALUE)

    def test_standard_in_use_is_not_deleted(self):
        standard = self.imported(VALUE)
        standard._apply()
        with self.assertRaisesRegex(UserError, "is in use"):
            standard.unlink()
        other = copy.deepcopy(VALUE) | {"code": "OTHER"}
        with self.assertRaisesRegex(UserError, "another standard"):
            self.update(standard, other)


@tagged("post_install", "-at_install")
class TestWizard(LibraryCommon):
    def test_preview_and_apply(self):
        wizard = Form(self.env["segmentation.apply.standard"])
        self.assertFalse(wizard.has_changes)
        wizard.standard_id = self.standard("EU_2003_361")
        self.assertTrue(wizard.has_changes)
        self.assertIn("No exchange rate", wizard.warning)
        wizard = wizard.save()
        lines = {(line.action, line.kind) for line in wizard.line_ids}
        self.assertTrue(lines >= {("create", "class"), ("change", "dimension"), ("remove", "criterion")})
        action = wizard.action_apply()
        self.assertEqual(action["params"]["next"]["res_id"], self.size.id)
        self.assertEqual(self.size.criteria_mode, "alternatives")
        again = Form(self.env["segmentation.apply.standard"].with_context(default_standard_id=wizard.standard_id.id))
        self.assertFalse(again.has_changes)

    def test_offered_on_first_use(self):
        """The empty list of customers offers standards until one has been applied, to those who may apply them."""
        action = self.env.ref("partner_segmentation.segmentation_customer_action")
        link = f'name="{self.env.ref("partner_segmentation.apply_standard_action").id}"'

        def help_of(user):
            return action.with_user(user).sudo().read()[0]["help"]  # as clients do

        self.assertIn(link, help_of(self.env.user))
        self.assertNotIn(link, help_of(self.salesperson))
        self.assertNotIn(link, self.env["res.partner"].get_empty_list_help("<p>Nobody</p>"))
        self.standard("EU_2003_361")._apply()
        self.standard("SIZE_DEFAULT")._apply()
        self.assertNotIn(link, help_of(self.env.user))

    def test_error_is_shown(self):
        standard = self.imported(VALUE)
        metric = copy.deepcopy(VALUE)
        metric["metrics"] = []
        standard.content = dump(metric)
        wizard = Form(self.env["segmentation.apply.standard"].with_context(default_standard_id=standard.id))
        self.assertIn("no metric with the code “largest_invoice”", wizard.error)
        self.assertFalse(wizard.has_changes)

    def test_managers_without_technical_rights(self):
        manager = new_test_user(
            self.env,
            "standards_manager",
            "partner_segmentation.group_manager,sales_team.group_sale_manager,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for code in ("CN_NBS_2017", "EU_2003_361"):
            wizard = Form(self.env["segmentation.apply.standard"].with_user(manager))
            wizard.standard_id = self.standard(code).with_user(manager)
            wizard.save().action_apply()
        self.imported(VALUE).with_user(manager)._apply()
        self.size.with_user(manager).action_save_as_standard()

    def test_others_may_not(self):
        standard = self.standard("EU_2003_361").with_user(self.salesperson)
        with self.assertRaises(AccessError):
            standard._apply()
        with self.assertRaises(AccessError):
            standard.read(["name"])
        with self.assertRaises(AccessError):
            self.env["segmentation.apply.standard"].with_user(self.salesperson).create({"standard_id": standard.id})
