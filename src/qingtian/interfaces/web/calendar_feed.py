"""GET /calendar/<secret>.ics: the shifts of a secret link, for calendar programs (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse

from qingtian.apps.accounts.queries import display_names
from qingtian.apps.rosters.actions.share_calendar import feed_of
from qingtian.apps.rosters.models import FeedLink, Roster
from qingtian.apps.rosters.schedule import schedules
from qingtian.domain.errors import NotVisible
from qingtian.domain.rosters import Shift
from qingtian.runtime.clock import current_clock

BACK, AHEAD = timedelta(days=14), timedelta(days=62)
LINE_BYTES = 75
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a calendar."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    description: str = ""


def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar of a link; 404 for one that is unknown or revoked."""
    try:
        link = feed_of(secret)
    except NotVisible:
        return HttpResponse("no such calendar\n", status=404, content_type="text/plain; charset=utf-8")
    now = current_clock().now()
    answer = HttpResponse(
        calendar_text(_name(link), entries(link, now), now), content_type="text/calendar; charset=utf-8"
    )
    answer["Cache-Control"] = "private, max-age=300"
    answer["Content-Disposition"] = 'inline; filename="roster.ics"'
    answer["X-Robots-Tag"] = "noindex"
    return answer


def entries(link: FeedLink, now: datetime) -> list[Entry]:
    """Shifts of the link's owner on every roster, or of everybody on its roster."""
    rosters = Roster.objects.filter(retired_at=None)
    if link.roster is not None:
        rosters = rosters.filter(pk=link.roster.pk)
    found = []
    for schedule in schedules(rosters, now - BACK, now + AHEAD):
        found += [
            (schedule.roster, shift)
            for shift in schedule.shifts
            if link.roster is not None or shift.who == link.user.username
        ]
    names = display_names({shift.who for _, shift in found})
    return [_entry(roster, shift, names, everybody=link.roster is not None) for roster, shift in found]


def calendar_text(name: str, rows: Iterable[Entry], now: datetime) -> str:
    """An iCalendar object.

    Args:
        now: when it was made, aware.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Qingtian//rosters//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for row in rows:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{row.uid}",
            f"DTSTAMP:{_utc(now)}",
            f"DTSTART:{_utc(row.start)}",
            f"DTEND:{_utc(row.end)}",
            f"SUMMARY:{_escaped(row.summary)}",
        ]
        if row.description:
            lines.append(f"DESCRIPTION:{_escaped(row.description)}")
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _entry(roster: Roster, shift: Shift, names: dict[str, str], *, everybody: bool) -> Entry:
    who = names.get(shift.who, shift.who)
    simulated = "（模拟 simulated）" if roster.simulated else ""
    summary = f"{roster.name_zh} {roster.name_en}{simulated}"
    return Entry(
        uid=f"{roster.code}-{_utc(shift.start)}-{shift.who}@qingtian",
        start=shift.start,
        end=shift.end,
        summary=f"{who}：{summary}" if everybody else summary,
        description=shift.reason,
    )


def _name(link: FeedLink) -> str:
    return link.roster.name_zh if link.roster is not None else f"值班 {link.user.display_name or link.user.username}"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return text.replace("\r", "").translate(ESCAPES)


def _folded(line: str) -> Iterator[str]:
    # A line holds at most 75 bytes; no character is cut in two.
    current, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > LINE_BYTES:
            yield current
            current, size = " ", 1
        current, size = current + char, size + width
    yield current
