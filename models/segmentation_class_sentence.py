from odoo import api, fields, models
from odoo.exceptions import UserError

from .domain_text import describe_domain


class SegmentationClass(models.Model):
    """What a class is, in a sentence that whoever set it up can check."""

    _inherit = "segmentation.class"

    rule = fields.Char(compute="_compute_rule")
    sentence = fields.Char(string="Reads", compute="_compute_sentence")

    @api.depends_context("lang", "company", "uid")
    @api.depends(
        *("method", "share", "description", "domain", "sequence", "active"),
        *("criterion_ids.rule", "criterion_ids.industry_ids", "criterion_ids.alternative"),
        *("dimension_id.criteria_mode", "dimension_id.metric_id.name", "dimension_id.lower_is_better"),
    )
    def _compute_rule(self):
        rules = {
            "criteria": "_describe_criteria",
            "mapping": "_mapping_rule",
            "share": "_describe_share",
            "quantile": "_describe_quantile",
            "domain": "_describe_condition",
        }
        for cls in self:
            cls.rule = getattr(cls, rules[cls.method])() if cls.method in rules else cls._first_line()

    @api.depends_context("lang", "company", "uid")
    @api.depends("name", "rule")
    def _compute_sentence(self):
        for cls in self:
            cls.sentence = self.env._("%(class)s: %(rule)s", **{"class": cls.name or "", "rule": cls.rule or ""})

    def _first_line(self) -> str:
        return (self.description or "").partition("\n")[0] or self.env._("set by hand")

    def _describe_criteria(self) -> str:
        """The bounds in one sentence, those for the first industries when there are many."""
        if not self.criterion_ids:
            return self.env._("Everybody else") if self._is_last() else self.env._("Nobody: no lower bound is set")
        texts = {criterion: criterion.rule for criterion in self.criterion_ids}
        sentences = []
        for industries, criteria in self.criterion_ids.grouped("industry_ids").items():
            sentence = criteria._describe(texts)
            names = ", ".join(industries.mapped("name"))
            sentences.append(f"{names}: {sentence}" if names else sentence)
        more = self.env._("; and %s more", len(sentences) - 3) if len(sentences) > 3 else ""
        return "; ".join(sentences[:3]) + more

    def _is_last(self) -> bool:
        return self == self.dimension_id.class_ids[-1:]

    def _describe_share(self) -> str:
        if self._is_last():
            return self.env._("the rest, and those who bring nothing")
        higher = self.dimension_id.class_ids.filtered(lambda cls: (cls.sequence, cls.id) < (self.sequence, self.id))
        values = {
            "metric": self.dimension_id.metric_id.name or "…",
            "share": f"{self.share:g}",
            "before": f"{higher[-1:].share:g}",
        }
        if higher:
            return self.env._("the next, up to %(share)s %% of the total of “%(metric)s”", **values)
        if self.dimension_id.lower_is_better:
            return self.env._("the lowest that together make %(share)s %% of the total of “%(metric)s”", **values)
        return self.env._("the best that together make %(share)s %% of the total of “%(metric)s”", **values)

    def _describe_quantile(self) -> str:
        classes = self.dimension_id.class_ids
        values = {
            "number": list(classes.ids).index(self.id) + 1 if self.id in classes.ids else "…",
            "count": len(classes),
            "metric": self.dimension_id.metric_id.name or "…",
        }
        if self.dimension_id.lower_is_better:
            return self.env._("group %(number)s of %(count)s by “%(metric)s”, lowest first", **values)
        return self.env._("group %(number)s of %(count)s by “%(metric)s”, highest first", **values)

    def _describe_condition(self) -> str:
        """The condition in words; where it cannot be read or seen, the class speaks for itself."""
        try:
            return describe_domain(self._get_domain(), self.env["segmentation.profile"])
        except UserError:  # not valid yet, or about what the user may not see
            return self._first_line()
