"""Which cases an actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.cases.models import Case  # noqa: F401  named in the base class


class CaseQuerySet(models.QuerySet["Case"]):
    """Reads of cases."""

    def visible_to(self, actor: Actor) -> Self:
        """Rows about objects in the actor's scope; an enterprise sees its own."""
        return self.filter(governed_by(actor, "object__", case_type_field="template"))
