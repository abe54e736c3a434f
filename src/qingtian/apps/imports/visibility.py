"""Who may look at imports: those who may import, withdraw or audit in the city, and everybody at their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb, may
from qingtian.runtime.settings import get_settings

if TYPE_CHECKING:
    from qingtian.apps.imports.models import DataImport, SavedMapping  # noqa: F401  named in base classes

_READERS = (Verb.IMPORT_DATA, Verb.WITHDRAW_IMPORT, Verb.READ_JOURNAL)


def holds(actor: Actor, verb: Verb) -> bool:
    """Whether an actor has a role for a verb anywhere; which sites it reaches is told row by row."""
    return bool(actor.roles & TABLE[verb])


class ImportQuerySet(models.QuerySet["DataImport"]):
    """Reads of imports."""

    def visible_to(self, actor: Actor) -> Self:
        """Imports that the actor may see."""
        city = get_settings().city_code
        if any(may(actor, verb, region_code=city) for verb in _READERS):
            return self
        return self.filter(asked_by=actor.username) if holds(actor, Verb.IMPORT_DATA) else self.none()


class MappingQuerySet(models.QuerySet["SavedMapping"]):
    """Reads of saved mappings."""

    def visible_to(self, actor: Actor) -> Self:
        """Mappings are shared by all who import."""
        return self if any(holds(actor, verb) for verb in _READERS) else self.none()

    def newest(self) -> Self:
        """The last version of each name that was not retired."""
        last = self.order_by("name", "-version").distinct("name").values("pk")
        return self.filter(pk__in=last, retired_at=None).order_by("name")
