"""Reads of the journal."""

from __future__ import annotations

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.models import Event
from qingtian.runtime.settings import get_settings


def events(actor: Actor) -> QuerySet[Event]:
    """The whole journal, newest first, for those who may read it.

    Raises:
        NotPermitted: for anybody but auditors, supervisors and the system.
    """
    # One chain for the whole city: a scope that holds the city holds it.
    require(actor, Verb.READ_JOURNAL, region_code=get_settings().city_code)
    return Event.objects.order_by("-seq")


def history(object_type: str, object_id: object) -> QuerySet[Event]:
    """Events of one object in order; the caller has checked that the object is visible."""
    return Event.objects.filter(object_type=object_type, object_id=str(object_id)).order_by("seq")
