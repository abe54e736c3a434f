"""What a roster leaves open, and who is wanted in two places at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from qingtian.domain.rosters.rotation import Shift


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, [start, end)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Clash:
    """One person on two shifts at a time.

    Args:
        span: the time that both have in common.
    """

    who: str
    span: Span
    one: Shift
    other: Shift


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as few stretches, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        elif span.start < span.end:
            found.append(span)
    return found


def gaps(wanted: Iterable[Span], shifts: Iterable[Shift]) -> list[Span]:
    """Time that is wanted and that nobody has, in order."""
    covered = union(Span(shift.start, shift.end) for shift in shifts)
    found: list[Span] = []
    for span in union(wanted):
        start = span.start
        for other in covered:
            if other.end <= start or other.start >= span.end:
                continue
            if other.start > start:
                found.append(Span(start, other.start))
            start = max(start, other.end)
        if start < span.end:
            found.append(Span(start, span.end))
    return found


def clashes(shifts: Iterable[Shift]) -> list[Clash]:
    """Every pair of shifts of one person that overlap, in order of time."""
    found: list[Clash] = []
    running: dict[str, list[Shift]] = {}
    for shift in sorted(shifts):
        held = [one for one in running.get(shift.who, ()) if one.end > shift.start]
        found += [Clash(shift.who, Span(shift.start, min(one.end, shift.end)), one, shift) for one in held]
        running[shift.who] = [*held, shift]
    return sorted(found, key=lambda clash: (clash.span, clash.who))
