"""The dated occurrences of a duty: opening day, last day, the moment from which it is late, and how it was counted."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.periods import Period
from qingtian.domain.legaltime.calendar import WorkCalendar
from qingtian.domain.legaltime.deadline import DeadlineRule, Mode, deadline, deadline_hours
from qingtian.domain.legaltime.explain import rule_text
from qingtian.domain.obligations.rhythm import Per, Rhythm, RhythmKind
from qingtian.domain.obligations.template import DueRule

DAY = timedelta(days=1)
END_OF_DAY = 24
MOST_WINDOWS = 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """One occurrence before anything happened to it.

    Args:
        key: unique within the duty: the first day of its period, or its event.
        period: legal days that it is about.
        opens_on: first day on which it can be done.
        due_on: last legal day.
        due_at: the first moment at which it is late.
        provisional: the calendar of a year it touches is not published yet.
        text_zh, text_en: how the last day was counted.
    """

    key: str
    period: Period
    opens_on: date
    due_on: date
    due_at: datetime
    provisional: bool
    text_zh: str
    text_en: str


def windows(
    rhythm: Rhythm,
    due: DueRule,
    since: date,
    until: date,
    calendar: WorkCalendar,
    zone: tzinfo,
    *,
    last_done: date | None = None,
) -> Iterator[Window]:
    """Occurrences of a duty that begin by a day, oldest first.

    A period of the calendar counts when the duty holds from its first day on: nobody owes a report for a quarter that
    was half over. An interval has one next occurrence, counted from the day it was done last (or from `since`).

    Args:
        since: first day on which the duty holds; for one date, that date.
        until: last day on which an occurrence may begin; what opens later is left for a later run.
        zone: in which days begin.
        last_done: for an interval.
    Raises:
        InvalidInput: an event has no dates of its own.
    """
    match rhythm.kind:
        case RhythmKind.CALENDAR:
            for number, period in enumerate(_periods(rhythm, since, until)):
                if number >= MOST_WINDOWS:
                    raise InvalidInput("too many occurrences", field="until", remedy="plan a shorter time")
                yield _window(period.first.isoformat(), period, period.first, due, calendar, zone)
        case RhythmKind.INTERVAL:
            yield from _next_interval(rhythm, due, last_done or since, until, calendar, zone)
        case RhythmKind.ONCE:
            found = _window(since.isoformat(), Period(since, since), since, due, calendar, zone)
            opens = found.due_on - timedelta(days=due.opens) if due.opens else min(since, found.due_on)
            if opens <= until:
                yield _opening(found, opens)
        case RhythmKind.CONTINUOUS:
            return
        case RhythmKind.EVENT:
            raise InvalidInput("a duty at an event has no dates of its own", field="rhythm", remedy="record the event")


def event_window(key: str, at: datetime, due: DueRule, calendar: WorkCalendar, zone: tzinfo) -> Window:
    """The occurrence that an event makes.

    Args:
        key: of the event.
        at: when it happened, aware.
    """
    day = at.astimezone(zone).date()
    if due.mode is Mode.HOURS and due.n > 0:
        end = deadline_hours(DeadlineRule(due.n, Mode.HOURS), at)
        last = (end - timedelta(microseconds=1)).astimezone(zone).date()
        said = at.astimezone(zone).isoformat(sep=" ", timespec="minutes")
        return Window(
            key, Period(day, last), day, last, end, False, f"自{said}起{due.n}小时内", f"within {due.n} h of {said}"
        )
    found = _window(key, Period(day, day), day, due, calendar, zone)
    return found


def _next_interval(
    rhythm: Rhythm, due: DueRule, last: date, until: date, calendar: WorkCalendar, zone: tzinfo
) -> Iterator[Window]:
    ends = last + timedelta(days=rhythm.days)
    opens = last + DAY
    if opens <= until:
        period = Period(opens, ends)
        found = _window(opens.isoformat(), period, opens, due, calendar, zone)
        yield _said(found, f"上次{last}，每{rhythm.days}日一次；", f"last on {last}, every {rhythm.days} days; ")


def _periods(rhythm: Rhythm, since: date, until: date) -> Iterator[Period]:
    first = _first_day(rhythm.per, since)
    while first <= until:
        last = _last_day(rhythm.per, first)
        yield from (one for one in _slices(Period(first, last), rhythm.times) if since <= one.first <= until)
        first = last + DAY


def _slices(period: Period, times: int) -> Iterator[Period]:
    """A period cut into parts whose lengths differ by a day at most."""
    if times > period.days:
        # More often than daily: the days are the parts, each with its own proof of all.
        yield from (Period(day, day) for day in period)
        return
    for number in range(times):
        start = period.first + timedelta(days=number * period.days // times)
        end = period.first + timedelta(days=(number + 1) * period.days // times - 1)
        yield Period(start, end)


def _first_day(per: Per, day: date) -> date:
    match per:
        case Per.DAY:
            return day
        case Per.WEEK:
            return day - timedelta(days=day.weekday())
        case _:
            length = _MONTHS[per]
            return day.replace(month=(day.month - 1) // length * length + 1, day=1)


def _last_day(per: Per, first: date) -> date:
    match per:
        case Per.DAY:
            return first
        case Per.WEEK:
            return first + timedelta(days=6)
        case _:
            month = first.month + _MONTHS[per] - 1
            return first.replace(month=month, day=months.monthrange(first.year, month)[1])


_MONTHS = {Per.MONTH: 1, Per.QUARTER: 3, Per.HALF_YEAR: 6, Per.YEAR: 12}


def _window(key: str, period: Period, opens: date, due: DueRule, calendar: WorkCalendar, zone: tzinfo) -> Window:
    on, provisional, zh, en = _due_day(period, due, calendar)
    at = datetime.combine(on, time.min, zone)
    at = at + DAY if due.hour == END_OF_DAY else at + timedelta(hours=due.hour)
    if due.hour != END_OF_DAY:
        zh, en = f"{zh} {due.hour}时前", f"{en}, before {due.hour}:00"
    return Window(key, period, opens, on, at, provisional, zh, en)


def _due_day(period: Period, due: DueRule, calendar: WorkCalendar) -> tuple[date, bool, str, str]:
    last = period.last
    if due.month:
        on = date(last.year + 1, due.month, min(due.day, months.monthrange(last.year + 1, due.month)[1]))
        return _rolled(on, due, calendar, f"{period}所属年度的次年{on}前", f"by {on}, in the year after {period}")
    if due.n < 0:
        on = last + timedelta(days=due.n)
        return on, False, f"{last}前{-due.n}日：不迟于{on}", f"{-due.n} days before {last}: no later than {on}"
    if due.n == 0:
        return _rolled(last, due, calendar, f"期满日{last}", f"last day {last}")
    found = deadline(DeadlineRule(due.n, due.mode, roll=due.roll), last, calendar)
    zh, en = rule_text(found)
    return found.due, found.provisional, zh, en


def _rolled(on: date, due: DueRule, calendar: WorkCalendar, zh: str, en: str) -> tuple[date, bool, str, str]:
    if not due.roll:
        return on, False, zh, en
    rolled = calendar.next_workday(on)
    provisional = not calendar.covers(on) or not calendar.covers(rolled)
    if rolled == on:
        return on, provisional, zh, en
    return rolled, provisional, f"{zh}，顺延至{rolled}", f"{en}, rolled to {rolled}"


def _opening(found: Window, opens: date) -> Window:
    return Window(
        found.key,
        Period(min(opens, found.due_on), found.due_on),
        min(opens, found.due_on),
        found.due_on,
        found.due_at,
        found.provisional,
        found.text_zh,
        found.text_en,
    )


def _said(found: Window, zh: str, en: str) -> Window:
    return Window(
        found.key,
        found.period,
        found.opens_on,
        found.due_on,
        found.due_at,
        found.provisional,
        f"{zh}{found.text_zh}",
        f"{en}{found.text_en}",
    )
