"""Whatever users do, in whatever order: what must hold afterwards, holds."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo.tests import tagged

from ..engine.history import recorded_classes
from ..engine.scope import Scope
from ..report.reconciliation import reconcile
from ..report.summary import open_rows, summarise_rows
from .common import SegmentationCommon

EMPLOYEES = st.sampled_from([False, 0, 1, 49, 50, 249, 250, 5_000])
AMOUNTS = st.sampled_from([0.01, 99.99, 1_000, 2_500_000])
DAYS_AGO = st.sampled_from([0, 1, 200, 364, 365, 366, 730, 800])
PLACES = st.integers(0, 9)  # of a customer among those that are there


class Users(RuleBasedStateMachine):
    """What users do to customers and rules, in a company of its own that is taken back at the end.

    ``case`` is the test that runs it.
    """

    case = None

    @initialize()
    def begin(self):
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()
        self.customers = self.case.customer("First", employee_count=60)
        self.invoices = self.env["account.move"]
        self.case.run_all()

    def teardown(self):
        if hasattr(self, "savepoint"):
            self.env.cr.precommit.clear()
            self.savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            self.env.registry.clear_cache()

    def at(self, place):
        """A customer that is there and not archived."""
        customers = self.customers.filtered("active")
        return customers[place % len(customers)] if customers else self.new(employee_count=60)

    def new(self, **values):
        self.customers |= (customer := self.case.customer("Customer", **values))
        return customer

    # -- what users do ---------------------------------------------------------------------------

    @rule(employees=EMPLOYEES, own=st.booleans())
    def add(self, employees, own):
        country = self.case.china if own else self.env.ref("base.de")
        self.new(employee_count=employees, country_id=country.id)

    @rule(place=PLACES, amount=AMOUNTS, days=DAYS_AGO)
    def invoice(self, place, amount, days):
        self.invoices |= self.case.invoice(self.at(place), amount, self.case.today - timedelta(days=days))

    @rule(place=PLACES, amount=AMOUNTS)
    def refund(self, place, amount):
        self.invoices |= self.case.invoice(self.at(place), amount, self.case.today, move_type="out_refund")

    @precondition(lambda self: self.invoices.filtered(lambda move: move.state == "posted"))
    @rule(place=PLACES)
    def cancel(self, place):
        posted = self.invoices.filtered(lambda move: move.state == "posted")
        posted[place % len(posted)].button_draft()
        posted[place % len(posted)].button_cancel()

    @rule(place=PLACES, amount=AMOUNTS, confirm=st.booleans())
    def order(self, place, amount, confirm):
        self.case.order(self.at(place), amount, self.env.cr.now(), confirm)

    @rule(place=PLACES, won=st.booleans())
    def opportunity(self, place, won):
        lead = self.env["crm.lead"].create({"name": "Deal", "type": "opportunity", "partner_id": self.at(place).id})
        lead.company_id = self.case.company
        if won:
            lead.action_set_won()

    @rule(place=PLACES, employees=EMPLOYEES)
    def learn(self, place, employees):
        self.at(place).employee_count = employees

    @rule(place=PLACES)
    def archive(self, place):
        self.at(place).active = False

    @precondition(lambda self: not all(self.customers.mapped("active")))
    @rule()
    def bring_back(self):
        self.customers.filtered(lambda partner: not partner.active)[0].active = True

    @precondition(lambda self: len(self.customers.filtered("active")) > 1)
    @rule(place=PLACES)
    def merge(self, place):
        gone, kept = self.at(place), self.at(place + 1)
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge((gone | kept).ids, kept)
        self.customers = self.customers.exists()

    @rule(place=PLACES, days=st.sampled_from([None, 0, 5]), code=st.sampled_from("LMS"))
    def set_by_hand(self, place, days, code):
        customer = self.at(place)
        cls = self.case.size.class_ids.filtered(lambda cls: cls.code == code)
        self.env["segmentation.override"]._set(customer, self.case.size, cls)
        until = days is not None and self.case.today + timedelta(days=days)
        self.case.overrides(customer).until = until

    @rule(place=PLACES)
    def end_by_hand(self, place):
        self.case.overrides(self.at(place)).action_end()

    @rule(bound=st.sampled_from([60, 200, 250, 251]))
    def change_rule(self, bound):
        self.case.bound("large", "employee_count", bound)
        self.case.run_all()

    @rule(days=st.sampled_from([0, 1, 366]))
    def look_back(self, days):
        """A comparison with a day in the past changes nothing."""
        before = self.case.files()
        wizard = self.env["segmentation.comparison"].create(
            {"date": self.case.today - timedelta(days=days), "basis": "rules", "company_id": self.case.company.id}
        )
        wizard._fill(wizard._by_rules())
        self.case.assertEqual(self.case.files(), before)

    # -- what must hold --------------------------------------------------------------------------

    @invariant()
    def holds(self):
        if hasattr(self, "savepoint"):
            self.case.work_off()
            self.case.check_some_is_all()
            self.case.check_files(self.customers)
            self.case.check_history()
            self.case.check_totals()


@tagged("post_install", "-at_install")
class TestSequences(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.env["segmentation.run"]._today(cls.company)
        cls.dimensions = cls.env["segmentation.dimension"]._used_by(cls.company)

    def test_random_sequences(self):
        Users.case = self
        run_state_machine_as_test(
            Users,
            settings=settings(
                max_examples=4,
                stateful_step_count=8,
                deadline=None,
                database=None,
                phases=[Phase.generate],  # eight steps are short enough to read; shortening them takes minutes
                suppress_health_check=list(HealthCheck),
            ),
        )

    # -- helpers of the machine ------------------------------------------------------------------

    def run_all(self):
        run = self.env["segmentation.run"]._classify(self.company, "manual")
        self.assertEqual(run.state, "done", run.error)

    def work_off(self):
        """The scheduled job has classified what was touched."""
        self.env.cr.flush()
        self.run_jobs("cron_classify_touched")
        self.assertFalse(self.env["segmentation.touch"].sudo().search([]))

    def overrides(self, customer):
        return self.env["segmentation.override"].search(
            [("company_id", "=", self.company.id), ("partner_id", "=", customer.id)]
        )

    def files(self) -> dict:
        """Customer → everything that is stored about it."""
        names = [
            name
            for name, field in self.env["segmentation.profile"]._fields.items()
            if field.store and field.column_type
        ]
        names = sorted(set(names) - {"write_date", "write_uid", "run_id"})
        files = self.env["segmentation.profile"].with_context(active_test=False)
        files = files.search([("company_id", "=", self.company.id)])
        return {row["partner_id"]: row for row in files.read(names, load=None)}

    # -- what must hold --------------------------------------------------------------------------

    def check_some_is_all(self):
        """What was classified customer by customer is what a run of all customers finds."""
        before, changes = self.files(), self.env["segmentation.change"].search_count([])
        self.run_all()
        self.assertEqual(self.files(), before)
        self.assertEqual(self.env["segmentation.change"].search_count([]), changes)

    def check_files(self, customers):
        files = self.files()
        for partner in customers.filtered(lambda partner: partner.id in files):
            file = files[partner.id]
            self.assertEqual(partner.commercial_partner_id, partner)
            self.assertEqual(file["active"], partner.active)
            for dimension in self.dimensions:
                cls = self.env["segmentation.class"].browse(file[dimension.field_name] or [])
                self.assertFalse(cls and cls.dimension_id != dimension)
                if partner.active:
                    self.assertEqual(partner[dimension.field_name], cls, "contacts show what is stored")
        for customer in customers.filtered("active"):
            override = self.overrides(customer).filtered(lambda o: not o.until or o.until >= self.today)
            if override:
                self.assertEqual(self.profile(customer).size_class_id, override.class_id, "by hand wins")
        for cls in self.size.class_ids:
            found = self.env["res.partner"].search([("size_class_id", "=", cls.id), ("is_classified", "=", True)])
            stored = {id_ for id_, file in files.items() if file["active"] and file["size_class_id"] == cls.id}
            self.assertEqual(set(found.ids), stored)

    def check_history(self):
        """The last change of a customer led to the class it has; today's record is what is stored."""
        files = self.files()
        latest = {}
        for change in self.env["segmentation.change"].search([("company_id", "=", self.company.id)], order="date, id"):
            key = change.partner_id.id, change.dimension_id
            if key in latest:
                self.assertEqual(change.from_class_id, latest[key].to_class_id)
            latest[key] = change
        for (partner_id, dimension), change in latest.items():
            if partner_id in files and dimension in self.dimensions:
                self.assertEqual(files[partner_id][dimension.field_name] or False, change.to_class_id.id)
        scope = Scope(self.env, self.company.id, self.today)
        for partner_id, dimension_id, class_id in self.env.execute_query(recorded_classes(scope, self.dimensions)):
            dimension = self.dimensions.browse(dimension_id)
            self.assertEqual(files[partner_id][dimension.field_name] or None, class_id)

    def check_totals(self):
        """Each dimension adds up to all customers, and to the ledger."""
        rows, reasons = open_rows(self.company)
        rows.fill()
        summary = summarise_rows(rows, reasons, self.dimensions)
        active = [file for file in self.files().values() if file["active"]]
        self.assertEqual(summary.total.customers, len(active))
        for part in summary.dimensions:
            self.assertEqual(part.customers, len(active))
        reconciliation = reconcile(rows, summary)
        for cause in reconciliation.causes if reconciliation else ():
            self.assertIsNone(cause.classified, "only who is no customer differs from the ledger")
