"""Earlier states of objects are only ever added."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from qingtian.apps.journal.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("registry", "0003_object_types"), ("journal", "0002_append_only")]
    operations: ClassVar = [append_only("registry_registryrevision")]
