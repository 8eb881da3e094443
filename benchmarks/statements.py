"""Plans of the engine's statements."""

import re
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tools import SQL

# What works on the add-on's tables; a plain SELECT too.
EXPLAINED = re.compile(
    r"(?=.*segmentation_)\s*(CREATE TEMP\w* TABLE\b.*?\bAS|INSERT|UPDATE|DELETE|MERGE|WITH|SELECT)\b",
    re.IGNORECASE | re.DOTALL,
)


@contextmanager
def explained(path, least=0.02):
    """Write EXPLAIN (ANALYZE, BUFFERS) of the statements that take ``least`` seconds or more."""
    execute = Cursor.execute

    def explain(cr, statement):
        """The plan; what the statement does on the way is undone."""
        execute(cr, "SAVEPOINT bench_explain")
        execute(cr, SQL("EXPLAIN (ANALYZE, BUFFERS) %s", statement))
        plan = [line for (line,) in cr.fetchall()]
        execute(cr, "ROLLBACK TO SAVEPOINT bench_explain")
        return plan

    def explaining(cr, query, params=None, log_exceptions=True):
        statement = query if isinstance(query, SQL) else SQL(query, *(params or ())) if is_sql(query, params) else None
        if statement is not None and EXPLAINED.match(statement.code):
            start = time.perf_counter()
            plan = explain(cr, statement)
            seconds = time.perf_counter() - start
            if seconds >= least:
                text = cr.mogrify(statement.code, statement.params).decode()
                output.write("\n".join([f"-- {seconds:.3f} s", text, "", *plan, "", "-" * 80, ""]))
        return execute(cr, query, params, log_exceptions)

    with path.open("w") as output, patch.object(Cursor, "execute", explaining):
        yield


def is_sql(query, params):
    """Whether the query can be wrapped: text with its parameters in order."""
    return isinstance(query, str) and not isinstance(params, dict)
