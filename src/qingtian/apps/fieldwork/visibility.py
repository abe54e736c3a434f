"""Which sendings an actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case

if TYPE_CHECKING:
    from qingtian.apps.fieldwork.models import Sending  # noqa: F401  named in the base class


class SendingQuerySet(models.QuerySet["Sending"]):
    """Reads of sendings."""

    def visible_to(self, actor: Actor) -> Self:
        """What the actor sent, of cases that he may see."""
        return self.filter(username=actor.username, case__in=Case.objects.visible_to(actor).values("pk"))
