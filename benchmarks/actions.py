"""What actions on change cost when many customers change their class at once; runs in `odoo shell`.

    ACTIONS_CUSTOMERS=100000 python3 -m dev odoo -- shell -d DATABASE --no-http --log-level=critical \\
        < benchmarks/actions.py

DATABASE is changed: take a copy of one that is classified, such as ``bench_run``. ``ACTIONS_ITEMS`` limits how many
actions are run; the time of all is then extrapolated, and the output says so.
"""

import multiprocessing
import os
import random
import time
from statistics import median

import psycopg2

from odoo import sql_db

from odoo.addons.partner_segmentation.benchmarks.measure import cost, memory
from odoo.addons.partner_segmentation.models.segmentation_action_item import BATCH

CUSTOMERS = int(os.environ.get("ACTIONS_CUSTOMERS", "100000"))
ITEMS = int(os.environ.get("ACTIONS_ITEMS", str(CUSTOMERS)))
PAUSE = 0.2  # between two writes of the user
WARM_UP = 1000  # items until the caches are filled


def switch_on(env):
    """An action that is run for every customer that becomes large: it writes one field of the contact."""
    server_action = env["ir.actions.server"].create(
        {
            "name": "Benchmark",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "state": "object_write",
            "update_path": "ref",
            "evaluation_type": "value",
            "value": "benchmark",
        }
    )
    return env["segmentation.action"].create(
        {
            "name": "Benchmark",
            "active": True,
            "company_id": env.company.id,
            "dimension_id": env.ref("partner_segmentation.dimension_size").id,
            "event": "enter",
            "class_ids": [(6, 0, env.ref("partner_segmentation.class_size_large").ids)],
            "server_action_id": server_action.id,
            "user_id": env.ref("base.user_admin").id,
        }
    )


def grow(env):
    """Have customers that are not large employ many; their ids."""
    large = env.ref("partner_segmentation.class_size_large").id
    env.cr.execute(
        """UPDATE res_partner SET employee_count = 5000
            WHERE id IN (SELECT partner_id FROM segmentation_profile
                          WHERE company_id = %s AND active AND size_class_id <> %s ORDER BY partner_id LIMIT %s)
        RETURNING id""",
        (env.company.id, large, CUSTOMERS),
    )
    return [partner_id for (partner_id,) in env.cr.fetchall()]


def classify(env):
    """Seconds of a run of everybody, and the run."""
    start = time.perf_counter()
    run = env["segmentation.run"]._classify(env.company, "manual")
    env.flush_all()
    return time.perf_counter() - start, run


def measure_noting(env):
    """Seconds of the same run without and with the action; the second one is kept."""
    action = switch_on(env)
    env.cr.commit()
    action.active = False
    partner_ids = grow(env)
    without, _run = classify(env)
    env.cr.rollback()
    partner_ids = grow(env)
    with_action, run = classify(env)
    env.cr.commit()
    noted = env["segmentation.action.item"].search_count([("action_id", "=", action.id)])
    print(f"{noted:,} class changes with an action each, in a run of {run.customers:,} customers")
    print(f"  run without the action {without:8.1f} s")
    print(f"  run that notes them    {with_action:8.1f} s")
    return action, partner_ids, noted


# -- a user in the meantime --------------------------------------------------------------------


def write_like_a_user(connection_info, partner_ids, stop, results):
    """Write one customer after the other in transactions of their own, and tell how long each write took."""
    connection = psycopg2.connect(**connection_info)
    connection.set_session(isolation_level="REPEATABLE READ")  # as Odoo does, which repeats what meets a conflict
    seconds, conflicts = [], 0
    choice = random.Random(1)
    while not stop.is_set():
        start = time.perf_counter()
        try:
            with connection, connection.cursor() as cr:
                cr.execute("UPDATE res_partner SET function = 'x' WHERE id = %s", (choice.choice(partner_ids),))
        except psycopg2.errors.SerializationFailure:
            conflicts += 1
        seconds.append(time.perf_counter() - start)
        time.sleep(PAUSE)
    results.put((seconds, conflicts))


class User:
    """A process that writes the customers for which actions wait, while the block is run."""

    def __init__(self, env, partner_ids):
        _, info = sql_db.connection_info_for(env.cr.dbname)
        context = multiprocessing.get_context("fork")
        self.stop, self.results = context.Event(), context.Queue()
        self.process = context.Process(
            target=write_like_a_user, args=(info, partner_ids, self.stop, self.results), daemon=True
        )

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_args):
        self.stop.set()
        self.seconds, self.conflicts = self.results.get()
        self.process.join()

    def show(self, title):
        slowest = sorted(self.seconds)[int(len(self.seconds) * 0.99)]
        print(
            f"  user's write {title:12} median {median(self.seconds) * 1000:6.1f} ms, 99 % below {slowest * 1000:6.1f} "
            f"ms, slowest {max(self.seconds) * 1000:6.0f} ms of {len(self.seconds):,}, {self.conflicts} conflicts"
        )


# -- the job -----------------------------------------------------------------------------------


def work(env, count: int) -> int:
    """Run about so many of the actions that wait, batch by batch as the job does; how many."""
    done = 0
    while done < count and (items := env["segmentation.action.item"]._next_batch()):
        items._work()
        done += len(items)
        env.invalidate_all()
    return done


def measure_job(env, action, partner_ids, noted):
    with User(env, partner_ids) as alone:
        time.sleep(10)
    warm = work(env, WARM_UP)
    before = memory("VmRSS")
    with User(env, partner_ids) as meanwhile, cost(env.cr) as used:
        start = time.perf_counter()
        done = work(env, ITEMS - warm)
        seconds = time.perf_counter() - start
    print(f"  the job, per 1,000     {seconds / done * 1000:8.2f} s, {used.queries / done * 1000:.0f} queries")
    extrapolated = "" if done + warm >= noted else f" (extrapolated from {done + warm:,})"
    print(f"  the job, all of them   {seconds / done * noted:8.1f} s{extrapolated}, in transactions of {BATCH}")
    grown = memory("VmRSS") - before
    print(f"  memory                 {grown:+8.1f} MB afterwards, {used.megabytes:+.1f} MB at most, of {before:.0f} MB")
    alone.show("without job")
    meanwhile.show("meanwhile")
    env["segmentation.action.item"].flush_model()
    groups = env["segmentation.action.item"]._read_group([("action_id", "=", action.id)], ["state"], ["__count"])
    print(f"  result: {', '.join(f'{count:,} {state}' for state, count in groups)}")


def main(env):
    measure_job(env, *measure_noting(env))


main(env)  # noqa: F821
