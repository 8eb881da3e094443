"""Print what the add-on has brought: its records by external id, ids replaced by names. Runs in `odoo shell`."""

import json
import re

MODULE = "partner_segmentation"
# Differs by the moment of installation, by the order of ids, or grows with use.
VARYING = {
    *("id", "create_uid", "create_date", "write_uid", "write_date"),
    *("arch_prev", "arch_updated", "lastcall", "nextcall", "parent_path", "rule_version"),
}
NUMBERS = re.compile(r'(?<=name=")\d+(?=")|(?<=\()\d+(?=,\))')  # of actions, in buttons and menus


def describe(env):
    return {data.name: described(env, data) for data in env["ir.model.data"].search([("module", "=", MODULE)])}


def described(env, data):
    if data.model not in env:
        return {"model": data.model, "missing": "its model"}
    record = env[data.model].with_context(active_test=False, lang="en_US").browse(data.res_id).exists()
    if not record:
        return {"model": data.model, "missing": "the record"}
    values = {field.name: value(record, field) for field in record._fields.values() if is_told(field)}
    return {"model": data.model, "noupdate": data.noupdate, **values}


def is_told(field):
    return field.store and field.name not in VARYING and field.type not in ("one2many", "many2one_reference")


def value(record, field):
    if not field.relational:
        return NUMBERS.sub("", str(record[field.name]))
    ids = record[field.name].get_external_id()
    return sorted(ids[one.id] or f"{one._name} {one.display_name}" for one in record[field.name])


print()
print(json.dumps(describe(env)))
