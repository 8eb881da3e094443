from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

# Fields that change neither what is done nor for whom.
COSMETIC = frozenset(("name", "sequence"))


class SegmentationRunAs(models.AbstractModel):
    """What a scheduled job does with the rights of a certain user, so that nobody gains rights through it."""

    _name = "segmentation.run.as"
    _description = "Work Done as a User"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(string="Switched on", default=False, copy=False)
    company_id = fields.Many2one("res.company", ondelete="cascade")
    user_id = fields.Many2one(
        "res.users",
        string="Run as",
        required=True,
        copy=False,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="User with whose rights, language and companies it is run. Only a technical administrator may set "
        "somebody else; when a user without technical rights changes anything, it runs as that user from then on.",
    )

    @api.constrains("company_id", "user_id")
    def _check_company(self):
        for record in self:
            if record.company_id and not record._may_act_in(record.company_id):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” runs as %(user)s, who does not have access to company “%(company)s”. "
                        "Choose another Company, or another user in “Run as”.",
                        name=record.name,
                        user=record.user_id.name,
                        company=record.company_id.name,
                    )
                )

    def _may_act_in(self, company) -> bool:
        return self.user_id._is_superuser() or company in self.user_id.company_ids

    def _check_may_run(self, company):
        """What may have changed since it was set up.

        :raise UserError: the user it runs as is archived, or has no access to the company any more
        """
        user = self.user_id
        if not user.active and not user._is_superuser():
            raise UserError(self.env._("%s is archived. Choose somebody else in “Run as”.", user.name))
        if not self._may_act_in(company):
            raise UserError(
                self.env._(
                    "%(user)s does not have access to company “%(company)s”. Choose somebody else in “Run as”.",
                    user=user.name,
                    company=company.name,
                )
            )

    def _env_as_user(self, company, **context):
        """Environment of the user in “Run as”, with no company but one.

        :param context: what else is in the context
        """
        user = self.user_id
        return self.env(
            user=user.id,
            su=False,
            context={"lang": user.lang, "tz": user.tz, "allowed_company_ids": company.ids, **context},
        )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_user()
        return records

    def write(self, vals):
        changes = vals.keys() - COSMETIC
        if not changes or (changes == {"active"} and not vals["active"]):
            return super().write(vals)
        if not self._may_choose_user():
            # What somebody else set up must not run with the rights of that other user any more.
            vals = {"user_id": self.env.uid, **vals}
        result = super().write(vals)
        self._check_user()
        return result

    def _may_choose_user(self) -> bool:
        return self.env.su or self.env.user.has_group("base.group_system")

    def _check_user(self):
        """Nobody gains rights through what runs as somebody else.

        :raise AccessError: it would run as somebody else, and the user is no technical administrator
        """
        if not self._may_choose_user() and self.user_id - self.env.user:
            raise AccessError(
                self.env._(
                    "Only a technical administrator can choose %(other)s in “Run as”. Set “Run as” to %(user)s.",
                    other=(self.user_id - self.env.user)[0].name,
                    user=self.env.user.name,
                )
            )
