"""Installation on a database full of customers, and the first run for comparison; runs in `odoo shell`.

    createdb -T bench_data_300000 bench_install
    python3 -m dev odoo -- shell -d bench_install --no-http --log-level=warn < benchmarks/install.py

The database is changed: take a copy of one that ``make bench`` has filled, without the add-on.
"""

import time
from collections import Counter

import psycopg2

from odoo import api, sql_db

MODULE = "partner_segmentation"
CORE = ("res_partner", "account_move", "sale_order", "crm_lead")
FACTS = ("employee_count", "annual_turnover", "total_assets", "declared_currency_id")
SLOWEST = 12


class Statements(Counter):
    """Seconds of each statement, by its beginning; the slowest are shown."""

    def watch(self):
        original = sql_db.Cursor.execute

        def execute(cursor, query, *args, **kwargs):
            start = time.perf_counter()
            try:
                return original(cursor, query, *args, **kwargs)
            finally:
                self[" ".join(str(query).split())[:150]] += time.perf_counter() - start

        sql_db.Cursor.execute = execute

    def show(self):
        for statement, seconds in self.most_common(SLOWEST):
            print(f"    {seconds:7.2f} s  {statement}")


class Watched:
    """What the database knows about the core tables: their file, and how many rows were updated since."""

    def __init__(self, name):
        self.name = name
        self.before = self.look()

    def look(self):
        time.sleep(1.5)  # statistics of other sessions come late
        _, connection_info = sql_db.connection_info_for(self.name)
        with psycopg2.connect(**connection_info) as connection, connection.cursor() as cr:
            cr.execute(
                "SELECT relname, pg_relation_filenode(relid), n_tup_upd + n_tup_del FROM pg_stat_user_tables"
                " WHERE relname = ANY(%s)",
                [list(CORE)],
            )
            return {table: (file, touched) for table, file, touched in cr.fetchall()}

    def show(self):
        after = self.look()
        for table in CORE:
            (old_file, old_rows), (new_file, new_rows) = self.before[table], after[table]
            written = "written anew" if old_file != new_file else "not written anew"
            print(f"    {table}: {written}, {new_rows - old_rows:,} rows updated or deleted")


def without_our_columns(env):
    """The generator fills columns of ours; a database without the add-on has none of them."""
    for name in FACTS:
        env.cr.execute(f"ALTER TABLE res_partner DROP COLUMN IF EXISTS {name}")
    env.cr.commit()


def install(env):
    """Return the environment of the registry with the add-on."""
    env["ir.module.module"].search([("name", "=", MODULE)]).button_immediate_install()
    env.cr.commit()
    return api.Environment(env.cr, env.uid, {})


def main(env):
    name = env.cr.dbname
    print(f"{env['res.partner'].search_count([]):,} contacts, {env['account.move'].search_count([]):,} invoices")
    without_our_columns(env)
    watched, statements = Watched(name), Statements()
    statements.watch()
    start = time.perf_counter()
    env = install(env)
    print(f"installation: {time.perf_counter() - start:.1f} s, thereof statements {statements.total():.1f} s")
    statements.show()
    watched.show()
    statements.clear()
    start = time.perf_counter()
    env.ref(f"{MODULE}.cron_work").method_direct_trigger()
    print(f"first run: {time.perf_counter() - start:.1f} s")
    env.cr.commit()
    env.cr.execute("SELECT state, count(*), sum(customers) FROM segmentation_run GROUP BY state")
    for state, count, customers in env.cr.fetchall():
        print(f"    {count} runs {state}, {customers:,} customers")
    watched.show()


main(env)  # noqa: F821
