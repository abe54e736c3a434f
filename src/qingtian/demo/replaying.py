"""A stretch of the fleet's stream as a file or over TCP, for tests of other hosts and for load."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from qingtian.demo.city import City
from qingtian.demo.events import HOUR, truth_lines
from qingtian.demo.fleet import Fleet
from qingtian.demo.scenario import Scenario
from qingtian.demo.stream import CityStream, Sending, pace_for
from qingtian.domain.errors import InvalidInput
from qingtian.runtime.clock import SHANGHAI

LONGEST = timedelta(days=60)
BATCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """Which stretch of which city.

    Args:
        start: first full hour, city time; the stream of the city begins with it.
        speed: decides the pace of minute and real-time frames.
    """

    city: City
    start: datetime
    end: datetime
    speed: float

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        start: datetime | None,
        end: datetime | None,
        *,
        seed: int,
        shift_weeks: int,
        keep: int | None,
        speed: float,
    ) -> ReplayOrder:
        """An order with defaults filled in: the first day of the window.

        Raises:
            InvalidInput: the stretch is empty, too long or does not begin with a full hour.
        """
        city = City(scenario, seed, shift_weeks, keep=keep, scripted=False)
        first = start.replace(tzinfo=SHANGHAI) if start else city.replay.first
        last = end.replace(tzinfo=SHANGHAI) if end else first + timedelta(days=1)
        if first != first.replace(minute=0, second=0, microsecond=0):
            raise InvalidInput("a replay begins with a full hour", field="from", remedy="give HH:00")
        if not timedelta(0) < last - first <= LONGEST:
            raise InvalidInput("the stretch is empty or longer than 60 days", field="to", remedy="give a later time")
        return cls(city, first, last, speed)

    def sendings(self) -> Iterator[Sending]:
        """Every sending of the stretch, in order."""
        from qingtian.demo.events import EventBook

        stream = CityStream(EventBook(self.city.plan(), self.start))
        pace = pace_for(self.speed)
        hours = -(-(self.end - self.start) // HOUR)
        for index in range(hours):
            for sending in stream.hour(index, pace):
                if sending.at < self.end:
                    yield sending

    def write_truth(self, path: Path) -> int:
        """Write the planted events of the stretch; returns how many."""
        from qingtian.demo.events import EventBook

        events = EventBook(self.city.plan(), self.start).between(self.start, self.end)
        path.write_text(truth_lines(events), "utf-8")
        return len(events)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    frames: int
    bytes: int
    sha256: str


def replay_to_file(order: ReplayOrder, path: Path) -> Written:
    """Write the frames one after another, as one connection would carry them."""
    digest, frames, size = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        for sending in order.sendings():
            for _ in range(sending.copies):
                file.write(sending.frame)
                digest.update(sending.frame)
                frames, size = frames + 1, size + len(sending.frame)
    return Written(frames, size, digest.hexdigest())


def replay_to_address(order: ReplayOrder, address: str) -> int:
    """Send the frames at the speed of the order; returns how many were sent.

    Raises:
        InvalidInput: the address is not HOST:PORT.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InvalidInput(f"{address} is no address", field="send", remedy="give HOST:PORT")
    return asyncio.run(_send(order, host, int(port)))


async def _send(order: ReplayOrder, host: str, port: int) -> int:
    fleet = Fleet(host, port)
    began = time.monotonic()
    batch: list[Sending] = []
    edge = order.start + BATCH
    try:
        for sending in order.sendings():
            while sending.at >= edge:
                await fleet.send(batch)
                batch = []
                wait = (edge - order.start).total_seconds() / order.speed - (time.monotonic() - began)
                await asyncio.sleep(max(0.0, wait))
                edge += BATCH
            batch.append(sending)
        await fleet.send(batch)
    finally:
        await fleet.close()
    return fleet.counters.sent
