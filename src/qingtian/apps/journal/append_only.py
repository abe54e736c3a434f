"""SQL that makes a table append-only: triggers refuse UPDATE, DELETE and TRUNCATE, also to a superuser."""

from __future__ import annotations

from django.db import migrations

CREATE_FUNCTION = """
CREATE OR REPLACE FUNCTION qingtian_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'add a correcting row instead';
END
$$
"""
DROP_FUNCTION = "DROP FUNCTION IF EXISTS qingtian_append_only()"


def append_only(table: str) -> migrations.RunSQL:
    """A migration step that protects a table.

    Args:
        table: name of the table; the function of `CREATE_FUNCTION` must exist.
    """
    return migrations.RunSQL(
        sql=(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION qingtian_append_only()"
        ),
        reverse_sql=f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
    )
