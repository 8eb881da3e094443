import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.purchases import offered_products
from ..engine.recommend import recommended, refresh
from ..engine.scope import Scope

_logger = logging.getLogger(__name__)


class SegmentationPeerProduct(models.Model):
    """How many customers of a group of similar ones bought a product; written by the engine only.

    Rows are counts and name nobody. Shown for a customer or a quotation, which the context tells, a row is a
    recommendation: with the reason, the price for this customer and a button that adds it.
    """

    _name = "segmentation.peer.product"
    _inherit = ["segmentation.queued"]
    _description = "Product That Similar Customers Buy"
    _order = "company_id, group_key, buyers desc, product_id"
    _rec_name = "product_id"
    _log_access = False
    _scheduled_job = "cron_recommend"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", readonly=True)
    group_key = fields.Char(
        readonly=True, help="Ids of the classes that the customers of the group share. Empty: all customers."
    )
    product_id = fields.Many2one("product.product", required=True, ondelete="cascade", readonly=True, index=True)
    buyers = fields.Integer(readonly=True, help="Customers of the group who bought the product.")
    customers = fields.Integer(readonly=True, help="Customers of the group who bought anything.")
    months = fields.Integer(readonly=True, help="How far back purchases were counted.")

    reason = fields.Text(compute="_compute_reason")
    currency_id = fields.Many2one("res.currency", compute="_compute_price")
    price = fields.Monetary(compute="_compute_price")
    is_stocked = fields.Boolean(compute="_compute_stock_on_hand")
    stock_on_hand = fields.Float(string="On hand", compute="_compute_stock_on_hand", digits="Product Unit")

    _group_product = models.UniqueIndex("(company_id, group_key, product_id)")

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Leave the stock out where the module for it is not installed."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._knows_stock():
            for node in arch.xpath("//*[@name='stock' or @name='stock_on_hand' or @name='is_stocked']"):
                node.getparent().remove(node)
        return arch, view

    # -- recommendation ------------------------------------------------------------------------

    @api.depends("buyers", "customers", "group_key")
    @api.depends_context("lang")
    def _compute_reason(self):
        ids = {class_id for row in self for class_id in row._class_ids()}
        names = {cls.id: cls.name for cls in self.env["segmentation.class"].browse(ids).exists()}
        for row in self:
            classes = [names[class_id] for class_id in row._class_ids() if class_id in names]
            row.reason = self.env._(
                "Bought by %(buyers)s of %(customers)s customers: %(classes)s",
                buyers=row.buyers,
                customers=row.customers,
                classes=", ".join(classes) or self.env._("all classes"),
            )

    def _class_ids(self) -> list[int]:
        """Ids of the classes that the customers of the group have in common, in the order of the dimensions."""
        return [int(class_id) for class_id in (self.group_key or "").split("/") if class_id]

    @api.depends("product_id")
    @api.depends_context("segmentation_order_id", "segmentation_partner_id", "company", "uid")
    def _compute_price(self):
        """Price of one for the customer, by the pricelist of the quotation or of the customer."""
        order, partner = self._shown_order(), self._shown_partner()
        pricelist = order.pricelist_id if order else partner.property_product_pricelist
        currency = order.currency_id or pricelist.currency_id or self.env.company.currency_id
        prices = pricelist._get_products_price(
            self.product_id, 1.0, currency=currency, date=order.date_order or fields.Datetime.now()
        )
        for row in self:
            row.currency_id = currency
            row.price = prices.get(row.product_id.id, 0.0)

    @api.depends("product_id")
    @api.depends_context("company", "uid")
    def _compute_stock_on_hand(self):
        knows = self._knows_stock() and all(
            self.env[model].has_access("read") for model in ("stock.quant", "stock.move")
        )
        for row in self:
            row.is_stocked = knows and row.product_id.is_storable
            row.stock_on_hand = row.product_id.qty_available if row.is_stocked else 0.0

    def _knows_stock(self) -> bool:
        return "qty_available" in self.env["product.product"]._fields

    def _shown_order(self):
        """The quotation that the rows are shown on; empty on a contact."""
        return self.env["sale.order"].browse(self.env.context.get("segmentation_order_id") or [])

    def _shown_partner(self):
        return self.env["res.partner"].browse(self.env.context.get("segmentation_partner_id") or [])

    def action_add_to_quotation(self):
        """Add the product to the quotation shown, or to the newest one of the customer shown, and open that."""
        self.ensure_one()
        self.check_access("read")
        order = self._shown_order()
        if order:
            order._add_recommended(self.product_id)
            return None
        partner = self._shown_partner()
        if not partner:
            raise UserError(self.env._("Recommended product: nobody is chosen to add it for. Open a contact first."))
        order = partner._newest_quotation() or self.env["sale.order"].create({"partner_id": partner.id})
        order._add_recommended(self.product_id)
        return order._get_records_action()

    # -- for one customer ----------------------------------------------------------------------

    @api.model
    def _recommended_to(self, partner, company, without=()):
        """The products that customers similar to the partner's commercial entity buy and it does not, the best first.

        :param without: products to leave out, besides those bought
        :return: rows of this model; none for who is no customer, or where the user may not see products
        """
        customer = partner.commercial_partner_id._origin
        Product = self.env["product.product"]
        if not (customer and self.has_access("read") and Product.has_access("read")):
            return self.browse()
        profile = self.env["segmentation.profile"].search(
            [("partner_id", "=", customer.id), ("company_id", "=", company.id)]
        )
        if not profile:
            return self.browse()
        scope = Scope(self.env, company.id, self.env["segmentation.run"]._today(company), (customer.id,))
        class_ids = [profile[dimension.field_name].id for dimension in company._segmentation_peer_dimensions()]
        months = company.sudo().segmentation_peer_months  # everybody may know how the figures are made
        return self.browse(
            recommended(scope, offered_products(scope, Product), class_ids, months, [product.id for product in without])
        )

    # -- refresh -------------------------------------------------------------------------------

    @api.model
    def _cron_refresh(self):
        """Count purchases by the latest classes; one company that fails does not keep the others from it."""
        companies = self.env["res.company"].search([]).filtered(self._waiting_run)
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            try:
                self._refresh(company)
            except Exception:  # the old figures stay
                self.env.cr.rollback()
                _logger.exception("Recommended products of company %s could not be refreshed", company.id)
            self.env["ir.cron"]._commit_progress(1)

    def _waiting_run(self, company):
        """The run whose classes have not been used yet; empty when there is none."""
        run = self.env["segmentation.run"]._last_complete(company)
        return run - company.segmentation_peer_run_id

    def _refresh(self, company):
        run = self.env["segmentation.run"]._last_complete(company)
        columns = company._segmentation_peer_dimensions().mapped("field_name")
        refresh(Scope(self.env, company.id, run.as_of), columns, company.segmentation_peer_months)
        company.segmentation_peer_run_id = run
