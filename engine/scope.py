"""What one evaluation is about: company, date and, optionally, some customers only."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo.api import Environment
from odoo.tools import SQL


@dataclass(frozen=True)
class Scope:
    """The customers of ``company`` as they were at the end of the day ``as_of``.

    ``partner_ids`` limits the evaluation to these commercial partners; ``None`` means all.
    """

    base_env: Environment
    company_id: int
    as_of: date
    partner_ids: tuple[int, ...] | None = None

    @cached_property
    def env(self) -> Environment:
        """Environment of the system user in the company.

        Superuser, because a class must not depend on who triggers the evaluation.
        """
        context = {
            "allowed_company_ids": [self.company_id],
            "active_test": False,
            "lang": self.base_env.context.get("lang"),
        }
        return self.base_env(su=True, context=context)

    @cached_property
    def company(self):
        return self.env["res.company"].browse(self.company_id)

    @cached_property
    def timezone(self) -> ZoneInfo:
        """Days begin and end where the company is, not where the user is."""
        return ZoneInfo(self.company.partner_id.tz or "UTC")

    def window(self, field, months: int, column: SQL) -> SQL:
        """Condition "``column`` lies in ``(as_of - months, as_of]``"; no lower end without months.

        :param field: the date or datetime field behind ``column``; a datetime is stored in UTC
        """
        conditions = [SQL("%s < %s", column, self._start(field, self.as_of + relativedelta(days=1)))]
        if months:
            first_day = self.as_of - relativedelta(months=months) + relativedelta(days=1)
            conditions.append(SQL("%s >= %s", column, self._start(field, first_day)))
        return SQL("(%s)", SQL(" AND ").join(conditions))

    def _start(self, field, day: date):
        if field.type == "date":
            return day
        return datetime.combine(day, time.min, self.timezone).astimezone(UTC).replace(tzinfo=None)

    def rate(self, source, target) -> float | None:
        """Units of currency ``target`` for one unit of ``source``; ``None`` when no rate is known.

        Odoo takes 1.0 for a currency that has no rate at all, which would compare apples with pears.
        One of the two may have none: it is the currency that the rates of the other refer to.
        """
        if source == target:
            return 1.0
        if not self._rated & {source.id, target.id}:
            return None
        rates = self._rates
        return rates[target.id] / rates[source.id]

    @cached_property
    def _rated(self) -> set[int]:
        groups = self.env["res.currency.rate"]._read_group(
            [("company_id", "in", (False, self.company.root_id.id))], ["currency_id"]
        )
        return {currency.id for (currency,) in groups}

    @cached_property
    def _rates(self) -> dict[int, float]:
        currencies = self.env["res.currency"].with_context(active_test=False).search([])
        return currencies._get_rates(self.company, self.as_of)

    @cached_property
    def company_rates(self) -> SQL:
        """``VALUES`` of currency id and what one unit of it is worth in company currency."""
        target = self.company.currency_id
        rates = {id_: self.rate(target.browse(id_), target) for id_ in self._rates}
        rows = [SQL("(%s, %s::numeric)", id_, rate) for id_, rate in rates.items() if rate]
        return SQL("(VALUES %s)", SQL(", ").join(rows))
