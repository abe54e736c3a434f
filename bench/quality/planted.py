"""Troubles planted into real rows, each as it happens on real devices; which cause must tell of it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from bench.quality.real import Frame, Value

PM25, PM10, SO2, NO2, O3, CO = "a34004", "a34002", "a21026", "a21004", "a05024", "a21005"
ORDER = (PM25, PM10, SO2, NO2, O3, CO)
Plant = Callable[[list[Frame], int, int, random.Random], None]  # frames, first, last (in place)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble.

    Args:
        cause: the cause that must be found on at least one of its values.
        hours: how long it lasts.
        plant: puts it into frames.
    """

    name: str
    cause: str
    hours: int
    plant: Plant


def _value(frame: Frame, code: str) -> Value | None:
    return next((one for one in frame if one.pollutant == code and one.value is not None), None)


def _each(change: Callable[[Value], Decimal | None], code: str) -> Plant:
    def plant(frames: list[Frame], first: int, last: int, _: random.Random) -> None:
        for frame in frames[first:last]:
            held = _value(frame, code)
            if held is not None:
                held.value = change(held)

    return plant


def _factor(code: str, factor: str) -> Plant:
    return _each(lambda one: (one.value or Decimal(0)) * Decimal(factor), code)


def _frozen(code: str) -> Plant:
    def plant(frames: list[Frame], first: int, last: int, _: random.Random) -> None:
        held = next((found for frame in frames[first:last] if (found := _value(frame, code)) is not None), None)
        for frame in frames[first:last]:
            own = _value(frame, code)
            if own is not None and held is not None:
                own.value = held.value

    return plant


def _shifted(start: str) -> Plant:
    """Columns from `start` on hold their left neighbour's values; the first of them repeats the index of the hour."""

    def plant(frames: list[Frame], first: int, last: int, _: random.Random) -> None:
        place = ORDER.index(start)
        for frame in frames[first:last]:
            values = {one.pollutant: one for one in frame}
            taken = {code: values[code].value for code in ORDER if code in values}
            for index in range(place + 1, len(ORDER)):
                if ORDER[index] in values and ORDER[index - 1] in taken:
                    values[ORDER[index]].value = taken[ORDER[index - 1]]
            if start in values:
                values[start].value = Decimal(90)

    return plant


def _exchanged(one: str, other: str) -> Plant:
    def plant(frames: list[Frame], first: int, last: int, _: random.Random) -> None:
        for frame in frames[first:last]:
            left, right = _value(frame, one), _value(frame, other)
            if left is not None and right is not None:
                left.value, right.value = right.value, left.value

    return plant


def _spike(code: str, by: int) -> Plant:
    return _each(lambda one: (one.value or Decimal(0)) + by, code)


def _extremes(frames: list[Frame], first: int, last: int, _: random.Random) -> None:
    for frame in frames[first:last]:
        for one in frame:
            if one.value is not None:
                one.minimum, one.maximum = one.value + 5, one.value + 9


def _same_sample(frames: list[Frame], first: int, last: int, _: random.Random) -> None:
    for frame in frames[first:last]:
        for one in frame:
            one.sampled_at = frames[first][0].period_start


