"""The schedule of rosters: rotations and exceptions read once, laid out by the domain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q

from qingtian.apps.rosters.models import Roster, RosterException, RosterRotation
from qingtian.apps.rosters.states import Coverage
from qingtian.domain.errors import InvalidInput
from qingtian.domain.rosters import (
    Clash,
    DayRule,
    Exchange,
    Rotation,
    Shift,
    Span,
    Turn,
    clashes,
    gaps,
    shifts_of,
    with_exchanges,
)
from qingtian.packs import load_packs

LONGEST = timedelta(days=100)
MARGIN = timedelta(days=1)  # an exchange of an earlier shift may reach into the page


@dataclass(frozen=True, slots=True)
class Schedule:
    """One roster over a stretch of time.

    Args:
        shifts: who has what, in order.
        gaps: time that it must have and nobody has.
    """

    roster: Roster
    shifts: tuple[Shift, ...]
    gaps: tuple[Span, ...]

    def on_duty(self, at: datetime) -> list[str]:
        """People on duty at a moment, each once."""
        return list(dict.fromkeys(shift.who for shift in self.shifts if shift.covers(at)))

    def next_after(self, at: datetime) -> Shift | None:
        """The next shift that begins after a moment."""
        return next((shift for shift in self.shifts if shift.start > at), None)


def schedules(rosters: Iterable[Roster], start: datetime, end: datetime) -> list[Schedule]:
    """Schedules of rosters for [start, end), in three queries.

    Raises:
        InvalidInput: the stretch is empty or longer than 100 days.
    """
    if not start < end <= start + LONGEST:
        raise InvalidInput("a page is up to 100 days long", field="until", remedy="ask for a shorter time")
    calendar = load_packs().calendar()
    found = []
    for roster in loaded(rosters, start - MARGIN, end + MARGIN):
        plan = [
            shift
            for row in roster.rotations.all()
            for shift in shifts_of(value_of(row), start - MARGIN, end + MARGIN, calendar)
        ]
        after = with_exchanges(plan, [exchange_of(row) for row in roster.exceptions.all()])
        shifts = tuple(one for one in after if one.start < end and one.end > start)
        found.append(Schedule(roster, shifts, tuple(gaps(_wanted(roster, plan, start, end), after))))
    return found


def _wanted(roster: Roster, plan: Iterable[Shift], start: datetime, end: datetime) -> list[Span]:
    if roster.coverage == Coverage.ALWAYS:
        return [Span(start, end)]
    clipped = [Span(max(one.start, start), min(one.end, end)) for one in plan]
    return [one for one in clipped if one.start < one.end]


def loaded(rosters: Iterable[Roster], start: datetime, end: datetime) -> list[Roster]:
    """Rosters with the rotations and exceptions that touch a stretch of time."""
    standing = Q(withdrawn_at=None, starts_at__lt=end, ends_at__gt=start)
    rows = Roster.objects.filter(pk__in=[one.pk for one in rosters])
    return list(
        rows.prefetch_related(
            Prefetch("rotations", RosterRotation.objects.filter(Q(until=None) | Q(until__gt=start.date() - MARGIN))),
            Prefetch("exceptions", RosterException.objects.filter(standing).order_by("id")),
        )
    )


def value_of(row: RosterRotation) -> Rotation:
    """A stored rotation as the domain knows it."""
    return Rotation(
        key=str(row.pk),
        starts=row.starts,
        minutes=row.minutes,
        members=tuple(row.members),
        first=row.first,
        until=row.until,
        days=DayRule(row.days),
        weekdays=frozenset(row.weekdays),
        every=row.every,
        turn=Turn(row.turn),
    )


def exchange_of(row: RosterException) -> Exchange:
    """A stored exception as the domain knows it."""
    return Exchange(row.starts_at, row.ends_at, row.who, row.instead_of, f"exception-{row.pk}", row.reason)


def double_bookings(start: datetime, end: datetime) -> list[Clash]:
    """People who are on two shifts of any rosters at a time."""
    every = schedules(Roster.objects.filter(retired_at=None), start, end)
    return clashes(shift for schedule in every for shift in schedule.shifts)
