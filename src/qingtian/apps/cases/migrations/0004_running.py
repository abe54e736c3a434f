"""Indexes for the lists of what is due and overdue, and for counts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("cases", "0003_about")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["due_at"],
                condition=models.Q(("closed_at", None), ("duplicate_of", None), ("written_off_at", None)),
                name="case_running_by_due_date",
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["template", "state"],
                include=(
                    "region_code",
                    "enterprise_code",
                    "severity",
                    "due_at",
                    "closed_at",
                    "duplicate_of",
                    "written_off_at",
                ),
                name="case_counts",
            ),
        ),
    ]
