"""Exceedance intervals: consecutive judged hours over a limit, and when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class JudgedHour:
    """The answer about one hour.

    Args:
        exceeds: over the limit; None when the hour could not be judged.
        value, limit: in one unit; None when the hour could not be judged.
    """

    start: datetime
    exceeds: bool | None
    value: Decimal | None = None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval over the limit.

    Args:
        hours: the hours over it.
        ended_by: start of the first later hour that is back under it; None while it goes on.
    """

    hours: tuple[JudgedHour, ...]
    ended_by: datetime | None

    @property
    def start(self) -> datetime:
        """Start of the first hour."""
        return self.hours[0].start

    @property
    def last(self) -> datetime:
        """Start of the last hour."""
        return self.hours[-1].start

    @property
    def worst(self) -> Decimal:
        """Largest value / limit."""
        return max(ratio(one) for one in self.hours)


def ratio(hour: JudgedHour) -> Decimal:
    """value / limit of an hour that was judged.

    Raises:
        InvalidInput: it has no value, or a limit that is not positive.
    """
    if hour.value is None or hour.limit is None or hour.limit <= 0:
        raise InvalidInput("the hour has no ratio", field="limit", remedy="judge it against a positive limit")
    return hour.value / hour.limit


def intervals(hours: Sequence[JudgedHour]) -> list[Interval]:
    """Intervals of a series in time order; hours that could not be judged neither extend nor end one.

    >>> from datetime import timedelta
    >>> day = datetime(2025, 11, 24)
    >>> rows = [JudgedHour(day + timedelta(hours=n), one) for n, one in enumerate([True, None, True, False, True])]
    >>> [(one.start.hour, one.last.hour, one.ended_by and one.ended_by.hour) for one in intervals(rows)]
    [(0, 2, 3), (4, 4, None)]
    """
    found: list[Interval] = []
    open_hours: list[JudgedHour] = []
    for hour in hours:
        if hour.exceeds:
            open_hours.append(hour)
        elif hour.exceeds is False and open_hours:
            found.append(Interval(tuple(open_hours), hour.start))
            open_hours = []
    if open_hours:
        found.append(Interval(tuple(open_hours), None))
    return found


def severity(rule: DetectionRule, hour: JudgedHour) -> int:
    """Severity of one hour over a limit, by the bands of the rule on value / limit."""
    return rule.graded(ratio(hour))
