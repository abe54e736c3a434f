"""Values, figures and decisions only grow."""

from django.db import migrations

from qingtian.apps.journal.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("indicators", "0001_initial"), ("journal", "0002_append_only")]
    operations = [
        append_only("indicators_indicatorvalue"),
        append_only("indicators_reportedfigure"),
        append_only("indicators_decisionrecord"),
    ]
