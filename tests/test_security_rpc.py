import inspect
import json
from datetime import timedelta
from xmlrpc.client import Fault

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import HttpCase, get_db_name, tagged
from odoo.tools import mute_logger

from .security_common import MODULE, SecurityCommon

# Who may call which public method of the add-on. Overrides of methods of Odoo, such as create, are not listed: what
# they do is in security_matrix.py.
METHODS = """
open       res.partner                 action_import_facts
open       segmentation.action         action_view_items
open       segmentation.class          action_open
open       segmentation.dimension      action_view_archived_classes action_view_overrides
open       segmentation.run            action_view_action_items
open       segmentation.standard       action_apply
internal   res.partner                 action_view_class_changes action_view_overrides action_view_services
internal   segmentation.report         action_preview action_print
users      res.partner                 action_guess action_reclassify
users      segmentation.class          action_view_customers
users      segmentation.comparison     action_show
users      segmentation.comparison.line action_open_partner
users      segmentation.dimension      action_view_customers get_distribution
users      segmentation.guess          action_take
users      res.partner                 action_apply_services action_undo_services
users      segmentation.service.apply  action_apply
users      segmentation.service.application action_undo
sales      segmentation.next.step      action_new_quotation action_open_partner action_schedule_activity
sales      segmentation.next.step      action_snooze action_wake
sales      segmentation.peer.product   action_add_to_quotation
users      segmentation.profile        action_open_partner action_view_class_changes action_view_invoices
users      segmentation.run.failure    action_mend
sales      res.partner                 action_confirm_guesses action_reject_guesses
sales      segmentation.export         action_download
sales      segmentation.export.xlsx    action_export
managers   segmentation.action.item    action_try_again
managers   segmentation.apply.standard action_apply action_preview
managers   segmentation.class          action_preview
managers   segmentation.criterion      action_preview
managers   segmentation.dimension      action_preview action_reclassify action_save_as_standard
managers   segmentation.health         action_check_again action_open_latest action_view_scores
managers   segmentation.health.finding action_remedy
managers   segmentation.mailing        action_send_now
managers   segmentation.metric         action_preview
managers   segmentation.number.codes   action_apply
managers   segmentation.onboarding     action_back action_classify action_finish action_next action_preview action_skip
managers   segmentation.override       action_end
managers   segmentation.preview        action_apply action_discard
managers   segmentation.run            action_cancel action_run_again
managers   segmentation.settings       action_preview action_set_up_again
managers   segmentation.standard       action_download action_preview
managers   segmentation.suggestion     action_preview_natural action_preview_quantile action_preview_share
"""
USERS = {"user", "own_docs", "manager"}
ALLOWED = {
    # Nothing but a description of a view, in which rights decide what is seen.
    "open": {"portal", "internal", *USERS},
    # The same; portal users read no contact but their own.
    "internal": {"internal", *USERS},
    "users": USERS,
    "sales": {"own_docs"},  # they write contacts, too
    "managers": {"manager"},
}
# Arguments that a method cannot do without.
ARGUMENTS = {"get_distribution": {"metric_id": 1}}
ACCESS_ERROR = 4  # in XML-RPC


