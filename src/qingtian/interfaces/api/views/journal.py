"""The journal."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import EventFilters
from qingtian.interfaces.api.present import events as present
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.journal import ChainOut, EventPage

router = Router(tags=["journal"])


@router.get("/events", response=reads(EventPage), summary="The journal, newest first")
def list_events(request: HttpRequest, filters: Query[EventFilters]) -> EventPage:
    """For auditors and supervisors; sort by seq, at."""
    return present.event_page(actor(request), filters)


@router.get("/journal/verify", response=reads(ChainOut), summary="Check the hash chain of the journal")
def verify(request: HttpRequest) -> ChainOut:
    """Every hash again, from the first event to the last; names the first break."""
    return present.verify(actor(request))
