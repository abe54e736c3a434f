"""Which judgements an actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by, public_types

if TYPE_CHECKING:
    from datetime import datetime

    from qingtian.apps.judgements.models import Judgement  # noqa: F401  named in the base class


class JudgementQuerySet(models.QuerySet["Judgement"]):
    """Reads of judgements."""

    def visible_to(self, actor: Actor) -> Self:
        """Judgements about objects in the actor's scope; those of air stations are public."""
        return self.filter(governed_by(actor, "object__") | Q(object__type__in=public_types()))

    def current(self) -> Self:
        """The last version of every judgement."""
        return self.filter(superseded_by=None)

    def known_on(self, moment: datetime) -> Self:
        """The versions that were current at a moment of city time."""
        return self.filter(computed_at__lte=moment).filter(
            Q(superseded_by=None) | Q(superseded_by__computed_at__gt=moment)
        )
