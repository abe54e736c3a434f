"""Rosters: who is on duty now, a month with gaps and double bookings, one roster, its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.models import User
from qingtian.apps.accounts.permissions import Verb, may
from qingtian.apps.journal.queries import history
from qingtian.apps.registry.listing import NAMELESS, Name, region_names
from qingtian.apps.rosters.actions.hand_over import AFTER
from qingtian.apps.rosters.models import Roster, RosterException, RosterRotation
from qingtian.apps.rosters.queries import visible_roster
from qingtian.apps.rosters.schedule import Schedule, schedules
from qingtian.domain.rosters import Clash, Shift, Span, clashes
from qingtian.interfaces.api.present import exports
from qingtian.interfaces.api.present.events import events_out
from qingtian.interfaces.api.schemas.rosters import (
    DutyLoadOut,
    DutyPersonOut,
    RosterClashOut,
    RosterDayOut,
    RosterDetail,
    RosterExceptionOut,
    RosterGapOut,
    RosterMonth,
    RosterMonthExport,
    RosterMonthQuery,
    RosterOut,
    RotationOut,
    ShiftOut,
)
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI

SHOWN = 200
NEAR = timedelta(days=8)  # so far ahead the next person is looked for
DAY = timedelta(days=1)
SECONDS_OF_HOUR = 3600
COLUMNS = {
    "roster": lambda one: one.roster,
    "day": lambda one: f"{one.starts_at.astimezone(SHANGHAI):%Y-%m-%d}",
    "starts_at": lambda one: one.starts_at,
    "ends_at": lambda one: one.ends_at,
    "username": lambda one: one.who.username,
    "name": lambda one: one.who.name,
    "rotation_zh": lambda one: one.rotation_zh,
    "rotation_en": lambda one: one.rotation_en,
    "instead_of": lambda one: one.instead_of.username if one.instead_of else "",
    "reason": lambda one: one.reason,
    "doubled": lambda one: one.doubled,
}


@dataclass(frozen=True, slots=True)
class People:
    """Names of those whom rosters name."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, usernames: Iterable[str]) -> People:
        """Look the names up, once for a page."""
        rows = User.objects.filter(username__in={one for one in usernames if one}, is_active=True)
        return cls({row.username: row.display_name or row.username for row in rows})

    def person(self, username: str) -> DutyPersonOut:
        """Somebody; who has no active account any more is said to be unknown."""
        return DutyPersonOut(username=username, name=self.names.get(username, username), known=username in self.names)

    def perhaps(self, username: str) -> DutyPersonOut | None:
        """Somebody, or nobody."""
        return self.person(username) if username else None


def roster_rows(actor: Actor, now: datetime, *, retired: bool = False) -> list[RosterOut]:
    """Every roster that the actor may see with who holds it now and next."""
    rows = Roster.objects.visible_to(actor)
    rows = rows if retired else rows.filter(retired_at=None)
    return rosters_out(actor, now, list(rows.order_by("region_code", "code")))


def rosters_out(actor: Actor, now: datetime, rows: Sequence[Roster]) -> list[RosterOut]:
    """Rosters with who holds them."""
    found = {one.roster.pk: one for one in schedules(rows, now - AFTER, now + NEAR)} if rows else {}
    people = People.of(shift.who for one in found.values() for shift in one.shifts)
    names = region_names()
    return [
        RosterOut(**_roster(actor, now, row, found[row.pk], people, names.get(row.region_code, NAMELESS)))
        for row in rows
    ]


def roster_month(actor: Actor, now: datetime, query: RosterMonthQuery) -> RosterMonth:
    """A month of rosters with its working days, gaps and double bookings.

    Raises:
        NotVisible: there is no such roster.
    """
    start, end = _month(query.month, now)
    rows = _asked(actor, query)
    found = schedules(rows, start, end) if rows else []
    # Double bookings are looked for on every roster: one that is not shown may want the same person.
    every = list(Roster.objects.visible_to(actor).filter(retired_at=None))
    doubled = clashes(shift for one in (schedules(every, start, end) if every else []) for shift in one.shifts)
    people = People.of(name for one in found for shift in one.shifts for name in (shift.who, shift.instead_of))
    shifts = _shifts(actor, found, people, doubled, who=query.who or "")
    gaps = [] if query.who else [(one.roster.code, gap) for one in found for gap in one.gaps]
    shown = {shift.who.username for shift in shifts}
    return RosterMonth(
        month=f"{start:%Y-%m}",
        today=now.astimezone(SHANGHAI).date(),
        rosters=rosters_out(actor, now, rows),
        days=[_day(day, shifts, gaps, start) for day in _days(start, end)],
        gap_hours=_hours(sum(((gap.end - gap.start) for _, gap in gaps), timedelta())),
        clashes=[_clash(one, every, people) for one in doubled if one.who in shown],
        load=_load(shifts, start, end),
    )


