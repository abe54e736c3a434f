"""The air quality index of many rows at once: the same answers as `air_index`, from integer tables.

A concentration is a decimal with few places, so on a grid of 1, 0.1, 0.01 or 0.001 every possible value has one index.
The index of each grid point is computed once, by the same exact arithmetic as the scalar path; rows are then looked up.
A value that lies on no such grid is judged by the scalar path itself, so that no answer is ever approximate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_index import air_index, iaqi
from qingtian.domain.standards.air_tables import (
    AqiTables,
    BreakpointTable,
    Category,
    Indicator,
    MissingRule,
    Report,
)

NONE = -1  # no index
MAX_PLACES = 3  # finest grid: 0.001
CHUNK = 8192  # rows at a time: they stay in the cache of the core, and no temporary asks the system for pages
_ABSENT = -2  # no usable concentration

Indices = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BulkAirIndex:
    """The index of many rows.

    Args:
        names: indicators of the report, in the order of the bits of `primary`.
        iaqi: sub-index of each indicator that was given; NONE where it has none.
        aqi: published index; NONE where it may not be published.
        computed: largest sub-index of what is there, published or not.
        primary: bit n is set where `names[n]` is a primary pollutant.
        level: level number of the category; 0 where there is no published index.
    """

    standard: str
    names: tuple[str, ...]
    iaqi: Mapping[str, Indices]
    aqi: Indices
    computed: Indices
    primary: npt.NDArray[np.uint16]
    level: npt.NDArray[np.uint8]

    def primary_names(self, row: int) -> tuple[str, ...]:
        """Primary pollutants of one row, sorted."""
        bits = int(self.primary[row])
        return tuple(sorted(name for number, name in enumerate(self.names) if bits >> number & 1))


def air_index_bulk(
    tables: AqiTables, report: Report, columns: Mapping[str, npt.ArrayLike], *, exempt: frozenset[str] = frozenset()
) -> BulkAirIndex:
    """Index of many places or periods of one edition; equal to `air_index` row by row.

    Args:
        tables: edition, chosen by the date of the data.
        report: which indicators count.
        columns: concentrations by indicator name, ug/m3 (CO mg/m3), one row per place and period; NaN is a missing
            value, a negative one an invalid value. Floats stand for the decimal that they print as.
        exempt: names of items that are not in the monitoring plan and do not block publication.
    Raises:
        InvalidInput: an unknown or doubled indicator, columns of unequal length, or a value that is not finite.
    """
    lines = _lines(tables, report)
    given = _columns(tables, report, lines, columns)
    air_index(tables, report, {}, exempt=exempt)  # an unknown name is refused in the words of the scalar path
    size = len(next(iter(given.values()))) if given else 0
    found = {name: np.empty(size, np.int16) for name in given}
    aqi, computed = np.empty(size, np.int16), np.empty(size, np.int16)
    primary, level = np.zeros(size, np.uint16), np.empty(size, np.uint8)
    for start in range(0, size, CHUNK):
        rows = slice(start, start + CHUNK)
        part = {name: _sub_indices(tables, lines[name], values[rows]) for name, values in given.items()}
        _drop_spare(lines, part)
        computed[rows] = top = _largest(part)
        aqi[rows] = shown = _published(tables, report, part, top, exempt=exempt)
        level[rows] = _levels(tables.categories)[shown]
        above = shown > tables.primary_above
        for bit, name in enumerate(lines):
            if name in part:
                primary[rows] |= (above & (part[name] == shown)).astype(np.uint16) << np.uint16(bit)
                np.maximum(part[name], NONE, out=found[name][rows])
    return BulkAirIndex(tables.standard, tuple(lines), found, aqi, computed, primary, level)


def _largest(columns: Mapping[str, Indices]) -> Indices:
    top = np.full(len(next(iter(columns.values()))), NONE, np.int16)
    for column in columns.values():
        np.maximum(top, column, out=top)
    return top


def _lines(tables: AqiTables, report: Report) -> dict[str, Indicator]:
    return {line.name: line for line in tables.reports.get(report, ())}


def _columns(
    tables: AqiTables, report: Report, lines: Mapping[str, Indicator], columns: Mapping[str, npt.ArrayLike]
) -> dict[str, Floats]:
    air_index(tables, report, dict.fromkeys(columns))  # names are refused in the words of the scalar path
    aliases = tables.aliases.get(report, {})
    read = {aliases.get(name, name): _numbers(name, column) for name, column in columns.items()}
    sizes = {name: len(column) for name, column in read.items()}
    if len(set(sizes.values())) > 1:
        shortest = min(sizes, key=lambda name: sizes[name])
        raise InvalidInput(
            f"has {sizes[shortest]} rows, another column {max(sizes.values())}",
            field=f"c.{shortest}",
            remedy="give columns of equal length, NaN where a value is missing",
        )
    return {name: read[name] for name in lines if name in read}


def _numbers(name: str, column: npt.ArrayLike) -> Floats:
    values = np.asarray(column)
    if values.dtype.kind not in "iuf" or values.ndim != 1:
        raise InvalidInput(
            f"is no column of numbers ({values.dtype}, {values.ndim} dimensions)",
            field=f"c.{name}",
            remedy="give one number for each row",
        )
    numbers = values.astype(np.float64, copy=False)
    if np.isinf(numbers).any():
        raise InvalidInput("has a value that is not finite", field=f"c.{name}", remedy="give NaN for a missing value")
    return numbers


def _sub_indices(tables: AqiTables, line: Indicator, values: Floats) -> Indices:
    table = tables.table(line.item, line.period)
    digits = None if tables.digits is None else tables.digits[line.item]
    usable = values >= 0  # false for NaN
    complete = bool(usable.all())
    if not complete:
        values = np.where(usable, values, 0.0)
    for places in range(MAX_PLACES + 1):
        scaled = values * 10.0**places if places else values
        whole = np.rint(scaled)
        # The quotient of two exact numbers is the float nearest to the decimal: equal means the value is that decimal.
        on_grid = (whole / 10.0**places if places else whole) == values
        if places == MAX_PLACES or on_grid.all():
            break
    top = _grid(tables, table, digits, places)
    found = np.take(top, np.minimum(whole, len(top) - 1).astype(np.intp), mode="clip")
    if not on_grid.all():
        _judge_exactly(tables, line, values, found, np.flatnonzero(~on_grid))
    if not complete:
        found[~usable] = _ABSENT
    return found


def _judge_exactly(tables: AqiTables, line: Indicator, values: Floats, found: Indices, rows: npt.NDArray[Any]) -> None:
    for row in rows:
        exact = iaqi(tables, line.item, line.period, Decimal(repr(float(values[row])))).iaqi
        found[row] = NONE if exact is None else exact


@lru_cache(maxsize=128)
def _grid(tables: AqiTables, table: BreakpointTable, digits: int | None, places: int) -> Indices:
    """Index of every grid point from zero to just above the last corner; the last entry stands for all above it."""
    last = table.points[-1].concentration
    # One unit of the rounding above the last corner: what rounds down to the corner is still within.
    count = int((last + Decimal(10) ** -(digits or 0)) * 10**places) + 2
    concentration = np.arange(count, dtype=np.int64)
    if digits is not None:
        concentration, places = _rounded(concentration, places, digits)
    scale = max(places, *(-cast("int", point.concentration.as_tuple().exponent) for point in table.points))
    concentration = concentration * 10 ** (scale - places)
    corners = np.array([int(point.concentration.scaleb(scale)) for point in table.points], dtype=np.int64)
    index = np.array([point.index for point in table.points], dtype=np.int64)
    high = np.clip(np.searchsorted(corners, concentration, side="left"), 1, len(corners) - 1)
    rise = (index[high] - index[high - 1]) * (concentration - corners[high - 1])
    values = index[high - 1] - (-rise // (corners[high] - corners[high - 1]))  # rounded up in whole numbers
    values[concentration > corners[-1]] = NONE if table.ceiling is None else table.ceiling
    return cast("Indices", values.astype(np.int16))


def _rounded(numbers: npt.NDArray[np.int64], places: int, digits: int) -> tuple[npt.NDArray[np.int64], int]:
    """Grid points rounded half to even to fewer places (GB/T 8170), and the places they have then."""
    if places <= digits:
        return numbers, places
    step = 10 ** (places - digits)
    whole, rest = np.divmod(numbers, step)
    up = (2 * rest > step) | ((2 * rest == step) & (whole % 2 == 1))
    return whole + up, digits


def _drop_spare(lines: Mapping[str, Indicator], found: dict[str, Indices]) -> None:
    """A spare line counts only where the line that it stands in for was given and has no index."""
    for name, column in found.items():
        stands_for = lines[name].instead_of
        if stands_for:
            other = found.get(stands_for)
            empty: Bools = np.zeros(len(column), np.bool_) if other is None else other == NONE
            column[~empty] = _ABSENT


def _published(
    tables: AqiTables, report: Report, found: Mapping[str, Indices], computed: Indices, *, exempt: frozenset[str]
) -> Indices:
    aqi = computed.copy()
    if tables.missing is not MissingRule.NA_UNLESS_OVER:
        return aqi
    aliases = tables.aliases.get(report, {})
    free = {aliases.get(name, name) for name in exempt}
    incomplete = np.zeros(len(computed), np.bool_)
    for line in tables.reports[report]:
        if line.needed and line.name not in free:
            incomplete |= found[line.name] == _ABSENT if line.name in found else np.True_
    aqi[incomplete & (computed <= tables.publish_above)] = NONE
    return aqi


@lru_cache(maxsize=8)
def _levels(categories: tuple[Category, ...]) -> npt.NDArray[np.uint8]:
    """Level number by index, zero in the first band; the last entry (index -1) stands for no index."""
    levels = np.full(categories[-1].maximum + 2, categories[0].level_number, np.uint8)
    for band in categories:
        levels[band.minimum : band.maximum + 1] = band.level_number
    levels[NONE] = 0
    return levels
