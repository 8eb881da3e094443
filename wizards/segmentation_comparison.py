from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

from ..engine.history import computed_classes, recorded_classes, stored_classes
from ..engine.scope import Scope
from ..fields import LooseMany2one
from ..models.segmentation_profile import UNCLASSIFIED


class SegmentationComparison(models.TransientModel):
    """The classes that customers had on a date, beside those they have now."""

    _name = "segmentation.comparison"
    _description = "Classes on a Date"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    date = fields.Date(
        required=True,
        default=lambda self: self._today().replace(day=1),
        help="The classes at the end of this day are compared with those of now.",
    )
    basis = fields.Selection(
        [("recorded", "As recorded"), ("rules", "By today's rules")],
        required=True,
        default="recorded",
        help="As recorded: the classes that customers had on that date, whatever the rules were.\n"
        "By today's rules: the classes that the rules of today give on the documents up to that date.",
    )
    dimension_ids = fields.Many2many(
        "segmentation.dimension",
        string="Dimensions",
        default=lambda self: self.env["segmentation.dimension"]._used_by(self.env.company),
        required=True,
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        default=lambda self: self.env["res.partner"]._selected_customers(),
        context={"active_test": False},
        help="Empty: all customers.",
    )

    def _today(self):
        return self.env["segmentation.run"]._today(self.company_id or self.env.company)

    @api.constrains("date")
    def _check_date(self):
        for comparison in self:
            if comparison.date > comparison._today():
                raise ValidationError(
                    self.env._(
                        "The Date %s lies in the future. Choose today or an earlier day.",
                        format_date(self.env, comparison.date),
                    )
                )

    def action_show(self):
        """Compare, and show the customers with both classes."""
        self.ensure_one()
        self.env.flush_all()
        classes = self._recorded() if self.basis == "recorded" else self._by_rules()
        if not self._fill(classes):
            raise UserError(
                self.env._(
                    "There is nothing to show: none of the Customers that you may see has a class in %s. "
                    "Choose other Customers, or none to see all.",
                    self.company_id.name,
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "partner_segmentation.segmentation_comparison_line_action"
        )
        date = format_date(self.env, self.date)
        return {
            **action,
            "display_name": self.env._("Classes on %s and now", date),
            "domain": [("comparison_id", "=", self.id)],
            "context": {"searchpanel_default_dimension_id": self.dimension_ids[0].id},
        }

    def _scope(self, retrospective=False) -> Scope:
        partner_ids = tuple(self.partner_ids.commercial_partner_id.ids) or None
        return Scope(self.env, self.company_id.id, self.date, partner_ids, retrospective=retrospective)

    def _recorded(self) -> SQL:
        scope = self._scope()
        start = self.company_id.segmentation_history_start
        if start and self.date < start:
            raise UserError(
                self.env._(
                    "History before %s has been removed. Choose that Date or a later one, or another Basis.",
                    format_date(self.env, start),
                )
            )
        first = self._first_file(scope)
        if first and first >= scope.end:
            raise UserError(
                self.env._(
                    "No customer was classified on %(date)s; the first file is of %(first)s. "
                    "Choose a later Date, or another Basis.",
                    date=format_date(self.env, self.date),
                    first=format_date(self.env, scope.day_of(first)),
                )
            )
        return recorded_classes(scope, self.dimension_ids)

    def _first_file(self, scope):
        """The moment the first customer file was made; False when there is none."""
        domain = [("company_id", "=", self.company_id.id)]
        if scope.partner_ids is not None:
            domain.append(("partner_id", "in", scope.partner_ids))
        Profile = self.env["segmentation.profile"].with_context(active_test=False)
        [[first]] = Profile._read_group(domain, [], ["create_date:min"])
        return first

    def _by_rules(self) -> SQL:
        partners = self.partner_ids if self.partner_ids else None
        self.env["segmentation.run"]._check_may_classify(partners)
        # Not a record: nothing is written. Users evaluate without rights on the engine's records.
        run = (
            self.env["segmentation.run"]
            .sudo()
            .new(
                {
                    "company_id": self.company_id.id,
                    "as_of": self.date,
                    "scope": "all" if partners is None else "selection",
                    "partner_ids": partners and [fields.Command.set(partners.commercial_partner_id.ids)],
                }
            )
        )
        return computed_classes(run._evaluation(retrospective=True), self.dimension_ids)

    def _fill(self, classes: SQL) -> int:
        """Insert a line per customer whom the user may read and dimension; the number of lines.

        Who left the customers before the date has no class on either day and no line.
        """
        partners = self.env["res.partner"].with_context(active_test=False)._search([])
        self.env.cr.execute(SQL("DELETE FROM segmentation_comparison_line WHERE comparison_id = %s", self.id))
        self.env.cr.execute(
            SQL(
                """INSERT INTO segmentation_comparison_line
                          (comparison_id, partner_id, dimension_id, class_id, current_class_id, moved,
                           create_date, write_date)
                   SELECT %(comparison)s, past.partner_id, past.dimension_id, past.class_id, stored.class_id,
                          past.class_id IS DISTINCT FROM stored.class_id,
                          NOW() AT TIME ZONE 'UTC', NOW() AT TIME ZONE 'UTC'
                     FROM (%(past)s) AS past
                LEFT JOIN (%(stored)s) AS stored
                       ON stored.partner_id = past.partner_id AND stored.dimension_id = past.dimension_id
                    WHERE past.partner_id IN %(partners)s
                      AND (stored.active IS NOT FALSE OR past.class_id IS NOT NULL)""",
                comparison=self.id,
                past=classes,
                stored=stored_classes(self._scope(), self.dimension_ids),
                partners=partners.subselect(),
            )
        )
        self.env["segmentation.comparison.line"].invalidate_model()
        return self.env.cr.rowcount


class SegmentationComparisonLine(models.TransientModel):
    """The class of a customer in a dimension on the date, and now."""

    _name = "segmentation.comparison.line"
    _description = "Class on a Date"
    _order = "dimension_id, moved desc, id"
    _rec_name = "partner_id"

    comparison_id = LooseMany2one("segmentation.comparison", required=True, readonly=True, index=True)
    partner_id = LooseMany2one("res.partner", string="Customer", required=True, readonly=True)
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    dimension_id = LooseMany2one("segmentation.dimension", required=True, readonly=True)
    class_id = LooseMany2one("segmentation.class", string="Class then", readonly=True, falsy_value_label=UNCLASSIFIED)
    current_class_id = LooseMany2one(
        "segmentation.class", string="Class now", readonly=True, falsy_value_label=UNCLASSIFIED
    )
    moved = fields.Boolean(readonly=True, help="The class now is another one.")

    def action_open_partner(self):
        self.ensure_one()
        return self.partner_id._get_records_action(context={})
