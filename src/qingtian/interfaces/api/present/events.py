"""Events of the journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.masking import masked_text
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.queries import events
from qingtian.apps.journal.verify import verify_journal
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.veil import COARSE_TYPES
from qingtian.interfaces.api.filters import EventFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.schemas.journal import ChainOut, EventOut, EventPage

REGISTERED = RegistryObject._meta.model_name or ""
PLACES = frozenset({"lon", "lat", "geometry"})
SORTABLE = {"seq": "seq", "at": "at"}


def events_out(rows: Iterable[Event]) -> list[EventOut]:
    """Events with the display names of who acted; telephone numbers and places of rare species are veiled.

    The chain is checked over what is stored, not over what is shown.
    """
    listed = list(rows)
    coarse = _coarse(listed)
    names = display_names(row.actor for row in listed) | {SYSTEM_ACTOR.username: SYSTEM_ACTOR.display_name}
    return [
        EventOut(
            seq=row.seq,
            at=row.at,
            type=row.type,
            actor=row.actor,
            actor_name=names.get(row.actor, row.actor),
            role=row.role,
            object_type=row.object_type,
            object_id=row.object_id,
            payload=_told(row.payload, coarse=(row.object_type, row.object_id) in coarse),
            hash=row.hash,
        )
        for row in listed
    ]


def _coarse(rows: Iterable[Event]) -> set[tuple[str, str]]:
    """Those of the objects whose place is told by its cell only."""
    ids = {int(row.object_id) for row in rows if row.object_type == REGISTERED and row.object_id.isdigit()}
    if not ids:
        return set()
    found = RegistryObject.objects.filter(pk__in=ids, type__in=COARSE_TYPES).values_list("pk", flat=True)
    return {(REGISTERED, str(one)) for one in found}


def _told(value: Any, *, coarse: bool) -> Any:
    match value:
        case dict():
            coarse = coarse or value.get("type") in COARSE_TYPES
            kept = {name: one for name, one in value.items() if not (coarse and name in PLACES)}
            return {name: _told(one, coarse=coarse) for name, one in kept.items()}
        case list():
            return [_told(one, coarse=coarse) for one in value]
        case str():
            return masked_text(value)
    return value


def event_page(actor: Actor, filters: EventFilters) -> EventPage:
    """A page of the journal.

    Raises:
        NotPermitted: for anybody but those who may read it.
    """
    wanted = {
        "type__startswith": filters.type,
        "actor": filters.actor,
        "object_type": filters.object_type,
        "object_id": filters.object_id,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    rows = events(actor).filter(**{name: value for name, value in wanted.items() if value})
    page, total = paged_rows(rows, filters, SORTABLE)
    return EventPage(items=events_out(page), total=total, page=filters.page, page_size=filters.page_size)


def verify(actor: Actor) -> ChainOut:
    """Check the whole chain.

    Raises:
        NotPermitted: for anybody but those who may read it.
    """
    events(actor)
    report = verify_journal()
    return ChainOut(
        intact=report.intact, count=report.events, head=report.head, broken_at=report.broken_seq, reason=report.reason
    )
