from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..engine.sizes import class_sizes

STEPS = [
    ("standards", "Standards"),
    ("currency", "Amounts and customers"),
    ("schedule", "Schedule"),
    ("preview", "Preview"),
    ("run", "Classify"),
]


class SegmentationOnboarding(models.Model):
    """The first steps of a company, from the choice of standards to classified customers.

    Standards and currency are applied at the end, after the preview; the rest is saved as it is entered.
    """

    _name = "segmentation.onboarding"
    _inherit = ["segmentation.setup", "segmentation.previewed"]
    _description = "First Steps of the Classification"

    step = fields.Selection(STEPS, required=True, default="standards", readonly=True)
    is_finished = fields.Boolean(readonly=True, help="Finished or skipped.")
    line_ids = fields.One2many("segmentation.onboarding.line", "onboarding_id", string="Standards")
    descriptions = fields.Html(compute="_compute_descriptions")
    facts_warning = fields.Text(compute="_compute_facts_warning")
    currency_id = fields.Many2one(
        "res.currency",
        string="Currency of the bounds",
        help="Currency that the amounts in the bounds are in. Empty: as the standards say.",
    )
    currencies = fields.Char(string="In the standards", compute="_compute_currencies")
    currency_warning = fields.Text(compute="_compute_currencies")
    sizes = fields.Json(readonly=True, help="Customers by dimension and class that the preview has found.")
    preview_error = fields.Text(readonly=True)
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    run_id = fields.Many2one("segmentation.run", readonly=True, ondelete="set null")
    # The progress bar reads the state of the run until it has ended.
    state = fields.Selection(related="run_id.state", related_sudo=False)
    progress = fields.Float(related="run_id.progress", related_sudo=False)
    error = fields.Text(related="run_id.error", related_sudo=False)
    customers = fields.Integer(related="run_id.customers", related_sudo=False)

    _company_unique = models.UniqueIndex("(company_id)", "The company has begun its first steps already.")

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for onboarding in self:
            onboarding.display_name = self.env._("First steps")

    # -- standards -----------------------------------------------------------------------------

    @api.depends("line_ids.standard_id")
    @api.depends_context("lang")
    def _compute_descriptions(self):
        for onboarding in self:
            chosen = onboarding.line_ids.standard_id
            items = [Markup("<li><b>%s</b>: %s</li>") % (s.display_name, s._short_description()) for s in chosen]
            onboarding.descriptions = Markup("<ul>%s</ul>") % Markup().join(items)

    @api.depends("line_ids.standard_id")
    def _compute_facts_warning(self):
        """Bounds of facts place nobody whose facts are not known."""
        for onboarding in self:
            facts = {
                criterion["metric"]
                for dimension in onboarding._chosen_dimensions()
                if dimension.get("mode") in ("all", "alternatives")
                for cls in dimension["classes"]
                for criterion in cls.get("criteria", ())
            }
            onboarding.facts_warning = "employee_count" in facts and onboarding._unknown_facts()

    @api.model
    def _known_facts(self, company) -> tuple[int, int]:
        """Number of customers whose number of employees is known, and of all customers."""
        # How many there are is no secret to who sets the rules.
        customers = company.sudo()._get_segmentation_population()
        Partner = self.env["res.partner"].sudo()
        known = Partner.search_count(customers & Domain("employee_count", "!=", False))
        return known, Partner.search_count(customers)

    def _unknown_facts(self) -> str:
        """Warning that the facts of the customers are not known; empty where those of most are."""
        known, total = self._known_facts(self.company_id)
        if 2 * known >= total:
            return ""
        return self.env._(
            "The official size classes need the number of employees, the turnover and the industry of your customers, "
            "but the number of employees is known of %(known)s of %(customers)s only. For a result at once choose "
            "“Size by employees, turnover or purchases”, which places customers by what they buy from you as well.",
            known=known,
            customers=total,
        )

    def _chosen_dimensions(self) -> list:
        """What the chosen files say about their dimensions."""
        return [data for standard in self.line_ids.standard_id for data in standard._data()["dimensions"]]

    # -- currency ------------------------------------------------------------------------------

    def _bound_currencies(self):
        """Currencies that the bounds would be in if none was chosen."""
        kept = self.line_ids.standard_id.filtered(lambda standard: standard._is_applied_for(self.company_id))
        codes = {
            data.get("currency")
            for standard in self.line_ids.standard_id - kept
            for data in standard._data()["dimensions"]
        }
        replaced = {standard._topic() for standard in self.line_ids.standard_id - kept}
        currencies = self.env["res.currency"].with_context(active_test=False).search([("name", "in", list(codes))])
        for dimension, currency in self._dimensions_with_amounts().items():
            if dimension.code not in replaced:
                currencies |= currency
        return currencies

    @api.depends("currency_id", "line_ids.standard_id")
    def _compute_currencies(self):
        for onboarding in self:
            currencies = onboarding._bound_currencies()
            onboarding.currencies = ", ".join(currencies.mapped("name"))
            company = onboarding.company_id
            warnings = [company._segmentation_rate_warning(c) for c in onboarding.currency_id or currencies]
            if onboarding.currency_id and currencies - onboarding.currency_id:
                warnings.append(
                    self.env._(
                        "The standards name amounts in %(currencies)s. They are not converted, but read as "
                        "%(currency)s: check them under Dimensions when you have finished.",
                        currencies=", ".join((currencies - onboarding.currency_id).mapped("name")),
                        currency=onboarding.currency_id.name,
                    )
                )
            onboarding.currency_warning = "\n".join(filter(None, warnings))

    def _propose_currency(self):
        """Without a rate, customers could not be compared: the company's own currency always works."""
        rated = all(map(self.company_id._knows_segmentation_rate, self._bound_currencies()))
        # Everybody may know what the company's currency is.
        self.currency_id = False if rated else self.company_id.sudo().currency_id

    # -- preview -------------------------------------------------------------------------------

    def _apply_change(self, _values: dict):
        """Apply what was chosen: what the preview shows."""
        for line in self.line_ids.filtered("standard_id"):
            standard = line.standard_id
            if standard._is_applied_for(self.company_id):
                continue
            try:
                standard._apply(self.company_id)
            except UserError as error:
                raise UserError(
                    self.env._(
                        "“%(standard)s” cannot be applied: %(error)s\nChoose another one in the first step.",
                        standard=standard.display_name,
                        error=error,
                    )
                ) from error
        if self.currency_id:
            self._set_currency(self.currency_id)
        return self

    def _make_preview(self):
        with self.env["segmentation.preview"]._tried(self, {}):
            # Everybody is evaluated, whichever customers the user sees; these are numbers of customers only.
            Run = self.env["segmentation.run"].sudo()
            values = {"company_id": self.company_id.id, "as_of": Run._today(self.company_id), "scope": "all"}
            evaluation = Run.new(values)._evaluation()
            sizes = [self._describe(dimension, counts) for dimension, counts in class_sizes(evaluation).items()]
            error = "\n".join(evaluation.result.failures.values())
        self.write({"sizes": sizes, "preview_error": error})

    def _describe(self, dimension, counts: dict) -> dict:
        """Name of the dimension and its classes with their customers; unclassified ones come last."""
        total = sum(counts.values())
        classes = [(cls.name, counts[cls.id]) for cls in dimension.class_ids if counts.get(cls.id)]
        if counts.get(None):
            classes.append((self.env._("Unclassified"), counts[None]))
        return {
            "name": dimension.name,
            "classes": [
                {"name": name, "customers": count, "share": round(100 * count / total)} for name, count in classes
            ],
        }

    @api.depends("sizes")
    @api.depends_context("lang")
    def _compute_preview(self):
        for onboarding in self:
            onboarding.preview = self.env["ir.qweb"]._render(
                "partner_segmentation.onboarding_preview", {"dimensions": onboarding.sizes or []}
            )

    # -- steps ---------------------------------------------------------------------------------

    @api.model
    def _of_company(self, company):
        onboarding = super()._of_company(company)
        if not onboarding.line_ids:
            onboarding._begin()
        return onboarding

    def _begin(self):
        """Start with the first step, and with what is proposed."""
        proposals = self.env["segmentation.onboarding.line"]._proposals(self.company_id)
        lines = [
            Command.create({"sequence": sequence, "topic": topic, "standard_id": standard.id})
            for sequence, (topic, standard) in enumerate(proposals.items())
        ]
        self.write(
            {
                "step": "standards",
                "is_finished": False,
                "line_ids": [Command.clear(), *lines],
                "run_id": False,
                "sizes": False,
                "preview_error": False,
            }
        )

    def _go(self, by: int):
        names = [name for name, _label in STEPS]
        self.step = names[names.index(self.step) + by]

    def action_next(self):
        self.ensure_one()
        if self.step == "standards":
            self._propose_currency()
        elif self.step == "schedule":
            self._make_preview()
        self._go(+1)

    def action_back(self):
        self.ensure_one()
        self._go(-1)

    def action_classify(self):
        """Apply what was chosen and classify all customers."""
        self.ensure_one()
        self._apply_change({})
        self.write({"run_id": self.env["segmentation.run"]._queue(self.company_id, "manual").id, "step": "run"})

    def action_skip(self):
        """Go to the customers; the steps can be taken later from the settings."""
        self.is_finished = True
        return {**self._customers_action(), "target": "main"}

    def action_finish(self):
        """Show the customers, by the first dimension."""
        self.is_finished = True
        return (
            self._dimensions()[:1] or self.env["segmentation.dimension"].search([], limit=1)
        ).action_view_customers()

    def _customers_action(self) -> dict:
        return self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_customer_action")

    @api.model
    def _action_open_app(self) -> dict:
        """What the app shows first: the first steps to who sets the rules, until they are done; else the customers."""
        if self.has_access("write"):
            onboarding = self._of_company(self.env.company)
            if not onboarding.is_finished:
                return onboarding._action_open()
        return self._customers_action()
