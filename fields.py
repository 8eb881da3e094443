"""Numbers that may be unknown.

Odoo stores an empty integer or amount as 0. A classification must tell "no employees" from "nobody
told us", so these fields keep an empty value as NULL in the database and ``False`` in records.
"""

from odoo import fields


class _Optional:
    """Mixin of numeric fields: an empty value stays empty instead of becoming 0."""

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        if _is_empty(value):
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if _is_empty(value):
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return False if value is None else value

    def convert_to_export(self, value, record):
        return "" if _is_empty(value) else value

    def filter_function(self, records, field_expr, operator, value):
        getter = self.expression_getter(field_expr)
        if operator == "in":
            # Not `in`: 0 equals False.
            wanted = [number for number in value if number is not False and number is not None]
            with_empty = len(wanted) < len(value)
            return lambda record: with_empty if _is_empty(number := getter(record)) else number in wanted
        matches = super().filter_function(records, field_expr, operator, value)
        return lambda record: not _is_empty(getter(record)) and matches(record)


def _is_empty(value) -> bool:
    return value is None or value is False


class OptionalInteger(_Optional, fields.Integer):
    """An integer, or ``False`` when it is not known."""


class OptionalFloat(_Optional, fields.Float):
    """A decimal number, or ``False`` when it is not known."""


class OptionalMonetary(_Optional, fields.Monetary):
    """An amount in the currency of ``currency_field``, or ``False`` when it is not known."""

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        if _is_empty(value):
            return None
        return super().convert_to_column_insert(value, record, values, validate)
