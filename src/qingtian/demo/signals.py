"""Values of the simulated instruments: hourly autoregressive states shaped like real stack data, in short blocks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from qingtian.demo.events import HOUR, EventBook, EventClass, PlantedEvent
from qingtian.demo.plan import EnterprisePlan, MeterPlan, OutletPlan
from qingtian.demo.shapes import LoadShape, StackValues, seeded, soft_cap

AIR_O2 = 21.0
FLOW, OXYGEN, TEMPERATURE, PH = "a00000", "a19001", "a01012", "w01001"
WATER_FLOW = "w00000"
BLOCK_MINUTES = 10
BLOCKS = 6
RUNNING = 0.12
KNEE, CEILING = 0.8, 0.95  # unplanted values stay under the limit: every exceedance of the city is in the truth file
NORMAL_SHARE = 0.75  # HJ 212-2017 appendix C: at least 75 % normal values make the period normal (flue gas)


@dataclass(frozen=True, slots=True)
class Reading:
    """One channel over one block: mean, extremes, and the mean converted to reference oxygen."""

    mean: float
    low: float
    high: float
    converted: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Every channel of a device over one period.

    Args:
        start: start of the period, city time.
        seconds: its length.
        mark: HJ 212 data mark of the measured values.
    """

    start: datetime
    seconds: int
    readings: dict[str, Reading]
    mark: str


def merge(blocks: list[Block]) -> Block:
    """One period from its parts: means of the normal parts, or of all when fewer than 75 % are normal."""
    normal = [block for block in blocks if block.mark == "N"]
    valid = len(normal) >= NORMAL_SHARE * len(blocks)
    used = normal if valid else blocks
    marks = [block.mark for block in blocks if block.mark != "N"]
    mark = "N" if valid else max(sorted(set(marks)), key=marks.count)
    readings = {code: _merge_readings([block.readings[code] for block in used]) for code in blocks[0].readings}
    return Block(blocks[0].start, sum(block.seconds for block in blocks), readings, mark)


def _merge_readings(parts: list[Reading]) -> Reading:
    converted = [part.converted for part in parts if part.converted is not None]
    return Reading(
        mean=sum(part.mean for part in parts) / len(parts),
        low=min(part.low for part in parts),
        high=max(part.high for part in parts),
        converted=sum(converted) / len(converted) if converted else None,
    )


