"""Reads of rosters: what the actor may see, and who is on duty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_contains, region_prefix
from qingtian.apps.rosters.models import Handover, Roster, Swap
from qingtian.apps.rosters.schedule import Schedule, schedules
from qingtian.domain.errors import NotVisible
from qingtian.domain.rosters import Shift

INSTANT = timedelta(microseconds=1)
EVERY = "*"


def visible_roster(actor: Actor, code: str) -> Roster:
    """A roster that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    row = Roster.objects.visible_to(actor).filter(code=code).first()
    if row is None:
        raise NotVisible(f"there is no roster {code}", field="roster", remedy="choose one from the list")
    return row


def visible_swap(actor: Actor, swap_id: int) -> Swap:
    """An offer that the actor may see, locked.

    Raises:
        NotVisible: there is none.
    """
    row = Swap.objects.visible_to(actor).select_for_update().select_related("roster").filter(pk=swap_id).first()
    if row is None:
        raise NotVisible(f"there is no offer {swap_id}", field="swap", remedy="choose one from the list")
    return row


def visible_handover(actor: Actor, number: str, *, lock: bool = False) -> Handover:
    """A note that the actor may see.

    Raises:
        NotVisible: there is none.
    """
    rows = Handover.objects.visible_to(actor)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    row = rows.select_related("roster").filter(number=number).first()
    if row is None:
        raise NotVisible(f"there is no handover {number}", field="handover", remedy="choose one from the list")
    return row


def on_duty(at: datetime, roster: str) -> list[str]:
    """Usernames on duty on a roster now; nobody where it is unknown, retired or has a gap."""
    return _now(Roster.objects.filter(code=roster, retired_at=None), at)


def on_duty_at(at: datetime, region_code: str, codes: Iterable[str] = (EVERY,)) -> list[str]:
    """Usernames on duty for a place.

    Of every roster (`*`) whose place contains it the nearest go first: those of the district; those of the city only
    where no one of the district is on duty. Rosters that are named are asked whatever their place.
    """
    wanted = set(codes)
    found: list[str] = []
    if named := wanted - {EVERY}:
        found += _now(Roster.objects.filter(code__in=named, retired_at=None), at)
    if EVERY in wanted:
        found += _nearest(at, region_code)
    return list(dict.fromkeys(found))


def shift_of(schedule: Schedule, username: str, at: datetime) -> Shift | None:
    """The shift that somebody has at a moment."""
    return next((shift for shift in schedule.shifts if shift.who == username and shift.covers(at)), None)


def _nearest(at: datetime, region_code: str) -> list[str]:
    near = [row for row in Roster.objects.filter(retired_at=None) if region_contains(row.region_code, region_code)]
    for length in sorted({len(region_prefix(row.region_code)) for row in near}, reverse=True):
        if found := _now([row for row in near if len(region_prefix(row.region_code)) == length], at):
            return found
    return []


def _now(rosters: Iterable[Roster], at: datetime) -> list[str]:
    listed = list(rosters)
    found = schedules(listed, at, at + INSTANT) if listed else []
    return list(dict.fromkeys(who for schedule in found for who in schedule.on_duty(at)))
