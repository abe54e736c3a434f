"""Texts and issued files only grow; a snapshot never changes, whoever asks."""

from django.db import migrations

from qingtian.apps.journal.append_only import append_only

FIXED = """
CREATE OR REPLACE FUNCTION reports_snapshot_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.snapshot = OLD.snapshot AND NEW.snapshot_hash = OLD.snapshot_hash THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the snapshot of report % never changes: % refused', OLD.number, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'make another report';
END
$$;
CREATE TRIGGER reports_snapshot_fixed BEFORE UPDATE OR DELETE ON reports_report
FOR EACH ROW EXECUTE FUNCTION reports_snapshot_fixed();
"""
UNFIXED = """
DROP TRIGGER IF EXISTS reports_snapshot_fixed ON reports_report;
DROP FUNCTION IF EXISTS reports_snapshot_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("journal", "0002_append_only")]
    operations = [
        append_only("reports_reporttext"),
        append_only("reports_reportfile"),
        migrations.RunSQL(FIXED, UNFIXED),
    ]
