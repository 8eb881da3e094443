import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .domain_field import parse_domain
from .segmentation_change import direction

_logger = logging.getLogger(__name__)


class SegmentationAction(models.Model):
    """For whom an action is run: found from the moves between classes that a run has made."""

    _inherit = "segmentation.action"

    # -- for whom ------------------------------------------------------------------------------

    @api.model
    def _count_moves(self, moves) -> dict:
        """For how many customers of the current company the actions that are switched on would be run.

        :param moves: list of ``(dimension, from class, to class, customers)``, an empty class for none
        :return: action → number of customers, at most so many where the action has a ``domain``
        """
        fitting = self._fitting_actions(moves, self.env.company)
        return {action: sum(move[-1] for move in fitted) for action, fitted in fitting.items()}

    def _fitting_actions(self, moves, company) -> dict:
        """Action of the company that is switched on → those of the moves that it is run for."""
        actions = self.search([("active", "=", True), ("company_id", "in", (False, company.id))])
        fitting = {action: action._fitting(moves) for action in actions if action._may_act_in(company)}
        return {action: fitted for action, fitted in fitting.items() if fitted}

    def _fitting(self, moves) -> list:
        classes, others = self._with_parts(self.class_ids), self._with_parts(self.other_class_ids)
        return [
            move for move in moves if move[0] == self.dimension_id and self._fits(move[1], move[2], classes, others)
        ]

    def _with_parts(self, classes):
        return classes.with_context(active_test=False).search([("id", "child_of", classes.ids)])

    def _fits(self, source, target, classes, others) -> bool:
        """Whether a move from class ``source`` to ``target`` is what the action waits for."""
        if self.event == "change":
            return not classes or bool((source | target) & classes)
        here, there = (source, target) if self.event == "leave" else (target, source)
        if not here or (classes and here not in classes) or (others and there not in others):
            return False
        if self.event in ("up", "down"):
            return direction(self.dimension_id, source, target) == self.event
        return there not in classes

    # -- queue ---------------------------------------------------------------------------------

    @api.model
    def _queue_changes(self, run):
        """Note the customers whose class the run has changed for the actions, and wake the job that runs them.

        An action whose customers cannot be found fails alone, and the run says so.
        """
        if not run.changes:
            return
        actions = self.sudo()  # whoever classifies a customer need not see what happens then
        groups = actions.env["segmentation.change"]._read_group(
            [("run_id", "=", run.id)], ["dimension_id", "from_class_id", "to_class_id"], ["__count"]
        )
        errors = []
        for action, moves in actions._fitting_actions(groups, run.company_id).items():
            try:
                with self.env.cr.savepoint():
                    items = action._insert_items(run, moves)
                if items:
                    items._wake()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:  # a condition may fail in any way
                _logger.info("Action on change %s cannot be queued", action.id, exc_info=True)
                errors.append(self.env._("Action “%(action)s” is not run: %(error)s", action=action.name, error=error))
        if errors:
            run.write({"state": "partial", "error": "\n".join(filter(None, [run.error, *errors]))})

    def _insert_items(self, run, moves):
        """Note the customers of the run's changes that made one of the moves; return the items."""
        pairs = [SQL("(%s, %s)", source.id or 0, target.id or 0) for _dimension, source, target, _count in moves]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """INSERT INTO segmentation_action_item (action_id, change_id, partner_id, customer_number, company_id,
                                                         state, attempts, not_before)
                   SELECT %(action)s, id, partner_id, partner_id, company_id, 'waiting', 0, NOW() AT TIME ZONE 'UTC'
                     FROM segmentation_change
                    WHERE run_id = %(run)s AND dimension_id = %(dimension)s
                      AND (COALESCE(from_class_id, 0), COALESCE(to_class_id, 0)) IN (%(pairs)s)
                      AND partner_id IN %(customers)s
                 ORDER BY id
              RETURNING id""",
                action=self.id,
                run=run.id,
                dimension=self.dimension_id.id,
                pairs=SQL(", ").join(pairs),
                customers=self._customers(run.company_id),
            )
        )
        return self.env["segmentation.action.item"].browse(id_ for (id_,) in self.env.cr.fetchall())

    def _customers(self, company) -> SQL:
        """Subselect of the customers that meet the condition, those that left the population too."""
        profiles = self.env["segmentation.profile"].with_context(active_test=False)
        domain = parse_domain(self, "domain") & Domain("company_id", "=", company.id)
        return profiles._search(domain).subselect("partner_id")


class SegmentationClass(models.Model):
    _inherit = "segmentation.class"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_actions(self):
        # An action that loses its classes would be run for all of them.
        named = Domain("class_ids", "in", self.ids) | Domain("other_class_ids", "in", self.ids)
        # Those of other companies count as well.
        action = self.env["segmentation.action"].sudo().with_context(active_test=False).search(named, limit=1)
        if action:
            named = (action.class_ids | action.other_class_ids) & self
            raise UserError(
                self.env._(
                    "The action on change “%(action)s” is about class “%(class)s”. "
                    "Archive it instead, or remove it from the action first.",
                    **{"action": action.name, "class": named[0].name},
                )
            )


class SegmentationRun(models.Model):
    _inherit = "segmentation.run"

    action_item_count = fields.Integer(
        string="Actions on change", compute="_compute_action_item_count", groups="partner_segmentation.group_manager"
    )

    def _compute_action_item_count(self):
        items = self.env["segmentation.action.item"]
        for run in self:
            run.action_item_count = items.search_count([("change_id.run_id", "=", run.id)]) if run.changes else 0

    def action_view_action_items(self):
        return self.env["segmentation.action.item"]._action_list([("change_id.run_id", "in", self.ids)])
