"""The same classification as most programs would do it: one customer after the other, through the ORM."""

from dateutil.relativedelta import relativedelta

from .measure import Samples
from .scenarios import CUSTOMERS


def measure(bench, sample=200):
    """Seconds for ``sample`` customers."""
    samples = Samples()
    with bench.transaction() as env:
        env.cr.execute(CUSTOMERS, (bench.company_id, sample))
        partners = env["res.partner"].browse(partner_id for (partner_id,) in env.cr.fetchall())
        day = env["segmentation.run"]._today(env.company)
        with samples.timed():
            for partner in partners:
                classify(env, partner, day)
            env.flush_all()
    return samples.median, len(partners)


def classify(env, partner, day):
    values = figures(env, partner, day)
    values |= classes(env, partner, values)
    profile = env["segmentation.profile"].search([("partner_id", "=", partner.id), ("company_id", "=", env.company.id)])
    profile.write(values)


def figures(env, partner, day):
    """Every metric of the standard."""
    Move, Order = env["account.move"], env["sale.order"]
    own = [("company_id", "=", env.company.id)]
    moves = [*own, ("commercial_partner_id", "=", partner.id), ("state", "=", "posted"), ("invoice_date", "<=", day)]
    orders = [*own, ("partner_id.commercial_partner_id", "=", partner.id)]
    confirmed = [*orders, ("state", "=", "sale")]
    year, two_years = (day - relativedelta(months=months) for months in (12, 24))
    revenue = [*moves, ("move_type", "in", ("out_invoice", "out_refund")), ("invoice_date", ">", year)]
    invoices = [*moves, ("move_type", "=", "out_invoice")]
    last_year = [*confirmed, ("date_order", ">", year)]
    prior = [*revenue[:-1], ("invoice_date", ">", two_years), ("invoice_date", "<=", year)]
    leads = [("partner_id.commercial_partner_id", "=", partner.id), ("won_status", "=", "pending")]
    currency = partner.declared_currency_id
    last = Move.search(invoices, order="invoice_date desc", limit=1)
    bought = Order.search(last_year)
    open_leads = env["crm.lead"].search([("type", "=", "opportunity"), *leads])
    return {
        "revenue_12m": Move._read_group(revenue, [], ["amount_untaxed_signed:sum"])[0][0] or 0.0,
        "revenue_prior_12m": Move._read_group(prior, [], ["amount_untaxed_signed:sum"])[0][0] or 0.0,
        "days_since_purchase": (day - last.invoice_date).days if last else False,
        "orders_12m": len(bought),
        "average_order_12m": sum(o.amount_untaxed / o.currency_rate for o in bought) / len(bought) if bought else False,
        "invoices_24m": Move.search_count([*invoices, ("invoice_date", ">", two_years)]),
        "invoices_total": Move.search_count(invoices),
        "orders_24m": Order.search_count([*confirmed, ("date_order", ">", two_years)]),
        "orders_total": Order.search_count(confirmed),
        "open_quotations": Order.search_count([*orders, ("state", "in", ("draft", "sent"))]),
        "open_opportunities": len(open_leads),
        "expected_revenue": sum(open_leads.mapped("expected_revenue")),
        "employee_count": partner.employee_count,
        **{
            name: currency._convert(partner[name], env.company.currency_id, env.company, day)
            for name in ("annual_turnover", "total_assets")
        },
    }


def classes(env, partner, values):
    """The class of each dimension of the standard."""

    def cls(xml_id):
        return env.ref(f"partner_segmentation.class_{xml_id}").id

    euro = env.ref("base.EUR")
    amounts = [
        env.company.currency_id._convert(values[name], euro, env.company, env.cr.now().date())
        for name in ("annual_turnover", "revenue_12m")
    ]
    large = values["employee_count"] >= 250 or amounts[0] >= 50_000_000 or amounts[1] >= 1_000_000
    medium = values["employee_count"] >= 50 or amounts[0] >= 10_000_000 or amounts[1] >= 100_000
    sector = env["segmentation.class"].search([("industry_ids", "in", partner.industry_id.ids)], limit=1)
    place = [("state_ids", "in", partner.state_id.ids)], [("country_ids", "in", partner.country_id.ids)]
    regions = [env["segmentation.class"].search(domain, limit=1) for domain in place]
    if values["orders_24m"] or values["invoices_24m"]:
        stage = "closed"
    elif values["open_quotations"] or values["open_opportunities"]:
        stage = "intent"
    else:
        stage = "lapsed" if values["orders_total"] or values["invoices_total"] else "potential"
    return {
        "size_class_id": cls("size_large" if large else "size_medium" if medium else "size_small"),
        "industry_class_id": sector.id or cls("industry_other"),
        "region_class_id": (regions[0] or regions[1]).id,
        "stage_class_id": cls(f"stage_{stage}"),
    }
