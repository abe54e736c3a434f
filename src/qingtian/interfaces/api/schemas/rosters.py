"""Rosters: who is on duty when, exceptions and swaps, calendar links, handover notes."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from qingtian.apps.rosters.states import Coverage, HandoverState, SwapState
from qingtian.domain.rosters import DayRule, Turn
from qingtian.interfaces.api.filters import ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import CityTime, Input, Moment, Page, Schema
from qingtian.interfaces.api.schemas.journal import EventOut
from qingtian.interfaces.api.schemas.notices import LocalTime

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class RosterMonthQuery(PageQuery):
    """Which month of which rosters."""

    month: str | None = Field(None, pattern=MONTH, description="YYYY-MM; none: the running one")
    roster: str | None = Field(None, max_length=40, description="code of one roster; none: all")
    who: str | None = Field(None, max_length=150, description="shifts of one person only")


class RosterMonthExport(RosterMonthQuery, ExportOptions):
    """Which month, and options of the file."""


class HandoverFilters(PageQuery):
    """Which handover notes."""

    roster: str | None = Field(None, max_length=40)
    state: list[HandoverState] | None = Field(None, description="one or more")
    who: str | None = Field(None, max_length=150, description="who gave or took it")
    mine: bool = Field(False, description="true: only those that wait for one's signature")


class SwapFilters(PageQuery):
    """Which offers to swap."""

    roster: str | None = Field(None, max_length=40)
    state: list[SwapState] | None = Field(None, description="one or more")
    mine: bool = Field(False, description="true: only those that one asked or must answer")


class DutyPersonOut(Schema):
    """Somebody of a roster."""

    username: str
    name: str
    known: bool = Field(description="false: the account is gone or closed")


class RosterOut(Schema):
    """A roster, and who holds it now."""

    code: str
    name_zh: str
    name_en: str
    region_code: str
    region_name: str
    region_name_en: str
    coverage: Coverage
    now: list[DutyPersonOut] = Field(description="on duty at this moment; nobody: a gap")
    until: CityTime | None = Field(description="when the first of them is relieved")
    next: DutyPersonOut | None
    next_at: CityTime | None
    retired_at: CityTime | None
    may_keep: bool
    may_hand_over: bool = Field(description="one has its shift now or had it lately")
    simulated: bool


class ShiftOut(Schema):
    """One stretch of duty of one person."""

    roster: str
    starts_at: CityTime
    ends_at: CityTime
    who: DutyPersonOut
    rotation_zh: str = Field(description="name of the rotation; empty: an addition")
    rotation_en: str
    instead_of: DutyPersonOut | None = Field(description="whose shift it was by rotation")
    reason: str
    mine: bool
    doubled: bool = Field(description="the person is wanted elsewhere at the same time")


class RosterGapOut(Schema):
    """Time that somebody must have and nobody has."""

    roster: str
    starts_at: CityTime
    ends_at: CityTime


class RosterClashOut(Schema):
    """One person on two shifts at a time."""

    who: DutyPersonOut
    starts_at: CityTime
    ends_at: CityTime
    rosters: list[str]


class RosterDayOut(Schema):
    """A day of the calendar with the shifts that begin on it."""

    day: date
    workday: bool
    kind: str = Field(description="workday, makeup_workday, weekend or holiday")
    name_zh: str
    name_en: str
    shifts: list[ShiftOut]
    gaps: list[RosterGapOut] = Field(description="gaps that begin on it, or go on from the month before")


class DutyLoadOut(Schema):
    """How much duty somebody has in a month."""

    who: DutyPersonOut
    shifts: int
    hours: str = Field(description="h")
    restday_hours: str = Field(description="h on weekends and holidays")


class RosterMonth(Schema):
    """A month of rosters."""

    month: str
    today: date
    rosters: list[RosterOut]
    days: list[RosterDayOut]
    gap_hours: str = Field(description="h that nobody has")
    clashes: list[RosterClashOut]
    load: list[DutyLoadOut]


class RotationOut(Schema):
    """People who take turns at one shift."""

    id: int
    name_zh: str
    name_en: str
    starts: str = Field(description="HH:MM")
    minutes: int
    members: list[DutyPersonOut]
    first: date
    until: date | None = Field(description="first day on which it no longer holds")
    days: DayRule
    weekdays: list[int] = Field(description="0 Monday .. 6 Sunday; none: every one")
    every: int
    turn: Turn
    ended: bool


class RosterExceptionOut(Schema):
    """An exception from the rotation."""

    id: int
    starts_at: CityTime
    ends_at: CityTime
    who: DutyPersonOut | None
    instead_of: DutyPersonOut | None
    reason: str
    by_swap: bool
    made_at: CityTime
    made_by: str
    withdrawn_at: CityTime | None
    over: bool


class RosterDetail(RosterOut):
    """A roster with its rotations, exceptions and history."""

    rotations: list[RotationOut]
    exceptions: list[RosterExceptionOut] = Field(description="newest first, at most 200")
    events: list[EventOut]


class RosterIn(Input):
    """A roster to set up."""

    code: str = Field(min_length=2, max_length=40)
    name_zh: str = Field(min_length=1, max_length=100)
    name_en: str = Field(min_length=1, max_length=100)
    region_code: str = Field("", max_length=12, description="empty: the city")
    coverage: Coverage = Coverage.ALWAYS


class RotationIn(Input):
    """People who take turns at one shift."""

    name_zh: str = Field(min_length=1, max_length=100)
    name_en: str = Field(min_length=1, max_length=100)
    starts: LocalTime
    minutes: int = Field(ge=1, le=1440)
    members: list[str] = Field(min_length=1, max_length=100)
    first: date
    until: date | None = None
    days: DayRule = DayRule.ALL
    weekdays: list[int] = Field([], max_length=7, description="0 Monday .. 6 Sunday")
    every: int = Field(1, ge=1, le=366)
    turn: Turn = Turn.DAYS


class RotationEndIn(Input):
    """From which day on it no longer holds."""

    until: date


class RosterReasonIn(Input):
    """Why."""

    reason: str = Field(min_length=1, max_length=300)


class RosterExceptionIn(Input):
    """Somebody stands in, comes in addition, or falls out."""

    starts_at: Moment
    ends_at: Moment
    who: str = Field("", max_length=150, description="empty: the other falls out")
    instead_of: str = Field("", max_length=150, description="empty: `who` comes in addition")
    reason: str = Field(min_length=1, max_length=300)


class SwapIn(Input):
    """An offer to a colleague."""

    starts_at: Moment = Field(description="when one's own shift begins")
    other: str = Field(min_length=1, max_length=150)
    back_starts_at: Moment | None = Field(None, description="when the colleague's shift begins that one takes instead")
    reason: str = Field("", max_length=300)


class SwapAnswerIn(Input):
    """Whether one takes it."""

    accept: bool


class SwapOut(Schema):
    """An offer to swap."""

    id: int
    roster: str
    roster_zh: str
    roster_en: str
    asker: DutyPersonOut
    starts_at: CityTime
    ends_at: CityTime
    other: DutyPersonOut
    back_starts_at: CityTime | None
    back_ends_at: CityTime | None
    reason: str
    state: SwapState
    asked_at: CityTime
    answered_at: CityTime | None
    may_answer: bool
    may_withdraw: bool


class SwapPage(Page[SwapOut]):
    """A page of offers."""


class CalendarLinkIn(Input):
    """Whose shifts."""

    roster: str = Field("", max_length=40, description="everybody's on this roster; empty: one's own on all")


class CalendarLinkOut(Schema):
    """A secret address of a calendar."""

    id: int
    roster: str
    made_at: CityTime
    revoked_at: CityTime | None


class CalendarLinkMade(CalendarLinkOut):
    """The address, told this once."""

    path: str


class ShiftNoteIn(Input):
    """Whose shift is handed over."""

    roster: str = Field(min_length=1, max_length=40)


class HandoverEditIn(Input):
    """What the lists do not say."""

    text: str = Field(max_length=10_000)
    revision: int = Field(ge=1, description="of the note that was edited")
    taker: str = Field("", max_length=150, description="another colleague than who comes next")


class HandoverAnswerIn(Input):
    """What the taker remarks."""

    answer: str = Field("", max_length=1000)


class MatterOut(Schema):
    """One open matter."""

    number: str
    link: str
    zh: str
    en: str
    severity: int
    at: str = Field(description="since when, or until when; empty where it has none")


class MattersOut(Schema):
    """Open matters of one kind."""

    name: str = Field(description="findings, breached, due_soon, silent, faults, notices, undelivered")
    count: int
    lines: list[MatterOut] = Field(description="the first 30")


class ShiftNoteOut(Schema):
    """A handover note in a list."""

    number: str
    roster: str
    roster_zh: str
    roster_en: str
    shift_start: CityTime
    shift_end: CityTime
    giver: DutyPersonOut
    taker: DutyPersonOut
    state: HandoverState
    composed_at: CityTime
    given_at: CityTime | None
    accepted_at: CityTime | None
    counts: dict[str, int]
    simulated: bool


class ShiftNotePage(Page[ShiftNoteOut]):
    """A page of notes."""


class ShiftNoteDetail(ShiftNoteOut):
    """A handover note."""

    matters: list[MattersOut]
    text: str
    answer: str
    content_hash: str = Field(description="SHA-256 of what both sign; empty before")
    intact: bool = Field(description="whether it is what was signed")
    revision: int
    may_edit: bool
    may_accept: bool
    events: list[EventOut]
