"""Exceptions from the rotation: somebody stands in, two swap, one more comes, one falls out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from qingtian.domain.errors import InvalidInput
from qingtian.domain.rosters.rotation import Shift


@dataclass(frozen=True, slots=True)
class Exchange:
    """For a stretch of time somebody has the duty of another.

    Args:
        start, end: aware.
        who: username; empty: nobody, the other falls out.
        instead_of: username; empty: nobody, `who` comes in addition.
        key: names it.
    """

    start: datetime
    end: datetime
    who: str
    instead_of: str = ""
    key: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidInput("it ends before it begins", field="ends_at", remedy="give a later end")
        if self.who == self.instead_of:
            raise InvalidInput("nobody stands in for themselves", field="who", remedy="name two people, or one")


def with_exchanges(shifts: Iterable[Shift], exchanges: Iterable[Exchange]) -> list[Shift]:
    """Shifts after the exchanges, each applied to what the ones before it left; in order.

    A shift that an exchange covers only in part is cut: the rest stays with its holder.
    """
    current = list(shifts)
    for one in exchanges:
        current = _applied(current, one)
    return sorted(current)


def _applied(shifts: list[Shift], one: Exchange) -> list[Shift]:
    if not one.instead_of:
        return [*shifts, Shift(one.start, one.end, one.who, one.key, reason=one.reason)]
    left: list[Shift] = []
    for shift in shifts:
        if shift.who != one.instead_of or shift.end <= one.start or shift.start >= one.end:
            left.append(shift)
            continue
        start, end = max(shift.start, one.start), min(shift.end, one.end)
        if shift.start < start:
            left.append(replace(shift, end=start))
        if one.who:
            origin = shift.instead_of or one.instead_of
            left.append(replace(shift, start=start, end=end, who=one.who, instead_of=origin, reason=one.reason))
        if end < shift.end:
            left.append(replace(shift, start=end))
    return left
