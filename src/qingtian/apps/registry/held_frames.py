"""Reading held frames and newcomers, and the orders to take frames in, by who may see them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.registry.models import FrameReadmission, ReadmissionState, RegistryObject
from qingtian.domain.errors import NotVisible
from qingtian.telemetry.rejects.journal import RejectJournal
from qingtian.telemetry.store import Store


def journal_for(actor: Actor, store: Store) -> RejectJournal:
    """The journal of rejected frames; unregistered devices belong to no district, so it is read as a whole.

    Raises:
        NotPermitted: names the roles that may.
    """
    require_in_city(actor, Verb.READ_REJECTS)
    return store.rejects


def readmissions(actor: Actor) -> QuerySet[FrameReadmission]:
    """Orders for devices that the actor may see, newest first."""
    return FrameReadmission.objects.filter(device__in=RegistryObject.objects.visible_to(actor)).select_related("device")


def readmission(actor: Actor, order_id: int) -> FrameReadmission:
    """One order.

    Raises:
        NotVisible: there is none for this actor.
    """
    found = readmissions(actor).filter(pk=order_id).first()
    if found is None:
        raise NotVisible(f"there is no order {order_id}", field="order_id", remedy="look at the list of orders")
    return found


def waiting_orders() -> Sequence[FrameReadmission]:
    """Orders that the worker has not finished, oldest first."""
    return list(FrameReadmission.objects.filter(state=ReadmissionState.WAITING).order_by("id"))