class PlantLoad:
    """Load of an enterprise with its own hourly noise; the same for all of its devices."""

    def __init__(self, seed: int, enterprise: EnterprisePlan) -> None:
        self._seed, self._code = seed, enterprise.code
        self._shape = LoadShape(enterprise.industry.load, works_sunday=enterprise.works_sunday)
        self._noise: tuple[datetime, float] | None = None

    def at(self, moment: datetime) -> float:
        """Load in the quarter hour of a moment, 0 to about 1."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        if self._noise is None or self._noise[0] != hour:
            factor = 1.0 + 0.05 * seeded(self._seed, self._code, "load", hour.isoformat()).gauss(0, 1)
            self._noise = (hour, max(0.8, min(1.2, factor)))
        return min(1.05, self._shape.at(moment) * self._noise[1])


@dataclass(frozen=True, slots=True)
class _Hour:
    """What the blocks of one hour have in common: load, usual values over the limit, deviations, events."""

    start: datetime
    load: float
    usual: dict[str, float]
    noise: dict[str, list[float]]
    spread: list[float]
    events: list[PlantedEvent]


class OutletSignal:
    """Values of one outlet, hour by hour from the epoch on."""

    def __init__(self, seed: int, outlet: OutletPlan, load: PlantLoad, book: EventBook) -> None:
        self._seed, self._outlet, self._load, self._book = seed, outlet, load, book
        rng = seeded(seed, outlet.device.mn, "outlet")
        self._values = {item.code: StackValues(item.shape) for item in outlet.use.items}
        self._share = {item.code: item.share * rng.uniform(0.88, 1.1) for item in outlet.use.items}
        self._oxygen = outlet.use.oxygen * rng.uniform(0.92, 1.08)
        self._flow = outlet.use.flow * rng.uniform(0.8, 1.2)
        self._calibration = (rng.randint(0, 4), rng.randint(0, 3))  # hour of the night, first block
        self._states = dict.fromkeys((*self._values, OXYGEN), 0.0)
        self._fault: tuple[int, str] = (0, "")  # until which hour index, mark
        self._next = 0

    def hour(self, index: int) -> list[Block]:
        """The six ten-minute blocks of the hour with this index; hours are asked for in order, gaps are allowed.

        Args:
            index: hours since the epoch.
        """
        if index < self._next:
            raise ValueError(f"hour {index} was passed already")
        rng = seeded(self._seed, self._outlet.device.mn, index)
        for passed in range(self._next, index + 1):
            rng = seeded(self._seed, self._outlet.device.mn, passed)
            self._advance(passed, rng)
        self._next = index + 1
        return self._blocks(index, rng)

    def _advance(self, index: int, rng: random.Random) -> None:
        for code in self._states:
            rho = self._values[code].rho if code in self._values else 0.8
            self._states[code] = rho * self._states[code] + sqrt(1 - rho * rho) * rng.gauss(0, 1)
        chance, hours = rng.random(), rng.randint(1, 3)
        if index >= self._fault[0] and chance < 0.004:
            self._fault = (index + hours, "D" if chance < 0.0025 else "M")

    def _blocks(self, index: int, rng: random.Random) -> list[Block]:
        start = self._book.epoch + index * HOUR
        events = self._book.at_site(self._outlet.code, start, start + HOUR)
        load = self._load.at(start)
        base = {code: self._usual(code, load) for code in self._values}
        noise = {code: _deviations(rng) for code in (*base, FLOW, OXYGEN)}
        spread = [rng.uniform(0.015, 0.05) for _ in range(BLOCKS)]
        hour = _Hour(start, load, base, noise, spread, events)
        return [self._block(hour, k) for k in range(BLOCKS)]

    def _usual(self, code: str, load: float) -> float:
        """Usual value in the judged form as a share of the limit, always under it."""
        ratio = self._values[code].ratio(self._states[code], min(1.0, load))
        return soft_cap(self._share[code] * ratio, KNEE, CEILING)

    def _block(self, hour: _Hour, k: int) -> Block:
        moment = hour.start + timedelta(minutes=BLOCK_MINUTES * k)
        active = {event.kind: event for event in hour.events if event.covers(moment)}
        mark = self._mark(moment, hour.load, active, k)
        if mark in ("F", "D"):
            return Block(moment, BLOCK_MINUTES * 60, self._dead(), mark)
        dilution = active[EventClass.DILUTION].level if EventClass.DILUTION in active else 1.0
        oxygen = self._oxygen_at(hour.load, hour.noise[OXYGEN][k], dilution)
        readings: dict[str, Reading] = {}
        for code in hour.usual:
            readings[code] = (
                self._calibration_gas(code, k) if mark == "C" else self._value(hour, k, code, active, oxygen)
            )
        readings |= self._auxiliary(hour, k, oxygen, dilution)
        return Block(moment, BLOCK_MINUTES * 60, readings, mark)

    def _value(self, hour: _Hour, k: int, code: str, active: dict[EventClass, PlantedEvent], oxygen: float) -> Reading:
        frozen = active.get(EventClass.FROZEN)
        if frozen is not None and frozen.parameter == code:
            return self._frozen(code, frozen.level, oxygen)
        over = active.get(EventClass.EXCEEDANCE)
        if over is not None and over.parameter == code:
            judged = over.level * (1 + 0.15 * hour.noise[code][k])
        else:
            judged = hour.usual[code] * (1 + 0.6 * hour.noise[code][k])
        return self._reading(code, judged, oxygen, hour.spread[k])

    def _mark(self, moment: datetime, load: float, active: dict[EventClass, PlantedEvent], k: int) -> str:
        if load < RUNNING:
            return "F"
        index = int((moment - self._book.epoch) / HOUR)
        if index < self._fault[0] and not active:
            return self._fault[1]
        hour, first = self._calibration
        if self._outlet.use.kind == "air" and moment.hour == hour and first <= k < first + 2:
            return "C"
        return "N"

    def _oxygen_at(self, load: float, noise: float, dilution: float) -> float:
        if not self._oxygen:
            return 0.0
        usual = self._oxygen + 1.5 * max(0.0, 0.85 - load) + 0.25 * self._states[OXYGEN] + 2.0 * noise
        usual = max(1.0, min(16.0, usual))
        return AIR_O2 - (AIR_O2 - usual) / dilution

    def _raw(self, code: str, judged: float, oxygen: float) -> tuple[float, float | None]:
        """Measured and converted value: raw = converted x (21 - O2) / (21 - O2 reference)."""
        limit = self._outlet.limits[code]
        value = judged * float(limit.limit)
        if not limit.reference_o2:
            return value, None
        return value * (AIR_O2 - oxygen) / (AIR_O2 - float(limit.reference_o2)), value

    def _reading(self, code: str, judged: float, oxygen: float, spread: float) -> Reading:
        raw, converted = self._raw(code, judged, oxygen)
        return Reading(raw, raw * (1 - spread), raw * (1 + spread), converted)

    def _frozen(self, code: str, level: float, oxygen: float) -> Reading:
        raw, _ = self._raw(code, level, self._oxygen)
        reference = self._outlet.limits[code].reference_o2
        converted = raw * (AIR_O2 - float(reference)) / (AIR_O2 - oxygen) if reference else None
        return Reading(raw, raw, raw, converted)

    def _calibration_gas(self, code: str, k: int) -> Reading:
        span = 0.0 if k % 2 == 0 else 0.8 * float(self._outlet.limits[code].limit)
        return Reading(span, span, span, span if self._outlet.limits[code].reference_o2 else None)

    def _auxiliary(self, hour: _Hour, k: int, oxygen: float, dilution: float) -> dict[str, Reading]:
        load, noise, spread = hour.load, hour.noise[FLOW][k], hour.spread[k]
        flow = self._flow * (0.35 + 0.65 * load) * (1 + noise) * dilution
        if self._outlet.use.kind == "water":
            acidity = 7.2 + 0.4 * noise
            return {
                PH: Reading(acidity, acidity - 0.05, acidity + 0.05),
                WATER_FLOW: Reading(flow, flow * (1 - spread), flow * (1 + spread)),
            }
        warm = self._outlet.use.temperature * (0.9 + 0.1 * load) * (1 + 0.3 * noise)
        found = {
            FLOW: Reading(flow, flow * (1 - spread), flow * (1 + spread)),
            TEMPERATURE: Reading(warm, warm - 0.8, warm + 0.8),
        }
        if oxygen:
            found[OXYGEN] = Reading(oxygen, oxygen - 0.08, oxygen + 0.08)
        return found

    def _dead(self) -> dict[str, Reading]:
        """What an instrument sends while the plant stands or the analyser is broken: zeros, marked."""
        zero = Reading(0.0, 0.0, 0.0)
        codes = (
            [*self._values, WATER_FLOW, PH] if self._outlet.use.kind == "water" else [*self._values, FLOW, TEMPERATURE]
        )
        return dict.fromkeys([*codes, OXYGEN] if self._oxygen else codes, zero)


def _deviations(rng: random.Random) -> list[float]:
    """Deviations of the blocks of an hour, about 3 %, that cancel out: the hour mean keeps its autocorrelation."""
    drawn = [rng.gauss(0, 0.03) for _ in range(BLOCKS)]
    mean = sum(drawn) / BLOCKS
    return [one - mean for one in drawn]


class MeterSignal:
    """Active power of a meter in blocks of five minutes, kW."""

    MINUTES = 5

    def __init__(self, seed: int, meter: MeterPlan, load: PlantLoad, book: EventBook) -> None:
        self._seed, self._meter, self._load, self._book = seed, meter, load, book

    def hour(self, index: int, code: str) -> list[Block]:
        """The twelve five-minute blocks of an hour.

        Args:
            index: hours since the epoch.
            code: pollutant code of active power.
        """
        start = self._book.epoch + index * HOUR
        rng = seeded(self._seed, self._meter.device.mn, index)
        events = self._book.at_site(self._meter.code, start, start + HOUR)
        blocks = []
        for k in range(60 // self.MINUTES):
            moment = start + timedelta(minutes=self.MINUTES * k)
            off = any(event.covers(moment) for event in events)
            power = self._power(moment, off) * max(0.7, 1 + 0.04 * rng.gauss(0, 1))
            spread = rng.uniform(0.01, 0.04)
            reading = Reading(power, power * (1 - spread), power * (1 + spread))
            blocks.append(Block(moment, self.MINUTES * 60, {code: reading}, "N"))
        return blocks

    def _power(self, moment: datetime, off: bool) -> float:
        load = self._load.at(moment)
        if self._meter.tag == "production":
            return self._meter.rated_kw * load
        # Treatment starts with production and runs on for ten minutes after it.
        runs = load >= 0.1 or self._load.at(moment - timedelta(minutes=10)) >= 0.1
        if off or not runs:
            return self._meter.rated_kw * 0.012
        return self._meter.rated_kw * (0.55 + 0.35 * load)
