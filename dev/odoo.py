"""Write Odoo's configuration and run its commands."""

import configparser
import os
import subprocess

from .paths import ADDON_LINK, ADDONS, DATA, EXAMPLE, EXAMPLE_LINK, ODOO_CONF, ROOT, VENV_PYTHON, WORK


def configure(odoo_root, server):
    ADDONS.mkdir(parents=True, exist_ok=True)
    DATA.mkdir(exist_ok=True)
    link_addons()
    # Debian and git alike have `addons` beside `odoo`; Odoo adds `odoo/addons` itself.
    settings = {
        "addons_path": f"{odoo_root / 'addons'},{ADDONS}",
        "data_dir": DATA,
        "db_host": server.host,
        "db_port": server.port,
        "db_user": server.user,
        "http_interface": "127.0.0.1",
        "list_db": "True",
        "screenshots": WORK / "screenshots",
        "server_wide_modules": "base,rpc,web",
    }
    lines = [f"{key} = {value}" for key, value in settings.items()]
    ODOO_CONF.write_text("\n".join(["[options]", *lines, ""]))


def source():
    """Which Odoo the configuration names."""
    settings = configparser.RawConfigParser()
    settings.read(ODOO_CONF)
    return settings["options"]["addons_path"].split(",")[0]


def link_addons():
    """pytest and Odoo take the add-on's name from its folder, whatever the checkout's is."""
    for link, folder in ((ADDON_LINK, ROOT), (EXAMPLE_LINK, ROOT / "dev" / "example" / EXAMPLE)):
        target = os.path.relpath(folder, ADDONS)
        if not (link.is_symlink() and os.readlink(link) == target):
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def command(*arguments):
    """`odoo [subcommand] <options>` with our configuration."""
    words = [str(argument) for argument in arguments]
    subcommand = [words.pop(0)] if words and not words[0].startswith("-") else []
    return [str(VENV_PYTHON), "-P", "-m", "odoo", *subcommand, "-c", str(ODOO_CONF), *words]


def environ(server):
    # Odoo lets PGDATABASE and the like win over its configuration file.
    kept = {key: value for key, value in os.environ.items() if key != "PGDATABASE"}
    return {**kept, **server.environ, "ODOO_RC": str(ODOO_CONF)}


def call(server, *arguments):
    """Run in the foreground; return the exit code."""
    return subprocess.call(command(*arguments), env=environ(server))


def loading_progress(log):
    """The last `Loading module x (3/80)` of an installation's log, for the progress line."""
    with log.open("rb") as handle:
        handle.seek(max(0, log.stat().st_size - 200_000))
        lines = handle.read().decode(errors="replace").splitlines()
    loading = [line for line in lines if "Loading module" in line]
    return loading[-1].rpartition(": ")[2] if loading else "starting"
