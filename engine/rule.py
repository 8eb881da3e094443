"""What the methods of classification share: a compiled rule, and SQL to build it from."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from odoo.tools import SQL

ROW = "segmentation_profile"
NO_CLASS = SQL("NULL::int4")
NOTHING = SQL("NULL::text")


@dataclass(frozen=True)
class Rule:
    """A compiled dimension: expressions over a row of the customer file.

    A row is one customer, under the alias ``ROW`` and with the column names of ``segmentation.profile``:
    so the same expression runs on freshly computed metrics and on stored profiles.

    :ivar class_id: expression of the class a row belongs to, NULL for none
    :ivar missing: expression naming the facts (comma-separated) whose absence leaves the class open,
        NULL when nothing that matters is missing
    :ivar inputs: columns of the row that the decision rests on, the evidence of a change
    """

    class_id: SQL
    missing: SQL = NOTHING
    inputs: tuple[str, ...] = field(default=())


def column(name: str) -> SQL:
    """A column of the row."""
    return SQL.identifier(ROW, name)


def constant(cls) -> SQL:
    """The class as an expression, NULL for an empty record."""
    return SQL("%s::int4", cls.id) if cls else NO_CLASS


def fallback(dimension) -> SQL:
    return constant(dimension.fallback_class_id.filtered("active"))


def case(branches: list[SQL], default: SQL) -> SQL:
    return SQL("CASE %s ELSE %s END", SQL(" ").join(branches), default) if branches else default


def join_codes(conditions: Iterable[tuple[SQL, str]]) -> SQL:
    """Comma-separated codes of the conditions that hold, NULL when none does."""
    codes = [SQL("CASE WHEN %s THEN %s END", condition, code) for condition, code in conditions]
    return SQL("NULLIF(concat_ws(',', %s), '')", SQL(", ").join(codes)) if codes else NOTHING
