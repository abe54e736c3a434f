"""The real station hours on their way into the city: moved in time, with their real gaps, about half an hour late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from qingtian.demo.scenario import Replay
from qingtian.demo.sources import station_hours
from qingtian.runtime.clock import SHANGHAI

DELAY = timedelta(minutes=30)
CONTENT = ("aqi", "pm25", "pm10", "so2", "no2", "o3", "co")


@dataclass(frozen=True, slots=True)
class StationHour:
    """One published hour of one station.

    Args:
        stamp: end of the hour, city time (the publisher stamps the hour that has passed).
        values: columns of the source as text; empty where nothing was published.
    """

    station: str
    stamp: datetime
    values: Mapping[str, str]

    @property
    def arrives_at(self) -> datetime:
        """When the city gets it."""
        return self.stamp + DELAY

    def row(self) -> dict[str, str]:
        """The row as the source has it, with the stamp of the replayed city (Beijing time, naive)."""
        return {**self.values, "time": f"{self.stamp:%Y-%m-%d %H:%M:%S}", "station": self.station}


class StationFeed:
    """Published hours in the order in which they arrive.

    Args:
        replay: scenario and shift.
        start: city time; hours that arrived before are left out.
        end: city time; hours that arrive at or after it are left out. None = to the end of the source.
    """

    def __init__(self, replay: Replay, start: datetime, end: datetime | None = None) -> None:
        hours = []
        for row in station_hours():
            stamp = replay.to_city(datetime.fromisoformat(row["time"]).replace(tzinfo=SHANGHAI))
            if stamp + DELAY >= start and (end is None or stamp + DELAY < end) and any(row[name] for name in CONTENT):
                hours.append(StationHour(row["station"], stamp, row))
        self._hours = sorted(hours, key=lambda hour: (hour.arrives_at, hour.station))
        self._next = 0

    def until(self, now: datetime) -> list[StationHour]:
        """Hours that have arrived by a moment and were not given before."""
        first = self._next
        while self._next < len(self._hours) and self._hours[self._next].arrives_at <= now:
            self._next += 1
        return self._hours[first : self._next]

    @property
    def next_arrival(self) -> datetime | None:
        """When the next hour arrives; None after the last."""
        return self._hours[self._next].arrives_at if self._next < len(self._hours) else None
