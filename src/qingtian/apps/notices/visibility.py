"""Which notices and deliveries an actor may see: everybody their own inbox, those who keep it going the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.accounts.scope import region_prefix

if TYPE_CHECKING:
    from qingtian.apps.notices.models import Delivery, Notice, Receipt  # noqa: F401  named in the base classes

NOTHING = Q(pk__in=[])


def governed(actor: Actor, path: str = "") -> Q:
    """Filter for notices of the places whose delivery log the actor may read."""
    allowed = NOTHING
    for grant in actor.official_grants:
        if grant.role in TABLE[Verb.READ_DELIVERIES] and not grant.org:
            prefix = region_prefix(grant.region_code)
            allowed |= Q(**{f"{path}region_code__startswith": prefix}) if prefix else ~NOTHING
    return allowed


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Reads of notices."""

    def visible_to(self, actor: Actor) -> Self:
        """Notices that the actor got, and those of the places that they keep."""
        from qingtian.apps.notices.models import Receipt

        own = Receipt.objects.visible_to(actor).values("notice_id")
        return self.filter(Q(pk__in=own) | governed(actor))


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    """Reads of the inbox."""

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own inbox, nobody else's."""
        return self.filter(user_id=actor.user_id) if actor.user_id is not None else self.none()


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reads of the delivery log."""

    def visible_to(self, actor: Actor) -> Self:
        """Words to the actor, and those about the places that they keep."""
        from qingtian.apps.notices.models import Outgoing

        about = Outgoing.objects.filter(governed(actor, "notice__")).values("delivery_id")
        own = Q(user_id=actor.user_id) if actor.user_id is not None else NOTHING
        return self.filter(own | Q(pk__in=about))
