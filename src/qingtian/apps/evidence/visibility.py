"""Which evidence items an actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.evidence.models import EvidenceItem  # noqa: F401  named in the base class


class EvidenceQuerySet(models.QuerySet["EvidenceItem"]):
    """Reads of evidence items."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows about objects in the actor's scope; an enterprise sees its own."""
        return self.filter(governed_by(actor, "case__object__", case_type_field="case__template"))
