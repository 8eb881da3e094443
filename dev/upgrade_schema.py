"""What a database holds: its rows, and its catalogues in words without ids."""

from collections import Counter, defaultdict

from .postgres import query

# Ours that an update must not touch, beside all tables that do not belong to Odoo's own registry.
KEPT = ("ir_cron", "ir_default", "ir_exports", "ir_exports_line", "ir_filters")
TABLES = f"""
SELECT t.table_name, string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position)
  FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
 WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'
   AND (t.table_name NOT SIMILAR TO '(ir|orm)\\_%' OR t.table_name IN {KEPT})
   AND column_name NOT IN ('write_uid', 'write_date')
   AND (t.table_name, column_name) NOT IN (('segmentation_standard', 'content')) -- those shipped are brought up to date
 GROUP BY 1
"""
OURS = "x\\_segmentation\\_%"  # columns of administrators
FIELD = "f.model || '.' || f.name"
CATALOGUES = {
    "column": "SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable,"
    f" column_default) FROM information_schema.columns WHERE table_schema = 'public' AND column_name NOT LIKE '{OURS}'",
    # Names that PostgreSQL makes by itself are numbered.
    "index": r"SELECT regexp_replace(indexdef, ' INDEX \S+ ON ', ' INDEX ON ') FROM pg_indexes"
    " WHERE schemaname = 'public'",
    "constraint": "SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND pg_get_constraintdef(oid) NOT LIKE '%(x\\_segmentation\\_%'",
    "relation": "SELECT relkind::text || ' ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND relkind IN ('r', 'v', 'm', 'S')",
    "model": "SELECT concat_ws(' ', model, name, state, transient, abstract, \"order\") FROM ir_model",
    "field": "SELECT concat_ws(' ', model, name, ttype, relation, relation_field, relation_table, column1, column2,"
    " store, index, required, readonly, translate, on_delete, copied, related, company_dependent, depends, help,"
    f" field_description) FROM ir_model_fields WHERE name NOT LIKE '{OURS}'",
    "value of a field": f"SELECT concat_ws(' ', {FIELD}, s.value, s.name, s.sequence) FROM ir_model_fields_selection s"
    " JOIN ir_model_fields f ON f.id = s.field_id",
    "constraint of a model": "SELECT concat_ws(' ', name, type, definition, message) FROM ir_model_constraint",
    "relation of a model": "SELECT name FROM ir_model_relation",
    "parent of a model": "SELECT concat_ws(' ', m.model, p.model) FROM ir_model_inherit i"
    " JOIN ir_model m ON m.id = i.model_id JOIN ir_model p ON p.id = i.parent_id",
}


def rows(server, name, like=None):
    """Table → its rows as text; with ``like``, a former result, only the columns that were there then."""
    columns = like.columns if like else Rows.columns_of(server, name)
    found = Rows(columns)
    statements = [
        f"SELECT '{table}' || chr(9) || row_to_json(r) FROM (SELECT {names} FROM \"{table}\") r;"
        for table, names in columns.items()
    ]
    for line in query(server, "\n".join(statements), name).splitlines():
        table, _tab, row = line.partition("\t")
        found[table].append(row)
    return found


class Rows(defaultdict):
    def __init__(self, columns):
        super().__init__(list)
        self.columns = columns

    @staticmethod
    def columns_of(server, name):
        return dict(line.split("|", 1) for line in query(server, TABLES, name).splitlines())


def differences(server, updated, fresh):
    """What the catalogues of the two databases do not have in common."""
    problems = []
    for title, sql in CATALOGUES.items():
        there, wanted = (Counter(query(server, sql, name).splitlines()) for name in (updated, fresh))
        problems += [f"{title} only after an update: {line}" for line in (there - wanted).elements()]
        problems += [f"{title} missing after an update: {line}" for line in (wanted - there).elements()]
    return problems
