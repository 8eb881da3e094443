"""Numbers that may be unknown.

Odoo stores an empty integer or amount as 0. A classification must tell "no employees" from "nobody
told us", so these fields keep an empty value as NULL in the database and ``False`` in records.
"""

from odoo import fields


class _Optional:
    """Mixin of numeric fields: an empty value stays empty instead of becoming 0."""

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return False if value is None else value

    def convert_to_export(self, value, record):
        return "" if value is None or value is False else value


class OptionalInteger(_Optional, fields.Integer):
    """An integer, or ``False`` when it is not known."""


class OptionalMonetary(_Optional, fields.Monetary):
    """An amount in the currency of ``currency_field``, or ``False`` when it is not known."""

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column_insert(value, record, values, validate)