TROUBLES = (
    Trouble("CO in ug/m3", "unit_slip", 6, _factor(CO, "1000")),
    Trouble("PM2.5 in mg/m3", "unit_slip", 6, _factor(PM25, "0.001")),
    Trouble("PM2.5 in ng/m3", "unit_slip", 6, _factor(PM25, "1000")),
    Trouble("NO2 in ppm", "unit_slip", 6, _factor(NO2, "0.000487")),
    Trouble("SO2 in mg/m3", "unit_slip", 6, _factor(SO2, "0.001")),
    Trouble("columns from SO2 on", "column_shift", 6, _shifted(SO2)),
    Trouble("columns from PM10 on", "column_shift", 6, _shifted(PM10)),
    Trouble("PM2.5 frozen", "persistence", 24, _frozen(PM25)),
    Trouble("PM10 frozen", "persistence", 24, _frozen(PM10)),
    Trouble("NO2 frozen", "persistence", 24, _frozen(NO2)),
    Trouble("O3 frozen", "persistence", 24, _frozen(O3)),
    Trouble("SO2 frozen for a week", "persistence", 168, _frozen(SO2)),
    Trouble("CO frozen for a week", "persistence", 168, _frozen(CO)),
    Trouble("o3 and o3_8h exchanged", "o3_swapped", 48, _exchanged(O3, "o3_8h")),
    Trouble("o3 and o3_24h exchanged", "o3_swapped", 24, _exchanged(O3, "o3_24h")),
    Trouble("PM2.5 above its range", "out_of_range", 1, _each(lambda _: Decimal(1500), PM25)),
    Trouble("O3 far below zero", "out_of_range", 1, _each(lambda _: Decimal(-99), O3)),
    Trouble("spike of PM2.5", "jump", 1, _spike(PM25, 500)),
    Trouble("spike of SO2", "jump", 1, _spike(SO2, 300)),
    Trouble("drift below zero", "negative_run", 6, _each(lambda one: Decimal(-2), SO2)),
    Trouble("zeros", "zero_run", 6, _each(lambda _: Decimal(0), NO2)),
    Trouble("PM2.5 and PM10 exchanged", "pm25_above_pm10", 3, _exchanged(PM25, PM10)),
    Trouble("extremes disordered", "extremes_disordered", 1, _extremes),
    Trouble("the same sample again", "stale_sample", 3, _same_sample),
)


def planted(frames: list[Frame], trouble: Trouble, first: int, rng: random.Random) -> list[Frame]:
    """A copy of some frames with one trouble from a position on."""
    copies = [[copy.copy(one) for one in frame] for frame in frames]
    trouble.plant(copies, first, first + trouble.hours, rng)
    return copies


def stack_frames(count: int = 240, seed: int = 1) -> list[Frame]:
    """Hours of a stack with oxygen, flow, converted values and totals, all of them consistent (reference 6 %)."""
    from bench.quality.real import HOUR, stack

    rng, frames = random.Random(seed), []
    for real in stack()[:count]:
        nox = real[0]
        oxygen = Decimal(f"{rng.uniform(5, 9):.2f}")
        flow = Decimal(f"{rng.uniform(80, 120):.2f}")
        assert nox.value is not None
        converted = round(nox.value * (21 - 6) / (21 - oxygen), 2)
        total = round(nox.value * flow * 3600 / 1_000_000, 3)
        at = nox.period_start
        frames.append(
            [
                replace(nox, converted=converted, total=total),
                Value("a19001", oxygen, "%", at),
                Value("a00000", flow, "m3/s", at, total=flow * 3600),
            ]
        )
    assert frames[1][0].period_start - frames[0][0].period_start == HOUR == timedelta(hours=1)
    return frames


STACK_TROUBLES = (
    Trouble("NOx in ug/m3", "unit_slip", 6, _factor("a21002", "1000")),
    Trouble("NOx in g/m3 while burning", "unit_slip", 6, _factor("a21002", "0.001")),
    Trouble("flow in m3/h", "unit_slip", 6, _factor("a00000", "3600")),
    Trouble("converted the wrong way round", "conversion_mismatch", 6, lambda f, a, b, _: _reconverted(f, a, b)),
    Trouble("total in g", "total_mismatch", 6, lambda f, a, b, _: _totals(f, a, b)),
)


def _reconverted(frames: list[Frame], first: int, last: int) -> None:
    for frame in frames[first:last]:
        oxygen = _value(frame, "a19001")
        for one in frame:
            if one.converted is not None and one.value is not None and oxygen is not None and oxygen.value is not None:
                one.converted = round(one.value * (21 - oxygen.value) / (21 - 6), 2)


def _totals(frames: list[Frame], first: int, last: int) -> None:
    for frame in frames[first:last]:
        for one in frame:
            if one.total is not None and one.pollutant == "a21002":
                one.total = one.total * 1000
