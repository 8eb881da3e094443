from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import asdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_amount

from ..engine.preview import REVENUE
from ..models.segmentation_column import COLUMN_MODELS
from ..report.moves import summarise_moves

# Who moves is listed up to this number, the largest customers first.
LISTED = 100


class SegmentationPreview(models.TransientModel):
    """What a change of the rules would do to the customers of a company."""

    _name = "segmentation.preview"
    _description = "Preview of a Change"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(readonly=True)
    values = fields.Json(readonly=True, help="What is to be written.")
    has_change = fields.Boolean(compute="_compute_has_change")
    versions = fields.Json(readonly=True, help="The versions of the rules that the change was tried on.")
    customers = fields.Integer(readonly=True)
    moved = fields.Integer(readonly=True)
    revenue_moved = fields.Monetary(readonly=True)
    shows_revenue = fields.Boolean(compute="_compute_shows_revenue")
    summary = fields.Char(compute="_compute_summary")
    error = fields.Text(readonly=True)
    dimensions = fields.Json(readonly=True)
    actions = fields.Json(
        "Counted actions", readonly=True, help="The actions on change that would be run, with the number of customers."
    )
    actions_text = fields.Text(string="Actions", compute="_compute_actions_text")
    matrix = fields.Html(compute="_compute_matrix", sanitize=False)
    mover_ids = fields.One2many("segmentation.preview.mover", "preview_id", string="Largest customers", readonly=True)

    # -- make ----------------------------------------------------------------------------------

    @api.model
    def _of(self, record, values: dict):
        """The preview of a change for the current company.

        :param record: of a model that is :class:`~..models.segmentation_previewed.SegmentationPreviewed`; empty for
            a new one
        :param values: see ``_apply_change`` of the model
        """
        self.env["segmentation.dimension"].check_access("write")
        company = self.env.company
        versions = self._versions()
        found = self._try(record, values)
        return self.create(
            {
                "company_id": company.id,
                "res_model": record._name,
                "res_id": record.id,
                "values": values,
                "versions": versions,
                **found,
            }
        )

    def _versions(self) -> dict:
        """Version of the rules by dimension and by metric."""
        return {
            model: {
                str(record.id): record.rule_version
                for record in self.env[model].with_context(active_test=False).search([])
            }
            for model in ("segmentation.dimension", "segmentation.metric")
        }

    def _try(self, record, values: dict) -> dict:
        """Carry the change out, evaluate, and take it back.

        :return: values of the preview
        """
        with self._tried(record, values):
            return self._found()

    @contextmanager
    def _tried(self, record, values: dict):
        """Carry the change out as long as the block lasts."""
        columns = self._columns()
        invalidated = self.env.registry.registry_invalidated
        try:
            with closing(self.env.cr.savepoint()):
                record._apply_change(deepcopy(values))  # creating adds to them
                self.env.flush_all()
                yield
        finally:
            if self._columns() != columns:
                # The change has made columns, which are gone again.
                self.env.registry._setup_models__(self.env.cr, COLUMN_MODELS)
                self.env.registry.registry_invalidated = invalidated

    def _columns(self) -> set[str]:
        return set(self.env["segmentation.profile"]._fields)

    def _found(self) -> dict:
        """What the rules as they are now would do, as values of the preview."""
        # Everybody is evaluated, whichever customers the user sees; the figures are for those who may see them.
        evaluation = self.env["segmentation.run"].sudo()._preview(self.env.company)
        evaluation.find_moves()
        moved, revenue = evaluation.moved_customers()
        counted = evaluation.counted_moves()
        metrics = self.env["segmentation.metric"]._by_column()
        shows_revenue = self._shows_revenue()
        partners = self.env["res.partner"].with_context(active_test=False)._search([]).subselect()
        return {
            "customers": evaluation.result.customers,
            "moved": moved,
            "revenue_moved": revenue if shows_revenue else 0.0,
            "error": "\n".join(evaluation.result.failures.values()) or False,
            "dimensions": [
                asdict(moves)
                for moves in summarise_moves(self.env.company, counted, evaluation.result.customers, shows_revenue)
            ],
            "actions": self._found_actions(counted),
            "mover_ids": [
                fields.Command.create(self._mover(*row, shows_revenue, metrics))
                for row in evaluation.biggest_moves(partners, LISTED)
            ],
        }

    def _found_actions(self, counted) -> list[dict]:
        browse = self.env["segmentation.class"].browse
        moves = [
            (self.env["segmentation.dimension"].browse(dimension_id), browse(source or []), browse(target or []), known)
            for dimension_id, source, target, _customers, _revenue, known in counted
            if known  # a first classification is no change
        ]
        counts = self.env["segmentation.action"]._count_moves(moves)
        return [
            {"name": action.name, "customers": customers, "limited": bool(action.domain)}
            for action, customers in counts.items()
        ]

    def _mover(self, partner_id, dimension_id, from_id, to_id, revenue, evidence, shows_revenue, metrics) -> dict:
        # Names, because a class or dimension that the change would make is not there when the preview is shown.
        browse = self.env["segmentation.class"].browse
        return {
            "partner_id": partner_id,
            "dimension": self.env["segmentation.dimension"].browse(dimension_id).name,
            "class_now": browse(from_id).name or self.env._("Unclassified"),
            "class_then": browse(to_id).name or self.env._("Unclassified"),
            "evidence": self.env["segmentation.change"]._describe_evidence(
                evidence, self.env.company.currency_id, metrics
            ),
            "revenue": revenue if shows_revenue else 0.0,
        }

    def _shows_revenue(self) -> bool:
        """Whether the user may see what customers buy."""
        Profile = self.env["segmentation.profile"]
        return Profile._has_field_access(Profile._fields[REVENUE], "read")

    # -- show ----------------------------------------------------------------------------------

    def _action_open(self) -> dict:
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_preview_action")
        return {**action, "res_id": self.id}

    @api.depends("values")
    def _compute_has_change(self):
        for preview in self:
            preview.has_change = bool(preview.values)

    @api.depends_context("uid")
    def _compute_shows_revenue(self):
        self.shows_revenue = self._shows_revenue()

    @api.depends_context("lang")
    @api.depends("customers", "moved", "revenue_moved", "shows_revenue")
    def _compute_summary(self):
        for preview in self:
            if not preview.moved:
                preview.summary = self.env._("None of %s customers would move to another class.", preview.customers)
                continue
            preview.summary = self.env._(
                "%(moved)s of %(customers)s customers would move to another class.",
                moved=preview.moved,
                customers=preview.customers,
            )
            if preview.shows_revenue:
                amount = format_amount(self.env, preview.revenue_moved, preview.currency_id)
                preview.summary += " " + self.env._("Their revenue of the last 12 months: %s.", amount)

    @api.depends("actions")
    @api.depends_context("lang")
    def _compute_actions_text(self):
        for preview in self:
            lines = [
                self.env._("%(action)s: for up to %(customers)s customers, those that meet its condition", **values)
                if action["limited"]
                else self.env._("%(action)s: for %(customers)s customers", **values)
                for action in preview.actions or []
                if (values := {"action": action["name"], "customers": action["customers"]})
            ]
            preview.actions_text = "\n".join(lines) or self.env._("No action on change would be run.")

    @api.depends("dimensions", "shows_revenue")
    @api.depends_context("lang")
    def _compute_matrix(self):
        for preview in self:
            preview.matrix = self.env["ir.qweb"]._render(
                "partner_segmentation.preview_matrix",
                {
                    "dimensions": preview.dimensions or [],
                    "currency": preview.currency_id,
                    "shows_revenue": preview.shows_revenue,
                },
            )

    # -- decide --------------------------------------------------------------------------------

    def action_apply(self):
        """Carry the change out, and have all customers classified by it at once.

        :raise UserError: the rules are others than those the preview was made with
        """
        self.ensure_one()
        if self.versions != self._versions():
            raise UserError(
                self.env._(
                    "The rules have been changed since this preview was made. Close it and preview again, so that you "
                    "see what would happen now."
                )
            )
        if not issubclass(self.env.registry.get(self.res_model, object), self.env.registry["segmentation.previewed"]):
            raise UserError(self.env._("“%s” cannot be changed through a preview.", self.res_model))
        record = self.env[self.res_model].browse(self.res_id or [])._apply_change(self.values)
        self.env["segmentation.run"]._queue_rule_change(delay=timedelta())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Applied"),
                "message": self.env._("All customers are being classified by the new rules; see Runs."),
                "next": self._close(record),
            },
        }

    def action_discard(self):
        """Close the preview and drop the change."""
        return self._close(self.env[self.res_model].browse(self.res_id or []))

    def _close(self, record) -> dict:
        """Close the dialog and have the form below show the record as it is stored."""
        return {"type": "ir.actions.act_window_close", "infos": {"previewEnded": True, "resId": record.id}}


class SegmentationPreviewMover(models.TransientModel):
    """A customer that a change would move."""

    _name = "segmentation.preview.mover"
    _description = "Customer that a Change would move"
    _order = "id"

    preview_id = fields.Many2one("segmentation.preview", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True, ondelete="cascade")
    dimension = fields.Char(readonly=True)
    class_now = fields.Char(readonly=True)
    class_then = fields.Char(readonly=True)
    evidence = fields.Char(string="Values", readonly=True)
    currency_id = fields.Many2one(related="preview_id.currency_id")
    revenue = fields.Monetary(string="Revenue, 12 months", readonly=True)
