"""Which commands, exchanges and gaps an actor may see: those of devices in his scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.visibility import governed_by

if TYPE_CHECKING:
    from qingtian.apps.devices.models import DeviceCommand, DeviceExchange, DeviceGap  # noqa: F401


class CommandQuerySet(models.QuerySet["DeviceCommand"]):
    """Reads of commands."""

    def visible_to(self, actor: Actor) -> Self:
        """Commands to devices in the actor's scope; an enterprise sees those to its own."""
        return self.filter(governed_by(actor, "device__"))


class ExchangeQuerySet(models.QuerySet["DeviceExchange"]):
    """Reads of exchanges."""

    def visible_to(self, actor: Actor) -> Self:
        """Exchanges with devices in the actor's scope."""
        return self.filter(governed_by(actor, "device__"))


class GapQuerySet(models.QuerySet["DeviceGap"]):
    """Reads of gaps."""

    def visible_to(self, actor: Actor) -> Self:
        """Gaps of devices in the actor's scope."""
        return self.filter(governed_by(actor, "device__"))
