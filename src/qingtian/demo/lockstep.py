"""Lock-step: city time moves only when the fleet's frames are acknowledged and ingested and due duties have run.

Gateway and fleet live in one event loop of a thread of their own and speak over real TCP; ingest and duties run in the
thread that drives. Nothing waits for the wall clock, so a day of the city takes as long as its work.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from qingtian.demo.city import City
from qingtian.demo.events import HOUR
from qingtian.demo.fleet import Fleet, FleetCounters
from qingtian.demo.stations import StationFeed, StationHour
from qingtian.demo.stream import Pace, Sending
from qingtian.runtime.settings import Settings
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.server import Gateway
from qingtian.telemetry.importers.national_air import read_national_air
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.ingest.quality import QualityScreen, medium_of_station
from qingtian.telemetry.spool.folder import spool_path
from qingtian.telemetry.store.port import Store

WINDOW = timedelta(minutes=2)
START_S = 30.0
SEND_S = 300.0
T = TypeVar("T")
Hook = Callable[[datetime], object]


class Line:
    """Gateway and fleet in an event loop of their own thread.

    Args:
        now: city time that the gateway stamps arrivals with.
    """

    def __init__(self, settings: Settings, directory: DeviceDirectory, now: Callable[[], datetime]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._gateway = Gateway(settings, directory, now=now)
        self._fleet: Fleet | None = None

    def start(self) -> None:
        """Listen on a free port and connect the fleet to it."""
        self._thread.start()
        self._call(self._gateway.start()).result(START_S)
        self._fleet = Fleet("127.0.0.1", self._gateway.port)

    def send(self, sendings: list[Sending]) -> None:
        """Send frames over TCP; returns when every frame that wants an ack has one."""
        assert self._fleet is not None  # noqa: S101  start was called
        self._call(self._fleet.send(sendings)).result(SEND_S)

    @property
    def counters(self) -> FleetCounters:
        """What the fleet has done."""
        return self._fleet.counters if self._fleet is not None else FleetCounters()

    def stop(self) -> None:
        """Hang up, stop the gateway, end the loop."""
        if self._fleet is not None:
            self._call(self._fleet.close()).result(START_S)
        self._call(self._gateway.stop()).result(START_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


@dataclass(slots=True)
class LockStep:
    """Drives a city from its epoch on.

    Args:
        every: how often ingest and duties run.
        pace: how often devices send, by the start of the hour.
        duties: runs what is due at a moment.
        before: called before the duties of a moment (what people did since the last one).
        hooks: called after them (connecting devices, the progress bar).
    """

    settings: Settings
    city: City
    store: Store
    directory: DeviceDirectory
    duties: Hook
    pace: Callable[[datetime], Pace]
    every: timedelta = timedelta(minutes=10)
    before: list[Hook] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.city.epoch

    def run(self, end: datetime) -> FleetCounters:
        """Drive from the epoch to an end."""
        self.directory.refresh()
        line = Line(self.settings, self.directory, lambda: self.now)
        ingest = IngestLoop(self.store, spool_path(self.settings.data_dir), self.directory)
        feed = StationFeed(self.city.replay, self.city.epoch, end)
        stream = self.city.stream()
        line.start()
        try:
            for index in range(-(-(end - self.city.epoch) // HOUR)):
                self._hour(
                    line, ingest, feed, stream.hour(index, self.pace(self.city.epoch + index * HOUR)), index, end
                )
            return line.counters
        finally:
            line.stop()

    def _hour(
        self, line: Line, ingest: IngestLoop, feed: StationFeed, sendings: list[Sending], index: int, end: datetime
    ) -> None:
        edge = min(self.city.epoch + (index + 1) * HOUR, end)
        position = 0
        while self.now < edge:
            stop = min(self.now + WINDOW, edge)
            first = position
            while position < len(sendings) and sendings[position].at < stop:
                position += 1
            self.now = stop
            if position > first:
                line.send(sendings[first:position])
            if (stop - self.city.epoch) % self.every == timedelta(0) or stop == end:
                self._settle(ingest, feed)

    def _settle(self, ingest: IngestLoop, feed: StationFeed) -> None:
        deliver(self.store, feed.until(self.now))
        ingest.drain()
        for hook in [*self.before, self.duties, *self.hooks]:
            hook(self.now)


def deliver(store: Store, hours: list[StationHour]) -> int:
    """Hand published station hours to the importer; returns how many values the store took."""
    if not hours:
        return 0
    columns = list(hours[0].row())
    lines = [",".join(columns), *(",".join(hour.row()[name] for name in columns) for hour in hours)]
    air = read_national_air(lines)
    return store.append(air.observations, screen=QualityScreen(medium_of_station)).new
