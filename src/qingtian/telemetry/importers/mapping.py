"""How the columns of a file become values: a mapping is data that can be saved, shown, tried and used again."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qingtian.domain.errors import InvalidInput
from qingtian.packs import load_packs
from qingtian.telemetry.importers.tables import Layout
from qingtian.telemetry.importers.units import conversion, spelt
from qingtian.telemetry.store.port import Cycle

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]{0,39}")
MOST_VALUES = 200
Name = Annotated[str, Field(min_length=1, max_length=120)]


class SourceKind(StrEnum):
    """What kind of source a file comes from."""

    AIR = "air"
    WATER = "water"
    NOISE = "noise"
    SOIL = "soil"
    MANUAL = "manual"  # laboratory results of waste water, flue gas, ambient samples
    POWER = "power"
    PROCESS = "process"
    WEATHER = "weather"
    FORECAST = "forecast"
    OTHER = "other"


class Check(StrEnum):
    """Traps that are looked for in files of one kind."""

    SHIFTED_COLUMNS = "shifted_columns"
    EXCHANGED_OZONE = "exchanged_ozone"
    CO_UNIT = "co_unit"
    PARTICLES = "particles"
    NOISE_ORDER = "noise_order"
    MIDNIGHT = "midnight"
    GAPS = "gaps"
    COMPLETE = "complete"


class Part(BaseModel):
    """A part of a mapping: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sequence(Part):
    """Times for a file that has none: from the order of its rows.

    Args:
        column: column with the number of the row, from 0; empty = the order itself.
        first: start of the first period, with offset.
        step_s: distance of two rows, s.
    """

    column: str = ""
    first: datetime
    step_s: int = Field(ge=1)

    @model_validator(mode="after")
    def _aware(self) -> Self:
        if self.first.tzinfo is None:
            raise ValueError("first needs an offset, such as +08:00")
        return self


class TimeColumns(Part):
    """Where times stand and what they mean.

    Args:
        columns: joined by a blank, e.g. date and hour.
        formats: `strptime` forms, tried in order; empty = ISO 8601.
        utc_offset_min: offset of times that are written without one, min.
        stamp: whether a time is the start or the end of its period, or the instant of a sample.
        midnight: `end_of_same_day` for files that stamp the last period of a day 00:00 of that same date.
        default_year: year of times that are written without one.
        sequence: for files without times.
    """

    columns: tuple[Name, ...] = ()
    formats: tuple[str, ...] = ()
    utc_offset_min: int = Field(480, ge=-840, le=840)
    stamp: Literal["start", "end", "instant"] = "start"
    midnight: Literal["as_written", "end_of_same_day"] = "as_written"
    default_year: int | None = Field(None, ge=1990, le=2200)
    sequence: Sequence | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.columns) == (self.sequence is not None):
            raise ValueError("name the columns of the time, or a sequence, and not both")
        if self.default_year is None and any("%Y" not in one and "%y" not in one for one in self.formats):
            raise ValueError("a format without a year needs default_year")
        return self


class SiteColumns(Part):
    """Where the site stands.

    Args:
        columns: joined by `joiner`, e.g. point and depth.
        constant: the code of the one site of the file.
        codes: code on the register by the name in the file.
    """

    columns: tuple[Name, ...] = ()
    joiner: str = Field("-", max_length=3)
    constant: str = Field("", max_length=64)
    codes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.columns) == bool(self.constant):
            raise ValueError("name the columns of the site, or one constant site, and not both")
        return self


