"""Users of every kind, and a record of any model of the add-on without saying how."""

import json
from contextlib import contextmanager, suppress
from itertools import count

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common import AS_OF, SegmentationCommon
from .security_matrix import WHOSE

MODULE = "partner_segmentation"

# Role → groups. Everybody else may export data, so that only our own rules decide about it.
ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "internal": "base.group_user",
    "technical": "base.group_system",
    "user": f"{MODULE}.group_user",
    "own_docs": "sales_team.group_sale_salesman",
    "all_docs": "sales_team.group_sale_salesman_all_leads",
    "readonly": "account.group_account_readonly",
    "invoicing": "account.group_account_invoice",
    "manager": f"{MODULE}.group_manager",
    "admin": f"base.group_system,{MODULE}.group_manager,sales_team.group_sale_manager,account.group_account_manager",
}
EXTERNAL = ("public", "portal")


class _UndoneError(Exception):
    """Takes back what was allowed."""


class SecurityCommon(SegmentationCommon):
    """Users of every role in one company, and a second company that none of them works for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other company"})
        cls.users = {role: cls.new_user(role) for role in ROLES}
        cls.colleague = cls.new_user("admin", "colleague")

    def setUp(self):
        super().setUp()
        self.made = {}
        self.numbers = count(1)

    @classmethod
    def new_user(cls, role, login=None):
        groups = ROLES[role] if role in EXTERNAL else f"{ROLES[role]},base.group_allow_export"
        return new_test_user(
            cls.env,
            f"security_{login or role}",
            groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def own_models(cls) -> list[str]:
        """Names of the models of the add-on that have records."""
        return sorted(
            name for name, Model in cls.env.registry.items() if Model._original_module == MODULE and not Model._abstract
        )

    # -- records -------------------------------------------------------------------------------

    def record(self, model: str, company, user=None):
        """A record of the company, always the same one; of the user's making where that makes a difference.

        A view of the database has none that could be made.
        """
        if not self.env[model]._auto:
            return self.env[model].browse()
        user = user if "creator" in WHOSE.get(model, ()) else None
        key = (model, company, user)
        if key not in self.made:
            # With the rights of the engine, which makes what nobody else may make.
            Model = self.env[model].with_user(user or self.env.user).sudo()
            with self.env.cr.savepoint():
                self.made[key] = Model.create(self.values(model, company, user))
        return self.made[key].with_env(self.env)

    def values(self, model: str, company, user=None) -> dict:
        """Values of a record of the company: what is required, and what :meth:`special_values` knows better."""
        values = self.special_values(company, user).get(model, {})
        if model == "segmentation.service":  # a class has one of a kind
            values["class_id"] = self.make_class(self.size, f"S{next(self.numbers)}").id
        for name, field in self.env[model]._fields.items():
            if name in values or not field.store or field.related or name in ("create_uid", "write_uid"):
                continue
            if name == "company_id":
                values[name] = company.id
            elif name == "company_ids":
                values[name] = [Command.set(company.ids)]
            elif field.required and not field.default and not field.compute:
                values[name] = self.value(field, company, user)
        return values

    def value(self, field, company, user):
        if field.type == "many2one":
            return self.reference(field.comodel_name, company, user).id
        if field.type == "selection":
            return field.get_values(self.env)[0]
        samples = {
            "char": f"x{next(self.numbers)}",
            "text": "x",
            "integer": 1,
            "many2one_reference": 1,
            "boolean": True,
            "float": 1.0,
            "json": {"en_US": {}},
            "date": AS_OF,
            "datetime": fields.Datetime.now(),
        }
        self.assertIn(field.type, samples, f"Say in special_values what {field} is")
        return samples[field.type]

    def reference(self, model, company, user):
        """What a record of the company refers to."""
        if model == "res.partner":
            return self.customer(f"Customer {next(self.numbers)}")
        if model == "segmentation.metric":
            return self.env.ref("partner_segmentation.metric_employee_count")
        if model in self.own_models():
            return self.record(model, company, user)
        return self.env[model].search([], limit=1)

    def special_values(self, company, user) -> dict:
        """Model → what cannot be any value."""
        number = next(self.numbers)
        runs_as = user if user and company in user.company_ids else self.env.ref("base.user_root")
        return {
            "segmentation.action": {"user_id": runs_as.id},
            "segmentation.mailing": {"user_id": runs_as.id, "file_format": "pdf"},
            "segmentation.dimension": {
                "name": f"Security {number}",
                "code": f"security_{number}",
                "active": False,
                "criteria_mode": "alternatives",
            },
            "segmentation.health.finding": {"kind": "long_ago"},
            "segmentation.service": {"kind": "checklist", "effect": "shows", "checklist": "Call"},
            "segmentation.criterion": {"alternative": number},
            "segmentation.metric": {
                "name": f"Security {number}",
                "code": f"security_{number}",
                "active": False,
                "aggregate": "value",
                "measure_field_id": self.env["ir.model.fields"]._get("res.partner", "employee_count").id,
            },
            "segmentation.standard": {"content": self._standard(number)},
            "segmentation.standard.item": {"kind": "class", "res_id": 10**6 + number},
            "segmentation.suggestion": {"metric_id": self.reference("segmentation.metric", company, user).id},
            "segmentation.preview": {"res_model": "segmentation.dimension"},
            "segmentation.health": {"day": fields.Date.add(AS_OF, days=number)},
        }

    def _standard(self, number: int) -> str:
        shipped = self.env["segmentation.standard"].search([("code", "=", "SIZE_DEFAULT")])
        return json.dumps({**shipped._data(), "code": f"SECURITY_{number}"})

    # -- attempts ------------------------------------------------------------------------------

    def allows(self, attempt, refusal=AccessError) -> bool:
        """Whether an attempt succeeds; it is taken back. Any other failure than a refusal is an error of the test."""
        try:
            with self.taken_back():
                attempt()
        except refusal:
            return False
        return True

    @contextmanager
    def taken_back(self):
        columns = set(self.env["segmentation.profile"]._fields)
        self.env.invalidate_all()  # what the system has read would be known to every user
        try:
            with suppress(_UndoneError), self.env.cr.savepoint():
                yield
                self.env.flush_all()
                raise _UndoneError
        finally:
            self.env.invalidate_all(flush=False)
            if set(self.env["segmentation.profile"]._fields) != columns:
                self._forget_columns()
