"""Everything in the ledgers only grows: a mistake gets its opposite."""

from django.db import migrations

from qingtian.apps.journal.append_only import append_only

TABLES = ("ledgeraccount", "ledgerentry", "ledgerposting", "ledgerstep", "datalicence", "datause")


class Migration(migrations.Migration):
    dependencies = [("ledgers", "0001_initial"), ("journal", "0002_append_only")]
    operations = [append_only(f"ledgers_{name}") for name in TABLES]
