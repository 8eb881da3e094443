import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class SegmentationRules(models.Model):
    """How a dimension classified from one change of its rules to the next, in words, for reports of past days."""

    _name = "segmentation.rules"
    _description = "Rules That Were in Force"
    _log_access = False

    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", readonly=True)
    version = fields.Integer(required=True, readonly=True)
    content = fields.Json(
        required=True, readonly=True, help="Method, standard and rules by class, by code of the language."
    )

    _once = models.UniqueIndex("(dimension_id, version)")

    @api.model
    def _record(self, dimensions):
        """Keep how the dimensions classify, as far as it has changed since it was kept last."""
        recorded = self.search([("dimension_id", "in", dimensions.ids)])
        known = {(rules.dimension_id, rules.version) for rules in recorded}
        for dimension in dimensions.filtered(lambda dimension: (dimension, dimension.rule_version) not in known):
            try:
                with self.env.cr.savepoint():
                    self._record_one(dimension)
            except Exception:  # reports can do without, and the classes must not be lost
                _logger.exception("The rules of dimension %s could not be kept", dimension.code)

    @api.model
    def _record_one(self, dimension):
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        content = {lang: dimension.with_context(lang=lang)._method_texts() for lang in languages}
        self.create({"dimension_id": dimension.id, "version": dimension.rule_version, "content": content})

    @api.model
    def _in_force(self, company, moment) -> dict:
        """Dimension → what :meth:`~.segmentation_dimension._method_texts` gave at the moment, in the user's language.

        Only those of which it is known: the rules that all customers were last evaluated by.
        """
        run = self.env["segmentation.run"]._last_complete(company, before=moment)
        versions = {int(dimension_id): version for dimension_id, version in (run.rule_versions or {}).items()}
        found = self.search([("dimension_id", "in", list(versions))])
        lang = self.env.lang or "en_US"
        return {
            rules.dimension_id: rules.content.get(lang) or rules.content["en_US"]
            for rules in found
            if versions[rules.dimension_id.id] == rules.version
        }


class SegmentationDimension(models.Model):
    _inherit = "segmentation.dimension"

    def _method_texts(self) -> dict:
        """Method, name of the standard, and name and rule of each class, for readers."""
        self.ensure_one()
        methods = dict(self._fields["method"]._description_selection(self.env))
        # Who may see classes may know which standard they come from.
        item = (
            self.env["segmentation.standard.item"]
            .sudo()
            .search([("kind", "=", "dimension"), ("res_id", "=", self.id)], limit=1)
        )
        return {
            "method": methods[self.method],
            "standard": item.standard_id.name or "",
            "rules": [[cls.name, cls.rule or ""] for cls in self.class_ids],
        }
