"""Which findings an actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.findings.models import Finding  # noqa: F401  named in the base class


class FindingQuerySet(models.QuerySet["Finding"]):
    """Reads of findings."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows about objects in the actor's scope; an enterprise sees its own."""
        return self.filter(governed_by(actor, "object__"))
