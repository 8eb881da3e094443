"""The hand-written statement of `floor.sql`, and whether the engine gives the same result."""

from datetime import timedelta
from pathlib import Path

from dateutil.relativedelta import relativedelta

TABLE = "bench_floor"
STATEMENT = Path(__file__).with_name("floor.sql").read_text()
CLASSES = {
    "large": "class_size_large",
    "medium": "class_size_medium",
    "small": "class_size_small",
    "other": "class_industry_other",
    "closed": "class_stage_closed",
    "intent": "class_stage_intent",
    "lapsed": "class_stage_lapsed",
    "potential": "class_stage_potential",
    "region": "dimension_region",
    "industry": "dimension_industry",
}
COLUMNS = [
    *("employee_count", "annual_turnover", "total_assets"),
    *("revenue_12m", "revenue_prior_12m", "revenue_growth", "invoices_24m", "invoices_total"),
    *("first_purchase_date", "days_since_purchase", "days_between_purchases", "days_to_pay", "overdue_receivable"),
    *("orders_12m", "average_order_12m", "orders_24m", "orders_total", "open_quotations"),
    *("open_opportunities", "expected_revenue"),
    *("size_class_id", "industry_class_id", "region_class_id", "stage_class_id"),
    *("segmentation_code", "missing_facts"),
]


class FloorError(Exception):
    """The hand-written statement and the engine do not do the same."""


class Floor:
    """The hand-written SQL for one company."""

    def __init__(self, env, company):
        day = env["segmentation.run"]._today(company)
        euro = env.ref("base.EUR")
        rates = (euro | company.currency_id)._get_rates(company, day)
        self.company_id = company.id
        self.values = {
            "company": company.id,
            "country": company.country_id.id,
            "as_of": day,
            "tomorrow": day + timedelta(days=1),
            "year": day - relativedelta(months=12) + timedelta(days=1),
            "two_years": day - relativedelta(months=24) + timedelta(days=1),
            "three_years": day - relativedelta(months=36) + timedelta(days=1),
            "to_euro": rates[euro.id] / rates[company.currency_id.id],
            **{name: env.ref(f"partner_segmentation.{xml_id}").id for name, xml_id in CLASSES.items()},
        }

    def create_table(self, cr):
        """A copy of the profile table with the same columns, constraints and indexes."""
        cr.execute(f"CREATE TABLE {TABLE} (LIKE segmentation_profile INCLUDING ALL)")
        cr.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'segmentation_profile'::regclass AND contype = 'f'"
        )
        for name, definition in cr.fetchall():
            cr.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT bench_{name} {definition}")

    def insert(self, cr):
        names = ", ".join(COLUMNS)
        cr.execute(
            f"INSERT INTO {TABLE} (partner_id, {names}, company_id, active, create_uid, write_uid, create_date,"
            f" write_date) SELECT partner_id, {names}, %(company)s, TRUE, 1, 1, NOW() AT TIME ZONE 'UTC',"
            f" NOW() AT TIME ZONE 'UTC' FROM ({STATEMENT}) AS new",
            self.values,
        )
        return cr.rowcount

    def count_differences(self, cr):
        """Compute, compare with the stored profiles, write nothing."""
        cr.execute(f"SELECT COUNT(*) {self._differences()}", self.values)
        return cr.fetchone()[0]

    def _differences(self):
        """FROM clause of the customers that the engine stored otherwise, or not at all."""
        new, old = (", ".join(f"{alias}.{name}" for name in ["partner_id", *COLUMNS]) for alias in ("new", "old"))
        return (
            f"FROM ({STATEMENT}) AS new FULL JOIN"
            " (SELECT * FROM segmentation_profile WHERE company_id = %(company)s AND active) AS old"
            f" ON old.partner_id = new.partner_id WHERE ({new}) IS DISTINCT FROM ({old})"
        )

    def check(self, cr):
        """Fail unless the engine stored what the statement gives, for every customer."""
        self._check_columns(cr)
        cr.execute(f"SELECT to_json(new), to_json(old) {self._differences()} LIMIT 3", self.values)
        for new, old in cr.fetchall():
            print(f"by hand:    {new}\nthe engine: {old}")
        if cr.rowcount:
            raise FloorError(f"The engine and floor.sql disagree, see above (company {self.company_id}).")

    def _check_columns(self, cr):
        cr.execute("SELECT field_name FROM segmentation_metric WHERE active")
        dimensions = "SELECT field_name FROM segmentation_dimension WHERE active"
        names = {name for (name,) in cr.fetchall()}
        cr.execute(dimensions)
        names |= {name for (name,) in cr.fetchall()}
        if unknown := sorted(names - set(COLUMNS)):
            raise FloorError(f"The engine computes more than floor.sql, add to it: {', '.join(unknown)}")
