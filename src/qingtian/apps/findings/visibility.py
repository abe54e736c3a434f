"""Which findings, windows and leak checks an actor may see."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.findings.models import Finding, LeakCheck, MaintenanceWindow  # noqa: F401  named in the base class


class FindingQuerySet(models.QuerySet["Finding"]):
    """Reads of findings."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows about objects in the actor's scope; an enterprise sees its own."""
        return self.filter(governed_by(actor, "object__"))


class WindowQuerySet(models.QuerySet["MaintenanceWindow"]):
    """Reads of announced windows."""

    def visible_to(self, actor: Actor) -> Self:
        """Windows of objects in the actor's scope; an enterprise sees its own."""
        return self.filter(governed_by(actor, "object__"))

    def touching(self, start: datetime, end: datetime) -> Self:
        """Windows that have any time in common with [start, end)."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class LeakCheckQuerySet(models.QuerySet["LeakCheck"]):
    """Reads of leak checks."""

    def visible_to(self, actor: Actor) -> Self:
        """Checks of components in the actor's scope."""
        return self.filter(governed_by(actor, "component__"))