class Item(Part):
    """What a value is.

    Args:
        pollutant: code of HJ 524/525, or an own code.
        unit: unit in the file.
        store_unit: unit in the store; empty = the one of the code table.
        signed: whether values below zero are right (temperature, reactive power).
        amount: an amount over the period: kept as the total, its mean rate as the value.
        words: number by word, e.g. NNW = 337.5; an empty number makes the word a gap.
        name_zh, name_en: of an own code.
    """

    pollutant: str
    unit: str = Field("", max_length=40)
    store_unit: str = Field("", max_length=40)
    signed: bool = False
    amount: bool = False
    words: dict[str, str] = Field(default_factory=dict)
    name_zh: str = Field("", max_length=80)
    name_en: str = Field("", max_length=80)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not CODE.fullmatch(self.pollutant):
            raise ValueError(f"{self.pollutant!r} is no code: letters, digits, _ . + -, at most 40")
        if not self.in_table and not self.own_unit:
            raise ValueError(f"{self.pollutant} is not in the code table: give its unit")
        return self

    @property
    def in_table(self) -> bool:
        """Whether the code table knows it."""
        return load_packs().has_pollutant(self.pollutant)

    @property
    def own_unit(self) -> str:
        """Unit that the mapping itself names for the store."""
        return spelt(self.store_unit or self.unit) if self.store_unit or self.unit else ""

    def unit_in_store(self, *, ambient: bool) -> str:
        """Unit of the stored values."""
        if self.store_unit or not self.in_table:
            return self.own_unit
        row = load_packs().pollutant(self.pollutant)
        return str((row.ambient_unit or row.unit) if ambient else row.unit)


class ValueColumn(Item):
    """A column with the values of one item.

    Args:
        column: its name.
        mark_column: column with the HJ 212 mark of the value.
        minimum_column, maximum_column: columns with lowest and highest value of the period.
        wanted: whether a row without it is incomplete.
    """

    column: Name
    mark_column: str = ""
    minimum_column: str = ""
    maximum_column: str = ""
    wanted: bool = True


class LongForm(Part):
    """A file with one value a row.

    Args:
        item_column: names the item.
        value_column: the value; `<0.02`, `0.02L`, `ND` and 未检出 are below detection.
        unit_column: unit of the row; empty = that of the item.
        detection_limit_column: detection limit, for results that only say "not detected".
        mark_column: HJ 212 mark.
        items: by the name in the file.
    """

    item_column: Name
    value_column: Name
    unit_column: str = ""
    detection_limit_column: str = ""
    mark_column: str = ""
    items: dict[str, Item]

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.items:
            raise ValueError("name at least one item")
        return self


class ForecastColumns(Part):
    """What makes a forecast of a row: when it was issued, and by whom.

    Args:
        issued_columns: time of issue, joined by a blank; same form as the times of the mapping.
        lead_hours_column: hours from issue to the time that is told of; then the time columns are the issue time.
        model_column: column with the name of the model.
        model: name of the model of the whole file.
    """

    issued_columns: tuple[Name, ...] = ()
    lead_hours_column: str = ""
    model_column: str = ""
    model: str = Field("", max_length=60)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.issued_columns) == bool(self.lead_hours_column):
            raise ValueError("name the columns of the issue time, or the lead in hours, and not both")
        if bool(self.model) == bool(self.model_column):
            raise ValueError("name the model, or the column that does, and not both")
        return self


