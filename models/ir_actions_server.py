from odoo import fields, models

# Code of ours that does the same for many contacts at once as for each.
FOR_MANY = frozenset(("records._apply_services()",))


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    # Administrators of the classification choose among server actions; an address often holds a secret.
    webhook_url = fields.Char(groups="base.group_system")

    def _can_run_for_many(self) -> bool:
        """Whether one call for several records does the same as one for each: code may be written for ``record``."""
        self.ensure_one()
        if self.state == "code":
            return (self.code or "").strip() in FOR_MANY
        return all(child._can_run_for_many() for child in self.child_ids)
