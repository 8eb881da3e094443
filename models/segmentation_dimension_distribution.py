from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine.criteria import metric_value
from ..engine.distribution import distribution
from ..engine.industries import spoken_for
from ..engine.relative import METHODS as RELATIVE
from ..engine.rule import column
from ..engine.scope import Scope


class SegmentationDimension(models.Model):
    """What the form of a dimension shows of its customers."""

    _inherit = "segmentation.dimension"

    archived_class_count = fields.Integer(string="Archived classes", compute="_compute_archived_class_count")
    cuts = fields.Json(
        string="Cut values",
        compute="_compute_cuts",
        help="The last value that belonged to each class when all customers were last evaluated.",
    )

    @api.depends("class_ids")
    def _compute_archived_class_count(self):
        archived = [("dimension_id", "in", self.ids), ("active", "=", False)]
        counts = dict(self.env["segmentation.class"]._read_group(archived, ["dimension_id"], ["__count"]))
        for dimension in self:
            dimension.archived_class_count = counts.get(dimension._origin, 0)

    @api.depends_context("company")
    def _compute_cuts(self):
        """Class id as text → cut value in the current company."""
        for dimension in self:
            dimension.cuts = dimension.method in RELATIVE and dimension._shown_cuts()

    def _shown_cuts(self) -> dict:
        profile = self.env["segmentation.profile"]
        if not self.metric_id or not profile._has_field_access(profile._fields[self.metric_id.field_name], "read"):
            return {}
        cuts = self.env["segmentation.cut"].search(
            [("company_id", "=", self.env.company.id), ("class_id", "in", self.class_ids.ids)]
        )
        return {str(cut.class_id.id): cut.value for cut in cuts}

    def action_view_archived_classes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_segmentation.segmentation_class_action")
        domain = [("dimension_id", "=", self.id), ("active", "=", False)]
        return {**action, "name": self.env._("Archived classes"), "domain": domain, "context": {"active_test": False}}

    @api.readonly
    def get_distribution(self, metric_id: int, industry_ids=()) -> dict:
        """How the metric is spread over the customers of the dimension in the current company.

        :param industry_ids: the industries of a row of bounds; none stands for those that no row names
        :return: see :func:`~..engine.distribution.distribution`, with the ``unit`` of the values; or only
            ``error``: why there is nothing to show
        """
        self.ensure_one().check_access("read")
        metric = self.env["segmentation.metric"].browse(metric_id)
        try:
            metric.check_access("read")
            industries = self.env["res.partner.industry"].browse(industry_ids)
            query, value = self._values_of(metric, industries if self.method == "criteria" else None)
        except AccessError:
            return {"error": self.env._("The figures are shown to those who may see them on a customer.")}
        except UserError as error:  # no exchange rate
            return {"error": str(error)}
        unit = self._unit(metric).name or ""
        return {**distribution(self.env, query, value), "unit": unit}

    def _values_of(self, metric, industries=None) -> tuple:
        """Query of the customers of the dimension, and the expression of a metric as it is compared.

        :param industries: see :meth:`get_distribution`; None stands for all customers
        :raise AccessError: the user may not see the metric
        """
        Profile = self.env["segmentation.profile"]
        metric._check_comparable()
        Profile._check_field_access(Profile._fields[metric.field_name], "read")
        domain = Domain("company_id", "=", self.env.company.id) & self._get_domain()
        if industries is not None:
            domain &= self._industry_domain(industries)
        query = Profile._search(domain)
        Profile.flush_model()
        if self.method in RELATIVE:
            return query, column(metric.field_name)
        scope = Scope(self.env, self.env.company.id, fields.Date.context_today(self))
        return query, metric_value(metric, self, scope)

    def _industry_domain(self, industries) -> Domain:
        """Customers for whom the bounds of a row with these industries may be meant."""
        speakers = spoken_for(self.class_ids.criterion_ids.industry_ids | industries)
        if industries:
            meant = [industry.id for industry, others in speakers.items() if industries & industry.union(*others)]
            return Domain("partner_id.industry_id", "in", meant)
        others = [industry.id for industry, others in speakers.items() if industries not in others]
        return Domain("partner_id.industry_id", "not in", others) if others else Domain.TRUE

    def _unit(self, metric):
        """Currency in which the dimension compares the metric, empty when it is not an amount."""
        if not metric.is_amount:
            return self.env["res.currency"]
        return (self.method not in RELATIVE and self.currency_id) or self.env.company.currency_id
