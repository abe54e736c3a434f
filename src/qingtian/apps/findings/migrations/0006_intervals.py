"""Give the findings on record the history that their own columns tell; protect the leak checks."""

from __future__ import annotations

from django.db import migrations

from qingtian.apps.journal.append_only import append_only

HISTORY = """
INSERT INTO findings_alarminterval (finding_id, axis, state, starts_at, ends_at, recorded_at, by, reason)
SELECT id, 'activity', 'ongoing', first_seen, CASE WHEN activity = 'ended' THEN GREATEST(ended_at, first_seen) END,
       raised_at, '', '' FROM findings_finding
UNION ALL
SELECT id, 'activity', 'ended', GREATEST(ended_at, first_seen), NULL, GREATEST(ended_at, raised_at), '', ''
FROM findings_finding WHERE activity = 'ended'
UNION ALL
SELECT id, 'confirmation', 'unconfirmed', raised_at,
       CASE WHEN confirmation = 'confirmed' THEN GREATEST(confirmed_at, raised_at) END, raised_at, '', ''
FROM findings_finding
UNION ALL
SELECT id, 'confirmation', 'confirmed', GREATEST(confirmed_at, raised_at), NULL, GREATEST(confirmed_at, raised_at),
       confirmed_by, '' FROM findings_finding WHERE confirmation = 'confirmed'
"""
ANSWERS = """
UPDATE findings_finding SET answer_state = CASE WHEN status = 'self_corrected' THEN 'accepted' ELSE 'answered' END
WHERE answer <> ''
"""


class Migration(migrations.Migration):
    """History of the findings that are on record."""

    dependencies = [("findings", "0005_engine"), ("journal", "0002_append_only")]

    operations = [
        migrations.RunSQL(HISTORY, migrations.RunSQL.noop),
        migrations.RunSQL(ANSWERS, migrations.RunSQL.noop),
        append_only("findings_leakcheck"),
    ]
