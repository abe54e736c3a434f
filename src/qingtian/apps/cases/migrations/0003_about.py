"""Kinds of findings from the packs, and the part of an object that a case is about."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("cases", "0002_engine"), ("findings", "0005_engine")]

    operations = [
        migrations.AddField("case", "about", models.CharField(blank=True, max_length=80)),
        migrations.AlterField("case", "kind", models.CharField(blank=True, max_length=40)),
        migrations.RunSQL(
            sql="UPDATE cases_case SET about = f.about FROM cases_casefinding l JOIN findings_finding f "
            "ON f.id = l.finding_id WHERE l.case_id = cases_case.id AND f.about <> '' AND cases_case.about = ''",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
