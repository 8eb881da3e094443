"""Talk to the developer: steps with their time, progress of long commands, clear failures."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from .paths import LOGS

QUIET_INTERVAL = 10
TAIL_BYTES = 4096
PR_SET_PDEATHSIG = 1


class DevError(Exception):
    """A problem that the developer can solve; the message says how."""


def say(message):
    print(message, flush=True)


@contextmanager
def step(title):
    started = time.monotonic()
    say(f"==> {title}")
    outcome = "stopped after"
    try:
        yield
        outcome = "done in"
    finally:
        say(f"    {outcome} {time.monotonic() - started:.0f} s")


@contextmanager
def locked(path):
    """Hold `path` alone; a second call waits until the first is through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"    waiting for another call that holds {path}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def tail(path, lines=1):
    with path.open("rb") as handle:
        handle.seek(max(0, path.stat().st_size - TAIL_BYTES))
        text = handle.read().decode(errors="replace")
    return "\n".join(text.replace("\r", "\n").strip().splitlines()[-lines:])


def run_logged(title, command, log_name, *, progress=tail, script=None, **options):
    """Run a command into `.dev/log/<log_name>`, showing how it goes. Return the log's path."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / log_name
    with step(title):
        with log.open("wb") as output, Path(script or os.devnull).open("rb") as stdin:
            code = run_watched(command, progress, stdin=stdin, stdout=output, stderr=subprocess.STDOUT, **options)
        if code:
            raise DevError(f"{title}: failed with exit code {code}. The end of {log}:\n{tail(log, lines=15)}")
    return log


def run_watched(command, progress, **options):
    """Return the exit code; on the way show now and then what `progress` makes of the log."""
    log = Path(options["stdout"].name)
    words = [str(part) for part in command]
    process = subprocess.Popen(words, preexec_fn=end_with_parent, **options)  # noqa: PLW1509
    started = time.monotonic()
    live = sys.stdout.isatty()
    try:
        while True:
            try:
                return process.wait(1 if live else QUIET_INTERVAL)
            except subprocess.TimeoutExpired:
                line = f"    [{time.monotonic() - started:4.0f} s] {progress(log)}"[:100]
                print(f"\r\033[K{line}" if live else line, end="" if live else "\n", flush=True)
    finally:
        stop(process)
        if live:
            print("\r\033[K", end="", flush=True)


def end_with_parent():
    """Even when we are killed, nothing may go on writing where the next call begins anew."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stop(process, patience=15):
    """End a process that we started, politely at first."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
