"""Planted events: what is wrong in the simulated city, when and where; the truth that findings are compared with."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from qingtian.demo.plan import CityPlan, EnterprisePlan, OutletPlan
from qingtian.demo.shapes import LoadShape, seeded

HOUR = timedelta(hours=1)
BUCKET_HOURS = 72


class EventClass(StrEnum):
    """Kinds of planted events."""

    EXCEEDANCE = "exceedance"
    FROZEN = "flatline"
    DILUTION = "dilution"
    TREATMENT_OFF = "treatment_off"
    SILENCE = "upload_gap"
    CLOCK_ERROR = "clock_error"


EXPECTED_KIND = {
    EventClass.EXCEEDANCE: "exceedance",
    EventClass.FROZEN: "frozen_value",
    EventClass.DILUTION: "dilution",
    EventClass.TREATMENT_OFF: "treatment_off",
    EventClass.SILENCE: "late_stream",
    EventClass.CLOCK_ERROR: "clock_error",
}
PER_BUCKET = {
    EventClass.EXCEEDANCE: 6,
    EventClass.FROZEN: 4,
    EventClass.DILUTION: 3,
    EventClass.TREATMENT_OFF: 5,
    EventClass.SILENCE: 5,
    EventClass.CLOCK_ERROR: 4,
}
HOURS = {  # shortest and longest duration, h
    EventClass.EXCEEDANCE: (2, 6),
    EventClass.FROZEN: (7, 12),
    EventClass.DILUTION: (5, 10),
    EventClass.TREATMENT_OFF: (2, 5),
    EventClass.SILENCE: (5, 12),
    EventClass.CLOCK_ERROR: (4, 10),
}


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """One planted event.

    Args:
        site: outlet, or treatment meter for `treatment_off`.
        parameter: pollutant code; empty when the whole device is meant.
        level: exceedance: value over limit; flatline: value as a share of the limit; dilution: factor of flow;
            clock_error: minutes ahead (negative: behind); upload_gap: 1 when the gap is back-filled.
        script: `hero`, `relapse`, ... for events that the tour of the demo needs; empty otherwise.
    """

    kind: EventClass
    site: str
    enterprise: str
    mn: str
    parameter: str
    start: datetime
    end: datetime
    level: float
    script: str = ""

    @property
    def event_id(self) -> str:
        """Stable name of the event."""
        return f"{self.kind}:{self.site}:{self.start:%Y%m%d%H%M}"

    def covers(self, moment: datetime) -> bool:
        """Whether the event goes on at a moment."""
        return self.start <= moment < self.end

    def truth(self) -> dict[str, Any]:
        """The line of the truth file."""
        return {
            "id": self.event_id,
            "class": self.kind.value,
            "site": self.site,
            "enterprise": self.enterprise,
            "mn": self.mn,
            "parameter": self.parameter,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "expected_kind": EXPECTED_KIND[self.kind],
            "level": f"{self.level:.3f}",
            "script": self.script,
            "simulated": True,
        }


def truth_lines(events: Iterable[PlantedEvent]) -> str:
    """The truth file: one JSON object a line, in time order."""
    ordered = sorted(events, key=lambda event: (event.start, event.event_id))
    return "".join(json.dumps(event.truth(), ensure_ascii=False, sort_keys=True) + "\n" for event in ordered)


@dataclass(slots=True)
class EventBook:
    """Every planted event of a city, made bucket by bucket (72 h from the epoch on), without an end.

    Args:
        epoch: city time at which the stream begins, a full hour.
        scripted: events with a fixed place; nothing else is planted at their sites.
        planting: whether random events are planted besides the scripted ones.
        connected: enterprises whose devices begin to send later than the epoch, and when.
    """

    plan: CityPlan
    epoch: datetime
    scripted: tuple[PlantedEvent, ...] = ()
    planting: bool = True
    connected: Mapping[str, datetime] = field(default_factory=dict)
    _buckets: dict[int, list[PlantedEvent]] = field(default_factory=dict)
    _by_site: dict[str, list[PlantedEvent]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for event in self.scripted:
            self._by_site.setdefault(event.site, []).append(event)

    def at_site(self, site: str, start: datetime, end: datetime) -> list[PlantedEvent]:
        """Events of a site that overlap [start, end)."""
        self._plant_until(end)
        return [event for event in self._by_site.get(site, ()) if event.start < end and event.end > start]

    def between(self, start: datetime, end: datetime) -> list[PlantedEvent]:
        """Events that overlap [start, end), in time order."""
        self._plant_until(end)
        every = [event for events in self._by_site.values() for event in events]
        return sorted(
            (event for event in every if event.start < end and event.end > start),
            key=lambda event: (event.start, event.event_id),
        )

    def _plant_until(self, end: datetime) -> None:
        if not self.planting:
            return
        wanted = int((end - self.epoch) / (BUCKET_HOURS * HOUR))
        for bucket in range(len(self._buckets), wanted + 1):
            events = list(self._plant(bucket))
            self._buckets[bucket] = events
            for event in events:
                self._by_site.setdefault(event.site, []).append(event)

    def _plant(self, bucket: int) -> Iterator[PlantedEvent]:
        rng = seeded(self.plan.seed, "events", bucket)
        taken = {event.enterprise for event in self.scripted}
        begin = self.epoch + bucket * BUCKET_HOURS * HOUR
        for kind in EventClass:
            spacing = BUCKET_HOURS / PER_BUCKET[kind]
            for index in range(PER_BUCKET[kind]):
                shortest, longest = HOURS[kind]
                duration = rng.randint(shortest, longest)
                latest = max(1, int(spacing) - 1)
                offset = min(int(index * spacing) + rng.randint(1, latest), BUCKET_HOURS - duration)
                event = self._place(rng, kind, begin + offset * HOUR, duration, taken)
                if event is not None:
                    yield event

    def _place(
        self, rng: random.Random, kind: EventClass, start: datetime, hours: int, taken: set[str]
    ) -> PlantedEvent | None:
        late = {code for code, since in self.connected.items() if since > start}
        if kind is EventClass.TREATMENT_OFF:
            return _treatment_off(rng, self.plan, start, hours, taken, late)
        outlets = [
            outlet
            for outlet in candidates(self.plan, kind)
            if outlet.code not in taken and owner(outlet) not in taken | late
        ]
        if not outlets:
            return None
        outlet = rng.choice(outlets)
        taken.add(outlet.code)
        # Treatment meters and outlets of one enterprise are never used together: findings stay attributable.
        taken.add(f"meters:{owner(outlet)}")
        return _at_outlet(rng, kind, outlet, start, hours)


def owner(outlet: OutletPlan) -> str:
    """Code of the enterprise of an outlet."""
    return f"E-{outlet.code.split('-')[1]}"


def candidates(plan: CityPlan, kind: EventClass) -> list[OutletPlan]:
    """Outlets at which a kind of event can be planted: plants that run day and night, with limits by the hour."""
    return [
        outlet for enterprise in plan.enterprises for outlet in enterprise.outlets if _fits(enterprise, outlet, kind)
    ]


def _fits(enterprise: EnterprisePlan, outlet: OutletPlan, kind: EventClass) -> bool:
    if kind is EventClass.SILENCE:
        return True
    if kind is EventClass.CLOCK_ERROR:
        return outlet.device.edition == 2017
    if enterprise.industry.load == "shifts" or outlet.use.kind != "air":
        return False
    return kind is not EventClass.DILUTION or outlet.use.oxygen > 0


def _at_outlet(rng: random.Random, kind: EventClass, outlet: OutletPlan, start: datetime, hours: int) -> PlantedEvent:
    parameter = ""
    if kind in (EventClass.EXCEEDANCE, EventClass.FROZEN):
        parameter = rng.choice([item.code for item in outlet.use.items if item.code in outlet.limits])
    elif kind is EventClass.DILUTION:
        parameter = "a21002"
    return PlantedEvent(
        kind=kind,
        site=outlet.code,
        enterprise=owner(outlet),
        mn=outlet.device.mn,
        parameter=parameter,
        start=start,
        end=start + hours * HOUR,
        level=_level(rng, kind),
    )


def _level(rng: random.Random, kind: EventClass) -> float:
    if kind is EventClass.CLOCK_ERROR:
        return float(rng.randint(8, 45) if rng.random() < 0.7 else -rng.randint(8, 20))
    if kind is EventClass.SILENCE:
        return float(rng.random() < 0.5)
    low, high = {
        EventClass.EXCEEDANCE: (1.2, 1.9),
        EventClass.FROZEN: (0.35, 0.6),
        EventClass.DILUTION: (1.6, 2.1),
    }[kind]
    return round(rng.uniform(low, high), 3)


def _treatment_off(
    rng: random.Random, plan: CityPlan, start: datetime, hours: int, taken: set[str], late: set[str]
) -> PlantedEvent | None:
    free = [
        enterprise
        for enterprise in plan.enterprises
        if enterprise.meters and enterprise.code not in taken | late and f"meters:{enterprise.code}" not in taken
    ]
    running = [one for one in free if _produces(one, start, hours)]
    if not running:
        return None
    enterprise = rng.choice(running)
    taken.update({enterprise.code, f"meters:{enterprise.code}"})
    meter = next(one for one in enterprise.meters if one.tag == "treatment")
    begin = start + timedelta(minutes=5 * rng.randint(0, 5))
    return PlantedEvent(
        kind=EventClass.TREATMENT_OFF,
        site=meter.code,
        enterprise=enterprise.code,
        mn=meter.device.mn,
        parameter="",
        start=begin,
        end=begin + hours * HOUR - timedelta(minutes=30),
        level=0.0,
    )


def _produces(enterprise: EnterprisePlan, start: datetime, hours: int) -> bool:
    shape = LoadShape(enterprise.industry.load, works_sunday=enterprise.works_sunday)
    quarters = (start + timedelta(minutes=15 * index) for index in range(4 * hours + 1))
    return all(shape.at(moment) >= 0.3 for moment in quarters)
