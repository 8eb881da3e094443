"""`make demo`: a database with demo data, classified and served."""

import socket
import subprocess
import time

from . import database, environment, odoo
from .console import DevError, run_logged, say, step, stop, tail
from .paths import LOGS, ROOT

DATABASE = "demo"
ADDRESS = "127.0.0.1"
START_PATIENCE = 120


def run(serve, port):
    if serve:
        refuse_busy_port(port)
    with environment.ready() as server:
        database.ensure(server, DATABASE, renew=False)
        classify(server, DATABASE)
        if serve:
            serve_until_stopped(server, port)


def classify(server, name):
    command = odoo.command("shell", "-d", name, "--no-http", "--log-level=warn")
    script = ROOT / "dev" / "classify.py"
    title = "Classifying the demo customers"
    log = run_logged(title, command, "classify.log", script=script, env=odoo.environ(server))
    say(log.read_text())


def passes(server, source):
    """Classify the demo customers in a copy of `source`, as `make demo` does; say whether that works."""
    name = f"{source}_{DATABASE}"
    database.copy(server, source, name)
    try:
        classify(server, name)
    except DevError as error:
        say(f"    {error}")
        return False
    finally:
        database.drop(server, name)
    return True


def refuse_busy_port(port):
    with socket.socket() as probe:
        # Odoo sets it as well, and without it a port that was just left looks busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise DevError(
                f"Port {port} on {ADDRESS} cannot be used ({error.strerror})."
                f" Stop the program that uses it, or take another one: make demo PORT={port + 1}"
            ) from None


def serve_until_stopped(server, port):
    log = LOGS / "serve.log"
    command = odoo.command("-d", DATABASE, f"--http-port={port}")
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=odoo.environ(server))
        try:
            with step("Starting Odoo"):
                wait_until_up(process, port, log)
            say(f"\nOdoo runs on http://{ADDRESS}:{port}   user: admin   password: admin")
            say(f"Its log is {log}. Stop it with Ctrl-C.")
            process.wait()
        except KeyboardInterrupt:
            say("\nStopping Odoo")
        finally:
            stop(process)
    if process.returncode > 0:
        raise DevError(f"Odoo ended by itself. The end of {log}:\n{tail(log, lines=15)}")


def wait_until_up(process, port, log):
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((ADDRESS, port)) == 0:
                return
        time.sleep(0.2)
    raise DevError(f"Odoo did not start. The end of {log}:\n{tail(log, lines=15)}")
