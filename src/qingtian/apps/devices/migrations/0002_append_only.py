"""The log of exchanges only grows."""

from django.db import migrations

from qingtian.apps.journal.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial"), ("journal", "0002_append_only")]
    operations = [append_only("devices_deviceexchange")]
