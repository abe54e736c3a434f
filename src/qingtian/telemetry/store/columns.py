"""Frames as columns: what most devices send most of the time, without an object per value.

A block holds frames of one shape (pollutants, units, cycle, length of the period). Whoever hands blocks over vouches
that every frame lies beyond all that is stored of its series and that quality control finds nothing in it
(`ingest.express`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from qingtian.telemetry.store.port import Cycle, Observation, Origin
from qingtian.telemetry.store.rows import DECIMAL, SCHEMA, TIME, Series, time_of

MICRO = Decimal("0.000001")
DAY_US = 86_400_000_000
LEGAL_OFFSET_US = 8 * 3_600_000_000  # days are days in Asia/Shanghai
Figures = np.ndarray[Any, np.dtype[np.int64]]
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class FrameBlock:
    """Frames of one shape.

    Args:
        cycle, period_s, simulated, codes, units, marks: the same for all; the last three per pollutant.
        sites, hashes, segments: per frame.
        starts_us, received_us, offsets: per frame; times in us since 1970 UTC.
        values, minima, maxima: per frame and pollutant, in millionths of the unit; None where the shape has none.
    """

    cycle: Cycle
    period_s: int
    simulated: bool
    codes: tuple[str, ...]
    units: tuple[str, ...]
    marks: tuple[str, ...]
    sites: Sequence[str]
    hashes: Sequence[str]
    segments: Sequence[str]
    starts_us: Figures
    received_us: Figures
    offsets: Figures
    values: Figures
    minima: Figures | None = None
    maxima: Figures | None = None

    def __len__(self) -> int:
        return len(self.sites)

    @property
    def rows(self) -> int:
        """Observations in it."""
        return len(self.sites) * len(self.codes)

    def days(self) -> set[date]:
        """Legal days of the periods."""
        return {date.fromordinal(EPOCH + int(day)) for day in np.unique(_days(self.starts_us))}

    def series(self, frame: int) -> Iterator[Series]:
        """The series that a frame carries on."""
        site, cycle = self.sites[frame], self.cycle.value
        return ((site, code, cycle, Origin.DEVICE.value) for code in self.codes)

    def start(self, frame: int) -> datetime:
        """The period of a frame, city time."""
        return time_of(int(self.starts_us[frame]))

    def observations(self, frame: int) -> list[Observation]:
        """The rows of one frame as objects."""
        start, received = self.start(frame), time_of(int(self.received_us[frame]))
        return [
            Observation(
                self.sites[frame],
                code,
                self.cycle,
                start,
                decimal_of(self.values[frame, place]),
                None if self.minima is None else decimal_of(self.minima[frame, place]),
                None if self.maxima is None else decimal_of(self.maxima[frame, place]),
                unit=self.units[place],
                mark=self.marks[place],
                simulated=self.simulated,
                frame_hash=self.hashes[frame],
                segment=self.segments[frame],
                frame_offset=int(self.offsets[frame]),
                received_at=received,
                period_s=self.period_s,
            )
            for place, code in enumerate(self.codes)
        ]


def decimal_of(millionths: Any) -> Decimal:
    """A figure as the store holds it.

    >>> decimal_of(12_500_000)
    Decimal('12.500000')
    """
    return int(millionths) * MICRO


def block_to_arrow(block: FrameBlock) -> pa.Table:
    """A block in the lake's column order, one row per value."""
    frames, width = len(block), len(block.codes)
    count = frames * width
    of_frame = np.repeat(np.arange(frames, dtype=np.int32), width)
    of_code = np.tile(np.arange(width, dtype=np.int32), frames)
    one = np.zeros(count, dtype=np.int32)

    def named(places: np.ndarray[Any, Any], words: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(words, pa.string()))

    filled: dict[str, pa.Array] = {
        "day": pa.array(np.repeat(_days(block.starts_us), width).astype(np.int32)).cast(pa.date32()),
        "site": named(of_frame, block.sites),
        "pollutant": named(of_code, block.codes),
        "cycle": named(one, [block.cycle.value]),
        "period_start": _times(np.repeat(block.starts_us, width)),
        "value": _decimals(block.values),
        "unit": named(of_code, block.units),
        "mark": named(of_code, block.marks),
        "origin": named(one, [Origin.DEVICE.value]),
        "simulated": pa.array(np.full(count, block.simulated)),
        "frame_hash": named(of_frame, block.hashes),
        "segment": named(of_frame, block.segments),
        "frame_offset": pa.array(np.repeat(block.offsets, width)),
        "received_at": _times(np.repeat(block.received_us, width)),
        "version": pa.array(np.ones(count, dtype=np.int32)),
        "period_s": pa.array(np.full(count, block.period_s, dtype=np.int32)),
        "qc": named(one, [""]),
        "qc_facts": named(one, [""]),
    }
    if block.minima is not None:
        filled["minimum"] = _decimals(block.minima)
    if block.maxima is not None:
        filled["maximum"] = _decimals(block.maxima)
    return pa.table({field.name: filled.get(field.name, pa.nulls(count, field.type)) for field in SCHEMA})


def _days(times_us: Figures) -> Figures:
    return (times_us + LEGAL_OFFSET_US) // DAY_US


def _times(values: Figures) -> pa.Array:
    return pa.Array.from_buffers(TIME, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _decimals(values: Figures) -> pa.Array:
    """Millionths as DECIMAL(20,6): the integers themselves, 16 bytes each."""
    wide = np.zeros((values.size, 2), dtype=np.int64)
    wide[:, 0] = values.reshape(-1)
    wide[:, 1] = wide[:, 0] >> 63
    return pa.Array.from_buffers(DECIMAL, values.size, [None, pa.py_buffer(wide)])
