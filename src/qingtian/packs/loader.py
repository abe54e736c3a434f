"""Loading the rule packs of a folder: schema, overlaps, gaps, then one immutable object."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.legaltime.calendar import CalendarYear, SpecialDay, WorkCalendar
from qingtian.domain.standards.air_tables import AqiTables, Breakpoint, Category
from qingtian.domain.standards.composite import CompositePart, CompositeRule
from qingtian.domain.standards.limits import (
    AirLimit,
    DataMark,
    EmissionLimit,
    Pollutant,
    ReferenceOxygen,
    ValidityRule,
)
from qingtian.domain.standards.provenance import RuleRow
from qingtian.packs import schema
from qingtian.packs.air import aqi_editions
from qingtian.packs.continuity import refuse_gaps, refuse_overlaps
from qingtian.packs.files import read_csv, read_json
from qingtian.packs.rulebook import Packs

NATIONAL = Path(__file__).parent / "national"
Domain = TypeVar("Domain", bound=RuleRow)


def read_packs(folder: Path = NATIONAL) -> Packs:
    """Read and check every pack file of a folder.

    Raises:
        ConfigurationError: names the file, the row, the field, the reason and the remedy.
    """
    corners = _rows(
        folder,
        "aqi_breakpoints.csv",
        schema.BreakpointRow,
        Breakpoint,
        lambda row: (row.item, row.period, row.index),
        continuous=True,
    )
    bands = _rows(
        folder, "aqi_categories.csv", schema.CategoryRow, Category, lambda row: (row.level_number,), continuous=True
    )
    return Packs(
        editions=_editions(folder, corners, bands),
        air=_rows(
            folder,
            "air_limits.csv",
            schema.AirLimitRow,
            AirLimit,
            lambda row: (row.item, row.period, row.category),
            continuous=True,
        ),
        emission=_rows(
            folder,
            "emission_limits.csv",
            schema.EmissionLimitRow,
            EmissionLimit,
            lambda row: (row.standard, row.item, row.period, row.category, row.condition),
        ),
        oxygen=_rows(
            folder,
            "reference_oxygen.csv",
            schema.ReferenceOxygenRow,
            ReferenceOxygen,
            lambda row: (row.standard, row.category),
        ),
        validity=_rows(
            folder,
            "data_validity.csv",
            schema.ValidityRow,
            ValidityRule,
            lambda row: (row.applies_to, row.items, row.period, row.counts),
        ),
        marks=_rows(folder, "data_marks.csv", schema.MarkRow, DataMark, lambda row: (row.mark,), continuous=True),
        pollutants=_rows(folder, "pollutants.csv", schema.PollutantRow, Pollutant, lambda row: (row.code,)),
        composite=_composite(folder),
        notices=read_notices(folder),
        work_calendar=read_calendar(folder),
        folder=folder,
    )


def read_notices(folder: Path = NATIONAL) -> tuple[RuleRow, ...]:
    """The yearly notices on holidays, with their sources."""
    rows = read_csv(folder, "calendar_years.csv", schema.CalendarYearRow)
    return tuple(RuleRow(**row.model_dump(exclude={"year"})) for row in rows)


def read_calendar(folder: Path = NATIONAL) -> WorkCalendar:
    """The working-day calendar; every special day must belong to a year whose notice is a row.

    Raises:
        ConfigurationError: a day without its year, or a day or year that is there twice.
    """
    years = {}
    for year in read_csv(folder, "calendar_years.csv", schema.CalendarYearRow):
        _once(year.year in years, "calendar_years.csv", f"the year {year.year}")
        years[year.year] = CalendarYear(year.year, year.row_id, year.source, year.confidence)
    days = {}
    for day in read_csv(folder, "calendar.csv", schema.CalendarDayRow):
        _once(day.date in days, "calendar.csv", f"the day {day.date}")
        if day.date.year not in years:
            raise ConfigurationError(
                f"{day.row_id} belongs to a year without a row", field="calendar.csv:date", remedy="add the year's row"
            )
        days[day.date] = SpecialDay(day.row_id, day.kind, day.name_zh, day.name_en)
    return WorkCalendar(MappingProxyType(days), MappingProxyType(years))


def _editions(folder: Path, corners: tuple[Breakpoint, ...], bands: tuple[Category, ...]) -> tuple[AqiTables, ...]:
    rows = read_json(folder, "aqi_editions.json", schema.EditionRow)
    editions = aqi_editions(rows, corners, bands)
    headers = tuple(one.edition for one in editions)
    refuse_overlaps("aqi_editions.json", headers, lambda _: ("edition",))
    refuse_gaps("aqi_editions.json", headers, lambda _: ("edition",))
    return editions


def _composite(folder: Path) -> tuple[CompositeRule, ...]:
    name, rules = "composite_index.json", []
    for row in read_json(folder, name, schema.CompositeRow):
        parts = tuple(CompositePart(**part.model_dump()) for part in row.parts)
        rules.append(CompositeRule(**{**row.model_dump(), "parts": parts}))
    refuse_overlaps(name, rules, lambda _: ("edition",))
    refuse_gaps(name, rules, lambda _: ("edition",))
    return tuple(rules)


def _rows(
    folder: Path,
    name: str,
    model: type[BaseModel],
    make: type[Domain],
    key: Callable[[Domain], tuple[Hashable, ...]],
    *,
    continuous: bool = False,
) -> tuple[Domain, ...]:
    rows = tuple(make(**row.model_dump()) for row in read_csv(folder, name, model))
    refuse_overlaps(name, rows, key)
    if continuous:
        refuse_gaps(name, rows, key)
    return rows


def _once(again: bool, name: str, what: str) -> None:
    if again:
        raise ConfigurationError(f"{what} is there twice", field=name, remedy="remove one of them")
