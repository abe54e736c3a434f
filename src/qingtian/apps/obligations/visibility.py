"""Which duties an actor may see: those about objects in the actor's scope; an enterprise sees its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.obligations.models import (  # noqa: F401  named in the base classes
        Obligation,
        Occurrence,
        SubmittedPlan,
    )


class ObligationQuerySet(models.QuerySet["Obligation"]):
    """Reads of standing duties."""

    def visible_to(self, actor: Actor) -> Self:
        """Duties about objects in the actor's scope."""
        return self.filter(governed_by(actor, "object__"))


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    """Reads of dated duties."""

    def visible_to(self, actor: Actor) -> Self:
        """Occurrences about objects in the actor's scope."""
        return self.filter(governed_by(actor, "object__"))


class PlanQuerySet(models.QuerySet["SubmittedPlan"]):
    """Reads of self-monitoring plans."""

    def visible_to(self, actor: Actor) -> Self:
        """Plans of enterprises in the actor's scope."""
        return self.filter(governed_by(actor, "enterprise__"))
