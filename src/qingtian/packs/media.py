"""The tables of water, soil, noise and the environmental tax, read at first use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

from qingtian.domain.errors import ConfigurationError, InvalidInput
from qingtian.domain.standards.black_odour import OdourLimit
from qingtian.domain.standards.environmental_tax import TaxEquivalent, TaxRate, TaxReduction, TaxRule
from qingtian.domain.standards.noise import NoiseLimit, NoiseRule
from qingtian.domain.standards.provenance import RuleRow
from qingtian.domain.standards.quality import QualityLimit, QualityTable
from qingtian.domain.standards.soil import SoilLimit
from qingtian.domain.standards.surface_water import SurfaceWater, WaterRule, WaterStatus, loosens
from qingtian.domain.standards.water_index import TrophicGrade, TrophicPart, TrophicRule, WaterIndexRule
from qingtian.packs import media_schema as schema
from qingtian.packs.source import PackSource
from qingtian.packs.tables import Table, in_place, nearest, one_rule, plainly

Row = TypeVar("Row", bound=RuleRow)


@dataclass(frozen=True, eq=False)
class MediaTables:
    """Every rule of the media beside air, immutable.

    A day of None takes the rows without an end, that is, those of the editions in force.
    """

    surface: tuple[QualityLimit, ...]
    ground: tuple[QualityLimit, ...]
    statuses: tuple[WaterStatus, ...]
    water_rules: tuple[WaterRule, ...]
    trophic: tuple[TrophicRule, ...]
    water_indices: tuple[WaterIndexRule, ...]
    odour: tuple[OdourLimit, ...]
    soil: tuple[SoilLimit, ...]
    noise: tuple[NoiseLimit, ...]
    noise_rules: tuple[NoiseRule, ...]
    tax: tuple[TaxEquivalent, ...]
    tax_rates: tuple[TaxRate, ...]
    tax_rules: tuple[TaxRule, ...]

    @lru_cache(maxsize=64)  # noqa: B019 - one object a process, which lives as long as the process
    def surface_water(self, on: date | None = None, region: str = "CN") -> SurfaceWater:
        """Limits, rule and status words of surface water for data of a day."""
        return SurfaceWater(
            QualityTable(_placed("surface", self.surface, on, region)),
            one_of_day(self.water_rules, on, region),
            _placed("statuses", self.statuses, on, region),
        )

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def groundwater(self, on: date | None = None, region: str = "CN") -> QualityTable:
        """Limits of groundwater for data of a day."""
        return QualityTable(_placed("ground", self.ground, on, region))

    def trophic_rule(self, on: date | None = None, region: str = "CN") -> TrophicRule:
        """The trophic index for data of a day."""
        return one_of_day(self.trophic, on, region)

    def water_index_rule(self, on: date | None = None, region: str = "CN") -> WaterIndexRule:
        """The city water quality index for data of a day."""
        return one_of_day(self.water_indices, on, region)

    def black_odour(self, scope: str = "urban", on: date | None = None, region: str = "CN") -> tuple[OdourLimit, ...]:
        """Bounds of black and odorous water, urban or rural.

        Raises:
            InvalidInput: no such scope.
        """
        found = tuple(row for row in _placed("odour", self.odour, on, region) if row.scope == scope)
        if not found:
            raise InvalidInput(f"there is no scope {scope!r}", field="scope", remedy="use urban or rural")
        return found

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def soil_limits(self, land: str, on: date | None = None, region: str = "CN") -> tuple[SoilLimit, ...]:
        """Screening and control values of farmland or construction land.

        Raises:
            InvalidInput: no such land.
        """
        found = tuple(row for row in _placed("soil", self.soil, on, region) if row.land == land)
        if not found:
            raise InvalidInput(f"there is no land {land!r}", field="land", remedy="use farmland or construction")
        return found

    def noise_limit(
        self, zone: str, period: str, on: date | None = None, *, place: str = "ambient", region: str = "CN"
    ) -> NoiseLimit:
        """Limit of a zone and a period.

        Raises:
            InvalidInput: no such place, zone or period.
        """
        rows = [row for row in _placed("noise", self.noise, on, region) if row.place == place]
        for row in rows:
            if (row.zone, row.period) == (zone, period):
                return row
        zones = ", ".join(dict.fromkeys(row.zone for row in rows)) or "ambient or boundary as place"
        raise InvalidInput(
            f"no noise limit for {place} {zone} {period}", field="zone", remedy=f"use {zones}; day or night"
        )

    def noise_rule(self, on: date | None = None, region: str = "CN") -> NoiseRule:
        """How noise levels are formed."""
        return one_of_day(self.noise_rules, on, region)

    def tax_equivalents(self, on: date | None = None, region: str = "CN") -> tuple[TaxEquivalent, ...]:
        """Kilograms per pollution equivalent, by item."""
        return _placed("tax", self.tax, on, region)

    def tax_rule(self, on: date | None = None, region: str = "CN") -> TaxRule:
        """Which items are taxed and how the tax is reduced."""
        return one_of_day(self.tax_rules, on, region)

    def tax_rate(self, scope: str, on: date | None = None, region: str = "CN") -> TaxRate:
        """The span of rates of a scope: air, water or hazardous_waste.

        Raises:
            InvalidInput: no such scope.
        """
        for row in _placed("tax_rates", self.tax_rates, on, region):
            if row.scope == scope and row.db_from is None:
                return row
        raise InvalidInput(f"there is no rate of {scope!r}", field="scope", remedy="use air, water or hazardous_waste")

    def rows(self) -> Iterator[RuleRow]:
        """Every row, table by table."""
        for one in fields(self):
            yield from getattr(self, one.name)


def of_day(rows: Iterable[Row], on: date | None) -> tuple[Row, ...]:
    """Rows in force on a day; without a day those without an end."""
    return tuple(row for row in rows if (row.valid_to is None if on is None else row.in_force(on)))


def one_of_day(rows: tuple[Row, ...], on: date | None, region: str = "CN") -> Row:
    """The one row in force, of the nearest region.

    Raises:
        InvalidInput: none is.
    """
    found = nearest(in_place(rows, on, region), region, one_rule)
    if not found:
        raise InvalidInput(f"no {rows[0].standard} is in force on {on}", field="on", remedy="see docs/packs.md")
    return found[0]


def _placed(name: str, rows: tuple[Row, ...], on: date | None, region: str) -> tuple[Row, ...]:
    table: Table[Row] = FIELDS[name]
    return nearest(in_place(rows, on, region), region, table.key)


def read_media(place: Path | PackSource) -> MediaTables:
    """Read and check the tables of a folder, or of a source with regional packs.

    Raises:
        ConfigurationError: names the file, the row, the field, the reason and the remedy.
    """
    return MediaTables(**{name: table.read(place) for name, table in FIELDS.items()})


def _quality_key(row: QualityLimit) -> tuple[Hashable, ...]:
    return (row.item, row.water_body, row.category, row.measure, row.op)


def _loosening(name: str, rows: tuple[QualityLimit, ...]) -> None:
    for key, group in groupby(rows, key=lambda row: (row.key, row.valid_from, row.region)):
        if not loosens(sorted(group, key=lambda row: row.category.rank)):
            raise ConfigurationError(
                f"the limits of {key[0]} get stricter from a class to the next",
                field=f"{name}:limit",
                remedy="mend them",
            )


def _trophic(row: schema.TrophicRow) -> TrophicRule:
    parts = tuple(TrophicPart(**part.model_dump()) for part in row.parts)
    grades = tuple(TrophicGrade(**grade.model_dump()) for grade in row.grades)
    return TrophicRule(**{**row.model_dump(), "parts": parts, "grades": grades})


def _tax_rule(row: schema.TaxRuleRow) -> TaxRule:
    reductions = tuple(TaxReduction(**one.model_dump()) for one in row.reductions)
    largest = MappingProxyType(dict(row.largest))
    return TaxRule(**{**row.model_dump(), "reductions": reductions, "largest": largest})


def _rule(file: str, model: type[BaseModel], make: Callable[[Any], Row], kind: str) -> Table[Row]:
    return Table(file, model, make, one_rule, kind, continuous=True, needed=True)


FIELDS: Mapping[str, Table[Any]] = {
    "surface": Table(
        "surface_water_limits.csv",
        schema.QualityLimitRow,
        plainly(QualityLimit),
        _quality_key,
        "water_limit",
        checks=(_loosening,),
    ),
    "ground": Table(
        "groundwater_limits.csv",
        schema.QualityLimitRow,
        plainly(QualityLimit),
        _quality_key,
        "water_limit",
        checks=(_loosening,),
    ),
    "statuses": Table(
        "water_status.csv", schema.WaterStatusRow, plainly(WaterStatus), lambda row: (row.scope, row.rank), "water_rule"
    ),
    "water_rules": _rule("water_evaluation.json", schema.WaterRuleRow, plainly(WaterRule), "water_rule"),
    "trophic": _rule("trophic_index.json", schema.TrophicRow, _trophic, "water_rule"),
    "water_indices": _rule("water_quality_index.json", schema.WaterIndexRow, plainly(WaterIndexRule), "water_rule"),
    "odour": Table(
        "black_odour.csv",
        schema.OdourLimitRow,
        plainly(OdourLimit),
        lambda row: (row.scope, row.item, row.grade, row.op),
        "water_limit",
    ),
    "soil": Table(
        "soil_limits.csv",
        schema.SoilLimitRow,
        plainly(SoilLimit),
        lambda row: (row.land, row.item, row.level, row.use, row.ph_above),
        "soil_limit",
    ),
    "noise": Table(
        "noise_limits.csv",
        schema.NoiseLimitRow,
        plainly(NoiseLimit),
        lambda row: (row.place, row.zone, row.period),
        "noise_limit",
    ),
    "noise_rules": _rule("noise_rule.json", schema.NoiseRuleRow, plainly(NoiseRule), "noise_rule"),
    "tax": Table(
        "tax_equivalents.csv",
        schema.TaxEquivalentRow,
        plainly(TaxEquivalent),
        lambda row: (row.medium, row.item),
        "tax_rule",
    ),
    "tax_rates": Table(
        "tax_rates.csv", schema.TaxRateRow, plainly(TaxRate), lambda row: (row.scope, row.db_from), "tax_rule"
    ),
    "tax_rules": _rule("tax_rule.json", schema.TaxRuleRow, _tax_rule, "tax_rule"),
}
TABLES: tuple[Table[Any], ...] = tuple(FIELDS.values())
