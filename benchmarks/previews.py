"""What an administrator waits for: the preview of a change."""

from collections import defaultdict

from odoo import SUPERUSER_ID, Command

from .measure import Samples


class Previews:
    """Measurements on classified customers."""

    def __init__(self, bench):
        self.bench = bench
        self.samples = defaultdict(Samples)
        self.moved = {}

    def run(self):
        changes = {"a bound": self._bound, "a window": self._window, "a standard": self._standard}
        for name, change in changes.items():
            for _ in range(self.bench.repeat + 1):
                with self.bench.transaction(SUPERUSER_ID) as env:
                    record, values = change(env)
                    with self.samples[name].timed():
                        action = record.action_preview(values)
                    self.moved[name] = env["segmentation.preview"].browse(action["res_id"]).moved
            self.samples[name].pop(0)  # fills the caches of the registry

    def _bound(self, env):
        criterion = env.ref("partner_segmentation.criterion_size_large_employee_count")
        bound = Command.update(criterion.id, {"lower_bound": criterion.lower_bound * 0.6})
        values = {"class_ids": [Command.update(criterion.class_id.id, {"criterion_ids": [bound]})]}
        return criterion.dimension_id, values

    def _window(self, env):
        return env.ref("partner_segmentation.metric_revenue_12m"), {"window_months": 24}

    def _standard(self, env):
        return env["segmentation.standard"].search([("code", "=", "EU_2003_361")]), {}