def month_csv(actor: Actor, now: datetime, query: RosterMonthExport) -> HttpResponse:
    """The shifts of a month as a file."""
    month = roster_month(actor, now, query)
    return exports.answer(
        f"roster-{month.month}", now, COLUMNS, [shift for day in month.days for shift in day.shifts], bom=query.bom
    )


def roster_detail(actor: Actor, now: datetime, code: str) -> RosterDetail:
    """A roster with its rotations, exceptions and history.

    Raises:
        NotVisible: there is none.
    """
    row = visible_roster(actor, code)
    rotations = list(row.rotations.order_by("first", "starts", "id"))
    exceptions = list(row.exceptions.order_by("-starts_at", "-id")[:SHOWN])
    people = People.of(
        [name for one in rotations for name in one.members]
        + [name for one in exceptions for name in (one.who, one.instead_of)]
    )
    return RosterDetail(
        **rosters_out(actor, now, [row])[0].model_dump(),
        rotations=[_rotation(one, now, people) for one in rotations],
        exceptions=[_exception(one, now, people) for one in exceptions],
        events=events_out(history("roster", row.pk)),
    )


def _roster(
    actor: Actor, now: datetime, row: Roster, schedule: Schedule, people: People, region: Name
) -> dict[str, Any]:
    gone = row.retired_at is not None
    holding = [] if gone else [shift for shift in schedule.shifts if shift.covers(now)]
    after = None if gone else schedule.next_after(now)
    lately = any(shift.who == actor.username and shift.start <= now for shift in schedule.shifts)
    plain = "code name_zh name_en region_code coverage retired_at simulated"
    return {name: getattr(row, name) for name in plain.split()} | {
        "region_name": region.zh,
        "region_name_en": region.en,
        "now": [people.person(name) for name in dict.fromkeys(shift.who for shift in holding)],
        "until": min((shift.end for shift in holding), default=None),
        "next": people.person(after.who) if after else None,
        "next_at": after.start if after else None,
        "may_keep": not gone and may(actor, Verb.KEEP_ROSTER, region_code=row.region_code),
        "may_hand_over": not gone and lately,
    }


def _asked(actor: Actor, query: RosterMonthQuery) -> list[Roster]:
    if query.roster:
        return [visible_roster(actor, query.roster)]
    return list(Roster.objects.visible_to(actor).filter(retired_at=None).order_by("region_code", "code"))


def _month(text: str | None, now: datetime) -> tuple[datetime, datetime]:
    first = date.fromisoformat(f"{text}-01") if text else now.astimezone(SHANGHAI).date().replace(day=1)
    after = (first + 32 * DAY).replace(day=1)
    return datetime.combine(first, time(), SHANGHAI), datetime.combine(after, time(), SHANGHAI)


def _days(start: datetime, end: datetime) -> list[date]:
    return [start.date() + n * DAY for n in range((end.date() - start.date()).days)]


def _shifts(
    actor: Actor, found: Sequence[Schedule], people: People, doubled: Sequence[Clash], *, who: str
) -> list[ShiftOut]:
    names = {str(row.pk): (row.name_zh, row.name_en) for one in found for row in one.roster.rotations.all()}
    taken = {(clash.who, shift.start, shift.end) for clash in doubled for shift in (clash.one, clash.other)}
    return [
        _shift(actor, one.roster.code, shift, people, names, doubled=(shift.who, shift.start, shift.end) in taken)
        for one in found
        for shift in one.shifts
        if not who or shift.who == who
    ]


