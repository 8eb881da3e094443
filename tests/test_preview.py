from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged

from .common import AS_OF, SegmentationCommon


class PreviewCase(SegmentationCommon):
    """Helpers to look at previews; everything is as of one day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run_class = cls.registry["segmentation.run"]
        cls.startClassPatcher(patch.object(run_class, "_today", lambda _run, _company: AS_OF))
        # Demo data has customers of all companies.
        cls.company.segmentation_population = "[('ref', '=', 'preview')]"

    @classmethod
    def customer(cls, name="Customer", **values):
        return super().customer(name, ref="preview", **values)

    def preview(self, record, values=None):
        return record.env["segmentation.preview"].browse(record.action_preview(values)["res_id"])

    def moves(self, preview):
        """(dimension, class now, class then) → customers."""
        return {
            (d["name"], d["classes"][m["source"]]["name"], d["classes"][m["target"]]["name"]): m["customers"]
            for d in preview.dimensions or []
            for m in d["moves"]
        }

    def stored(self):
        """(customer, dimension) → class, of the company, as stored."""
        dimensions = self.env["segmentation.dimension"].with_context(active_test=False).search([])
        profiles = self.env["segmentation.profile"].with_context(active_test=False)
        return {
            (profile.partner_id, dimension.name): profile[dimension.field_name].name or "Unclassified"
            for profile in profiles.search([("company_id", "=", self.company.id)])
            for dimension in dimensions
        }

    def apply(self, preview):
        """What applying moved: as ``moves``."""
        before = self.stored()
        preview.action_apply()
        self.classify()
        after = self.stored()
        return dict(
            Counter((key[1], before[key], after[key]) for key in before.keys() & after if before[key] != after[key])
        )

    def criterion(self, name):
        return self.env.ref(f"partner_segmentation.criterion_size_{name}")

    def bounds(self, **values):
        """Values of the dimension Size that set lower bounds: criterion → bound."""
        return {
            "class_ids": [
                Command.update(
                    self.criterion(name).class_id.id,
                    {"criterion_ids": [Command.update(self.criterion(name).id, {"lower_bound": value})]},
                )
                for name, value in values.items()
            ]
        }


@tagged("post_install", "-at_install")
class TestPreview(PreviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.little = cls.customer("Little", employee_count=5)
        cls.medium = cls.customer("Medium customer", employee_count=120)
        cls.invoice(cls.medium, 700)
        cls.classify()

    def test_bound(self):
        preview = self.preview(self.size, self.bounds(large_employee_count=100))
        self.assertEqual(self.moves(preview), {("Size", "Medium", "Large"): 1})
        self.assertEqual((preview.moved, preview.revenue_moved), (1, 700))
        self.assertEqual(preview.customers, self.env["segmentation.profile"].search_count([]))
        self.assertIn(f"1 of {preview.customers} customers", preview.summary)
        mover = preview.mover_ids
        self.assertEqual((mover.partner_id, mover.class_now, mover.class_then), (self.medium, "Medium", "Large"))
        self.assertEqual(mover.revenue, 700)
        self.assertIn("Employees: 120", mover.evidence)
        [size] = preview.dimensions
        sizes = {cls["name"]: (cls["now"], cls["then"]) for cls in size["classes"]}
        medium = self.env.ref("partner_segmentation.class_size_medium").customer_count
        self.assertEqual(sizes["Medium"], (medium, medium - 1))
        self.assertEqual([move["direction"] for move in size["moves"]], ["up"])
        self.assertIn("Large", preview.matrix)

    def test_actions_that_would_be_run(self):
        large = self.env.ref("partner_segmentation.class_size_large")
        action = self.env["segmentation.action"].create(
            {
                "name": "Welcome",
                "active": True,
                "company_id": self.company.id,
                "dimension_id": self.size.id,
                "event": "enter",
                "class_ids": [Command.set(large.ids)],
            }
        )
        values = self.bounds(large_employee_count=100)
        self.assertEqual(self.preview(self.size, values).actions_text, "Welcome: for 1 customers")
        action.domain = "[('revenue_12m', '>', 0)]"
        self.assertIn("up to 1", self.preview(self.size, values).actions_text)
        self.customer("New, has no file yet", employee_count=5000)
        self.env["segmentation.run"].search([]).unlink()  # everybody is evaluated anew
        self.assertIn("up to 1", self.preview(self.size, values).actions_text)
        action.active = False
        self.assertIn("No action", self.preview(self.size, values).actions_text)

    def test_nothing_is_written(self):
        versions = self.env["segmentation.preview"]._versions()
        before, bound = self.stored(), self.criterion("large_employee_count").lower_bound
        queued = self.env["segmentation.run"].search([("state", "=", "queued")])
        preview = self.preview(self.size, self.bounds(large_employee_count=100))
        preview.action_discard()
        self.assertEqual(self.criterion("large_employee_count").lower_bound, bound)
        self.assertEqual(self.env["segmentation.preview"]._versions(), versions)
        self.assertEqual(self.env["segmentation.run"].search([("state", "=", "queued")]), queued)
        self.assertEqual(self.stored(), before)

    def test_apply(self):
        preview = self.preview(self.size, self.bounds(large_employee_count=100))
        result = preview.action_apply()
        self.assertEqual(self.criterion("large_employee_count").lower_bound, 100)
        waiting = self.env["segmentation.run"]._waiting(self.company)
        self.assertLessEqual(waiting.not_before, Datetime.now())
        self.assertEqual(result["params"]["next"]["infos"], {"previewEnded": True, "resId": self.size.id})

    def test_what_was_saved_without_a_preview_is_shown_too(self):
        self.criterion("large_employee_count").lower_bound = 100
        expected = {("Size", "Medium", "Large"): 1}
        self.assertEqual(self.moves(self.preview(self.size)), expected)
        self.assertEqual(self.moves(self.preview(self.region, {"hysteresis": 0})), expected)

    def test_class(self):
        criterion = self.criterion("large_employee_count")
        values = {"criterion_ids": [Command.update(criterion.id, {"lower_bound": 100})]}
        preview = self.preview(criterion.class_id, values)
        self.assertEqual(self.moves(preview), {("Size", "Medium", "Large"): 1})
        self.assertEqual(self.apply(preview), self.moves(preview))

    def test_nobody_moves(self):
        preview = self.preview(self.size, self.bounds(large_employee_count=201))
        self.assertFalse(preview.dimensions)
        self.assertIn("None of", preview.summary)

    def test_window(self):
        metric = self.env.ref("partner_segmentation.metric_revenue_12m")
        old = self.customer("Bought long ago")
        self.invoice(old, 60_000_000, AS_OF.replace(year=AS_OF.year - 2))
        self.classify()
        preview = self.preview(metric, {"window_months": 36})
        self.assertEqual(self.moves(preview), {("Size", "Small", "Large"): 1})
        self.assertEqual(preview.mover_ids.revenue, 60_000_000)
        self.assertEqual(self.apply(preview), self.moves(preview))

    def test_derived_metric_is_computed_anew(self):
        base = self.env.ref("partner_segmentation.metric_revenue_12m")
        growth = self.env.ref("partner_segmentation.metric_revenue_growth")
        self.invoice(self.medium, 500, AS_OF.replace(year=AS_OF.year - 1, month=1))
        dimension = self.env["segmentation.dimension"].create({"name": "Growth", "code": "GROWTH"})
        grown = self.make_class(dimension, "UP")
        self.make_class(dimension, "REST")
        self.env["segmentation.criterion"].create({"class_id": grown.id, "metric_id": growth.id, "lower_bound": 50})
        self.classify()
        preview = self.preview(base, {"window_months": 24})
        self.assertEqual(self.moves(preview), {("Growth", "REST", "UP"): 1})
        self.assertEqual(self.apply(preview), self.moves(preview))

    def test_dimensions_that_build_on_it(self):
        large = self.env.ref("partner_segmentation.class_size_large")
        dimension = self.env["segmentation.dimension"].create({"name": "Key", "code": "KEY", "method": "domain"})
        self.make_class(dimension, "KEY", domain=f"[('size_class_id', '=', {large.id})]")
        self.classify()
        preview = self.preview(self.size, self.bounds(large_employee_count=100))
        expected = {("Size", "Medium", "Large"): 1, ("Key", "Unclassified", "KEY"): 1}
        self.assertEqual(self.moves(preview), expected)
        self.assertEqual(preview.moved, 1)
        self.assertEqual(self.apply(preview), expected)

    def test_new_dimension(self):
        values = {
            "name": "New",
            "code": "NEW",
            "class_ids": [
                Command.create(
                    {
                        "code": "A",
                        "name": "Some",
                        "criterion_ids": [
                            Command.create(
                                {
                                    "metric_id": self.env.ref("partner_segmentation.metric_employee_count").id,
                                    "lower_bound": 100,
                                }
                            )
                        ],
                    }
                ),
                Command.create({"code": "B", "name": "Others"}),
            ],
        }
        preview = self.preview(self.env["segmentation.dimension"], values)
        self.assertFalse(self.env["segmentation.dimension"].search([("code", "=", "NEW")]))
        self.assertNotIn("x_segmentation_new", self.env["segmentation.profile"]._fields)
        self.assertNotIn("x_segmentation_new", self.env["res.partner"]._fields)
        self.env["segmentation.profile"].search([], limit=1).read()
        self.assertEqual(self.moves(preview)["New", "Unclassified", "Some"], 1)
        infos = preview.action_apply()["params"]["next"]["infos"]
        self.classify()
        created = self.env["segmentation.dimension"].browse(infos["resId"])
        self.assertClass(self.medium, created, "A")

    def test_archived_dimension(self):
        preview = self.preview(self.size, {"active": False})
        expected = {("Size", "Medium", "Unclassified"): 1, ("Size", "Small", "Unclassified"): 1}
        self.assertEqual(self.moves(preview), expected)
        self.assertEqual(self.apply(preview), self.moves(preview))

    def test_standard(self):
        standard = self.env["segmentation.standard"].search([("code", "=", "ABC_REVENUE")])
        preview = self.preview(standard, {"company_ids": self.company.ids})
        self.assertFalse(standard.applied_version)
        [(key, customers)] = [item for item in self.moves(preview).items() if item[0][2] == "A"]
        self.assertEqual((key[1], customers), ("Unclassified", 1))
        preview.action_apply()
        self.assertTrue(standard.applied_version)

    def test_before_the_first_run(self):
        self.env["segmentation.run"].search([]).unlink()
        self.env["segmentation.profile"].with_context(active_test=False).search([]).sudo().unlink()
        preview = self.preview(self.size)
        moves = self.moves(preview)
        self.assertEqual(moves["Size", "Unclassified", "Medium"], 1)
        self.assertEqual({key[1] for key in moves}, {"Unclassified"})
        self.classify()
        self.assertEqual(preview.customers, self.env["segmentation.profile"].search_count([]))

    def test_population(self):
        person = self.env["res.partner"].create({"name": "Person", "employee_count": 1})
        self.company.segmentation_population = f"[('id', '=', {person.id})]"
        preview = self.preview(self.size)
        moves = self.moves(preview)
        self.assertEqual(moves["Size", "Small", "Unclassified"], 1)
        self.assertEqual(moves["Size", "Unclassified", "Small"], 1)
        self.assertEqual(self.env["segmentation.profile"].search_count([("partner_id", "=", person.id)]), 0)

    def test_made_classes(self):
        """Classes that a preference would make are shown, and are not there afterwards."""
        count = self.env["segmentation.class"].search_count([])
        standard = self.env["segmentation.standard"].search([("code", "=", "PREFERENCE")])
        self.assertTrue(standard)
        self.preview(standard, {})
        self.assertEqual(self.env["segmentation.class"].search_count([]), count)

    def test_refusals_name_field_value_and_remedy(self):
        with self.assertRaisesRegex(ValidationError, "Lower bound of “Employees” for class “Large”: 10 must be"):
            self.preview(self.size, self.bounds(large_employee_count=10))
        self.assertGreater(self.criterion("large_employee_count").lower_bound, 10)

    def test_rules_changed_since(self):
        preview = self.preview(self.size, self.bounds(large_employee_count=100))
        self.criterion("medium_employee_count").lower_bound = 30
        with self.assertRaisesRegex(UserError, "changed since this preview"):
            preview.action_apply()

    def test_failing_dimension_is_reported(self):
        self.size.currency_id = self.env.ref("base.XAF")
        self.assertIn("no exchange rate", self.preview(self.size).error)

    def test_only_managers(self):
        self.patch_rights()
        values = self.bounds(large_employee_count=100)
        for user in (self.salesperson, self.nobody):
            with self.assertRaises(AccessError):
                self.size.with_user(user).action_preview(values)
            with self.assertRaises(AccessError):
                self.env["segmentation.preview"].with_user(user).create(
                    {"company_id": self.company.id, "res_model": "segmentation.dimension", "res_id": self.size.id}
                )
        preview = self.preview(self.size.with_user(self.manager), values)
        with self.assertRaises(AccessError):
            preview.with_user(self.salesperson).action_apply()
        with self.assertRaises(AccessError):
            preview.with_user(self.other_manager).read(["summary"])
        self.assertFalse(preview.with_user(self.manager).shows_revenue)
        self.assertEqual((preview.revenue_moved, preview.mover_ids.revenue), (0, 0))
        self.assertNotIn("Revenue", preview.mover_ids.evidence)
        preview.with_user(self.manager).action_apply()
        self.assertEqual(self.criterion("large_employee_count").lower_bound, 100)

    def patch_rights(self):
        def user(login, groups):
            return new_test_user(
                self.env, login, groups, company_id=self.company.id, company_ids=[Command.set(self.company.ids)]
            )

        self.manager = user("preview_manager", "partner_segmentation.group_manager")
        self.other_manager = user("preview_other", "partner_segmentation.group_manager")
        self.nobody = user("preview_nobody", "base.group_user")

    def test_only_what_has_a_preview_can_be_changed_by_it(self):
        preview = self.env["segmentation.preview"].create(
            {
                "company_id": self.company.id,
                "res_model": "res.users",
                "res_id": self.salesperson.id,
                "values": {"login": "taken"},
                "versions": self.env["segmentation.preview"]._versions(),
            }
        )
        with self.assertRaisesRegex(UserError, "cannot be changed through a preview"):
            preview.action_apply()


@tagged("post_install", "-at_install")
class TestPreviewAgrees(PreviewCase):
    """A preview shows exactly what applying the change then does, for random changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        abc = cls.env["segmentation.standard"].search([("code", "=", "ABC_REVENUE")])
        cls.abc = next(iter(abc._apply(cls.company).targets.values())).dimension
        industries = cls.env["res.partner.industry"].search([], limit=3)
        for number in range(24):
            partner = cls.customer(
                f"Customer {number}",
                employee_count=number * 12 if number % 5 else False,
                annual_turnover=number * 9_000_000 if number % 3 else False,
                industry_id=industries[number % 3].id if number % 4 else False,
            )
            if number % 2:
                cls.invoice(partner, 2_500_000 * number, AS_OF - timedelta(days=number * 40))

    changes = st.one_of(
        st.fixed_dictionaries(
            {
                "large_employee_count": st.integers(101, 400),
                "medium_employee_count": st.integers(1, 100),
                "large_annual_turnover": st.integers(60_000_000, 300_000_000),
                "medium_revenue_12m": st.integers(1, 900_000),
            }
        ).map(lambda bounds: ("bounds", bounds)),
        st.fixed_dictionaries(
            {
                "criteria_mode": st.sampled_from(["any", "all"]),
                "undecided": st.sampled_from(["certain", "fallback"]),
                "hysteresis": st.sampled_from([0, 0.1, 0.6]),
                "domain": st.sampled_from(["[]", "[('revenue_12m', '>', 0)]", "[('industry_id', '!=', False)]"]),
            }
        ).map(lambda values: ("rule", values)),
        st.tuples(st.just("window"), st.sampled_from([1, 3, 6, 12, 18, 36])),
        st.tuples(st.just("shares"), st.tuples(st.integers(1, 50), st.integers(51, 99))),
        st.tuples(st.just("active"), st.booleans()),
    )

    def change(self, kind, value):
        """Record and values of a change."""
        if kind == "bounds":
            return self.size, self.bounds(**value)
        if kind == "rule":
            return self.size, value
        if kind == "window":
            return self.env.ref("partner_segmentation.metric_revenue_12m"), {"window_months": value}
        if kind == "active":
            return self.abc, {"active": value}
        classes = self.abc.with_context(active_test=False).class_ids
        shares = zip(classes, value, strict=False)
        return self.abc, {"class_ids": [Command.update(cls.id, {"share": share}) for cls, share in shares]}

    # Without shrinking, which takes minutes: the changes are few and readable as they are.
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sequence=st.lists(changes, min_size=1, max_size=3))
    def test_random_changes(self, sequence):
        with self.env.cr.savepoint() as savepoint:
            self.classify()
            for kind, value in sequence:
                preview = self.preview(*self.change(kind, value))
                expected = self.moves(preview)
                self.assertEqual(preview.moved > 0, bool(expected))
                self.assertEqual(self.apply(preview), expected, (kind, value))
            savepoint.rollback()
            self.env.invalidate_all(flush=False)
