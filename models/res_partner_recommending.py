from odoo import api, fields, models
from odoo.tools import format_date

from .segmentation_profile import FIGURES


class ResPartner(models.Model):
    """Products that are recommended to a customer."""

    _inherit = "res.partner"

    segmentation_recommended_ids = fields.Many2many(
        "segmentation.peer.product",
        string="Recommended products",
        compute="_compute_segmentation_recommended_ids",
        groups=FIGURES,
    )
    segmentation_recommended_note = fields.Char(
        string="About the recommendations", compute="_compute_segmentation_recommended_note", groups=FIGURES
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_segmentation_recommended_ids(self):
        for partner in self:
            partner.segmentation_recommended_ids = self.env["segmentation.peer.product"]._recommended_to(
                partner, self.env.company, partner._newest_quotation().order_line.product_id
            )

    @api.depends("segmentation_recommended_ids")
    @api.depends_context("company", "lang")
    def _compute_segmentation_recommended_note(self):
        company = self.env.company.sudo()  # everybody may know how the figures are made
        note = self.env._(
            "Bought by customers in the same classes in the %(months)s months to %(date)s, and not by this one.",
            months=company.segmentation_peer_months,
            date=format_date(self.env, company.segmentation_peer_run_id.as_of) or "…",
        )
        for partner in self:
            partner.segmentation_recommended_note = note if partner.segmentation_recommended_ids else False

    def _newest_quotation(self):
        """The newest quotation of the customer in the current company that the user may see and that is not sent."""
        Order = self.env["sale.order"]
        customer = self.commercial_partner_id._origin
        if not (customer and Order.has_access("read")):
            return Order
        domain = [
            ("partner_id", "child_of", customer.id),
            ("company_id", "=", self.env.company.id),
            ("state", "=", "draft"),
        ]
        return Order.search(domain, order="date_order desc, id desc", limit=1)
