"""The engine against the hand-written statement: first run, nothing changed, 1 % changed, one customer."""

from collections import defaultdict

from . import floor
from .measure import Samples, cost

CUSTOMERS = """
    SELECT partner_id FROM segmentation_profile WHERE company_id = %s AND active
  ORDER BY hashint8extended(partner_id, 7), partner_id LIMIT %s"""
BUSIEST = """
    SELECT commercial_partner_id FROM account_move WHERE company_id = %s
  GROUP BY commercial_partner_id ORDER BY COUNT(*) DESC LIMIT 1"""
# Large enough to move customers between the classes of size.
NEW_INVOICES = """
    INSERT INTO account_move (name, journal_id, company_id, currency_id, partner_id, commercial_partner_id, move_type,
                              state, date, invoice_date, amount_untaxed, amount_untaxed_signed, auto_post)
    SELECT '/', journal.id, journal.company_id, company.currency_id, partner, partner, 'out_invoice',
           'posted', %(day)s, %(day)s, 200000, 200000, 'no'
      FROM unnest(%(partners)s) AS partner
      JOIN account_journal AS journal ON journal.company_id = %(company)s AND journal.type = 'sale'
      JOIN res_company AS company ON company.id = journal.company_id"""


class Scenarios:
    """Measurements of the engine; each adds to ``samples`` and ``costs``, by name."""

    def __init__(self, bench):
        self.bench = bench
        self.samples = defaultdict(Samples)
        self.costs = {}
        self.customers = 0

    def run(self):
        with self.bench.transaction(commit=True) as env:
            self._floor(env).create_table(env.cr)
        for _ in range(self.bench.repeat):
            self._first_run_by_hand()
            self._first_run()
        self._classify_for_good()
        for _ in range(self.bench.repeat):
            self._unchanged_by_hand()
            self._unchanged()
            self._some_changed()
            self._some_only()
        self.bench.vacuum("account_move", "segmentation_profile")
        self._one_customer()

    def _floor(self, env, company_id=None):
        return floor.Floor(env, env["res.company"].browse(company_id or self.bench.company_id))

    def classify(self, env, partner_ids=None):
        """One run, as the scheduler or a user starts it."""
        partners = partner_ids and env["res.partner"].browse(partner_ids)
        run = env["segmentation.run"]._classify(env.company, "manual", partners)
        env.flush_all()
        if run.state != "done":
            raise floor.FloorError(f"The run did not end well: {run.state} {run.error}")
        return run

    # -- everybody -----------------------------------------------------------------------------

    def _first_run_by_hand(self):
        with self.bench.transaction() as env:
            hand = self._floor(env)
            env.cr.execute(f"TRUNCATE {floor.TABLE}")
            with self.samples["first by hand"].timed():
                hand.insert(env.cr)

    def _first_run(self):
        with self.bench.transaction() as env:
            env.cr.execute("TRUNCATE segmentation_profile CASCADE")
            with cost(env.cr) as self.costs["first"], self.samples["first"].timed():
                self.customers = self.classify(env).customers

    def _classify_for_good(self):
        with self.bench.transaction() as env:
            companies = env["res.company"].search([]).ids
        for company_id in companies:
            with self.bench.transaction(company_id=company_id, commit=True) as env:
                self.classify(env)
                self._floor(env, company_id).check(env.cr)
        self.bench.vacuum("segmentation_profile")

    def _unchanged_by_hand(self):
        with self.bench.transaction() as env:
            hand = self._floor(env)
            with self.samples["unchanged by hand"].timed():
                differences = hand.count_differences(env.cr)
            if differences:
                raise floor.FloorError(f"{differences} customers differ although nothing changed.")

    def _unchanged(self):
        with self.bench.transaction() as env:
            with cost(env.cr) as self.costs["unchanged"], self.samples["unchanged"].timed():
                run = self.classify(env)
            if run.created or run.changed:
                raise floor.FloorError(f"{run.created} created, {run.changed} changed although nothing changed.")

    # -- 1 % -----------------------------------------------------------------------------------

    def _some_changed(self):
        with self.bench.transaction() as env:
            self._change(env)
            with self.samples["1 % changed"].timed():
                self.classify(env)
            self._floor(env).check(env.cr)

    def _some_only(self):
        with self.bench.transaction() as env:
            partner_ids = self._change(env)
            with cost(env.cr) as self.costs["1 % only"], self.samples["1 % only"].timed():
                self.classify(env, partner_ids)
            self._floor(env).check(env.cr)

    def _change(self, env):
        partner_ids = self.some(env, self.customers // 100)
        day = env["segmentation.run"]._today(env.company)
        env.cr.execute(NEW_INVOICES, {"partners": partner_ids, "company": env.company.id, "day": day})
        return partner_ids

    def some(self, env, limit):
        """Ids of customers here and there."""
        env.cr.execute(CUSTOMERS, (env.company.id, limit))
        return [partner_id for (partner_id,) in env.cr.fetchall()]

    # -- one -----------------------------------------------------------------------------------

    def _one_customer(self, name="one customer", count=30):
        with self.bench.transaction() as env:
            partner_ids = self.some(env, count)
            env.cr.execute(BUSIEST, (env.company.id,))
            [busiest] = env.cr.fetchone()
        for partner_id in partner_ids:
            self._reclassify(name, partner_id)
        for _ in range(self.bench.repeat + 1):
            self._reclassify(f"{name}, the busiest", busiest)
        for each in (name, f"{name}, the busiest"):
            self.samples[each].pop(0)  # fills the caches, of the registry and of PostgreSQL

    def _reclassify(self, name, partner_id):
        with self.bench.transaction() as env, cost(env.cr) as self.costs[name], self.samples[name].timed():
            self.classify(env, [partner_id])
