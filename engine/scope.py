"""What one evaluation is about: company, date and, optionally, some customers only."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo.api import Environment
from odoo.fields import Domain
from odoo.tools import SQL


@dataclass(frozen=True)
class Scope:
    """The customers of ``company`` as they were at the end of the day ``as_of``.

    ``partner_ids`` limits the evaluation to these commercial partners; ``None`` means all. ``cuts`` holds, by
    dimension id, the cut values of relative dimensions as far as they were computed or read. A ``retrospective``
    scope takes the classes that customers held and that people had set from the history of that day, not from today.
    """

    base_env: Environment
    company_id: int
    as_of: date
    partner_ids: tuple[int, ...] | None = None
    cuts: dict = field(default_factory=dict)
    retrospective: bool = False

    @cached_property
    def env(self) -> Environment:
        """Environment of the system user in the company."""
        context = {
            "allowed_company_ids": [self.company_id],
            "active_test": False,
            "lang": self.base_env.context.get("lang"),
        }
        # A class must not depend on who triggers the evaluation.
        return self.base_env(su=True, context=context)

    @cached_property
    def company(self):
        return self.env["res.company"].browse(self.company_id)

    @cached_property
    def timezone(self) -> ZoneInfo:
        """Days begin and end where the company is, not where the user is."""
        return ZoneInfo(self.company.partner_id.tz or "UTC")

    def window(self, field, column: SQL, months: int, offset_months: int, offset_days: int) -> SQL:
        """Condition "``column`` lies in the window", which ends with the as-of day or as much earlier as offset.

        :param field: the date or datetime field behind ``column``; a datetime is stored in UTC
        :param months: 0 for no lower end
        """
        end = self.window_end(offset_months, offset_days)
        conditions = [SQL("%s < %s", column, self._start(field, end + timedelta(days=1)))]
        if months:
            before = self.as_of - relativedelta(months=offset_months + months, days=offset_days)
            first_day = before + timedelta(days=1)
            conditions.append(SQL("%s >= %s", column, self._start(field, first_day)))
        return SQL("(%s)", SQL(" AND ").join(conditions))

    def window_end(self, offset_months: int, offset_days: int) -> date:
        """The last day of a window."""
        return self.as_of - relativedelta(months=offset_months, days=offset_days)

    def local_day(self, field, column: SQL) -> SQL:
        """The day of a date or datetime column where the company is."""
        if field.type == "date":
            return column
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", column, self.timezone.key)

    def day_of(self, moment: datetime) -> date:
        """The day of a moment in UTC where the company is."""
        return moment.replace(tzinfo=UTC).astimezone(self.timezone).date()

    def _start(self, field, day: date):
        return day if field.type == "date" else self._midnight(day)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.timezone).astimezone(UTC).replace(tzinfo=None)

    @property
    def start(self) -> datetime:
        """The moment the day begins, in UTC."""
        return self._midnight(self.as_of)

    @property
    def end(self) -> datetime:
        """The moment the day is over, in UTC."""
        return self._midnight(self.as_of + relativedelta(days=1))

    def rate(self, source, target) -> float | None:
        """Units of currency ``target`` for one unit of ``source``; ``None`` when a rate is not known.

        Odoo takes 1.0 for a currency that has no rate at all, which would compare apples with pears.
        Only the currency of the company may do without.
        """
        if source == target:
            return 1.0
        if not {source.id, target.id} <= self._rated:
            return None
        return self._rates[target.id] / self._rates[source.id]

    @cached_property
    def _rated(self) -> set[int]:
        groups = self.env["res.currency.rate"]._read_group(
            [("company_id", "in", (False, self.company.root_id.id))], ["currency_id"]
        )
        return {self.company.currency_id.id, *(currency.id for (currency,) in groups)}

    @cached_property
    def _rates(self) -> dict[int, float]:
        currencies = self.env["res.currency"].browse(self._rated)
        return currencies._get_rates(self.company, self.as_of)

    @cached_property
    def company_rates(self) -> SQL:
        """``VALUES`` of currency id and what one unit of it is worth in company currency."""
        target = self.company.currency_id
        rates = {currency.id: self.rate(currency, target) for currency in target.browse(self._rated)}
        rows = [SQL("(%s, %s::numeric)", *item) for item in rates.items()]
        return SQL("(VALUES %s)", SQL(", ").join(rows))

    @property
    def stored_condition(self) -> SQL:
        """Condition on ``segmentation_profile``: the stored files of the scope."""
        company = SQL("company_id = %s", self.company_id)
        if self.partner_ids is None:
            return company
        return SQL("%s AND partner_id = ANY(%s)", company, list(self.partner_ids))

    def cuts_of(self, dimension) -> dict | None:
        """Class id → cut value, as computed now or stored by the last full evaluation; None before it."""
        if dimension.id not in self.cuts:
            stored = self.env["segmentation.cut"].search(
                [("company_id", "=", self.company_id), ("class_id.dimension_id", "=", dimension.id)]
            )
            compared = stored or self._was_compared(dimension)
            self.cuts[dimension.id] = {cut.class_id.id: cut.value for cut in stored} if compared else None
        return self.cuts[dimension.id]

    def _was_compared(self, dimension) -> bool:
        """Whether the last full evaluation compared by these rules; where no value counted, it left no cut value."""
        evaluated = self.env["segmentation.run"]._evaluated_versions(self.company)
        return evaluated.get(str(dimension.id)) == dimension.rule_version

    def overrides(self, dimension) -> SQL | None:
        """Subselect of ``partner_id`` and the ``class_id`` people set; None when there is none."""
        Override = self.env["segmentation.override"]
        domain = Domain("company_id", "=", self.company_id) & Domain("dimension_id", "=", dimension.id)
        domain &= Domain("until", "=", False) | Domain("until", ">=", self.as_of)
        if self.retrospective:
            domain &= Domain("create_date", "<", self.end)
            domain &= Domain("active", "=", True) | Domain("ended_at", ">=", self.end)
        else:
            domain &= Domain("active", "=", True)
        query = Override._search(domain)
        if not Override.search_count([("id", "in", query)], limit=1):
            return None
        # One that was ended and is in force again may overlap with one of the time between.
        query.order = SQL("partner_id, id DESC")
        return SQL("(%s)", query.select(SQL("DISTINCT ON (partner_id) partner_id, class_id")))
