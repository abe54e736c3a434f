"""Handover notes, offers to swap, calendar links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.queries import history
from qingtian.apps.rosters.actions.hand_over import content_hash
from qingtian.apps.rosters.models import FeedLink, Handover, Swap
from qingtian.apps.rosters.queries import visible_handover
from qingtian.apps.rosters.states import HandoverState, SwapState
from qingtian.interfaces.api.paging import paged_rows
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.present.rosters import People
from qingtian.interfaces.api.schemas.rosters import (
    CalendarLinkMade,
    CalendarLinkOut,
    HandoverFilters,
    MatterOut,
    MattersOut,
    ShiftNoteDetail,
    ShiftNoteOut,
    ShiftNotePage,
    SwapFilters,
    SwapOut,
    SwapPage,
)

HANDOVERS = {"shift_end": "shift_end", "composed_at": "composed_at", "number": "number"}
SWAPS = {"asked_at": "asked_at", "starts_at": "starts_at"}


def handover_page(actor: Actor, filters: HandoverFilters) -> ShiftNotePage:
    """A page of notes, newest first."""
    rows = Handover.objects.visible_to(actor).select_related("roster")
    wanted = {"roster__code": filters.roster or None, "state__in": filters.state or None}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if filters.who:
        rows = rows.filter(Q(giver=filters.who) | Q(taker=filters.who))
    if filters.mine:
        mine = Q(taker=actor.username, state=HandoverState.GIVEN) | Q(giver=actor.username, state=HandoverState.DRAFT)
        rows = rows.filter(mine)
    page, total = paged_rows(rows, filters, HANDOVERS)
    people = People.of(name for row in page for name in (row.giver, row.taker))
    return ShiftNotePage(
        items=[ShiftNoteOut(**_handover(row, people)) for row in page],
        total=total,
        page=filters.page,
        page_size=filters.page_size,
    )


def handover_detail(actor: Actor, number: str) -> ShiftNoteDetail:
    """A note with everything in it.

    Raises:
        NotVisible: there is none.
    """
    row = visible_handover(actor, number)
    people = People.of((row.giver, row.taker))
    return ShiftNoteDetail(
        **_handover(row, people),
        matters=[
            MattersOut(name=name, count=section["count"], lines=[MatterOut(**line) for line in section["lines"]])
            for name, section in row.open_matters.items()
        ],
        text=row.text,
        answer=row.answer,
        content_hash=row.content_hash,
        intact=not row.content_hash or content_hash(row) == row.content_hash,
        revision=row.revision,
        may_edit=row.giver == actor.username and row.state == HandoverState.DRAFT,
        may_accept=row.taker == actor.username and row.state == HandoverState.GIVEN,
        events=events_out(history("handover", row.pk)),
    )


def swap_page(actor: Actor, filters: SwapFilters) -> SwapPage:
    """A page of offers, newest first."""
    rows = Swap.objects.visible_to(actor).select_related("roster")
    wanted = {"roster__code": filters.roster or None, "state__in": filters.state or None}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if filters.mine:
        rows = rows.filter(Q(asker=actor.username) | Q(other=actor.username))
    page, total = paged_rows(rows, filters, SWAPS)
    return SwapPage(items=swaps_out(actor, page), total=total, page=filters.page, page_size=filters.page_size)


def swaps_out(actor: Actor, rows: Iterable[Swap]) -> list[SwapOut]:
    """Offers with the names of both."""
    listed = list(rows)
    people = People.of(name for row in listed for name in (row.asker, row.other))
    plain = "starts_at ends_at back_starts_at back_ends_at reason state asked_at answered_at"
    return [
        SwapOut(
            id=row.pk,
            roster=row.roster.code,
            roster_zh=row.roster.name_zh,
            roster_en=row.roster.name_en,
            asker=people.person(row.asker),
            other=people.person(row.other),
            may_answer=row.state == SwapState.ASKED and row.other == actor.username,
            may_withdraw=row.state == SwapState.ASKED and row.asker == actor.username,
            **{name: getattr(row, name) for name in plain.split()},
        )
        for row in listed
    ]


def links_out(actor: Actor) -> list[CalendarLinkOut]:
    """One's own calendar links, newest first."""
    return [_link(row) for row in FeedLink.objects.visible_to(actor).select_related("roster")]


def link_made(row: FeedLink, secret: str) -> CalendarLinkMade:
    """A link with its address, this once."""
    return CalendarLinkMade(**_link(row).model_dump(), path=f"/calendar/{secret}.ics")


def link_out(row: FeedLink) -> CalendarLinkOut:
    """A link."""
    return _link(row)


def _link(row: FeedLink) -> CalendarLinkOut:
    return CalendarLinkOut(
        id=row.pk,
        roster=row.roster.code if row.roster is not None else "",
        made_at=row.made_at,
        revoked_at=row.revoked_at,
    )


def _handover(row: Handover, people: People) -> dict[str, Any]:
    plain = "number shift_start shift_end state composed_at given_at accepted_at simulated"
    return {name: getattr(row, name) for name in plain.split()} | {
        "roster": row.roster.code,
        "roster_zh": row.roster.name_zh,
        "roster_en": row.roster.name_en,
        "giver": people.person(row.giver),
        "taker": people.person(row.taker),
        "counts": {name: section["count"] for name, section in row.open_matters.items()},
    }
