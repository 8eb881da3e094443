"""`python3 -m dev <verb>`: the development set-up from the command line."""

import argparse
import contextlib
import shlex
import signal
import sys

from . import (
    bench,
    check,
    clean,
    coverage,
    database,
    demo,
    dist,
    environment,
    faults,
    i18n,
    linters,
    mutation,
    odoo,
    postgres,
    screenshots,
    testing,
)
from .console import DevError, say
from .paths import ADDONS, ODOO_CONF, VENV, VENV_PYTHON


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse_arguments()
    try:
        sys.exit(options.run(options))
    except DevError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="python3 -m dev", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")

    verb = verbs.add_parser("demo", help="a classified database with demo data, served")
    verb.add_argument("--no-serve", action="store_true")
    verb.add_argument("--port", type=int, default=8069)
    verb.set_defaults(run=lambda options: demo.run(not options.no_serve, options.port))

    verb = verbs.add_parser("test", help="linters, distributions, installation, demo, uninstallation, update and tests")
    verb.add_argument("-k", dest="expression", help="only the tests that match, nothing else")
    verb.set_defaults(run=lambda options: check.run(options.expression))

    verb = verbs.add_parser("bench", help="measure the classification of many customers")
    verb.add_argument("-n", dest="customers", type=int, default=300_000)
    verb.add_argument("--repeat", type=int, default=3)
    verb.add_argument("--explain", action="store_true", help="write query plans into .dev/log/")
    verb.set_defaults(run=lambda options: bench.run(options.customers, options.repeat, options.explain))

    verb = verbs.add_parser("faults", help="kill, race and restart real processes, and look at what is left")
    verb.add_argument("-n", dest="customers", type=int, default=20_000)
    verb.add_argument("names", nargs="*", help=f"of {', '.join(faults.CHECKS)}; default: all")
    verb.set_defaults(run=lambda options: faults.run(options.customers, options.names))

    verb = verbs.add_parser("update", help="the update from the previous release only, and uninstalling after it")
    verb.set_defaults(run=lambda _options: check.update())

    verb = verbs.add_parser("coverage", help="all tests, and how much of each package they reach")
    verb.set_defaults(run=lambda _options: coverage.run())

    verb = verbs.add_parser("mutation", help="does a test fail for each small fault of the engine?")
    verb.add_argument("files", nargs="*", help="such as engine/near.py or engine/near.py:65; default: all of engine/")
    verb.add_argument("--sample", type=int, help="so many mutants of each file; default: all")
    verb.add_argument("--tests", type=int, default=60, help="per mutant, before it counts as survivor")
    verb.add_argument("--again", action="store_true", help="also those that were killed before")
    verb.add_argument("--contexts", nargs="+", help="coverage data of the tests, instead of measuring it")
    verb.set_defaults(run=run_mutation)

    verb = verbs.add_parser("lint", help="linters only")
    verb.set_defaults(run=run_lint)

    verb = verbs.add_parser("dist", help="build wheel and source distribution into dist/")
    verb.set_defaults(run=run_dist)

    verb = verbs.add_parser("clean", help="remove what was made in this checkout")
    verb.set_defaults(run=lambda _options: clean.run())

    verb = verbs.add_parser("setup", help="set everything up and leave PostgreSQL running")
    verb.set_defaults(run=run_setup)

    verb = verbs.add_parser("env", help="print shell exports (PGHOST, …) for eval")
    verb.set_defaults(run=run_env)

    verb = verbs.add_parser("odoo", help="run `odoo <arguments>` on the development set-up")
    verb.add_argument("arguments", nargs=argparse.REMAINDER)
    verb.set_defaults(run=run_odoo)

    verb = verbs.add_parser("pytest", help="run `pytest <arguments>` in an up-to-date database")
    verb.add_argument("-d", "--database", default="test")
    verb.add_argument("arguments", nargs=argparse.REMAINDER)
    verb.set_defaults(run=run_pytest)

    verb = verbs.add_parser("i18n", help="export the terms and merge them into the translations")
    verb.set_defaults(run=lambda _options: i18n.run())

    verb = verbs.add_parser("screenshots", help="take the pictures in static/description anew")
    verb.add_argument("names", nargs="*", help="pictures without .png; default: all")
    verb.set_defaults(run=lambda options: screenshots.run(options.names))

    verb = verbs.add_parser("stop", help="stop the PostgreSQL that setup, env or odoo left running")
    verb.set_defaults(run=run_stop)
    return parser.parse_args()


def passed_on(arguments):
    return arguments[1:] if arguments[:1] == ["--"] else arguments


def run_mutation(options):
    return mutation.run(options.files, options.sample, options.tests, options.again, options.contexts)


def run_lint(_options):
    with environment.ready():
        return 0 if all(linters.run_all().values()) else 1


def run_dist(_options):
    with environment.ready():
        dist.run()


def run_setup(_options):
    with environment.ready():
        postgres.KEEP.touch()


def run_env(_options):
    # What goes to the standard output is for the shell to evaluate.
    with contextlib.redirect_stdout(sys.stderr), environment.ready() as server:
        postgres.KEEP.touch()
    exports = {
        **server.environ,
        "ODOO_RC": ODOO_CONF,
        "ODOO_ADDONS": ADDONS,
        "PATH": f"{VENV / 'bin'}:{postgres.program('psql').parent}:$PATH",
        "PYTHON": VENV_PYTHON,
    }
    for name, value in exports.items():
        quoted = f'"{value}"' if name == "PATH" else shlex.quote(str(value))
        say(f"export {name}={quoted}")


def run_odoo(options):
    with environment.ready() as server:
        postgres.KEEP.touch()
        return odoo.call(server, *passed_on(options.arguments))


def run_pytest(options):
    with environment.ready() as server:
        postgres.KEEP.touch()
        database.ensure(server, options.database, renew=True)
        return testing.pytest(server, options.database, passed_on(options.arguments))


def run_stop(_options):
    postgres.KEEP.unlink(missing_ok=True)
    postgres.stop()


if __name__ == "__main__":
    main()
