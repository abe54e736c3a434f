"""The first end of the running clocks of a case, beside its due date: what lists of things to do are ordered by."""

from django.db import migrations, models

# A period lasts to the end of its last day in Asia/Shanghai; a paused clock and one that binds nobody end nothing.
FILL = """
UPDATE cases_case c SET next_due_at = LEAST(c.due_at, (
    SELECT (min(k.due_on) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' - interval '1 second'
    FROM cases_caseclock k
    WHERE k.case_id = c.id AND k.stopped_on IS NULL AND k.paused_on IS NULL AND k.rule -> 'binding' = 'true'
))
"""


class Migration(migrations.Migration):
    # A table that was just changed takes no index in the same transaction.
    atomic = False
    dependencies = [("cases", "0004_running")]

    operations = [
        migrations.AddField("case", "next_due_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["next_due_at"],
                include=(
                    "template",
                    "template_version",
                    "state",
                    "region_code",
                    "relation",
                    "responsible",
                    "asked_org",
                    "severity",
                ),
                condition=models.Q(("closed_at", None), ("duplicate_of", None), ("written_off_at", None)),
                name="case_running_by_next_end",
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["next_due_at"],
                condition=models.Q(
                    ("closed_at", None), ("duplicate_of", None), ("relation", "part"), ("written_off_at", None)
                ),
                name="case_tasks_by_next_end",
            ),
        ),
    ]
