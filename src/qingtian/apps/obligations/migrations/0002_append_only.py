"""Submitted plans only grow."""

from __future__ import annotations

from django.db import migrations

from qingtian.apps.journal.append_only import append_only


class Migration(migrations.Migration):
    """Protects the table of plans."""

    dependencies = [("obligations", "0001_initial"), ("journal", "0002_append_only")]
    operations = [append_only("obligations_submittedplan")]
