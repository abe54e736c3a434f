"""Inputs of an indicator for a period: from the platform's sources, from other indicators, or as people report them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from qingtian.apps.indicators.models import IndicatorValue, ReportedFigure
from qingtian.apps.indicators.sources import SOURCES, Found, Wanted
from qingtian.domain.errors import InvalidInput
from qingtian.domain.indicators.definition import Indicator, Input
from qingtian.domain.indicators.graph import INDICATOR
from qingtian.domain.indicators.periods import Period, Span, named_period
from qingtian.domain.indicators.shapes import Field, Shape, Sort, TableShape
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.values import Inputs, Key, Plain, Row, Single, Table
from qingtian.domain.standards.numbers import exact

MAX_ROWS = 5000  # of a reported table
NOT_REPORTED = "nobody has reported it / 尚未填报"


@dataclass(slots=True)
class Gathered:
    """Inputs, when the newest of them arrived, and whether one of them is simulated."""

    tables: dict[Key, Table] = field(default_factory=dict)
    singles: dict[Key, Single] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    periods: dict[PeriodName, Period] = field(default_factory=dict)
    known_at: datetime | None = None
    simulated: bool = False

    @property
    def inputs(self) -> Inputs:
        """What the formula is computed from."""
        return Inputs(self.tables, self.singles, self.why)

    def note(self, known_at: datetime | None, simulated: bool) -> None:
        """Take up what an input says of itself."""
        self.simulated = self.simulated or simulated
        if known_at is not None and (self.known_at is None or known_at > self.known_at):
            self.known_at = known_at


Known = dict[tuple[str, Wanted], Found]
"""What sources gave already in one run: several indicators read the same days."""


def gather(
    indicator: Indicator, period: Period, span: Span, region: str, at: datetime, known: Known | None = None
) -> Gathered:
    """Every input that the formula reads, for the period that each read means.

    Args:
        known: kept between calls of one run at one moment.
    """
    given = {} if known is None else known
    found = Gathered()
    by_name = {one.name: one for one in indicator.inputs}
    for name, period_name in indicator.compiled.reads:
        wanted = Wanted(named_period(period_name, period, indicator.baseline), region, at)
        found.periods[period_name] = wanted.period
        _take(found, indicator, by_name[name], period_name, wanted, span, given)
    return found


def _take(
    found: Gathered, indicator: Indicator, one: Input, name: PeriodName, wanted: Wanted, span: Span, known: Known
) -> None:
    if one.source.startswith(INDICATOR):
        _take_value(found, one, name, wanted, span)
    elif one.source:
        if one.source not in SOURCES:
            raise InvalidInput(
                f"{indicator.code}: there is no source {one.source}",
                field=one.name,
                remedy=f"name one of {', '.join(SOURCES)} in the pack",
            )
        if (one.source, wanted) not in known:
            known[one.source, wanted] = SOURCES[one.source](wanted)
        _take_source(found, one, name, known[one.source, wanted])
    else:
        _take_figure(found, indicator, one, name, wanted)


def _take_source(found: Gathered, one: Input, name: PeriodName, given: Found) -> None:
    if given.table is None:
        found.why[one.name] = given.why
        return
    found.tables[one.name, name] = given.table
    found.note(given.known_at, given.simulated)


def _take_value(found: Gathered, one: Input, name: PeriodName, wanted: Wanted, span: Span) -> None:
    rows = IndicatorValue.objects.filter(
        code=one.source.removeprefix(INDICATOR), region=wanted.region, span=span, first=wanted.period.first
    )
    row = rows.filter(computed_at__lte=wanted.at).order_by("-version").first()
    if row is None or not row.value:
        found.why[one.name] = "not computed / 尚未计算" if row is None else f"{row.reason_en} / {row.reason_zh}"
        return
    value: Plain = row.value == "true" if row.value in ("true", "false") else Decimal(row.value)
    found.singles[one.name, name] = Single(value, f"{row.code} v{row.version}")
    found.note(row.known_at, row.simulated)


def _take_figure(found: Gathered, indicator: Indicator, one: Input, name: PeriodName, wanted: Wanted) -> None:
    rows = ReportedFigure.objects.filter(
        code=indicator.code, input=one.name, region=wanted.region, first=wanted.period.first
    )
    # Of a running period the figure may be that of its whole or of its part until now: the latest end counts.
    row = rows.filter(reported_at__lte=wanted.at).order_by("-last", "-version").first()
    if row is None:
        found.why.setdefault(one.name, NOT_REPORTED)
        return
    note = f"{row.source}; {row.reported_by} {row.reported_at.isoformat(timespec='minutes')}"
    if isinstance(one.shape, TableShape):
        found.tables[one.name, name] = Table(tuple(rows_of(one.shape, row.value)), note=note)
    else:
        found.singles[one.name, name] = Single(plain_of(one.shape, row.value, one.name), note)
    found.note(row.reported_at, False)


def figure_of(shape: Shape, name: str, given: Any) -> Any:
    """A figure as it is kept, checked against its input.

    Raises:
        InvalidInput: names the input, or the row and the field of a table.
    """
    if isinstance(shape, TableShape):
        return [
            {"id": row.id, **{key: _kept(value) for key, value in row.values.items()}} for row in rows_of(shape, given)
        ]
    value = plain_of(shape, given, name)
    if value is None:
        raise InvalidInput("there is no value", field=name, remedy="give one")
    return _kept(value)


def rows_of(shape: TableShape, given: Any) -> Iterator[Row]:
    """Rows of a reported table.

    Raises:
        InvalidInput: no list of objects, or a wrong cell by row and field.
    """
    if not isinstance(given, list) or len(given) > MAX_ROWS:
        raise InvalidInput(f"a table is a list of at most {MAX_ROWS} rows", field="value", remedy="give objects")
    for number, raw in enumerate(given, start=1):
        if not isinstance(raw, Mapping):
            raise InvalidInput(f"row {number} is no object", field=f"value.{number}", remedy="give {field: value}")
        unknown = sorted(set(raw) - set(shape.fields) - {"id"})
        if unknown:
            raise InvalidInput(
                f"row {number} has no field {unknown[0]}",
                field=f"value.{number}.{unknown[0]}",
                remedy=f"use {', '.join(shape.fields)}",
            )
        values = {name: plain_of(one, raw.get(name), f"value.{number}.{name}") for name, one in shape.fields.items()}
        yield Row(str(raw.get("id") or number), values)


def plain_of(shape: Field, given: Any, name: str) -> Plain:
    """A value as its input wants it; None stays None.

    Raises:
        InvalidInput: of another kind, by name.
    """
    if given is None:
        return None
    if shape.sort is Sort.NUMBER:
        return exact(given, field=name)
    wanted = bool if shape.sort is Sort.TRUTH else str
    if not isinstance(given, wanted):
        raise InvalidInput(f"{given!r} is no {shape.sort}", field=name, remedy=f"give a {shape.sort}")
    return given


def _kept(value: Plain) -> Any:
    return str(value) if isinstance(value, Decimal) else value
