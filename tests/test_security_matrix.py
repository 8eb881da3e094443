from functools import partial

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .security_common import ROLES, SecurityCommon
from .security_matrix import MATRIX_ROLES, RIGHTS, WHOSE

# What group_manager may do with models that are not ours; the rest of its rights there comes from other groups.
CORE_RIGHTS = {"ir.model": "r", "ir.model.fields": "r", "ir.actions.server": "r"}

LETTERS = {"r": "read", "c": "create", "w": "write", "d": "unlink"}


@tagged("post_install", "-at_install")
class TestSecurityMatrix(SecurityCommon):
    """Every model × every role × read, search, export, create, write, delete, tried as that user."""

    def test_every_model_and_role_is_in_the_matrix(self):
        self.assertEqual(MATRIX_ROLES, list(ROLES))
        missing = sorted(set(self.own_models()) - set(RIGHTS))
        self.assertFalse(
            missing, "Add a line to security_matrix.py that says who may do what with: " + ", ".join(missing)
        )
        gone = sorted(set(RIGHTS) - set(self.own_models()))
        self.assertFalse(gone, "Remove from security_matrix.py: " + ", ".join(gone))

    def test_rights(self):
        for model, expected in RIGHTS.items():
            with self.subTest(model):
                found = {role: self.rights_of(self.users[role], model) for role in expected}
                self.assertEqual(found, expected)

    def test_records_of_others_are_out_of_sight(self):
        """Who has all rights has none on records of other companies, nor on what is another user's own."""
        user = self.users["admin"]
        for model, whose in WHOSE.items():
            for record in filter(None, self.records_of_others(model, whose, user)):
                with self.subTest(model=model, record=record):
                    self.assertEqual(self.allowed_on(record.with_user(user)), "")
            if "company" in whose and "c" in RIGHTS[model]["admin"]:
                with self.subTest(model=model, company="other"):
                    values = self.values(model, self.other_company, user)
                    create = partial(self.env[model].with_user(user).create, values)
                    self.assertFalse(self.allows(create, refusal=UserError))

    def test_companies_are_those_that_are_selected(self):
        """Who works for both companies sees the records of the ones that are selected."""
        user = self.users["admin"]
        user.company_ids |= self.other_company
        models = (model for model, whose in WHOSE.items() if "company" in whose and self.env[model]._auto)
        for model in models:
            record = self.record(model, self.other_company, user).with_user(user)
            with self.subTest(model):
                self.assertFalse(record.with_context(allowed_company_ids=self.company.ids).has_access("read"))
                both = (self.company | self.other_company).ids
                self.assertTrue(record.with_context(allowed_company_ids=both).has_access("read"))

    def test_rights_on_models_that_are_not_ours(self):
        lines = self.env["ir.model.data"].search(
            [("module", "=", "partner_segmentation"), ("model", "=", "ir.model.access")]
        )
        access = self.env["ir.model.access"].browse(lines.mapped("res_id"))
        foreign = access.filtered(lambda line: line.model_id.model not in RIGHTS)
        found = {
            line.model_id.model: self.letters(lambda letter, line=line: line[f"perm_{LETTERS[letter]}"])
            for line in foreign
        }
        self.assertEqual(found, CORE_RIGHTS)
        self.assertEqual(foreign.group_id, self.env.ref("partner_segmentation.group_manager"))

    def test_server_actions_of_others_are_out_of_sight(self):
        action = self.env["ir.actions.server"].create(
            {"name": "X", "model_id": self.env["ir.model"]._get_id("res.users"), "state": "code", "code": "pass"}
        )
        self.assertFalse(action.with_user(self.users["manager"]).has_access("read"))
        self.assertTrue(action.with_user(self.users["technical"]).has_access("read"))

    def test_exporting_needs_the_right_to_export(self):
        profile = self.record("segmentation.profile", self.company)
        user = self.users["manager"]
        self.assertTrue(profile.with_user(user).export_data(["display_name"])["datas"])
        user.group_ids -= self.env.ref("base.group_allow_export")
        with self.assertRaises(UserError):
            profile.with_user(user).export_data(["display_name"])

    def test_figures_are_not_exported_either(self):
        profile = self.record("segmentation.profile", self.company)
        with self.assertRaises(AccessError):
            profile.with_user(self.users["user"]).export_data(["revenue_12m"])
        self.assertTrue(profile.with_user(self.users["own_docs"]).export_data(["revenue_12m"])["datas"])

    def test_who_may_not_make_a_dimension_makes_no_column(self):
        Dimension = self.env["segmentation.dimension"].with_user(self.users["user"])
        with self.assertRaises(AccessError):
            Dimension.create({"name": "Sneaky", "code": "sneaky"})
        self.assertNotIn("x_segmentation_sneaky", self.env["segmentation.profile"]._fields)
        override = self.record("segmentation.override", self.company)
        with self.assertRaises(AccessError):
            override.dimension_id.with_user(self.users["user"]).unlink()
        self.assertTrue(override.exists())

    def test_manager_who_sees_no_figures_arranges_dimensions(self):
        """Conditions of others that read figures are in nobody's way, and are not found out either."""
        stage = self.stage.with_user(self.users["manager"])
        stage.sequence += 5
        stage.action_archive()
        stage.action_unarchive()
        by_hand = stage.create({"name": "By hand", "code": "by_hand", "method": "manual"})
        cls = self.make_class(by_hand, "A", domain="[('revenue_12m', '>', 1000000)]")
        with self.assertRaises(AccessError):
            by_hand.method = "domain"
        self.assertEqual(cls.dimension_id, by_hand)

    # -- attempts ------------------------------------------------------------------------------

    def rights_of(self, user, model) -> str:
        record = self.record(model, self.company, user).with_user(user)
        if not record:
            return self.letters(lambda letter: record.has_access(LETTERS[letter])) or "-"
        found = self.allowed_on(record)
        values = self.values(model, self.company, user)
        if self.allows(lambda: record.browse().create(values)):
            found += "c"
        return self.letters(found.__contains__) or "-"

    def records_of_others(self, model, whose, user):
        if "creator" in whose:
            yield self.record(model, self.company, self.colleague)
        if "company" in whose:
            yield self.record(model, self.other_company, user)

    def allowed_on(self, record) -> str:
        """Letters of what the user of the record may do with it."""
        attempts = {
            "r": record.read,
            "w": lambda: record.write(self.same_value(record)),
            "d": record.unlink,
        }
        allowed = "".join(letter for letter, attempt in attempts.items() if self.allows(attempt))
        # Reading, searching and exporting are one right.
        found = self.allows(lambda: record.browse().check_access("read")) and record.with_context(
            active_test=False
        ).search([("id", "=", record.id)])
        self.assertEqual(bool(found), "r" in allowed, "search")
        exported = self.allows(lambda: record.export_data(["display_name"]), refusal=UserError)
        self.assertEqual(exported, "r" in allowed, "export")
        return allowed

    def same_value(self, record) -> dict:
        """A value to write that changes nothing."""
        skipped = ("company_id", "create_uid", "id")
        simple = ("char", "text", "integer", "float", "boolean", "selection", "date", "datetime", "many2one")
        field = next(
            field
            for name, field in record._fields.items()
            if field.type in simple and field.store and not field.compute and name not in skipped
        )
        return {field.name: field.convert_to_write(record.sudo()[field.name], record)}

    @staticmethod
    def letters(holds) -> str:
        return "".join(filter(holds, LETTERS))
