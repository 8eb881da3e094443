"""Find what an Odoo log complains about."""

import re

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): ")
BAD_LEVELS = {"WARNING", "ERROR", "CRITICAL"}
# Not ours: (logger, part of the message, why it is allowed).
ALLOWED = ()


def complaints(log):
    """Entries of level warning and above, each with the lines that belong to it."""
    if not log.is_file():
        return []
    found = []
    taking = False
    for line in log.read_text(errors="replace").splitlines():
        entry = ENTRY.match(line)
        if entry:
            taking = entry["level"] in BAD_LEVELS and not is_allowed(entry["logger"], line)
        if taking:
            found.append(line)
    return found


def is_allowed(logger, line):
    return any(logger == name and part in line for name, part, _reason in ALLOWED)
