"""Databases with the add-on installed, kept up to date and made anew when that is needed.

What a database was made from is written in its comment, so it vanishes along with it.
"""

import json
import os
import shutil

from . import fingerprint, odoo
from .console import DevError, run_logged
from .paths import DATA, LOGS, MODULE
from .postgres import query

OURS = f"{MODULE} dev set-up"


def ensure(server, name, *, renew):
    """Make `name` match the add-on's files. With `renew`, changed data means a new database."""
    stamp = read_stamp(server, name) or {}
    wanted = wanted_stamp()
    reasons_to_create = ("odoo", "installation") if renew else ("odoo",)
    if any(stamp.get(key) != wanted[key] for key in reasons_to_create):
        create(server, name)
    elif stamp["addon"] != wanted["addon"]:
        update(server, name)
    else:
        return
    write_stamp(server, name, wanted)


def wanted_stamp():
    return {
        "by": OURS,
        "odoo": odoo.source(),
        "installation": fingerprint.of_installation(),
        "addon": fingerprint.of_addon(),
    }


def create(server, name):
    refuse_foreign(server, name)
    drop(server, name)
    query(server, f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING 'UTF8'")
    write_stamp(server, name, {"by": OURS})
    query(server, "CREATE EXTENSION pg_trgm", database=name)
    (LOGS / f"{name}-update.log").unlink(missing_ok=True)
    run_odoo(server, f"Creating the database {name}", f"{name}-install.log", name, "-i", MODULE)


def update(server, name):
    run_odoo(server, f"Updating the database {name}", f"{name}-update.log", name, "-u", MODULE)


def install(server, name, modules):
    """Install further modules, without their demo data.

    What Odoo would install by itself is left out: ``sale_stock`` refuses orders of companies without a warehouse, and
    ``stock`` makes one for the first company only.
    """
    run_logged(
        f"Installing {modules} in {name}",
        odoo.command("-d", name, "-i", modules, "--stop-after-init", "--no-http", "--skip-auto-install"),
        f"{name}-install.log",
        progress=odoo.loading_progress,
        env=odoo.environ(server),
    )


def run_odoo(server, title, log_name, name, *options):
    run_logged(
        title,
        odoo.command("-d", name, *options, "--with-demo", "--stop-after-init", "--no-http"),
        log_name,
        progress=odoo.loading_progress,
        env=odoo.environ(server),
    )


def drop(server, name):
    query(server, f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
    shutil.rmtree(filestore(name), ignore_errors=True)


def copy(server, source, target):
    """Copy a database that nobody uses, with its filestore."""
    refuse_foreign(server, target)
    drop(server, target)
    query(server, f"CREATE DATABASE {quoted(target)} TEMPLATE {quoted(source)}")
    write_stamp(server, target, {"by": OURS})
    if filestore(source).is_dir():
        # Odoo never writes into a stored file, so the copies can share them.
        shutil.copytree(filestore(source), filestore(target), copy_function=os.link)


def forget(server, name):
    """Have the next call of `ensure` create the database anew."""
    write_stamp(server, name, {"by": OURS})


def refuse_foreign(server, name):
    if server.external and exists(server, name) and not read_stamp(server, name):
        raise DevError(
            f"The database {name} on {server.host} was not made by this set-up."
            " Rename it, or unset PGHOST to use a server of the checkout's own."
        )


def exists(server, name):
    return query(server, f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}") == "1"


def read_stamp(server, name):
    comment = query(
        server,
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = {literal(name)}",
    )
    try:
        stamp = json.loads(comment)
    except ValueError:
        return None
    return stamp if stamp.get("by") == OURS else None


def write_stamp(server, name, stamp):
    query(server, f"COMMENT ON DATABASE {quoted(name)} IS {literal(json.dumps(stamp))}")


def filestore(name):
    return DATA / "filestore" / name


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"
