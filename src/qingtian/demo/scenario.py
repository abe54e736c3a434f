"""Windows of real hours that the city can replay, and the shift that moves them in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI

DEFAULT_SHIFT_WEEKS = 365
LABEL_ZH = "2018 年历史空气小时值；模拟企业"
LABEL_EN = "historical air hours of 2018; simulated enterprises"


class Scenario(StrEnum):
    """A window of real station hours."""

    HAZE = "haze"
    OZONE = "ozone"


@dataclass(frozen=True, slots=True)
class Window:
    """Days of original time that a scenario is about.

    Args:
        first: first day.
        last: last day.
        live_from: original time at which the live part begins by default.
    """

    first: date
    last: date
    live_from: datetime


WINDOWS = {
    Scenario.HAZE: Window(date(2018, 11, 24), date(2018, 12, 2), datetime(2018, 11, 29, 8, tzinfo=SHANGHAI)),
    Scenario.OZONE: Window(date(2018, 6, 12), date(2018, 6, 19), datetime(2018, 6, 14, 8, tzinfo=SHANGHAI)),
}


@dataclass(frozen=True, slots=True)
class Replay:
    """A scenario moved in time by whole weeks, so that weekdays stay.

    Args:
        scenario: which window.
        shift_weeks: how far it is moved; 365 weeks bring 2018 to 2025.
    """

    scenario: Scenario = Scenario.HAZE
    shift_weeks: int = DEFAULT_SHIFT_WEEKS

    def __post_init__(self) -> None:
        if not 0 <= self.shift_weeks <= 2000:
            raise InvalidInput("the shift is out of range", field="shift_weeks", remedy="give 0 to 2000 whole weeks")

    @property
    def shift(self) -> timedelta:
        """How far original time is moved."""
        return timedelta(weeks=self.shift_weeks)

    @property
    def live_from(self) -> datetime:
        """City time at which the live part begins."""
        return WINDOWS[self.scenario].live_from + self.shift

    @property
    def first(self) -> datetime:
        """City time at which the window begins."""
        day = WINDOWS[self.scenario].first
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + self.shift

    @property
    def end(self) -> datetime:
        """City time at which the window ends."""
        day = WINDOWS[self.scenario].last + timedelta(days=1)
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + self.shift

    def to_city(self, original: datetime) -> datetime:
        """City time of an original time.

        >>> Replay().to_city(datetime(2018, 11, 24, tzinfo=SHANGHAI)).isoformat()
        '2025-11-22T00:00:00+08:00'
        """
        return original + self.shift

    def to_original(self, city: datetime) -> datetime:
        """Original time of a city time."""
        return city - self.shift
