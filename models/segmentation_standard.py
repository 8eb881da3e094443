import base64
import json
from pathlib import Path

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import file_path

from ..standards.carry_out import CarryOut
from ..standards.check import check_form
from ..standards.format import FORMAT, SOURCE_LANG, dump, load
from ..standards.nodes import file_of
from ..standards.plan import Plan
from ..standards.references import References
from ..standards.resolve import check_references
from .segmentation_dimension import CHECK_LATER

FOLDER = "partner_segmentation/data/standards"
# Standards of the dimensions that installation makes: these belong to them from the beginning.
INSTALLED = ("SIZE_DEFAULT", "INDUSTRY_DEFAULT", "REGION_DEFAULT", "STAGE_DEFAULT")


class SegmentationStandard(models.Model):
    """An entry of the standards library: a file that defines dimensions, and what became of it here."""

    _name = "segmentation.standard"
    _inherit = ["segmentation.previewed"]
    _description = "Classification Standard"
    _order = "code"
    _rec_names_search = ["code", "content"]

    content = fields.Text(required=True, readonly=True, help="The file of the standard, in JSON.")
    code = fields.Char(compute="_compute_code", store=True)
    version = fields.Char(compute="_compute_code", store=True)
    name = fields.Char(compute="_compute_texts")
    description = fields.Text(compute="_compute_texts")
    source = fields.Char(compute="_compute_texts", help="Who publishes the standard, and where.")
    dimension_names = fields.Char(string="Dimensions", compute="_compute_texts")
    file = fields.Binary(
        compute="_compute_file",
        inverse="_inverse_file",
        help="A standard as a JSON file: exported here or in another database, or written by hand.",
    )
    file_name = fields.Char(compute="_compute_file")
    is_shipped = fields.Boolean(string="Comes with the app", readonly=True)
    applied_version = fields.Char(readonly=True, help="Empty: the standard is not in use.")
    applied_date = fields.Datetime(readonly=True)
    applied_user_id = fields.Many2one("res.users", string="Applied by", readonly=True)
    company_ids = fields.Many2many(
        "res.company", string="Applied for", readonly=True, help="Empty, when applied: all companies."
    )
    has_update = fields.Boolean(compute="_compute_has_update")

    _code_unique = models.UniqueIndex("(code)", "The library already has a standard with this code.")

    @api.depends("content")
    def _compute_code(self):
        for standard in self:
            data = standard._data()
            standard.code, standard.version = data.get("code"), data.get("version")

    @api.depends("content")
    @api.depends_context("lang")
    def _compute_texts(self):
        for standard in self:
            data = standard._data()
            for name in ("name", "description", "source"):
                standard[name] = standard._text(data.get(name))
            dimensions = [standard._text(dimension["name"]) for dimension in data.get("dimensions", ())]
            standard.dimension_names = ", ".join(dimensions)

    @api.depends("content")
    def _compute_file(self):
        for standard in self:
            standard.file = base64.b64encode((standard.content or "").encode())
            standard.file_name = f"{standard.code}.json" if standard.content else False

    @api.depends("version", "applied_version")
    def _compute_has_update(self):
        for standard in self:
            standard.has_update = bool(standard.applied_version) and standard.applied_version != standard.version

    @api.depends("name", "code")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for standard in self:
            standard.display_name = standard.name or standard.code

    def _data(self) -> dict:
        """What is in the file."""
        return json.loads(self.content) if self.content else {}

    def _text(self, texts: dict | None) -> str:
        """A text of the file in the user's language, or in the one it is translated from."""
        texts = texts or {}
        return texts.get(self.env.lang) or texts.get(SOURCE_LANG) or ""

    # -- files ---------------------------------------------------------------------------------

    def _inverse_file(self):
        for standard in self.filtered("file"):
            content = self._content_of(standard.file)
            if standard.applied_version and json.loads(content)["code"] != standard.code:
                raise UserError(
                    self.env._("The File is of another standard. Import it as a new one, or choose a file of this one.")
                )
            standard.content = content

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("file"):
                vals["content"] = self._content_of(vals.pop("file"))
            elif not vals.get("content"):
                raise UserError(self.env._("Choose the File of the standard: a JSON file."))
            if self.search_count([("code", "=", json.loads(vals["content"])["code"])], limit=1):
                raise UserError(
                    self.env._("The library already has a standard with this code: open it and replace its File.")
                )
        return super().create(vals_list)

    def _content_of(self, encoded) -> str:
        """The text of an uploaded file, checked."""
        try:
            text = base64.b64decode(encoded, validate=True).decode("utf-8-sig")
        except ValueError as error:
            raise UserError(
                self.env._("The File is not a text in UTF-8. Choose the JSON file of a standard.")
            ) from error
        return dump(self._checked(load(self.env, text)))

    def _well_formed(self, data) -> dict:
        check_form(self.env, data)
        return data

    def _checked(self, data) -> dict:
        self._well_formed(data)
        check_references(data, References(self.env))
        return data

    @api.model
    def _load_shipped(self):
        """Bring the library up to the files of the add-on; what was applied stays as it is until applied again."""
        for path in sorted(Path(file_path(FOLDER)).glob("*.json")):
            # What they refer to may come later: an app, or another standard. It is looked up when they are applied.
            content = dump(self._well_formed(load(self.env, path.read_text())))
            standard = self.search([("code", "=", json.loads(content)["code"])])
            if not standard:
                self.create({"content": content, "is_shipped": True})
            elif standard.content != content:
                standard.write({"content": content, "is_shipped": True})

    @api.model
    def _adopt_installed(self):
        """Note that the dimensions are as their standards say, before anybody can change them."""
        if not self.env["segmentation.standard.item"].search_count([], limit=1):
            for standard in self.search([("code", "in", INSTALLED)]):
                CarryOut(Plan(standard), {}).note()

    @api.model
    def _from_dimensions(self, dimensions):
        """Add dimensions to the library as one standard, or bring it up to them.

        :return: the library entry
        """
        code = "_".join(dimensions.mapped("code"))[:40]
        names = {SOURCE_LANG: ", ".join(dimensions.with_context(lang=SOURCE_LANG).mapped("name"))}
        standard = self.search([("code", "=", code)])
        if standard.is_shipped:
            code, standard = f"{code[:33]}_CUSTOM", self.search([("code", "=", f"{code[:33]}_CUSTOM")])
        number = int((standard.version or "0").partition(".")[0]) + 1
        header = {"format": FORMAT, "code": code, "version": f"{number}.0", "name": names}
        content = dump(self._checked({**header, **file_of(dimensions, References(self.env))}))
        if standard:
            standard.content = content
            return standard
        return self.create({"content": content})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        for standard in self:
            if standard.applied_version:
                raise UserError(
                    self.env._(
                        "Standard “%s” is in use: apply another one to its dimensions before you delete it.",
                        standard.display_name,
                    )
                )

    # -- apply ---------------------------------------------------------------------------------

    def _plan(self, companies=None) -> Plan:
        """What applying the standard would do.

        :param companies: companies to apply it for; None or empty for all
        :raise UserError: the standard names what is not there
        """
        self.ensure_one()
        self._checked(self._data())
        return Plan(self, companies)

    def _apply(self, companies=None) -> Plan:
        """Bring the dimensions to what the standard says, all or nothing; return what was done.

        What users have changed or added stays.
        """
        self.env["segmentation.dimension"].check_access("write")
        plan = self._plan(companies)
        with self.env.cr.savepoint():
            CarryOut(plan, {"segmentation_check_later": CHECK_LATER}).run()
        return plan

    def _apply_change(self, values):
        """Apply the standard: what a preview of it shows.

        :param values: ``company_ids``: ids of the companies to apply it for; all without
        """
        self._apply(self.env["res.company"].browse(values.get("company_ids", ())))
        return self

    def _has_own_states(self, dimension_code: str) -> bool:
        """Whether the dimension of this code in the file gets classes for the states of companies' own countries."""
        dimensions = self._data().get("dimensions", ())
        return any(dimension["code"] == dimension_code and dimension.get("own_states") for dimension in dimensions)

    def _create_own_states(self, countries):
        """Add the classes for the states of the countries; everything else stays as it was when it was applied."""
        CarryOut(Plan(self, countries=countries), {"segmentation_check_later": CHECK_LATER}).run_own_states()

    @api.model
    def _with_offer(self, help_message: str) -> str:
        """The help of an empty list; to who may apply standards and never has, with a link to the wizard."""
        # Clients load actions, and so their help, as superuser: the rights of the user are those of the groups.
        may_apply = self.env.user.has_group("partner_segmentation.group_manager")
        if not may_apply or self.search_count([("applied_date", "!=", False), ("code", "not in", INSTALLED)], limit=1):
            return help_message
        # Everybody may know the name of an action.
        action = self.env.ref("partner_segmentation.apply_standard_action").sudo()
        offer = Markup('<p>%s</p><p><a type="action" name="%s" class="btn btn-primary">%s</a></p>') % (
            self.env._("Begin with a standard: official size classes, regions, RFM, ABC and others."),
            action.id,
            action.name,
        )
        return Markup(help_message or "") + offer  # the help comes sanitized from the action

    def action_apply(self):
        """Open the wizard that shows what would change."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.apply_standard_action")
        return {**action, "context": {"default_standard_id": self.id, "dialog_size": "extra-large"}}

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{self.code}.json?download=true",
            "target": "download",
        }
