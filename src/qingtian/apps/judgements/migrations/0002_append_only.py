"""Judgements only grow: of a row that exists only `superseded_by` may be filled in, once."""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION qingtian_judgement_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.superseded_by_id IS NULL AND NEW.superseded_by_id IS NOT NULL
        AND to_jsonb(NEW) - 'superseded_by_id' = to_jsonb(OLD) - 'superseded_by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'judgement % is kept as it is: UPDATE refused', OLD.id
        USING ERRCODE = 'restrict_violation', HINT = 'add a new version instead';
END
$$;
CREATE TRIGGER judgements_judgement_versions BEFORE UPDATE ON judgements_judgement
    FOR EACH ROW EXECUTE FUNCTION qingtian_judgement_versions();
CREATE TRIGGER judgements_judgement_append_only BEFORE DELETE OR TRUNCATE ON judgements_judgement
    FOR EACH STATEMENT EXECUTE FUNCTION qingtian_append_only();
"""
DROP = """
DROP TRIGGER IF EXISTS judgements_judgement_append_only ON judgements_judgement;
DROP TRIGGER IF EXISTS judgements_judgement_versions ON judgements_judgement;
DROP FUNCTION IF EXISTS qingtian_judgement_versions();
"""


class Migration(migrations.Migration):
    dependencies = [("judgements", "0001_initial"), ("journal", "0002_append_only")]
    operations = [migrations.RunSQL(CREATE, DROP)]
