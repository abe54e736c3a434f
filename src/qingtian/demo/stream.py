"""The byte stream of the whole fleet in order of sending; seed, scenario and options decide every byte."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from qingtian.demo.events import HOUR, EventBook, EventClass, PlantedEvent
from qingtian.demo.frames import FrameKind, frame_of
from qingtian.demo.plan import POWER_CODE, DevicePlan
from qingtian.demo.shapes import seeded
from qingtian.demo.signals import Block, MeterSignal, OutletSignal, PlantLoad, Reading, merge

MAX_INTERVAL_MIN = 30  # longest MinInterval of the standard
MAX_REALTIME_S = 3600  # longest RtdInterval of the standard


@dataclass(frozen=True, slots=True)
class Pace:
    """How often devices send; thinned at high speed within the limits of the standard.

    Args:
        minute: MinInterval of outlets, min; 0 = no minute frames.
        power: MinInterval of power meters, min; 0 = none.
        realtime_s: RtdInterval, s; 0 = no real-time frames.
    """

    minute: int = 10
    power: int = 5
    realtime_s: int = 600


def pace_for(speed: float) -> Pace:
    """The pace at a speed of city time: a few hundred frames a second at most, whatever the speed.

    >>> pace_for(60), pace_for(3600)
    (Pace(minute=10, power=5, realtime_s=600), Pace(minute=0, power=30, realtime_s=0))
    """
    if speed <= 10:
        return Pace(10, 5, 60)
    if speed <= 90:
        return Pace(10, 5, 600)
    if speed <= 300:
        return Pace(10, 10, MAX_REALTIME_S)
    if speed <= 900:
        return Pace(30, 30, 0)
    return Pace(0, 30, 0)


@dataclass(frozen=True, slots=True, order=True)
class Sending:
    """One frame on its way.

    Args:
        at: city time of sending.
        order: breaks ties, so that the order is the same everywhere.
        copies: how often the device sends it although it was acknowledged (a lost ack).
    """

    at: datetime
    order: str
    mn: str = field(compare=False)
    frame: bytes = field(compare=False)
    ack: bool = field(compare=False)
    kind: FrameKind = field(compare=False)
    data_time: datetime = field(compare=False)
    copies: int = field(compare=False, default=1)


@dataclass(frozen=True, slots=True)
class _Due:
    """A frame that is due by a right clock on a line that works."""

    at: datetime
    kind: FrameKind
    block: Block
    data_time: datetime
    copies: int = 1


class DeviceStream:
    """The sendings of one device."""

    def __init__(self, seed: int, device: DevicePlan, signal: OutletSignal | MeterSignal, book: EventBook) -> None:
        self._seed, self._device, self._signal, self._book = seed, device, signal, book

    def hour(self, index: int, pace: Pace) -> Iterator[Sending]:
        """Sendings that the data of one hour cause; most fall into the same hour, some later or earlier."""
        start = self._book.epoch + index * HOUR
        blocks = self._blocks(index)
        rng = seeded(self._seed, self._device.mn, "line", index)
        events = self._book.at_site(self._device.site, start - 2 * HOUR, start + 5 * HOUR)
        for due in self._due(start, blocks, pace, rng):
            sending = self._sent(due, events)
            if sending is not None:
                yield sending

    def _blocks(self, index: int) -> list[Block]:
        if isinstance(self._signal, MeterSignal):
            return self._signal.hour(index, POWER_CODE)
        return self._signal.hour(index)

    def _due(self, start: datetime, blocks: list[Block], pace: Pace, rng: random.Random) -> Iterator[_Due]:
        step = pace.power if isinstance(self._signal, MeterSignal) else pace.minute
        minutes = blocks[0].seconds // 60
        if step:
            for part in _grouped(blocks, max(1, step // minutes)):
                ready = part.start + timedelta(
                    seconds=part.seconds + rng.randint(15, 75), milliseconds=rng.randint(0, 999)
                )
                lost, twice = rng.random() < 0.004, rng.random() < 0.01
                if not lost:
                    yield _Due(ready, FrameKind.MINUTE, part, part.start, 2 if twice else 1)
        whole = merge(blocks)
        late = timedelta(hours=rng.randint(1, 3)) if rng.random() < 0.006 else timedelta(0)
        ready = start + HOUR + timedelta(seconds=rng.randint(60, 280), milliseconds=rng.randint(0, 999)) + late
        yield _Due(ready, FrameKind.HOUR, whole, start, 2 if rng.random() < 0.01 else 1)
        if pace.realtime_s and not isinstance(self._signal, MeterSignal):
            yield from self._realtime(start, blocks, pace.realtime_s, rng)

    def _realtime(self, start: datetime, blocks: list[Block], every_s: int, rng: random.Random) -> Iterator[_Due]:
        offset = int(self._device.mn[-4:], 16) % every_s
        for second in range(offset, 3600, every_s):
            block = blocks[second // blocks[0].seconds]
            wobble = 1 + (0.01 * rng.gauss(0, 1) if block.mark == "N" else 0.0)
            moment = start + timedelta(seconds=second)
            yield _Due(moment, FrameKind.REALTIME, _instant(block, wobble), moment)

    def _sent(self, due: _Due, events: list[PlantedEvent]) -> Sending | None:
        """What becomes of a due frame under a wrong clock or on a dead line."""
        at, skew = due.at, timedelta(0)
        for event in events:
            placed = _by_clock(due, event) if event.kind is EventClass.CLOCK_ERROR else None
            if event.kind is EventClass.SILENCE and event.covers(at):
                placed = _after_gap(due, event)
                if placed is None:
                    return None
            if placed is not None:
                at, skew = placed
        frame = frame_of(self._device, due.kind, due.block, due.data_time, at + skew)
        order = f"{self._device.mn}{due.kind}{due.data_time:%Y%m%d%H%M%S}"
        ack = due.kind is not FrameKind.REALTIME
        return Sending(at, order, self._device.mn, frame, ack, due.kind, due.data_time, due.copies)


def _by_clock(due: _Due, event: PlantedEvent) -> tuple[datetime, timedelta] | None:
    """When a device with a wrong clock sends, and how far its clock is ahead; None when its clock is right.

    A clock that jumps ahead sends what became due at once; one that was behind does so when it is put right.
    """
    skew = timedelta(minutes=event.level)
    moved = due.at - skew
    queue = timedelta(seconds=2 + (due.at - event.start).total_seconds() // 60, microseconds=due.at.microsecond)
    if event.level > 0 and due.at >= event.start and moved < event.end:
        return max(moved, event.start + queue), skew
    if event.level < 0 and event.covers(due.at):
        return (moved, skew) if moved < event.end else (event.end + queue, timedelta(0))
    return None


def _after_gap(due: _Due, event: PlantedEvent) -> tuple[datetime, timedelta] | None:
    """When a frame of a dead line is back-filled; None when it is lost."""
    if not event.level or due.kind is FrameKind.REALTIME:
        return None
    queue = int((due.at - event.start).total_seconds() // 60)
    return event.end + timedelta(seconds=30 + 2 * queue, microseconds=due.at.microsecond), timedelta(0)


def _grouped(blocks: list[Block], size: int) -> Iterator[Block]:
    for first in range(0, len(blocks), size):
        part = blocks[first : first + size]
        yield part[0] if size == 1 else merge(part)


def _instant(block: Block, factor: float) -> Block:
    frozen = {code for code, reading in block.readings.items() if reading.low == reading.high}
    readings = {
        code: reading if code in frozen else _scaled(reading, factor) for code, reading in block.readings.items()
    }
    return replace(block, readings=readings)


def _scaled(reading: Reading, factor: float) -> Reading:
    mean = reading.mean * factor
    return Reading(mean, mean, mean, None if reading.converted is None else reading.converted * factor)


class CityStream:
    """Sendings of the whole fleet, hour by hour from the epoch on.

    Args:
        book: planted events; its plan is the fleet, its epoch the first hour.
    """

    LOOK_AHEAD = 1  # a clock that is ahead sends the data of the next hour in this one

    def __init__(self, book: EventBook) -> None:
        self._book = book
        seed = book.plan.seed
        self._devices: list[tuple[int, DeviceStream]] = []  # with the hour in which it begins to send
        for enterprise in book.plan.enterprises:
            load = PlantLoad(seed, enterprise)
            first = (book.connected.get(enterprise.code, book.epoch) - book.epoch) // HOUR
            for outlet in enterprise.outlets:
                signal = OutletSignal(seed, outlet, load, book)
                self._devices.append((first, DeviceStream(seed, outlet.device, signal, book)))
            for meter in enterprise.meters:
                power = MeterSignal(seed, meter, load, book)
                self._devices.append((first, DeviceStream(seed, meter.device, power, book)))
        self._made = -1  # newest hour whose data are in the heap
        self._heap: list[Sending] = []

    def skip_to(self, index: int) -> None:
        """Begin at a later hour; frames that were due before are not made.

        Late frames of the few hours before that hour are still sent, as after any restart of a logger.
        """
        self._made = max(self._made, index - 4)

    def hour(self, index: int, pace: Pace) -> list[Sending]:
        """Sendings of one hour of city time, in order.

        Args:
            index: hours since the epoch; asked for in rising order.
        """
        while self._made < index + self.LOOK_AHEAD:
            self._made += 1
            for first, device in self._devices:
                if self._made >= first:
                    for sending in device.hour(self._made, pace):
                        heapq.heappush(self._heap, sending)
        end = self._book.epoch + (index + 1) * HOUR
        due = []
        while self._heap and self._heap[0].at < end:
            due.append(heapq.heappop(self._heap))
        return due
