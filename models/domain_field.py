"""Reading and checking of domains that people type."""

from ast import literal_eval

from psycopg2 import Error as DatabaseError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

INVALID = (ValueError, SyntaxError, TypeError, KeyError, NotImplementedError, MemoryError, RecursionError)


def parse_domain(record, field_name: str, empty: Domain = Domain.TRUE) -> Domain:
    """The domain in ``record[field_name]``, ``empty`` where nothing is entered.

    :raise ValidationError: the text is not a domain
    """
    text = record[field_name]
    if not text:
        return empty
    try:
        if "\0" in text:
            raise ValueError("NUL character")
        return Domain(literal_eval(text))
    except INVALID as error:
        raise _invalid(record, field_name, error) from error


def check_domain(record, field_name: str, model_name: str, known_fields=None, by_author=True):
    """Refuse a domain that could not be evaluated, before it is saved.

    :param known_fields: fields of the model that it may start from; None means all
    :param by_author: the user has entered it now; otherwise somebody has before, who could read what it reads
    :raise ValidationError: names the field and the remedy
    :raise AccessError: the user may not read what the domain reads, as it could be found out with it
    """
    domain = parse_domain(record, field_name)
    model = record.sudo(not by_author).env[model_name]  # constraints run as superuser
    try:
        refuse_possessions(model, domain)
        domain.validate(model)
        for condition in domain.iter_conditions():
            name = condition.field_expr.partition(".")[0]
            if known_fields is not None and name not in known_fields:
                raise ValueError(record.env._("field %s is not available here", name))
        with record.env.cr.savepoint(flush=False):
            query = model._search(domain)
            record.env.cr.execute(SQL("EXPLAIN %s", query.select()), log_exceptions=False)
    except (*INVALID, DatabaseError) as error:
        raise _invalid(record, field_name, error) from error


def is_possession(field) -> bool:
    """Whether the field lists what a user has alone: API keys, passkeys, devices, sessions."""
    return field.model_name == "res.users" and field.type == "one2many" and not field.inherited


def refuse_possessions(model, domain):
    """Refuse to look into what users have for themselves, such as ``create_uid.api_key_ids``.

    Access rights let everybody read their own; the record rules that hide those of others do not apply to the engine.

    :raise ValueError: names the field
    """
    for condition in domain.iter_conditions():
        target = model
        for name in condition.field_expr.split("."):
            field = target._fields.get(name)
            if field is None:
                break  # part of a date, or a property; what does not exist is found out by who evaluates it
            if is_possession(field):
                raise ValueError(model.env._("what belongs to a user alone, as in %s, cannot be used", name))
            target = model.env[field.comodel_name] if field.comodel_name else target
        else:
            if condition.operator in ("any", "not any"):
                refuse_possessions(target, Domain(condition.value))


def _invalid(record, field_name: str, error) -> UserError:
    return ValidationError(
        record.env._(
            "%(record)s: the domain in field “%(field)s” is not valid (%(error)s). "
            "Choose the conditions with the domain editor, for example [('customer_rank', '>', 0)].",
            record=record.display_name,
            field=record._fields[field_name].get_description(record.env, ["string"])["string"],
            error=str(error).partition("\n")[0] or type(error).__name__,
        )
    )