class FileMapping(Part):
    """How one kind of file is read.

    Args:
        name: stable name of the mapping.
        kind: kind of source.
        cycle: length class of the periods.
        period_s: length of a period, s; 0 = by the cycle (an instant for `sample`).
        mark: HJ 212 mark of values without a column for it.
        columns: one item a column; or
        long: one value a row.
        checks: traps that are looked for.
        ozone_day_column: column with the highest hourly ozone of the last 24 h, which proves an exchange of columns.
        nothing: further words and numbers that mean "no value".
        release_delay_min: for histories that are to be known as if they had come in time: minutes after the end of
            each period; None = known from the import on.
        source, licence: shown with the import and its values.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{1,59}$")
    title_zh: str = Field("", max_length=120)
    title_en: str = Field("", max_length=120)
    kind: SourceKind = SourceKind.OTHER
    encoding: str = Field("", max_length=20)
    delimiter: str = Field("", max_length=1)
    sheet: str = Field("", max_length=60)
    header_line: int = Field(1, ge=1, le=100)
    cycle: Cycle = Cycle.HOUR
    period_s: int = Field(0, ge=0, le=366 * 86400)
    time: TimeColumns
    site: SiteColumns
    mark: str = Field("N", pattern=r"^[A-Za-z]?$")
    columns: tuple[ValueColumn, ...] = Field((), max_length=MOST_VALUES)
    long: LongForm | None = None
    forecast: ForecastColumns | None = None
    checks: tuple[Check, ...] = ()
    ozone_day_column: str = ""
    nothing: tuple[str, ...] = ()
    release_delay_min: int | None = Field(None, ge=0, le=7 * 24 * 60)
    source: str = Field("", max_length=500)
    licence: str = Field("", max_length=200)
    simulated: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.columns) == (self.long is not None):
            raise ValueError("name the value columns, or the long form, and not both")
        codes = [one.pollutant for one in self.columns]
        twice = next((code for code in codes if codes.count(code) > 1), None)
        if twice is not None:
            raise ValueError(f"two columns give {twice}")
        if self.forecast is not None and self.long is not None:
            raise ValueError("forecasts are read from columns, not from the long form")
        if self.cycle in (Cycle.MINUTE,) and not self.period_s:
            raise ValueError("minute values need period_s")
        for one in (*self.columns, *(self.long.items.values() if self.long else ())):
            self._check_unit(one)
        return self

    def _check_unit(self, one: Item) -> None:
        try:
            conversion(one.unit or self.unit_of(one), self.unit_of(one), self.seconds)
        except InvalidInput as error:
            raise ValueError(f"{one.pollutant}: {error.message}") from error

    @property
    def ambient(self) -> bool:
        """Whether its values are of ambient air or water rather than of an outlet."""
        return self.kind not in (SourceKind.MANUAL, SourceKind.PROCESS)

    def unit_of(self, item: Item) -> str:
        """Unit of an item in the store."""
        return item.unit_in_store(ambient=self.ambient)

    @property
    def seconds(self) -> int:
        """Length of a period, s; 0 for instants and for months and years."""
        return self.period_s or {Cycle.HOUR: 3600, Cycle.FOUR_HOUR: 14400, Cycle.DAY: 86400}.get(self.cycle, 0)

    @property
    def layout(self) -> Layout:
        """How the file is read."""
        return Layout(self.encoding, self.delimiter, self.sheet, self.header_line)

    @property
    def needed_columns(self) -> tuple[str, ...]:
        """Columns that a file must have, each once, in the order of the mapping."""
        names = [*self.time.columns, *self.site.columns, *(one.column for one in self.columns)]
        if self.time.sequence is not None and self.time.sequence.column:
            names.append(self.time.sequence.column)
        if self.long is not None:
            names += [self.long.item_column, self.long.value_column]
            names += [self.long.unit_column, self.long.detection_limit_column, self.long.mark_column]
        if self.forecast is not None:
            names += [*self.forecast.issued_columns, self.forecast.lead_hours_column, self.forecast.model_column]
        for one in self.columns:
            names += [one.mark_column, one.minimum_column, one.maximum_column]
        return tuple(dict.fromkeys(name for name in names if name))

    def fingerprint(self) -> str:
        """SHA-256 of everything that decides what a file becomes."""
        plain = self.model_dump(mode="json", exclude={"title_zh", "title_en"})
        return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_mapping(data: Any) -> FileMapping:
    """A mapping from plain data.

    Raises:
        InvalidInput: names the field.
    """
    try:
        return FileMapping.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "mapping"
        raise InvalidInput(
            str(first["msg"]).removeprefix("Value error, "),
            field=f"mapping.{place}" if place != "mapping" else place,
            remedy="correct the mapping",
        ) from error
