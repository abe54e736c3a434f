"""The fleet process of the live part: sends what is due by the shared city clock, and delivers the station hours.

Run as `python -m qingtian.demo.live` by the supervisor. What was acknowledged is remembered in `fleet.json`, so that a
restart goes on where it stopped; the same file is the heartbeat of city time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import time
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qingtian.demo.city import City, load_city
from qingtian.demo.events import HOUR
from qingtian.demo.fleet import Fleet
from qingtian.demo.frames import qn_of
from qingtian.demo.lockstep import deliver
from qingtian.demo.stations import StationFeed
from qingtian.demo.stream import CityStream, Sending, pace_for
from qingtian.domain.errors import ConfigurationError
from qingtian.domain.hj212 import wrap_segment
from qingtian.runtime.clock import SHANGHAI, ReplayClock, clock_path
from qingtian.runtime.settings import Settings, get_settings
from qingtian.telemetry.store.port import Store

TICK_S = 0.25
LATE = timedelta(seconds=60)  # city time; below it the planned moment of sending stands in the frame
MILLISECOND = timedelta(milliseconds=1)
HEAD_BYTES, TAIL_BYTES = 6, 6  # ## and length; CRC and CR LF
QN_DIGITS = 17
SAVE_S = 1.0
MOST_UNFINISHED = 200  # batches on their way; above it the fleet waits, so that a dead gateway fills no memory
_log = logging.getLogger(__name__)


def fleet_path(data_dir: Path) -> Path:
    """Where the fleet remembers how far it is."""
    return data_dir / "fleet.json"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the fleet is.

    Args:
        sent_until: city time up to which every frame was acknowledged.
        stations_until: city time up to which station hours were delivered.
        city_now: city time of the note.
    """

    sent_until: datetime
    stations_until: datetime
    city_now: datetime


def save_progress(data_dir: Path, progress: Progress, counters: dict[str, Any] | None = None) -> None:
    """Write the note atomically."""
    values: dict[str, Any] = {name: value.isoformat() for name, value in asdict(progress).items()}
    path = fleet_path(data_dir)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(values | {"counters": counters or {}}), "utf-8")
    os.replace(fresh, path)


def load_progress(data_dir: Path) -> Progress | None:
    """The note; None when there is none or it cannot be read."""
    try:
        raw = json.loads(fleet_path(data_dir).read_text("utf-8"))
        return Progress(*(datetime.fromisoformat(raw[name]) for name in ("sent_until", "stations_until", "city_now")))
    except (OSError, ValueError, KeyError):
        return None


def restamped(sending: Sending, now: datetime) -> Sending:
    """A frame that is sent later than planned, with the QN of its device's clock at that moment.

    Args:
        now: city time of sending; a planted clock error of the device stays.
    """
    segment = sending.frame[HEAD_BYTES:-TAIL_BYTES].decode("ascii")
    planned = segment[3 : 3 + QN_DIGITS]
    moment = datetime.strptime(planned + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=SHANGHAI)
    qn = qn_of(now + (moment - sending.at))
    return replace(sending, frame=wrap_segment(f"QN={qn}{segment[3 + QN_DIGITS :]}".encode()))


