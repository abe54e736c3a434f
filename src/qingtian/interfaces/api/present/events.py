"""Events of the journal."""

from __future__ import annotations

from collections.abc import Iterable

from qingtian.apps.accounts.actor import SYSTEM_ACTOR, Actor
from qingtian.apps.accounts.queries import display_names
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.queries import events
from qingtian.apps.journal.verify import verify_journal
from qingtian.interfaces.api.filters import EventFilters
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.schemas.journal import ChainOut, EventOut, EventPage

SORTABLE = {"seq": "seq", "at": "at"}


def events_out(rows: Iterable[Event]) -> list[EventOut]:
    """Events with the display names of who acted."""
    listed = list(rows)
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
            payload=row.payload,
            hash=row.hash,
        )
        for row in listed
    ]


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
