"""Everything that each verb needs: programs, Odoo, Python packages, PostgreSQL, configuration."""

from contextlib import contextmanager

from . import odoo, odoo_source, postgres, system, virtualenv
from .console import locked
from .paths import WORK


@contextmanager
def ready():
    """Set up what is missing and yield the running PostgreSQL server."""
    virtualenv.check_python()
    with locked(WORK / "setup.lock"):
        system.install_missing()
        odoo_root = odoo_source.find_or_fetch()
        virtualenv.ensure(odoo_root)
    with postgres.serving() as server:
        odoo.configure(odoo_root, server)
        yield server
