"""What was taken stays taken: sendings only grow."""

from django.db import migrations

from qingtian.apps.journal.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("fieldwork", "0001_initial"), ("journal", "0002_append_only")]
    operations = [append_only("fieldwork_sending")]
