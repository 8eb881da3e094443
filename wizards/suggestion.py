import re
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, float_round

from ..engine.breaks import (
    bounds_at,
    counts_from,
    natural_cuts,
    quantile_cuts,
    rounded,
    share_cuts,
    shares_at,
)
from ..engine.rule import column

CUSTOMARY_SHARES = {2: "80", 3: "80, 95", 4: "50, 80, 95", 5: "50, 80, 95, 99"}


@dataclass(frozen=True)
class Customers:
    """The customers that bounds are suggested for.

    :ivar values: the values above zero, best first
    :ivar revenues: the revenue of each of them, then that of all others together; empty when it must not be seen
    :ivar others: number of customers with zero or less
    :ivar unknown: number of customers whose value is not known
    """

    values: list
    revenues: list
    others: int
    unknown: int


@dataclass(frozen=True)
class Line:
    """What one class would get: ``limit`` is its bound or share, None when it takes the rest or nobody."""

    cls: object
    limit: float | None
    customers: int
    revenue: float


def _are_shares(numbers: list) -> bool:
    """Whether the numbers grow, above 0 and below 100."""
    return all(before < after for before, after in pairwise([0, *numbers, 100]))


class SegmentationSuggestion(models.TransientModel):
    """Suggests bounds, or shares, of the classes of a dimension from the customers there are."""

    _name = "segmentation.suggestion"
    _description = "Suggest Bounds"

    dimension_id = fields.Many2one("segmentation.dimension", required=True, ondelete="cascade", readonly=True)
    method = fields.Selection(related="dimension_id.method")
    metric_id = fields.Many2one(
        "segmentation.metric",
        required=True,
        ondelete="cascade",
        compute="_compute_metric_id",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('result_type', 'in', ('integer', 'float', 'monetary'))]",
    )
    industry_ids = fields.Many2many(
        "res.partner.industry",
        string="Only for industries",
        help="Bounds of these industries alone. Empty: of all that no row of bounds names.",
    )
    shares = fields.Char(
        string="Shares of the total (%)",
        compute="_compute_shares",
        store=True,
        readonly=False,
        help="What the customers of the classes bring together, from the highest class on. "
        "80, 95 is customary for A, B and C.",
    )
    logarithmic = fields.Boolean(
        string="Orders of magnitude",
        default=True,
        help="Natural breaks between orders of magnitude, as between 10,000 and 100,000. Otherwise a few giants can "
        "take all higher classes for themselves.",
    )
    exact = fields.Boolean(string="Exact numbers", help="Otherwise they are rounded to numbers a person would choose.")
    overview = fields.Html(compute="_compute_overview", sanitize=False)
    error = fields.Text(compute="_compute_overview")

    @api.depends("dimension_id")
    def _compute_metric_id(self):
        for wizard in self:
            dimension = wizard.dimension_id
            used = dimension.metric_id or dimension.class_ids.criterion_ids.metric_id[:1]
            revenue = self.env.ref("partner_segmentation.metric_revenue_12m", raise_if_not_found=False)
            wizard.metric_id = used or revenue

    @api.depends("dimension_id")
    def _compute_shares(self):
        for wizard in self:
            wizard.shares = CUSTOMARY_SHARES.get(len(wizard.dimension_id.class_ids), "")

    @api.depends("dimension_id", "metric_id", "industry_ids", "shares", "logarithmic", "exact")
    @api.depends_context("lang", "company", "uid")
    def _compute_overview(self):
        for wizard in self:
            wizard.error = wizard.overview = False
            try:
                customers = wizard._customers()
                suggestions = [(label, wizard._attempt(method, customers)) for method, label in wizard._methods()]
            except UserError as error:
                wizard.error = str(error)
                continue
            wizard.overview = self.env["ir.qweb"]._render(
                "partner_segmentation.suggestions",
                {
                    "suggestions": suggestions,
                    "customers": customers,
                    "total": len(customers.values) + customers.others,
                    "revenue": sum(customers.revenues),
                    "currency": self.env.company.currency_id,
                    "limit_text": wizard._limit_text,
                },
            )

    def _methods(self) -> list[tuple[str, str]]:
        return [
            ("quantile", self.env._("Equal groups")),
            ("share", self.env._("Cumulative share")),
            ("natural", self.env._("Natural breaks")),
        ]

    def _attempt(self, method, customers) -> list[Line] | str:
        """The lines of a method, or why it suggests nothing."""
        try:
            return self._lines(self._limits(method, customers), customers)
        except UserError as error:
            return str(error)

    # -- data ----------------------------------------------------------------------------------

    def _customers(self) -> Customers:
        """The customers of the dimension, and of the chosen industries, in the current company."""
        dimension = self.dimension_id._origin
        if not self.metric_id:
            raise UserError(self.env._("Choose a Metric."))
        if dimension.method == "share" and dimension.lower_is_better:
            raise UserError(
                self.env._(
                    "Dimension “%(dimension)s”: with “%(field)s” no shares can be suggested, because the customers who "
                    "count most bring least to the total. Switch it off, or enter the shares by hand.",
                    dimension=dimension.name,
                    field=dimension._fields["lower_is_better"]._description_string(self.env),
                )
            )
        Profile = self.env["segmentation.profile"]
        sees_revenue = Profile._has_field_access(Profile._fields["revenue_12m"], "read")
        industries = self.industry_ids._origin if dimension.method == "criteria" else None
        try:
            query, value = dimension._values_of(self.metric_id._origin, industries)
        except AccessError as error:
            raise UserError(
                self.env._("“%s” is a figure that you may not see. Choose another Metric.", self.metric_id.name)
            ) from error
        revenue = SQL("COALESCE(%s, 0)::float8", column("revenue_12m")) if sees_revenue else SQL("0::float8")
        rows = self.env.execute_query(query.select(SQL("%s::float8", value), revenue))
        best = sorted((row for row in rows if row[0] is not None and row[0] > 0), reverse=True)
        if not best:
            raise UserError(
                self.env._(
                    "No customer has a “%s” above zero, so there is nothing to go by. "
                    "Press “Reclassify now”, or choose another Metric.",
                    self.metric_id.name,
                )
            )
        others = [row for row in rows if row[0] is not None and row[0] <= 0]
        revenues = [row[1] for row in best] + [sum(row[1] for row in others)]
        unknown = len(rows) - len(best) - len(others)
        return Customers([row[0] for row in best], revenues if sees_revenue else [], len(others), unknown)

    # -- suggestions ---------------------------------------------------------------------------

    def _limits(self, method: str, customers: Customers) -> list[float]:
        """Bounds, or cumulative shares, of all classes but the last; fewer where values do not differ enough."""
        values, count = customers.values, len(self.dimension_id.class_ids)
        if count < 2:
            raise UserError(self.env._("One class needs no bounds: add classes to the dimension first."))
        cuts = {
            "quantile": partial(quantile_cuts, values, count),
            "share": lambda: share_cuts(values, self._read_shares(count - 1)),
            "natural": partial(natural_cuts, values, count, self.logarithmic),
        }[method]()
        if self.method == "share":
            return self._share_limits(method, values, cuts)
        bounds = sorted(set(bounds_at(values, cuts)), reverse=True)
        if not bounds:
            raise UserError(self.env._("All customers have the same “%s”: there is no break.", self.metric_id.name))
        whole = self.metric_id.result_type == "integer"
        return bounds if self.exact else rounded(bounds, whole)

    def _share_limits(self, method: str, values: list, cuts: list) -> list[float]:
        wanted = len(self.dimension_id.class_ids) - 1
        if method == "share":
            return self._read_shares(wanted)
        for digits in (2,) if self.exact else (0, 1, 2):
            # Rounded down: the customer after the cut stays below it.
            shares = [float_round(share, digits, rounding_method="DOWN") for share in shares_at(values, cuts)]
            if len(shares) == wanted and _are_shares(shares):
                return shares
        raise UserError(self.env._("The customers differ too little for so many classes. Use fewer classes."))

    def _read_shares(self, count: int) -> list[float]:
        """The entered shares: as many as there are classes but the last, growing."""
        try:
            shares = [float(text) for text in re.split(r"[,;，；、\s%]+", self.shares or "") if text]
        except ValueError:
            shares = []
        if len(shares) != count or not _are_shares(shares):
            raise UserError(
                self.env._(
                    "Shares of the total (%%): “%(shares)s” cannot be used. Enter %(count)s growing numbers between "
                    "0 and 100, separated by commas: one for each class but the last.",
                    shares=self.shares or "",
                    count=count,
                )
            )
        return shares

    def _lines(self, limits: list, customers: Customers) -> list[Line]:
        """What each class would get; classes for which there is no limit left get nobody."""
        classes = self.dimension_id.class_ids
        cuts = (share_cuts if self.method == "share" else counts_from)(customers.values, limits)
        total = len(customers.values) + customers.others
        lines, above, revenue_above = [], 0, 0
        for cls, limit, cut in zip(classes, limits, cuts, strict=False):
            revenue = sum(customers.revenues[:cut])
            lines.append(Line(cls, limit, cut - above, revenue - revenue_above))
            above, revenue_above = cut, revenue
        lines += [Line(cls, None, 0, 0) for cls in classes[len(lines) : -1]]
        return [*lines, Line(classes[-1], None, total - above, sum(customers.revenues) - revenue_above)]

    def _limit_text(self, limit) -> str:
        if self.method == "share":
            return self.env._("up to %s %%", f"{limit:g}")
        metric = self.metric_id
        return f"≥ {metric._format_value(limit, self.dimension_id._unit(metric))}"

    # -- preview -------------------------------------------------------------------------------

    def action_preview_quantile(self):
        return self._preview("quantile")

    def action_preview_share(self):
        return self._preview("share")

    def action_preview_natural(self):
        return self._preview("natural")

    def _preview(self, method: str):
        """What the suggestion would do, without saving it."""
        self.ensure_one()
        return self.dimension_id.action_preview(self._values(self._limits(method, self._customers())))

    def _values(self, limits: list) -> dict:
        """The suggestion as values of the dimension."""
        classes = self.dimension_id.class_ids
        if self.method == "share":
            updates = zip(classes, limits, strict=False)
            return {"class_ids": [Command.update(cls.id, {"share": share}) for cls, share in updates]}
        cells = {str(cls.id): bound for cls, bound in zip(classes[:-1], limits, strict=False)}
        rows = self.dimension_id.bounds or []
        mine = [row for row in rows if self._is_about(row)]
        if not mine:
            row = {"metric_id": self.metric_id.id, "industry_ids": self.industry_ids.ids, "alternative": 1}
            rows.append(row)
            mine = [row]
        for row in mine:
            row["cells"] = {**self._kept_cells(row, min(limits)), **cells}
        return {"bounds": rows}

    def _is_about(self, row: dict) -> bool:
        return row["metric_id"] == self.metric_id.id and set(row["industry_ids"]) == set(self.industry_ids.ids)

    def _kept_cells(self, row: dict, lowest: float) -> dict:
        """The bound of the last class, for which nothing is suggested, while it is below the others."""
        last = str(self.dimension_id.class_ids[-1].id)
        bound = row.get("cells", {}).get(last)
        return {last: bound} if bound is not None and bound < lowest else {}
