"""Clean transactions, time, memory and number of queries."""

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg2

from odoo import SUPERUSER_ID, api, sql_db

STATUS = Path("/proc/self/status")
RESET_PEAK = Path("/proc/self/clear_refs")


@dataclass
class Bench:
    """The database that is measured.

    :ivar company_id: the company whose customers are classified
    :ivar repeat: how often each long measurement is made
    """

    registry: object
    company_id: int
    repeat: int

    @contextmanager
    def transaction(self, uid=SUPERUSER_ID, company_id=None, commit=False):
        """An environment with empty caches of records; all that it writes is undone."""
        with self.registry.cursor() as cr:
            context = {"allowed_company_ids": [company_id or self.company_id]}
            yield api.Environment(cr, uid, context)
            if commit:
                cr.commit()
            else:
                cr.rollback()

    def vacuum(self, *tables):
        _, connection_info = sql_db.connection_info_for(self.registry.db_name)
        connection = psycopg2.connect(**connection_info)
        connection.autocommit = True
        with connection.cursor() as cr:
            cr.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")
        connection.close()


class Samples(list):
    """Seconds that repetitions of one measurement took."""

    @contextmanager
    def timed(self):
        start = time.perf_counter()
        yield
        self.append(time.perf_counter() - start)

    @property
    def median(self):
        return median(self)


@dataclass
class Cost:
    """What a block cost beside time."""

    queries: int = 0
    megabytes: float = 0.0


@contextmanager
def cost(cr):
    """Count the queries of a block, and how far the memory of this process rose above what it was."""
    result = Cost()
    queries, _ = cr.sql_log_count, RESET_PEAK.write_text("5")
    before = memory("VmRSS")
    yield result
    result.queries = cr.sql_log_count - queries
    result.megabytes = memory("VmHWM") - before


def memory(key):
    """Megabytes of a line in /proc/self/status."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) / 1024
