"""Two companies with charts of accounts, rates and a salesperson. Runs in `odoo shell`, which gives `env`.

The rates divide without remainder, so that every way to compute an amount gives the same digits.
"""

RATES = {"USD": 1.0, "EUR": 0.8, "CNY": 8.0}


def add_company(name, country, currency, company=None):
    values = {"name": name, "country_id": env.ref(f"base.{country}").id}  # noqa: F821
    company = company or env["res.company"].create({"name": name})  # noqa: F821
    company.write({**values, "currency_id": env.ref(f"base.{currency}").id})  # noqa: F821
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)  # noqa: F821
    company.currency_id = env.ref(f"base.{currency}")  # noqa: F821
    return company


for code, rate in RATES.items():
    currency = env.ref(f"base.{code}")  # noqa: F821
    currency.active = True
    currency.rate_ids.unlink()
    env["res.currency.rate"].create({"currency_id": currency.id, "name": "2020-01-01", "rate": rate})  # noqa: F821

first = add_company("Bench US", "us", "USD", env.company)  # noqa: F821
second = add_company("Bench DE", "de", "EUR")
env["res.currency.rate"].search([]).company_id = False  # noqa: F821
env.ref("base.user_admin").company_ids = first | second  # noqa: F821
env["res.users"].create(  # noqa: F821
    {
        "name": "Bench Sales",
        "login": "bench_sales",
        "company_id": first.id,
        "company_ids": [(6, 0, first.ids)],
        "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],  # noqa: F821
    }
)
env.cr.commit()  # noqa: F821
