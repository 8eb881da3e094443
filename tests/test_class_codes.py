"""Codes of classes as numbers that show the tree."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestClassCodes(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = cls.env["segmentation.dimension"].create(
            {"name": "Tree", "code": "TREE", "method": "manual", "sequence": 99}
        )
        north, south = (cls.make(name) for name in ("NORTH", "SOUTH"))
        east, west = (cls.make(name, north) for name in ("EAST", "WEST"))
        cls.make("FAR_WEST", west)
        cls.classes = {"north": north, "south": south, "east": east, "west": west}

    @classmethod
    def make(cls, code, parent=None, **values):
        return cls.make_class(cls, cls.tree, code, parent_id=parent.id if parent else False, **values)

    def codes(self) -> dict:
        every = self.tree.with_context(active_test=False).class_ids
        return {cls.name: cls.code for cls in every}

    def number(self, **values):
        with Form(self.env["segmentation.number.codes"].with_context(default_dimension_id=self.tree.id)) as form:
            for name, value in values.items():
                form[name] = value
        form.save().action_apply()

    def test_tree(self):
        self.number()
        expected = {"NORTH": "01", "EAST": "0101", "WEST": "0102", "FAR_WEST": "010201", "SOUTH": "02"}
        self.assertEqual(self.codes(), expected)
        self.number(digits=3, renumber=True)
        self.assertEqual(self.codes()["FAR_WEST"], "001002001")

    def test_preview(self):
        wizard = self.env["segmentation.number.codes"].create({"dimension_id": self.tree.id})
        lines = [(line.class_id.name, line.parent_id.name, line.now, line.then) for line in wizard.line_ids]
        self.assertEqual(lines[1], ("EAST", "NORTH", "EAST", "0101"))
        self.assertTrue(wizard.has_changes)
        self.assertEqual(self.codes()["EAST"], "EAST")
        wizard.action_apply()
        again = self.env["segmentation.number.codes"].create({"dimension_id": self.tree.id})
        self.assertFalse(again.has_changes)

    def test_numbers_are_stable(self):
        self.number()
        self.make("MIDDLE", self.classes["north"], sequence=1)
        self.make("FIRST", sequence=1)
        self.number()
        codes = self.codes()
        self.assertEqual((codes["EAST"], codes["WEST"], codes["MIDDLE"]), ("0101", "0102", "0103"))
        self.assertEqual((codes["NORTH"], codes["FIRST"]), ("01", "03"))
        self.number(renumber=True)
        codes = self.codes()
        self.assertEqual((codes["FIRST"], codes["NORTH"], codes["MIDDLE"], codes["EAST"]), ("01", "02", "0201", "0202"))

    def test_class_that_moves_gets_a_number_there(self):
        self.number()
        self.classes["west"].parent_id = self.classes["south"]
        self.number()
        codes = self.codes()
        self.assertEqual((codes["WEST"], codes["FAR_WEST"], codes["EAST"]), ("0201", "020101", "0101"))

    def test_archived_class_keeps_its_number(self):
        self.number()
        self.classes["east"].active = False
        self.number(renumber=True)
        codes = self.codes()
        self.assertEqual((codes["EAST"], codes["WEST"]), ("0101", "0102"))

    def test_zero_is_no_number(self):
        self.classes["south"].code = "00"
        self.number()
        self.assertEqual(self.codes()["SOUTH"], "02")

    def test_too_many(self):
        for index in range(8):
            self.make(f"MORE_{index}")
        wizard = self.env["segmentation.number.codes"].create({"dimension_id": self.tree.id, "digits": 1})
        self.assertIn("Enter more Digits", wizard.error)
        with self.assertRaises(UserError):
            wizard.action_apply()

    def test_segmentation_code_follows(self):
        partner = self.customer()
        self.classify(partner)
        partner[self.tree.field_name] = self.classes["west"]
        self.assertTrue(self.profile(partner).segmentation_code.endswith("-WEST"))
        self.number()
        self.env.invalidate_all()
        self.assertTrue(self.profile(partner).segmentation_code.endswith("-0102"))

    def test_standard_still_knows_its_classes(self):
        """A class goes by the code of its standard, whatever its code is now."""
        standard = self.env["segmentation.standard"].search([("code", "=", "STAGE_7")])
        standard._apply()
        stage = self.stage
        before = stage.class_ids.sorted("sequence")
        self.env["segmentation.class"]._set_codes(stage._numbered_codes(2, False))
        self.assertEqual(before.mapped("code"), [f"0{number}" for number in range(1, 8)])
        self.assertFalse(any(step.changes or step.kept for step in standard._plan().steps))
        standard._apply()
        self.assertEqual(stage.class_ids.sorted("sequence"), before)
        self.env["segmentation.standard"].search([("code", "=", "ABC_REVENUE")])._apply()
        focus = self.env["segmentation.standard"].search([("code", "=", "FOCUS")])
        focus._apply()
        risk = next(cls for cls in stage.class_ids if cls.name == "At risk")
        at_risk = self.env["segmentation.dimension"].search([("code", "=", "FOCUS")]).class_ids[1]
        self.assertIn(str(risk.id), at_risk.domain)
        self.assertFalse(any(step.changes or step.kept for step in focus._plan().steps))
        exported = self.env["segmentation.standard"]._from_dimensions(stage)._data()
        self.assertEqual([cls["code"] for cls in exported["dimensions"][0]["classes"]], before.mapped("code"))

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self.env["segmentation.number.codes"].with_user(self.salesperson).create({"dimension_id": self.tree.id})
