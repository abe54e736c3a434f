"""Which evidence items an actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.subjects import resolvers
from qingtian.apps.registry.visibility import NOTHING

if TYPE_CHECKING:
    from qingtian.apps.evidence.models import EvidenceItem  # noqa: F401  named in the base class


class EvidenceQuerySet(models.QuerySet["EvidenceItem"]):
    """Reads of evidence items."""

    def visible_to(self, actor: Actor) -> Self:
        """Items of the subjects that the actor may see."""
        allowed = NOTHING
        for kind, resolver in resolvers().items():
            allowed |= models.Q(subject_kind=kind, subject_id__in=resolver.visible_ids(actor))
        return self.filter(allowed)
