"""How often a duty comes back: so many times a period, every so many days after the last time, once, or at an event."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.errors import InvalidInput

MOST_TIMES = 24  # a window is a whole day; more often than that is an hour matter of the data streams
LONGEST_DAYS = 3660


class Per(StrEnum):
    """Periods of the calendar that duties are counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class RhythmKind(StrEnum):
    """Where the next date comes from."""

    CALENDAR = "calendar"  # so many times in each period of the calendar
    INTERVAL = "interval"  # so many days after it was done last
    ONCE = "once"  # one date
    EVENT = "event"  # whenever something happens
    CONTINUOUS = "continuous"  # automatic data: watched by the streams, no dated occurrence


PER_YEAR = {Per.DAY: 365, Per.WEEK: 52, Per.MONTH: 12, Per.QUARTER: 4, Per.HALF_YEAR: 2, Per.YEAR: 1}
PER_ZH = {
    Per.DAY: "日",
    Per.WEEK: "周",
    Per.MONTH: "月",
    Per.QUARTER: "季度",
    Per.HALF_YEAR: "半年",
    Per.YEAR: "年",
}
PER_EN = {Per.HALF_YEAR: "half-year"}
_ZH = {"天": Per.DAY, "季": Per.QUARTER} | {word: per for per, word in PER_ZH.items()}
_CALENDAR = re.compile(r"([0-9]+)(?:次)?/([a-z_]+|[日天周月季度半年]+)")
_INTERVAL = re.compile(r"([0-9]+)(?:d|天一次|日一次)")
_WORDS = {
    "once": RhythmKind.ONCE,
    "event": RhythmKind.EVENT,
    "continuous": RhythmKind.CONTINUOUS,
    "自动": RhythmKind.CONTINUOUS,
    "连续": RhythmKind.CONTINUOUS,
}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a duty comes back.

    Args:
        times: how often in a period of the calendar.
        per: that period.
        days: days after the last time, for an interval.
    """

    kind: RhythmKind
    times: int = 1
    per: Per = Per.YEAR
    days: int = 0

    def __post_init__(self) -> None:
        if self.kind is RhythmKind.CALENDAR and not 1 <= self.times <= MOST_TIMES:
            raise InvalidInput(
                f"{self.times} times a {self.per} is no rhythm", field="frequency", remedy=f"give 1..{MOST_TIMES}"
            )
        if self.kind is RhythmKind.INTERVAL and not 1 <= self.days <= LONGEST_DAYS:
            raise InvalidInput(
                f"every {self.days} days is no rhythm", field="frequency", remedy=f"give 1..{LONGEST_DAYS}"
            )

    def __str__(self) -> str:
        if self.kind is RhythmKind.CALENDAR:
            return f"{self.times}/{self.per}"
        return f"{self.days}d" if self.kind is RhythmKind.INTERVAL else self.kind.value

    @property
    def a_year(self) -> Fraction | None:
        """How often in a year, to compare two rhythms; None where that means nothing, continuous included."""
        if self.kind is RhythmKind.CALENDAR:
            return Fraction(self.times * PER_YEAR[self.per])
        return Fraction(PER_YEAR[Per.DAY], self.days) if self.kind is RhythmKind.INTERVAL else None

    def at_least(self, other: Rhythm) -> bool:
        """Whether it is as often as another one; automatic data are more often than anything.

        >>> parse_rhythm("1/month").at_least(parse_rhythm("1/quarter"))
        True
        """
        if RhythmKind.CONTINUOUS in (self.kind, other.kind):
            return self.kind is RhythmKind.CONTINUOUS
        if self.a_year is None or other.a_year is None:
            return self.kind is other.kind
        return self.a_year >= other.a_year

    def words(self) -> tuple[str, str]:
        """In Chinese and English."""
        match self.kind:
            case RhythmKind.CALENDAR:
                per = PER_EN.get(self.per, self.per.value)
                often = "once" if self.times == 1 else f"{self.times} times"
                return f"每{PER_ZH[self.per]}{self.times}次", f"{often} a {per}"
            case RhythmKind.INTERVAL:
                return f"每{self.days}日一次", f"every {self.days} days"
            case RhythmKind.ONCE:
                return "一次", "once"
            case RhythmKind.EVENT:
                return "按事件", "at each event"
            case RhythmKind.CONTINUOUS:
                return "自动连续", "automatic, continuous"


def parse_rhythm(text: str, *, field: str = "frequency") -> Rhythm:
    """A rhythm as permits and packs write it.

    Args:
        text: `1/quarter`, `2/year`, `30d`, `once`, `event`, `continuous`, or `1次/季`, `1次/半年`, `自动`.
        field: name for the error.
    Raises:
        InvalidInput: names the text and what can be written.

    >>> str(parse_rhythm("1次/季")), str(parse_rhythm("60d")), parse_rhythm("4/day").words()[1]
    ('1/quarter', '60d', '4 times a day')
    """
    plain = re.sub(r"\s+", "", str(text)).lower()
    if plain in _WORDS:
        return Rhythm(_WORDS[plain])
    if found := _INTERVAL.fullmatch(plain):
        return _checked(field, text, RhythmKind.INTERVAL, days=int(found.group(1)))
    found = _CALENDAR.fullmatch(plain)
    per = _per(found.group(2)) if found else None
    if found is None or per is None:
        raise _fault(field, text)
    return _checked(field, text, RhythmKind.CALENDAR, times=int(found.group(1)), per=per)


def _per(word: str) -> Per | None:
    return _ZH.get(word) or next((one for one in Per if one.value == word), None)


def _checked(field: str, text: str, kind: RhythmKind, *, times: int = 1, per: Per = Per.YEAR, days: int = 0) -> Rhythm:
    try:
        return Rhythm(kind, times, per, days)
    except InvalidInput as error:
        raise _fault(field, text) from error


def _fault(field: str, text: object) -> InvalidInput:
    return InvalidInput(
        f"{text!r} is no frequency",
        field=field,
        remedy="write 1/quarter, 2/year, 30d, once, event, continuous, or 1次/季",
    )
