"""Custody log, daily roots and their receipts only grow."""

from django.db import migrations

from qingtian.apps.journal.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("evidence", "0004_custody_and_roots"), ("journal", "0002_append_only")]
    operations = [
        append_only("evidence_custodyentry"),
        append_only("evidence_dailyroot"),
        append_only("evidence_anchorreceipt"),
    ]
