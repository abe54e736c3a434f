"""Reads of the journal."""

from __future__ import annotations

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.journal.models import Event


def events(actor: Actor) -> QuerySet[Event]:
    """The whole journal, newest first, for those who may read it.

    Raises:
        NotPermitted: for anybody but auditors, supervisors and the system.
    """
    # One chain for the whole city.
    require_in_city(actor, Verb.READ_JOURNAL)
    return Event.objects.order_by("-seq")


def history(object_type: str, object_id: object) -> QuerySet[Event]:
    """Events of one object in order; the caller has checked that the object is visible."""
    return Event.objects.filter(object_type=object_type, object_id=str(object_id)).order_by("seq")