@tagged("post_install", "-at_install")
class TestSecurityRpc(SecurityCommon, HttpCase):
    """What can be called from outside: every public method of the add-on, by those who must not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tomorrow = Datetime.now() + timedelta(days=0.5)
        cls.keys = {
            role: cls.users[role].with_user(cls.users[role]).env["res.users.apikeys"]._generate("rpc", "X", tomorrow)
            for role in ("portal", "internal", "user")
        }
        cls.who = {
            (model, method): who
            for who, model, *methods in (line.split() for line in METHODS.strip().splitlines())
            for method in methods
        }

    def setUp(self):
        super().setUp()
        self._forget_records()

    def _forget_records(self):
        # A dimension of its own would be a column of its own, and every call that fails would set up all models again.
        self.made = {("segmentation.dimension", self.company, None): self.size}

    def test_every_public_method_is_listed(self):
        found = {(model, method) for model in self.env.registry for method in self._public_methods(model)}
        missing = sorted(map(" ".join, found - self.who.keys()))
        self.assertFalse(missing, "Say in METHODS who may call, or make private: " + ", ".join(missing))
        self.assertFalse(sorted(self.who.keys() - found), "Remove from METHODS")

    @mute_logger("odoo.addons.base.models.ir_model")  # a standard for one company: two dimensions of one name
    def test_methods_are_for_those_they_are_meant_for(self):
        for (model, method), who in self.who.items():
            with self.subTest(model=model, method=method):
                allowed = {role for role in ALLOWED["open"] if self._may_call(model, method, self.users[role])}
                self.assertEqual(allowed, ALLOWED[who])

    def test_json(self):
        for role in ("portal", "internal"):
            for (model, method), who in self.who.items():
                with self.subTest(role=role, model=model, method=method):
                    status, answer = self._json(role, model, method)
                    if role in ALLOWED[who]:
                        self.assertEqual(status, 200)
                        self._assert_harmless(answer)
                    else:
                        self.assertEqual((status, answer["name"]), (403, "odoo.exceptions.AccessError"))

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc")  # Odoo 19 deprecates the protocol
    def test_xmlrpc(self):
        for role in ("portal", "internal"):
            for (model, method), who in self.who.items():
                if role in ALLOWED[who]:
                    continue
                with self.subTest(role=role, model=model, method=method):
                    self._forget_records()  # a refusal takes back what was made before
                    with self.assertRaises(Fault) as caught:
                        self._xmlrpc(role, model, method)
                    self.assertEqual(caught.exception.faultCode, ACCESS_ERROR)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc")
    def test_private_methods_are_closed(self):
        for model, method in (
            ("segmentation.run", "_classify"),
            ("segmentation.run", "_queue"),
            ("segmentation.preview", "_of"),
            ("segmentation.demo", "_classify"),
            ("segmentation.override", "_set"),
            ("segmentation.touch", "_mark"),
        ):
            with self.subTest(model=model, method=method):
                self.assertEqual(self._json("user", model, method, {})[0], 403)
                with self.assertRaises(Fault) as caught:
                    self._xmlrpc("user", model, method, {})
                self.assertEqual(caught.exception.faultCode, ACCESS_ERROR)

    def test_nobody_calls_without_a_key(self):
        headers = {"Content-Type": "application/json"}
        for more in ({}, {"Authorization": "Bearer 0123456789"}):
            answer = self.url_open("/json/2/segmentation.class/search", "{}", headers={**headers, **more})
            self.assertEqual(answer.status_code, 401)

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_server_actions(self):
        """Those of menus and scheduled jobs too; what is done with contacts needs the right to write them."""
        data = self.env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.actions.server")])
        records = {"res.partner": self.customer(), "segmentation.dimension": self.size}
        for action in self.env["ir.actions.server"].sudo().browse(data.mapped("res_id")):
            model = action.model_name
            context = {"active_model": model, "active_ids": records[model].ids if model in records else []}
            for role in ("portal", "internal"):
                with self.subTest(action=action.name, role=role):
                    status, _answer = self._json(role, "ir.actions.server", "run", {"context": context}, action)
                    self.assertEqual(status, 403)

    def test_pages(self):
        """Reports and files of the add-on, asked for by their address.

        Odoo tries pages on a read-only connection first, on which the report cannot make its table.
        """
        partner = self.customer("Nobody's business")
        self.classify(partner)
        report = self.record("segmentation.report", self.company, self.users["manager"])
        standard = self.record("segmentation.standard", self.company)
        pages = (
            f"/report/html/partner_segmentation.report_customer_file/{partner.id}",
            f"/report/html/partner_segmentation.report_classification/{report.id}",
            f"/web/content/segmentation.standard/{standard.id}/file",
        )
        for role, may_see in (("portal", False), ("internal", False), ("manager", True)):
            self.authenticate(f"security_{role}", f"security_{role}")
            for page in pages:
                with self.subTest(role=role, page=page), mute_logger("odoo.http", "odoo.sql_db"):
                    answer = self.url_open(page)
                    self.assertEqual(answer.status_code == 200, may_see, answer.text[-2000:])

    # -- calls ---------------------------------------------------------------------------------

    def _public_methods(self, model):
        """Methods that the add-on adds to a model that has records."""
        Model = self.env.registry[model]
        if Model._abstract:
            return
        ours, others = [], []
        for cls in Model.__mro__[1:]:
            (ours if cls.__module__.startswith(f"odoo.addons.{MODULE}.") else others).append(cls)
        for name in sorted({name for cls in ours for name, value in vars(cls).items() if inspect.isfunction(value)}):
            if any(hasattr(cls, name) for cls in others if not hasattr(cls, "pool")):
                continue
            if not name.startswith("_") and not getattr(getattr(Model, name), "_api_private", False):
                yield name

    def _record(self, model, user):
        if model == "res.partner":
            return self.customer("Acme Manufacturing Ltd", guessed_facts="country_id")  # and an industry to guess
        if model == "sale.order":
            return self.order(self.customer(), confirm=False)
        return self.record(model, self.company, user)

    def _may_call(self, model, method, user) -> bool:
        """Whether the user is not refused; that there is nothing to do is no refusal."""
        record = self._record(model, user).with_user(user)
        if self._needs_no_record(record, method):
            record = record.browse()
        try:
            return self.allows(lambda: getattr(record, method)(**ARGUMENTS.get(method, {})))
        except UserError:
            return True

    def _needs_no_record(self, record, method) -> bool:
        return getattr(getattr(type(record), method, None), "_api_model", False)

    def _arguments(self, role, model, method, arguments, record):
        if record is None:
            record = self._record(model, self.users[role]) if arguments is None else self.env[model]
        ids = [] if self._needs_no_record(record, method) else record.ids
        return ids, ARGUMENTS.get(method, {}) if arguments is None else arguments

    def _json(self, role, model, method, arguments=None, record=None):
        """Status and content of the answer."""
        ids, arguments = self._arguments(role, model, method, arguments, record)
        headers = {"Authorization": f"Bearer {self.keys[role]}", "Content-Type": "application/json"}
        data = json.dumps({**({"ids": ids} if ids else {}), **arguments})
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/json/2/{model}/{method}", data, headers=headers)
        return answer.status_code, answer.json()

    def _xmlrpc(self, role, model, method, arguments=None):
        ids, arguments = self._arguments(role, model, method, arguments, None)
        positional = [] if self._needs_no_record(self.env[model], method) else [ids]
        user = self.users[role]
        return self.xmlrpc_object.execute_kw(get_db_name(), user.id, user.login, model, method, positional, arguments)

    def _assert_harmless(self, answer):
        self.assertIn("type", answer or {"type": "nothing"})
