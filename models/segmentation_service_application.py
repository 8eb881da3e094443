from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from .segmentation_service_proposal import KEPT


class SegmentationServiceApplication(models.Model):
    """The service policies of some customers, carried out at one time."""

    _name = "segmentation.service.application"
    _description = "Application of Service Policies"
    _order = "id desc"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    user_id = fields.Many2one("res.users", string="Applied by", readonly=True, ondelete="set null")
    origin = fields.Selection(
        [("hand", "By hand"), ("automatic", "On change of class"), ("job", "Every night")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("applied", "Applied"), ("undone", "Undone"), ("partial", "Partly undone")],
        string="Status",
        required=True,
        default="applied",
        readonly=True,
    )
    customers = fields.Integer(readonly=True)
    changed = fields.Integer(string="Changes", readonly=True)
    kept = fields.Integer(string="Left as they were", readonly=True)
    undone_by_id = fields.Many2one("res.users", string="Undone by", readonly=True, ondelete="set null")
    undone_at = fields.Datetime(string="Undone on", readonly=True)
    line_ids = fields.One2many("segmentation.service.applied", "application_id", string="Items", readonly=True)

    @api.depends("user_id", "create_date")
    def _compute_display_name(self):
        for application in self:
            application.display_name = self.env._(
                "Services applied by %(user)s #%(number)s", user=application.user_id.name, number=application.id
            )

    # -- apply ---------------------------------------------------------------------------------

    @api.model
    def _apply(self, chosen: list, kept: list, origin: str):
        """Carry out proposals with the rights of the user, log them, and tell it in the chatter of each customer.

        :param chosen: list of :class:`~.segmentation_service_proposal.Proposal` to carry out
        :param kept: those that are only noted as left as they were
        :param origin: one of the values of ``origin``
        :return: the record of it, empty when there was nothing to do
        :raise AccessError: names the field that the user may not change
        """
        if not chosen and not kept:
            return self.browse()
        self._check_rights(chosen)
        self.env["segmentation.service"]._with_texts(chosen)
        made = self._carry_out(chosen)
        application = self._log(chosen, kept, origin, made)
        application._tell(chosen)
        return application

    @api.model
    def _check_rights(self, chosen: list):
        forbidden = [proposal for proposal in chosen if proposal.state == "forbidden"]
        if not forbidden:
            return
        self.env["res.partner"].union(*(proposal.partner for proposal in forbidden)).check_access("write")
        raise AccessError(
            self.env._(
                "You may not change “%(field)s” of “%(customer)s”. Have somebody apply it who may change the field.",
                field=self.env["segmentation.service"]._field_label(forbidden[0]),
                customer=forbidden[0].partner.display_name,
            )
        )

    @api.model
    def _carry_out(self, chosen: list) -> dict:
        """Change the contacts and do what is done once; (customer, item) → ids of what was made."""
        values, once = defaultdict(dict), defaultdict(list)
        for proposal in chosen:
            if proposal.kind.once:
                once[proposal.item].append(proposal.partner.id)
            elif proposal.kind.adds:
                links = values[proposal.partner].setdefault(proposal.field_name, [])
                links += [Command.link(id_) for id_ in proposal.new]
            else:
                values[proposal.partner][proposal.field_name] = _to_write(proposal.new)
        self._write(values)
        self._claim({id_ for ids in once.values() for id_ in ids})
        kinds, Partner = self.env["segmentation.service"]._kinds(), self.env["res.partner"]
        return {
            (partner, item): ids
            for item, ids_of_partners in once.items()
            for partner, ids in getattr(item, kinds[item.kind].once)(Partner.browse(ids_of_partners)).items()
        }

    @api.model
    def _claim(self, partner_ids):
        """Have whoever serves one of the customers at the same moment fail, so that Odoo repeats it.

        A lock would not do: the other transaction would go on with what it had read before it waited.
        """
        self.env.cr.execute(
            "UPDATE res_partner SET write_uid = write_uid WHERE id IN ("
            "SELECT id FROM res_partner WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)",
            [list(partner_ids)],
        )

    @api.model
    def _write(self, values: dict):
        """Write contacts, those that get the same together.

        :param values: contact → values
        """
        alike = defaultdict(list)
        for partner, vals in values.items():
            alike[str(sorted(vals.items()))].append(partner)
        for partners in alike.values():
            # One message of ours tells everything.
            records = partners[0].union(*partners).with_context(tracking_disable=True)
            records.write(values[partners[0]])

    # -- log -----------------------------------------------------------------------------------

    @api.model
    def _log(self, chosen: list, kept: list, origin: str, made: dict):
        customers = {proposal.partner for proposal in (*chosen, *kept)}
        # The log is the engine's: nobody writes it by hand.
        application = self.sudo().create(
            {
                "company_id": self.env.company.id,
                "user_id": self.env.uid,
                "origin": origin,
                "customers": len(customers),
                "changed": len(chosen),
                "kept": len(kept),
            }
        )
        Service = self.env["segmentation.service"]
        application.line_ids.create(
            [
                {**self._line_values(application, proposal), "made_ids": made.get((proposal.partner, proposal.item))}
                for proposal in chosen
            ]
            + [
                {**self._line_values(application, proposal), "state": "kept", "reason": Service._note(proposal)}
                for proposal in kept
            ]
        )
        return application.sudo(False)

    @api.model
    def _line_values(self, application, proposal) -> dict:
        return {
            "application_id": application.id,
            "company_id": application.company_id.id,
            "partner_id": proposal.partner.id,
            "service_id": proposal.item.id,
            "class_id": proposal.item.class_id.id,
            "kind": proposal.item.kind,
            "old_value": proposal.old,
            "new_value": proposal.new,
            "change_number": proposal.change_number,
        }

    def _tell(self, chosen: list):
        """One message per customer."""
        lines = defaultdict(list)
        for proposal in chosen:
            lines[proposal.partner].append(self._sentence(proposal))
        self._post(self.env._("Served as its classes say:"), lines)

    @api.model
    def _sentence(self, proposal) -> str:
        label = self.env["segmentation.service"]._label(proposal)
        cls = proposal.item.class_id.name
        field = proposal.partner._fields.get(proposal.field_name)
        if field is not None and field.groups:  # not everybody who reads the chatter may see it
            return self.env._("%(field)s changed (%(class)s)", **{"field": label, "class": cls})
        values = {"field": label, "old": proposal.old_text, "new": proposal.new_text, "class": cls}
        if proposal.old_text and not proposal.kind.adds:
            return self.env._("%(field)s: %(old)s → %(new)s (%(class)s)", **values)
        return self.env._("%(field)s: %(new)s (%(class)s)", **values)

    @api.model
    def _post(self, title: str, lines: dict):
        """Log a title and a list in the chatter of customers, without notifying anybody.

        :param lines: contact → list of sentences
        """
        bodies = {
            partner.id: Markup("<p>%s</p><ul>%s</ul>")
            % (title, Markup().join(Markup("<li>%s</li>") % sentence for sentence in sentences))
            for partner, sentences in lines.items()
        }
        if bodies:
            self.env["res.partner"].browse(bodies)._message_log_batch(bodies)

    # -- undo ----------------------------------------------------------------------------------

    def action_undo(self):
        """Give the customers back what they had, where it is still as it was applied."""
        return self.line_ids._undo()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _apply_services(self):
        """Carry out what the classes of the customers set, and leave what a person has set by hand.

        For server actions; it does the same for many customers at once as for each.

        :raise AccessError: names the field that the user may not change
        """
        proposals = [
            proposal for proposal in self.env["segmentation.service"]._proposals(self) if proposal.item.effect == "sets"
        ]
        return self.env["segmentation.service.application"]._apply(
            [proposal for proposal in proposals if proposal.state in ("new", "forbidden")],
            [proposal for proposal in proposals if proposal.state in KEPT],
            "automatic",
        )


def _to_write(value):
    """A list of at most one id, or a number, as ``write`` takes it."""
    return (value[0] if value else False) if isinstance(value, list) else value