@dataclass(slots=True)
class LiveFleet:
    """Sends the stream of a city by the city clock.

    Args:
        clock: the shared clock; its speed decides how frames thin out.
        sent_until: frames up to here were sent by an earlier process.
    """

    city: City
    fleet: Fleet
    clock: ReplayClock
    sent_until: datetime
    _stream: CityStream = field(init=False)
    _queue: deque[Sending] = field(default_factory=deque)
    _next_hour: int = field(init=False)
    _unfinished: dict[asyncio.Task[None], datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stream = self.city.stream()
        self._next_hour = max(0, (self.sent_until - self.city.epoch) // HOUR)
        self._stream.skip_to(self._next_hour)

    @property
    def acknowledged_until(self) -> datetime:
        """Everything due before this moment has its ack."""
        return min(self._unfinished.values(), default=self.sent_until)

    def due(self, now: datetime) -> list[Sending]:
        """Sendings that have become due by a moment of city time."""
        while self.city.epoch + self._next_hour * HOUR <= now:
            made = self._stream.hour(self._next_hour, pace_for(self.clock.state().speed))
            self._queue.extend(sending for sending in made if sending.at > self.sent_until)
            self._next_hour += 1
        batch: list[Sending] = []
        while self._queue and self._queue[0].at <= now:
            sending = self._queue.popleft()
            if now - sending.at > LATE:
                sending = restamped(sending, now + len(batch) * MILLISECOND)
            batch.append(sending)
        return batch

    async def tick(self) -> None:
        """Send what is due; does not wait for the acks."""
        now = self.clock.now()
        if len(self._unfinished) >= MOST_UNFINISHED:
            return
        batch = self.due(now)
        if batch:
            task = asyncio.create_task(self.fleet.send(batch))
            self._unfinished[task] = self.sent_until
            task.add_done_callback(self._finished)
        self.sent_until = max(self.sent_until, now)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._unfinished.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a batch was not sent: %r", task.exception())

    async def stop(self) -> None:
        """Give up what is unfinished (it is sent again by the next process) and hang up."""
        for task in list(self._unfinished):
            task.cancel()
        await asyncio.gather(*list(self._unfinished), return_exceptions=True)
        await self.fleet.close()


class Stations:
    """Delivers station hours as they arrive, in a thread, since the importer blocks."""

    def __init__(self, city: City, store: Store, since: datetime) -> None:
        self._feed = StationFeed(city.replay, since + timedelta(microseconds=1))
        self._store = store
        self.until = since

    def tick(self, now: datetime) -> None:
        """Deliver what has arrived."""
        hours = self._feed.until(now)
        if hours:
            deliver(self._store, hours)
            publish_stations([hour.station for hour in hours], now)
        self.until = max(self.until, now)


def publish_stations(stations: list[str], at: datetime) -> None:
    """Tell the screens that stations have new hours."""
    from qingtian.duties.worker import publish_observations

    publish_observations(sorted(set(stations)), at)


async def run_live(settings: Settings, store: Store) -> None:
    """Send until SIGTERM or SIGINT."""
    city = load_city(settings.data_dir)
    progress = load_progress(settings.data_dir)
    if city is None or progress is None:
        raise ConfigurationError("there is no city here", field="data_dir", remedy="start it with `qingtian demo`")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = ReplayClock(clock_path(settings.data_dir))
    fleet = Fleet(settings.gateway_host, settings.gateway_port)
    live = LiveFleet(city, fleet, clock, progress.sent_until)
    stations = Stations(city, store, progress.stations_until)
    importing = asyncio.create_task(_repeat(stop, lambda: asyncio.to_thread(stations.tick, clock.now())))
    saved = 0.0
    while not stop.is_set():
        await live.tick()
        if time.monotonic() - saved > SAVE_S:
            saved = time.monotonic()
            note = Progress(live.acknowledged_until, stations.until, clock.now())
            save_progress(settings.data_dir, note, asdict(fleet.counters))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TICK_S)
    await importing
    await live.stop()
    save_progress(settings.data_dir, Progress(live.acknowledged_until, stations.until, clock.now()))


async def _repeat(stop: asyncio.Event, work: Any) -> None:
    while not stop.is_set():
        try:
            await work()
        except Exception as error:
            _log.warning("station hours wait: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 2 * TICK_S)


def main() -> None:
    """The entry of the process."""
    from qingtian.demo.boot import django_ready
    from qingtian.telemetry.store import open_store

    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    django_ready()
    store = open_store(settings)
    try:
        asyncio.run(run_live(settings, store))
    finally:
        store.close()


if __name__ == "__main__":
    main()
