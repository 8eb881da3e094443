from importlib.util import module_from_spec, spec_from_file_location

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path

EXAMPLES = ("action_large_at_risk", "action_apply_services", "mailing_monthly", "service_large_contact")


@tagged("post_install", "-at_install")
class TestMigrations(TransactionCase):
    """What `make test` cannot see after one real update: what users may have deleted, and written themselves."""

    def migrate(self, version="19.0.1.1.0"):
        spec = spec_from_file_location(
            "migration", file_path(f"partner_segmentation/migrations/{version}/post-migration.py")
        )
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        self.env.flush_all()
        module.migrate(self.env.cr, "19.0.1.0.0")

    def ref(self, name):
        return self.env.ref(f"partner_segmentation.{name}", raise_if_not_found=False)

    def forget_examples(self):
        for name in EXAMPLES:
            self.ref(name).unlink()

    def test_examples_are_added_and_off(self):
        self.forget_examples()
        self.migrate()
        examples = [self.ref(name) for name in EXAMPLES]
        self.assertTrue(all(examples))
        self.assertFalse(any(example.active for example in examples))

    def test_example_about_a_deleted_class_is_left_out(self):
        self.forget_examples()
        large = self.ref("class_size_large")
        self.env["segmentation.action"].with_context(active_test=False).search(
            [("dimension_id.code", "=", "SIZE")]
        ).unlink()
        large.unlink()
        self.migrate()
        added = [name for name in EXAMPLES if self.ref(name)]
        self.assertEqual(added, ["action_apply_services", "mailing_monthly"])

    def test_how_to_serve_is_taken_from_the_description_where_nothing_is_said(self):
        large, medium = self.ref("class_size_large"), self.ref("class_size_medium")
        large.write({"description": "Ours", "service_description": False})
        medium.write({"description": "Ours", "service_description": "Theirs"})
        self.migrate()
        self.assertEqual((large.service_description, medium.service_description), ("Ours", "Theirs"))
