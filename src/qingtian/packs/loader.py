"""The tables of air, emissions, validity, codes and calendars, and the loading of a source: one immutable object."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.legaltime.calendar import CalendarYear, SpecialDay, WorkCalendar
from qingtian.domain.standards.air_tables import Breakpoint, Category
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
from qingtian.packs.air import aqi_editions, edition_row
from qingtian.packs.files import checked, raw_csv, read_csv
from qingtian.packs.rulebook import Packs
from qingtian.packs.source import NATIONAL, PackSource, as_source
from qingtian.packs.tables import Table, one_rule, plainly

__all__ = ["NATIONAL", "read_calendar", "read_notices", "read_packs"]


def _composite(row: schema.CompositeRow) -> CompositeRule:
    parts = tuple(CompositePart(**part.model_dump()) for part in row.parts)
    return CompositeRule(**{**row.model_dump(), "parts": parts})


def _notice(row: schema.CalendarYearRow) -> RuleRow:
    return RuleRow(**row.model_dump(exclude={"year"}))


BREAKPOINTS = Table(
    "aqi_breakpoints.csv",
    schema.BreakpointRow,
    plainly(Breakpoint),
    lambda row: (row.item, row.period, row.index),
    "aqi_breakpoint",
    continuous=True,
    regional=False,
)
CATEGORIES = Table(
    "aqi_categories.csv",
    schema.CategoryRow,
    plainly(Category),
    lambda row: (row.level_number,),
    "aqi_category",
    continuous=True,
    regional=False,
)
EDITIONS = Table(
    "aqi_editions.json", schema.EditionRow, edition_row, one_rule, "aqi_edition", continuous=True, regional=False
)
AIR_LIMITS = Table(
    "air_limits.csv",
    schema.AirLimitRow,
    plainly(AirLimit),
    lambda row: (row.item, row.period, row.category),
    "air_limit",
    continuous=True,
)
EMISSION_LIMITS = Table(
    "emission_limits.csv",
    schema.EmissionLimitRow,
    plainly(EmissionLimit),
    lambda row: (row.standard, row.item, row.period, row.category, row.condition),
    "emission_limit",
)
REFERENCE_OXYGEN = Table(
    "reference_oxygen.csv",
    schema.ReferenceOxygenRow,
    plainly(ReferenceOxygen),
    lambda row: (row.standard, row.category),
    "reference_oxygen",
)
VALIDITY = Table(
    "data_validity.csv",
    schema.ValidityRow,
    plainly(ValidityRule),
    lambda row: (row.applies_to, row.items, row.period, row.counts),
    "data_validity",
)
MARKS = Table(
    "data_marks.csv",
    schema.MarkRow,
    plainly(DataMark),
    lambda row: (row.mark,),
    "data_mark",
    continuous=True,
    regional=False,
)
POLLUTANTS = Table(
    "pollutants.csv", schema.PollutantRow, plainly(Pollutant), lambda row: (row.code,), "pollutant", regional=False
)
COMPOSITE = Table(
    "composite_index.json",
    schema.CompositeRow,
    _composite,
    one_rule,
    "composite_index",
    continuous=True,
    regional=False,
)
NOTICES = Table(
    "calendar_years.csv", schema.CalendarYearRow, _notice, lambda row: (row.row_id,), "calendar", regional=False
)
TABLES: tuple[Table[Any], ...] = (
    EDITIONS,
    CATEGORIES,
    BREAKPOINTS,
    AIR_LIMITS,
    COMPOSITE,
    EMISSION_LIMITS,
    REFERENCE_OXYGEN,
    VALIDITY,
    MARKS,
    NOTICES,
    POLLUTANTS,
)


def read_packs(place: Path | PackSource = NATIONAL) -> Packs:
    """Read and check the tables that every process needs; the others are read at first use.

    Args:
        place: a folder with national tables, or a source with regional packs beside them.
    Raises:
        ConfigurationError: names the file, the row, the field, the reason and the remedy.
    """
    source = as_source(place)
    corners, bands = BREAKPOINTS.read(source), CATEGORIES.read(source)
    EDITIONS.read(source)
    lines = [(number, source.changed(raw)) for number, raw in EDITIONS.raws(source.national)]
    return Packs(
        editions=aqi_editions(checked(EDITIONS.file, schema.EditionRow, lines), corners, bands),
        air=AIR_LIMITS.read(source),
        emission=EMISSION_LIMITS.read(source),
        oxygen=REFERENCE_OXYGEN.read(source),
        validity=VALIDITY.read(source),
        marks=MARKS.read(source),
        pollutants=POLLUTANTS.read(source),
        composite=COMPOSITE.read(source),
        notices=NOTICES.read(source),
        work_calendar=read_calendar(source),
        source=source,
    )


def read_notices(place: Path | PackSource = NATIONAL) -> tuple[RuleRow, ...]:
    """The yearly notices on holidays, with their sources."""
    return NOTICES.read(place)


def read_calendar(place: Path | PackSource = NATIONAL) -> WorkCalendar:
    """The working-day calendar; every special day must belong to a year whose notice is a row.

    Raises:
        ConfigurationError: a day without its year, or a day or year that is there twice.
    """
    source = as_source(place)
    years = {}
    for year in read_csv(source.national, "calendar_years.csv", schema.CalendarYearRow):
        _once(year.year in years, "calendar_years.csv", f"the year {year.year}")
        years[year.year] = CalendarYear(year.year, year.row_id, year.source, year.confidence)
    days = {}
    lines = ((number, source.changed(raw)) for number, raw in raw_csv(source.national, "calendar.csv"))
    for day in checked("calendar.csv", schema.CalendarDayRow, lines):
        _once(day.date in days, "calendar.csv", f"the day {day.date}")
        if day.date.year not in years:
            raise ConfigurationError(
                f"{day.row_id} belongs to a year without a row", field="calendar.csv:date", remedy="add the year's row"
            )
        days[day.date] = SpecialDay(day.row_id, day.kind, day.name_zh, day.name_en)
    return WorkCalendar(MappingProxyType(days), MappingProxyType(years))


def _once(again: bool, name: str, what: str) -> None:
    if again:
        raise ConfigurationError(f"{what} is there twice", field=name, remedy="remove one of them")
