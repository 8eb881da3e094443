from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

DAYS = {"days": 1, "weeks": 7}


def company_value(name: str, company_field: str) -> dict:
    """Attributes of a field that shows and sets one of the company."""
    return {
        "compute": api.depends(f"company_id.{company_field}")(lambda self: self._read_company(name, company_field)),
        "inverse": lambda self: self._write_company(name, company_field),
    }


def _job_value(name: str, job_field: str) -> dict:
    """Attributes of a field that shows and sets one of the scheduled job."""
    return {
        "compute": lambda self: self._read_job(name, job_field),
        "inverse": lambda self: self._write_job(name, job_field),
    }


class SegmentationSetup(models.AbstractModel):
    """What is decided about the classification of a company, for who sets the rules without technical rights.

    A record stands for a company and holds no value itself: those are of the company, and of the scheduled job that
    serves all companies.
    """

    _name = "segmentation.setup"
    _description = "Setup of the Classification"
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    population = fields.Char(
        string="Customers to classify",
        **company_value("population", "segmentation_population"),
        help="Contacts that are classified even before they trade with the company. Contacts with an order, "
        "opportunity or customer invoice always are; the company's own entities and users never.",
    )
    real_time = fields.Boolean(
        string="Classify at once",
        **company_value("real_time", "segmentation_real_time"),
        help="Customers are classified within a minute after an invoice, an order, an opportunity or a fact about them "
        "has changed. Otherwise they wait for the next run of all customers.",
    )
    code_separator = fields.Char(
        string="Separator",
        **company_value("code_separator", "segmentation_code_separator"),
        help="Stands between the class codes. Empty: nothing.",
    )
    history_months = fields.Integer(
        string="Months of history",
        **company_value("history_months", "segmentation_history_months"),
        help="Older class changes are removed, except the latest one of each customer and dimension. 0: keep all.",
    )
    nightly = fields.Boolean(
        string="Classify all customers regularly",
        **_job_value("nightly", "active"),
        help="Windows move with time, so that classes change without anybody doing anything. For all companies.",
    )
    next_run = fields.Datetime(
        string="Next run",
        **_job_value("next_run", "nextcall"),
        help="In your time zone. The runs after that begin at the same time of day.",
    )
    interval_days = fields.Integer(
        string="Every (days)", help="1: every night.", **_job_value("interval_days", "interval_number")
    )

    def _read_company(self, name: str, company_field: str):
        for setup in self:
            # Who sets the rules need not be able to see companies.
            setup[name] = setup.company_id.sudo()[company_field]

    def _write_company(self, name: str, company_field: str):
        for setup in self:
            setup._check_value(name)
            # Who sets the rules may not change companies, but decides these fields of those they work for.
            company = setup.company_id.sudo()
            if company[company_field] == setup[name]:
                continue
            company[company_field] = setup[name]
            if name == "real_time" and setup.real_time:
                # What happened in the meantime has not been noted.
                self.env["segmentation.run"]._queue(setup.company_id, "manual")

    # -- schedule ------------------------------------------------------------------------------

    def _job(self):
        job = self.env.ref("partner_segmentation.cron_classify", raise_if_not_found=False)
        # Who sets the rules decides when they are applied, without the right to set up scheduled jobs.
        return (job or self.env["ir.cron"]).sudo()

    def _read_job(self, name: str, job_field: str):
        job = self._job()
        value = job[job_field]
        if name == "interval_days":
            value *= DAYS.get(job.interval_type, 1)
        self[name] = value

    def _write_job(self, name: str, job_field: str):
        job = self._job()
        if not job:
            raise UserError(
                self.env._(
                    "The scheduled job that classifies all customers has been deleted. "
                    "Ask who looks after Odoo to upgrade the app, which brings it back."
                )
            )
        for setup in self:
            setup._check_value(name)
            values = {job_field: setup[name]}
            if name == "interval_days":
                values["interval_type"] = "days"
            if any(job[field] != value for field, value in values.items()):
                job.write(values)

    # -- checks --------------------------------------------------------------------------------

    def _check_value(self, name: str):
        """Refuse what cannot be meant."""
        self.ensure_one()
        check = getattr(self, f"_check_{name}", None)
        if message := check and check():
            raise UserError(message)

    def _check_code_separator(self):
        separator = self.code_separator or ""
        if len(separator) > 1 or separator.isalnum():
            return self.env._(
                "Separator: “%s” could be taken for a part of a class code. "
                "Enter one sign, such as - or /, or nothing.",
                separator,
            )
        return None

    def _check_interval_days(self):
        if self.interval_days < 1:
            return self.env._(
                "Every (days): %s is less than 1. Enter 1 for every night or more, "
                "or switch “Classify all customers regularly” off.",
                self.interval_days,
            )
        return None

    def _check_next_run(self):
        if not self.next_run:
            return self.env._("Next run: nothing is entered. Choose the day and time of the next run.")
        if self.next_run < fields.Datetime.now():
            return self.env._(
                "Next run: %s is in the past. Choose a moment to come.", format_datetime(self.env, self.next_run)
            )
        return None

    # -- currency ------------------------------------------------------------------------------

    def _dimensions(self):
        return self.env["segmentation.dimension"]._used_by(self.company_id)

    def _dimensions_with_amounts(self):
        """Dimensions of the company whose bounds are amounts, with the currency that these are in."""
        company_currency = self.company_id.sudo().currency_id  # everybody may know it
        return {
            dimension: dimension.currency_id or company_currency
            for dimension in self._dimensions()
            if dimension.method == "criteria" and any(dimension.class_ids.criterion_ids.metric_id.mapped("is_amount"))
        }

    def _set_currency(self, currency):
        """Have all bounds that are amounts read in a currency; the amounts stay as they are."""
        for dimension, used in self._dimensions_with_amounts().items():
            if used != currency:
                dimension.currency_id = currency

    # -- records -------------------------------------------------------------------------------

    @api.model
    def _of_company(self, company):
        """The record of a company, made when it is first needed."""
        self.check_access("write")
        domain = [("company_id", "=", company.id)]
        # Nobody makes or deletes these records but the app: they stand for the companies.
        return self.search(domain) or self.sudo().create({"company_id": company.id}).sudo(False)

    def _action_open(self) -> dict:
        """Action that shows the record."""
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def write(self, vals):
        if "company_id" in vals and not self.env.su:
            raise UserError(
                self.env._("Company: it cannot be changed here. Switch to the company and open the page again.")
            )
        return super().write(vals)
