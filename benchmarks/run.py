"""Start of the measurements. Runs in `odoo shell`, which gives `env`."""

import os

from odoo.addons.partner_segmentation.benchmarks import report

report.main(env, int(os.environ["BENCH_REPEAT"]), os.environ.get("BENCH_PLANS"))  # noqa: F821
