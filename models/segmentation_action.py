from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .domain_field import check_domain
from .segmentation_change import RANKED


class SegmentationAction(models.Model):
    """What is done for a customer who moves to another class: a server action, run as a certain user.

    A run only notes for whom (``segmentation.action.item``), in one statement per action; a scheduled job does the
    work. An action without a server action is there for Odoo's automation rules: the items are written by the ORM, so a
    rule on their model with the trigger "State is set to: Done" is run for each customer; when it fails,
    the item fails and is tried again. On ``segmentation.change`` no automation rule is ever triggered, as the history
    is written in bulk.
    """

    _name = "segmentation.action"
    _inherit = ["segmentation.run.as"]
    _description = "Action on Change of Class"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        help="Nothing is done while it is off, and what waits is left out. A user without technical rights who "
        "switches it on becomes the one it runs as.",
    )
    company_id = fields.Many2one(
        default=lambda self: self.env.company,
        help="Company whose class changes count. Empty: all companies of the user it runs as.",
    )
    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", index=True)
    event = fields.Selection(
        [
            ("enter", "Enters a class"),
            ("leave", "Leaves a class"),
            ("up", "Moves up"),
            ("down", "Moves down"),
            ("change", "Changes in any way"),
        ],
        string="When a customer",
        required=True,
        default="enter",
        help="Up and down follow the order of the classes and need two of them: who gets a first class, or loses the "
        "last one, enters or leaves. A customer's first classification is no change.",
    )
    class_ids = fields.Many2many(
        "segmentation.class",
        "segmentation_action_class_rel",
        string="Classes",
        domain="[('dimension_id', '=', dimension_id)]",
        help="The classes that are entered or left; for up and down those that are reached; else either end of the "
        "move. Classes that are part of a chosen one count with it. Empty: any class.",
    )
    other_class_ids = fields.Many2many(
        "segmentation.class",
        "segmentation_action_other_class_rel",
        string="Other end",
        domain="[('dimension_id', '=', dimension_id)]",
        help="The classes at the other end of the move: where a customer comes from, or goes to when leaving. "
        "Empty: any class, or none.",
    )
    domain = fields.Char(
        string="Only customers",
        help="Condition on the customer file as it is after the change. Empty: all.",
    )
    server_action_id = fields.Many2one(
        "ir.actions.server",
        ondelete="restrict",
        index=True,
        domain="[('model_name', '=', 'res.partner'), ('usage', '=', 'ir_actions_server'), ('parent_id', '=', False)]",
        help="What is done with the customer. Every administrator of the classification may choose among the server "
        "actions on contacts; making one needs technical rights (Settings / Technical / Server Actions).\n"
        "Code finds the customer in record and records, and the change in env.context['segmentation_change_id'].\n"
        "Empty: the customer is only listed in the results, from where an automation rule may go on.",
    )
    item_ids = fields.One2many("segmentation.action.item", "action_id", string="Results", readonly=True)
    item_count = fields.Integer(string="Customers", compute="_compute_item_counts")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_item_counts")
    failed_count = fields.Integer(string="Failed or stopped", compute="_compute_item_counts")

    def _compute_item_counts(self):
        groups = self.env["segmentation.action.item"]._read_group(
            [("action_id", "in", self.ids)], ["action_id", "state"], ["__count"]
        )
        counts = {(action.id, state): count for action, state, count in groups}
        for action in self:
            of_action = {state: count for (id_, state), count in counts.items() if id_ == action._origin.id}
            action.item_count = sum(of_action.values())
            action.waiting_count = of_action.get("waiting", 0)
            action.failed_count = of_action.get("failed", 0) + of_action.get("stopped", 0)

    # -- checks --------------------------------------------------------------------------------

    @api.constrains("event", "dimension_id")
    def _check_event(self):
        for action in self:
            if action.event in ("up", "down") and action.dimension_id.method not in RANKED:
                raise ValidationError(
                    self.env._(
                        "“%(action)s”: the classes of “%(dimension)s” are not ranked, so nobody moves up or down. "
                        "Choose entering or leaving in “When a customer”.",
                        action=action.name,
                        dimension=action.dimension_id.name,
                    )
                )

    @api.constrains("dimension_id", "class_ids", "other_class_ids")
    def _check_classes(self):
        for action in self:
            foreign = (action.class_ids | action.other_class_ids).filtered(
                lambda cls, action=action: cls.dimension_id != action.dimension_id
            )
            if foreign:
                raise ValidationError(
                    self.env._(
                        "“%(action)s”: class “%(class)s” does not belong to dimension “%(dimension)s”. "
                        "Choose classes of the dimension.",
                        **{
                            "action": action.name,
                            "class": foreign[0].name,
                            "dimension": action.dimension_id.name,
                        },
                    )
                )

    @api.constrains("domain")
    def _check_domain(self):
        for action in self:
            check_domain(action, "domain", "segmentation.profile")

    @api.constrains("server_action_id")
    def _check_server_action(self):
        for action in self:
            if action.server_action_id and action.server_action_id.model_name != "res.partner":
                raise ValidationError(
                    self.env._(
                        "“%(action)s”: server action “%(server_action)s” is not for contacts. "
                        "Choose one whose model is Contact.",
                        action=action.name,
                        server_action=action.server_action_id.name,
                    )
                )

    # -- buttons -------------------------------------------------------------------------------

    def action_view_items(self):
        """The results of the actions, per customer."""
        return self.env["segmentation.action.item"]._action_list([("action_id", "in", self.ids)])
