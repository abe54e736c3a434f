"""Air quality index: sub-indices by exact interpolation, the index, its category and primary pollutants."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.air_tables import (
    AqiTables,
    BreakpointTable,
    Category,
    Indicator,
    MissingRule,
    Report,
)
from qingtian.domain.standards.numbers import round_gb8170


@dataclass(frozen=True, slots=True)
class SubIndex:
    """The index of one pollutant.

    Args:
        name: key under which the concentration was given.
        concentration: as given, in the unit of the table.
        used: what entered the formula, rounded where the edition says so.
        iaqi: the sub-index; None where the edition gives none for this concentration.
        rows: pack rows of the two corners between which it was interpolated.
    """

    name: str
    item: str
    period: str
    unit: str
    concentration: Decimal
    used: Decimal
    iaqi: int | None
    rows: tuple[str, ...]
    clause: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AirIndex:
    """The index of one place and period.

    Args:
        aqi: the published index; None where it may not be published.
        computed: the largest sub-index of what is there, published or not.
        primary: pollutants with the largest sub-index, sorted; empty up to the bound of the edition.
        over_limit: pollutants over their limit (a term of the 2012 edition).
        missing: indicators without a usable value.
        invalid: those among them whose value was unusable, with the reason.
        have: indicators with a value; need: indicators that the report asks for.
    """

    standard: str
    clause: str
    edition_row: str
    report: Report
    aqi: int | None
    computed: int | None
    category: Category | None
    primary: tuple[str, ...]
    over_limit: tuple[str, ...]
    sub_indices: tuple[SubIndex, ...]
    missing: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    invalid: Mapping[str, str] = field(default_factory=dict)
    have: int = 0
    need: int = 0
    reason: str = ""

    @property
    def rows(self) -> tuple[str, ...]:
        """Every pack row that the result rests on."""
        category = (self.category.row_id,) if self.category else ()
        corners = (row for one in self.sub_indices for row in one.rows)
        return tuple(dict.fromkeys((self.edition_row, *corners, *category)))


def iaqi(tables: AqiTables, item: str, period: str, concentration: Decimal, *, name: str = "") -> SubIndex:
    """Sub-index of one pollutant: linear between the corners of the table, always rounded up.

    `IAQI = (hi - lo) / (BP_hi - BP_lo) * (C - BP_lo) + lo`. The 2026 edition rounds C by GB/T 8170 before the formula.

    Args:
        tables: edition, chosen by the date of the data.
        item: SO2, NO2, CO, O3, PM10 or PM2.5.
        period: 24h, 1h or 8h.
        concentration: ug/m3, CO in mg/m3.
    Raises:
        InvalidInput: unknown item or period, or a negative concentration.
    """
    table = tables.table(item, period)
    if concentration < 0:
        raise InvalidInput(f"{concentration} is negative", field=name or "c", remedy="treat it as an invalid value")
    used = concentration if tables.digits is None else round_gb8170(concentration, tables.digits[item])
    value, rows, reason = _look_up(table, used)
    clause = f"{tables.standard} {table.clause}"
    return SubIndex(name or item, item, period, table.unit, concentration, used, value, rows, clause, reason)


def air_index(
    tables: AqiTables, report: Report, values: Mapping[str, Decimal | None], *, exempt: frozenset[str] = frozenset()
) -> AirIndex:
    """Index of one place and period from its concentrations.

    Args:
        tables: edition, chosen by the date of the data.
        report: which indicators count.
        values: concentration by indicator name; None or an absent name is a missing value.
        exempt: names of items that are not in the monitoring plan and do not block publication.
    Raises:
        InvalidInput: a name that the report does not know.
    """
    lines = _lines(tables, report, values)
    invalid = {name: "negative" for name, value in values.items() if value is not None and value < 0}
    usable = {name: value for name, value in values.items() if value is not None and name not in invalid}
    subs = _without_spare(lines, tuple(iaqi(tables, lines[n].item, lines[n].period, usable[n], name=n) for n in usable))
    missing, need = _missing(tables, report, {lines[n].name for n in usable}, exempt)
    return _settle(tables, report, subs, missing=missing, need=need, exempt=exempt, invalid=invalid)


def _settle(
    tables: AqiTables,
    report: Report,
    subs: tuple[SubIndex, ...],
    *,
    missing: tuple[str, ...],
    need: int,
    exempt: frozenset[str],
    invalid: Mapping[str, str],
) -> AirIndex:
    indices = [one.iaqi for one in subs if one.iaqi is not None]
    computed = max(indices, default=None)
    aqi, reason = _published(tables, computed, missing)
    top = {one.name for one in subs if one.iaqi == aqi} if aqi is not None and aqi > tables.primary_above else set()
    bound = tables.over_limit_above
    over = {one.name for one in subs if bound is not None and one.iaqi is not None and one.iaqi > bound}
    return AirIndex(
        standard=tables.standard,
        clause=f"{tables.standard} {tables.edition.clause}",
        edition_row=tables.edition.row_id,
        report=report,
        aqi=aqi,
        computed=computed,
        category=None if aqi is None else tables.category(aqi),
        primary=tuple(sorted(top)),
        over_limit=tuple(sorted(over)),
        sub_indices=subs,
        missing=missing,
        exempt=tuple(sorted(exempt)),
        invalid=invalid,
        have=need - len(missing),
        need=need,
        reason=reason,
    )


def _published(tables: AqiTables, computed: int | None, missing: tuple[str, ...]) -> tuple[int | None, str]:
    if computed is None:
        return None, "no indicator has an index"
    blocks = tables.missing is MissingRule.NA_UNLESS_OVER and missing and computed <= tables.publish_above
    if blocks:
        return None, f"{tables.standard} {tables.missing_clause}: {', '.join(missing)} missing"
    return computed, ""


def _missing(tables: AqiTables, report: Report, given: set[str], exempt: frozenset[str]) -> tuple[tuple[str, ...], int]:
    free = {_line(tables, report, name).name for name in exempt}
    needed = [line.name for line in tables.reports[report] if line.needed and line.name not in free]
    return tuple(name for name in needed if name not in given), len(needed)


def _lines(tables: AqiTables, report: Report, values: Mapping[str, Decimal | None]) -> dict[str, Indicator]:
    lines = {name: _line(tables, report, name) for name in values}
    seen: dict[str, str] = {}
    for name, line in lines.items():
        if line.name in seen:
            raise InvalidInput(
                f"{seen[line.name]} and {name} are the same indicator", field=f"c.{name}", remedy="give one of them"
            )
        seen[line.name] = name
    return lines


def _without_spare(lines: Mapping[str, Indicator], subs: tuple[SubIndex, ...]) -> tuple[SubIndex, ...]:
    # A spare line (SO2 24 h in the hourly report of 2012) counts only when the line it stands in for has no index.
    empty = {lines[one.name].name for one in subs if one.iaqi is None}
    return tuple(one for one in subs if lines[one.name].instead_of in ("", *empty))


def _line(tables: AqiTables, report: Report, name: str) -> Indicator:
    canonical = tables.aliases.get(report, {}).get(name, name)
    lines = tables.reports.get(report, ())
    for line in lines:
        if line.name == canonical:
            return line
    known = ", ".join(line.name for line in lines)
    raise InvalidInput(f"the {report} report has no indicator {name}", field=f"c.{name}", remedy=f"use {known}")


@lru_cache(maxsize=65536)
def _look_up(table: BreakpointTable, c: Decimal) -> tuple[int | None, tuple[str, ...], str]:
    points = table.points
    for low, high in itertools.pairwise(points):
        if c <= high.concentration:
            slope = Fraction(high.index - low.index) / (Fraction(high.concentration) - Fraction(low.concentration))
            value = ceil(low.index + slope * (Fraction(c) - Fraction(low.concentration)))
            return value, (low.row_id, high.row_id), ""
    last = points[-1]
    reason = "above the last breakpoint" if table.ceiling is not None else "no index of this period; use the other one"
    return table.ceiling, (last.row_id,), f"{reason} ({last.concentration} {table.unit})"