def _shift(
    actor: Actor, code: str, shift: Shift, people: People, names: Mapping[str, tuple[str, str]], *, doubled: bool
) -> ShiftOut:
    zh, en = names.get(shift.key, ("", ""))
    return ShiftOut(
        roster=code,
        starts_at=shift.start,
        ends_at=shift.end,
        who=people.person(shift.who),
        rotation_zh=zh,
        rotation_en=en,
        instead_of=people.perhaps(shift.instead_of),
        reason=shift.reason,
        mine=shift.who == actor.username,
        doubled=doubled,
    )


def _day(day: date, shifts: Sequence[ShiftOut], gaps: Sequence[tuple[str, Span]], start: datetime) -> RosterDayOut:
    calendar = load_packs().calendar()
    special = calendar.days.get(day)
    begun = [one for one in shifts if max(one.starts_at, start).astimezone(SHANGHAI).date() == day]
    return RosterDayOut(
        day=day,
        workday=calendar.is_workday(day),
        kind=calendar.kind(day).value,
        name_zh=special.name_zh if special else "",
        name_en=special.name_en if special else "",
        shifts=sorted(begun, key=lambda one: (one.starts_at, one.roster, one.who.username)),
        gaps=[
            RosterGapOut(roster=code, starts_at=gap.start, ends_at=gap.end)
            for code, gap in gaps
            if gap.start.astimezone(SHANGHAI).date() == day
        ],
    )


def _clash(clash: Clash, every: Sequence[Roster], people: People) -> RosterClashOut:
    rosters = {str(row.pk): one.code for one in every for row in one.rotations.all()}
    keys = [rosters.get(shift.key, "") for shift in (clash.one, clash.other)]
    return RosterClashOut(
        who=people.person(clash.who),
        starts_at=clash.span.start,
        ends_at=clash.span.end,
        rosters=list(dict.fromkeys(filter(None, keys))),
    )


def _load(shifts: Sequence[ShiftOut], start: datetime, end: datetime) -> list[DutyLoadOut]:
    calendar = load_packs().calendar()
    found: dict[str, list[ShiftOut]] = {}
    for shift in shifts:
        found.setdefault(shift.who.username, []).append(shift)
    rows = []
    for held in found.values():
        inside = [(max(one.starts_at, start), min(one.ends_at, end)) for one in held]
        rest = [
            part
            for first, last in inside
            for part in _by_day(first, last)
            if not calendar.is_workday(part[0].astimezone(SHANGHAI).date())
        ]
        rows.append(
            DutyLoadOut(
                who=held[0].who,
                shifts=len(held),
                hours=_hours(_length(inside)),
                restday_hours=_hours(_length(rest)),
            )
        )
    return sorted(rows, key=lambda one: (-Decimal(one.hours), one.who.username))


def _by_day(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """A stretch cut at midnight."""
    found = []
    while start < end:
        midnight = datetime.combine(start.astimezone(SHANGHAI).date() + DAY, time(), SHANGHAI)
        found.append((start, min(midnight, end)))
        start = midnight
    return found


def _length(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    return sum((end - start for start, end in spans), timedelta())


def _hours(length: timedelta) -> str:
    hours = Decimal(int(length.total_seconds())) / SECONDS_OF_HOUR
    text = f"{hours:.1f}"
    return text.removesuffix(".0")


def _rotation(row: RosterRotation, now: datetime, people: People) -> RotationOut:
    plain = "name_zh name_en minutes first until days weekdays every turn"
    return RotationOut(
        id=row.pk,
        starts=f"{row.starts:%H:%M}",
        members=[people.person(name) for name in row.members],
        ended=row.until is not None and row.until <= now.astimezone(SHANGHAI).date(),
        **{name: getattr(row, name) for name in plain.split()},
    )


def _exception(row: RosterException, now: datetime, people: People) -> RosterExceptionOut:
    plain = "starts_at ends_at reason made_at made_by withdrawn_at"
    return RosterExceptionOut(
        id=row.pk,
        who=people.perhaps(row.who),
        instead_of=people.perhaps(row.instead_of),
        by_swap=row.swap_id is not None,
        over=row.ends_at <= now,
        **{name: getattr(row, name) for name in plain.split()},
    )
