"""Reading of domains that people type."""

from ast import literal_eval

from odoo.exceptions import ValidationError
from odoo.fields import Domain


def parse_domain(record, field_name: str, model_name: str) -> Domain:
    """The domain in ``record[field_name]``, checked against ``model_name``.

    :raise ValidationError: it is not a domain of that model; names the field and the remedy
    """
    try:
        domain = Domain(literal_eval(record[field_name] or "[]"))
        domain.validate(record.env[model_name].sudo())
    except (ValueError, SyntaxError, TypeError, KeyError, NotImplementedError) as error:
        raise ValidationError(
            record.env._(
                "%(record)s: the domain in field “%(field)s” is not valid (%(error)s). "
                "Choose the conditions with the domain editor, for example [('customer_rank', '>', 0)].",
                record=record.display_name,
                field=record._fields[field_name].get_description(record.env, ["string"])["string"],
                error=error,
            )
        ) from error
    return domain
