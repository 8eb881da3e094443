"""Which indexes pay: one customer and posting of invoices with and without each."""

from collections import defaultdict

from .measure import Samples
from .scenarios import CUSTOMERS

CANDIDATES = {
    "account_move (commercial_partner_id, company_id)": "account_move (commercial_partner_id, company_id)"
    " WHERE move_type IN ('out_invoice', 'out_refund')",
    "sale_order (partner_id, company_id)": "sale_order (partner_id, company_id)",
    "crm_lead (partner_id, company_id)": "crm_lead (partner_id, company_id)",
}
EXISTING = """
    SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
     WHERE indrelid = 'account_move'::regclass AND pg_get_indexdef(indexrelid) LIKE '%(commercial_partner_id%'"""


class Indexes:
    """Measurements with and without candidates; the database is as before afterwards."""

    def __init__(self, bench, classify):
        self.bench = bench
        self.classify = classify
        self.samples = defaultdict(Samples)
        self.build = defaultdict(Samples)
        self.sizes = {}

    def run(self):
        none = "none of them"
        for name, definition in [(none, None), *CANDIDATES.items()]:
            with self.bench.transaction() as env:
                self._drop(env.cr)
                if definition:
                    self._create(env.cr, name, definition)
                self._one_customer(env, name)
        first = next(iter(CANDIDATES))
        pair = [("posting without", None), ("posting with", CANDIDATES[first])]
        for _ in range(self.bench.repeat + 1):
            self._post(*pair[0])
            self._post(*pair[1])
            pair.reverse()

    def _drop(self, cr):
        """Take away what the add-on has brought, until the transaction is undone."""
        cr.execute(EXISTING)
        for name, _definition in cr.fetchall():
            cr.execute(f"DROP INDEX {name}")

    def _create(self, cr, name, definition):
        with self.build[name].timed():
            cr.execute(f"CREATE INDEX bench_candidate ON {definition}")
        cr.execute("SELECT pg_relation_size('bench_candidate')")
        self.sizes[name] = cr.fetchone()[0] / 1024 / 1024

    def _one_customer(self, env, name, count=10):
        env.cr.execute(CUSTOMERS, (env.company.id, count))
        for (partner_id,) in env.cr.fetchall():
            with self.samples[name].timed():
                self.classify(env, [partner_id])
        self.samples[name].pop(0)

    def _post(self, name, definition, count=200):
        with self.bench.transaction() as env:
            self._drop(env.cr)
            if definition:
                env.cr.execute(f"CREATE INDEX ON {definition}")
            moves = self._drafts(env, count)
            with self.samples[name].timed():
                for move in moves:
                    move.action_post()
                    env.flush_all()

    def _drafts(self, env, count):
        env.cr.execute(CUSTOMERS, (env.company.id, count))
        line = {"name": "Service", "quantity": 1, "price_unit": 100.0, "tax_ids": []}
        moves = env["account.move"].create(
            [
                {"move_type": "out_invoice", "partner_id": partner_id, "invoice_line_ids": [(0, 0, line)]}
                for (partner_id,) in env.cr.fetchall()
            ]
        )
        env.flush_all()
        return moves
