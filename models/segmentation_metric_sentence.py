from odoo import api, fields, models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

SENTENCES = {
    "sum": _lt("Sum of “%(measure)s” of %(documents)s"),
    "count": _lt("Number of %(documents)s"),
    "count_distinct": _lt("Number of different values of “%(measure)s” of %(documents)s"),
    "avg": _lt("Average “%(measure)s” of %(documents)s"),
    "min": _lt("Smallest or earliest “%(measure)s” of %(documents)s"),
    "max": _lt("Largest or latest “%(measure)s” of %(documents)s"),
    "days_since": _lt("Days from the last “%(date)s” of %(documents)s to the as-of date"),
    "interval": _lt("Average number of days from one “%(date)s” of %(documents)s to the next"),
    "interval_deviation": _lt("How much the days from one “%(date)s” of %(documents)s to the next deviate (%%)"),
    "season_share": _lt(
        "Percentage of the days (“%(date)s” of %(documents)s) in the three strongest months of the year"
    ),
    "avg_days": _lt("Average number of days from “%(start)s” to “%(date)s” of %(documents)s"),
    "argmax": _lt("“%(record)s” with the largest sum of “%(measure)s” of %(documents)s"),
    "top_share": _lt("Percentage that the largest “%(record)s” has in the “%(measure)s” of %(documents)s"),
    "value": _lt("“%(measure)s” of the customer"),
    "growth": _lt("By how many percent “%(metric)s” exceeds “%(base)s”"),
    "ratio": _lt("“%(metric)s” in percent of “%(base)s”"),
    "days_between": _lt("Days from “%(base)s” to “%(metric)s”"),
    "date_after": _lt("“%(metric)s” and as many days later as “%(base)s”"),
}


class SegmentationMetric(models.Model):
    _inherit = "segmentation.metric"

    sentence = fields.Char(string="Computes", compute="_compute_sentence")

    @api.depends(
        *("aggregate", "model_id", "measure_field_id", "date_field_id", "group_path", "start_path", "metric_id"),
        *("base_metric_id", "window_months", "offset_months", "offset_days"),
    )
    @api.depends_context("lang")
    def _compute_sentence(self):
        for metric in self:
            # Whose fields these are is known to everybody who may see metrics.
            known = metric.sudo()
            values = {
                "measure": known.measure_field_id.field_description or "…",
                "date": known.date_field_id.field_description or "…",
                "documents": known.model_id.name or "…",
                "record": metric.group_path or "…",
                "start": metric.start_path or "…",
                "metric": metric.metric_id.name or "…",
                "base": metric.base_metric_id.name or "…",
            }
            sentence = self.env._(SENTENCES[metric.aggregate]) % values
            metric.sentence = f"{sentence}{metric._window_text()}."

    def _window_text(self) -> str:
        if not self._reads_documents() or not self.date_field_id:
            return ""
        end = self.env._("the as-of date")
        if self.offset_months or self.offset_days:
            end = self.env._(
                "the as-of date moved back (months: %(months)s, days: %(days)s)",
                months=self.offset_months,
                days=self.offset_days,
            )
        if self.window_months:
            return self.env._(", in the %(months)s-month window up to %(end)s", months=self.window_months, end=end)
        return self.env._(", up to %(end)s", end=end)
