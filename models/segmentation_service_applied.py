from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.orm.models import NO_ACCESS

from .segmentation_service_application import _to_write
from .segmentation_service_proposal import _raw


class SegmentationServiceApplied(models.Model):
    """One item of a service policy that was applied to a customer, or that was kept from being applied."""

    _name = "segmentation.service.applied"
    _description = "Service Applied to a Customer"
    _order = "application_id desc, id"
    _rec_name = "partner_id"

    application_id = fields.Many2one(
        "segmentation.service.application", required=True, ondelete="cascade", readonly=True, index=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade", readonly=True)
    service_id = fields.Many2one("segmentation.service", ondelete="set null", readonly=True)
    class_id = fields.Many2one("segmentation.class", ondelete="set null", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self.env["segmentation.service"]._selection_kind(), required=True, readonly=True
    )
    # Shown as far as the user may see the field of the contact.
    old_value = fields.Json(readonly=True, groups=NO_ACCESS)
    new_value = fields.Json(readonly=True, groups=NO_ACCESS)
    made_ids = fields.Json(readonly=True, groups=NO_ACCESS, help="Ids of the activities or e-mails that were made.")
    old_text = fields.Char(string="Before", compute="_compute_texts")
    new_text = fields.Char(string="Applied", compute="_compute_texts")
    change_number = fields.Integer(
        readonly=True, help="Id of the class change on which the customer had entered the class."
    )
    state = fields.Selection(
        [("applied", "Applied"), ("kept", "Left as it was"), ("undone", "Undone"), ("left", "Could not be undone")],
        string="Status",
        required=True,
        default="applied",
        readonly=True,
    )
    reason = fields.Char(readonly=True)

    _customer = models.Index("(partner_id, company_id)")

    @api.depends("kind", "old_value", "new_value")
    @api.depends_context("lang", "uid")
    def _compute_texts(self):
        Service = self.env["segmentation.service"]
        kinds = Service._kinds()
        for line, values in zip(self, self.sudo(), strict=True):  # hidden: see the fields
            kind = kinds.get(line.kind)
            sees = kind and Service._sees(kind)
            currency = line.company_id.currency_id
            line.old_text = sees and Service._text_of(kind, values.old_value, currency)
            line.new_text = sees and Service._text_of(kind, values.new_value, currency)

    @api.model
    def _in_force(self, partners) -> dict:
        """(Id of a customer, kind) → what was applied in the current company and not undone, oldest first."""
        # Values are hidden from everybody; they are only compared here.
        lines = self.sudo().search_fetch(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", self.env.company.id),
                ("state", "in", ("applied", "left")),
                ("application_id.origin", "!=", "job"),
            ],
            ["partner_id", "kind", "class_id", "new_value", "change_number", "create_date"],
            order="id",
        )
        return lines.grouped(lambda line: (line.partner_id.id, line.kind))

    # -- undo ----------------------------------------------------------------------------------

    def _undo(self):
        """Give the customers back what they had, where it is still as it was applied; the others keep what they have.

        :return: a notification of how many it was
        :raise UserError: nothing is left to be undone
        :raise AccessError: names the field that the user may not change
        """
        self.check_access("read")
        self.env["segmentation.service"].check_access("read")
        lines = self.filtered(lambda line: line.state == "applied")
        if not lines:
            raise UserError(self.env._("There is nothing to undo. Choose an application that has not been undone."))
        lines.partner_id.check_access("write")
        for company, of_company in lines.grouped("company_id").items():
            of_company.with_company(company)._undo_in_company()
        undone = lines.filtered(lambda line: line.state == "undone")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if undone == lines else "warning",
                "message": self.env._(
                    "%(undone)s undone, %(left)s left as they are", undone=len(undone), left=len(lines - undone)
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _undo_in_company(self):
        kinds = self.env["segmentation.service"]._kinds()
        reasons, values = {}, defaultdict(dict)
        for line in self.sudo():  # the values before are hidden from everybody
            kind = kinds.get(line.kind)
            if not kind or not kind.field_in(line.partner_id):
                continue
            line._check_field(kind, line.partner_id.sudo(False))
            reason = line._restore(kind, line.partner_id.sudo(False), values)
            if reason:
                reasons[line.sudo(False)] = reason
        self.env["segmentation.service.application"]._write(values)
        for code, lines in self.grouped("kind").items():
            kind = kinds.get(code)
            if not kind or not kind.field_in(lines.partner_id):
                reasons |= lines._take_back(kind)
        self._note_undone(reasons)

    def _check_field(self, kind, partner):
        field = partner._fields[kind.field_in(partner)]
        if not partner._has_field_access(field, "write"):
            raise AccessError(
                self.env._(
                    "You may not change “%(field)s” of “%(customer)s”. Have somebody undo it who may change the field.",
                    field=field._description_string(partner.env),
                    customer=partner.display_name,
                )
            )

    def _restore(self, kind, partner, values: dict):
        """Collect the value before for writing, or return why it is not restored."""
        name = kind.field_in(partner)
        current = _raw(partner[name])
        if kind.adds:
            added = [id_ for id_ in self.new_value if id_ in current]
            values[partner].setdefault(name, []).extend(Command.unlink(id_) for id_ in added)
            return None if added else self.env._("It was removed since.")
        if current != self.new_value:
            return self.env._("It was changed since.")
        comodel = kind.comodel(self.env)
        if comodel and not self.env[comodel].browse(self.old_value).exists() and self.old_value:
            return self.env._("What the customer had before does not exist any more.")
        values[partner][name] = _to_write(self.old_value)
        return None

    def _take_back(self, kind) -> dict:
        """Take back what was made; line → why it could not be."""
        if not kind or not kind.undo:
            return dict.fromkeys(self, self.env._("It cannot be taken back."))
        return getattr(self.env["segmentation.service"], kind.undo)(self)

    def _note_undone(self, reasons: dict):
        left = self.browse().union(*reasons)
        log = self.sudo()  # the log is the engine's: nobody writes it by hand
        (log - left).write({"state": "undone"})
        for reason in set(reasons.values()):
            lines = left.filtered(lambda line, reason=reason: reasons[line] == reason)
            lines.sudo().write({"state": "left", "reason": reason})  # as above
        for application in log.application_id:
            kept_out = [("application_id", "=", application.id), ("state", "!=", "kept")]
            states = {state for (state,) in log._read_group(kept_out, ["state"])}
            application.write(
                {
                    "state": "undone" if states == {"undone"} else "partial",
                    "undone_by_id": self.env.uid,
                    "undone_at": fields.Datetime.now(),
                }
            )
        self._tell_undone(reasons)

    def _tell_undone(self, reasons: dict):
        labels = dict(self.env["segmentation.service"]._selection_kind())
        sentences = defaultdict(list)
        for line in self:
            label = labels.get(line.kind, line.kind)
            reason = reasons.get(line)
            sentences[line.partner_id].append(f"{label}: {reason}" if reason else label)
        self.env["segmentation.service.application"]._post(self.env._("Services undone:"), sentences)
