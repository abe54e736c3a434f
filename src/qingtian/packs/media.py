"""The tables of water, soil, noise and the environmental tax, read at first use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

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
from qingtian.packs.continuity import refuse_gaps, refuse_overlaps
from qingtian.packs.files import read_csv, read_json

Row = TypeVar("Row", bound=RuleRow)
Key = Callable[[Row], tuple[Hashable, ...]]


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
    def surface_water(self, on: date | None = None) -> SurfaceWater:
        """Limits, rule and status words of surface water for data of a day."""
        return SurfaceWater(
            QualityTable(of_day(self.surface, on)), one_of_day(self.water_rules, on), of_day(self.statuses, on)
        )

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def groundwater(self, on: date | None = None) -> QualityTable:
        """Limits of groundwater for data of a day."""
        return QualityTable(of_day(self.ground, on))

    def trophic_rule(self, on: date | None = None) -> TrophicRule:
        """The trophic index for data of a day."""
        return one_of_day(self.trophic, on)

    def water_index_rule(self, on: date | None = None) -> WaterIndexRule:
        """The city water quality index for data of a day."""
        return one_of_day(self.water_indices, on)

    def black_odour(self, scope: str = "urban", on: date | None = None) -> tuple[OdourLimit, ...]:
        """Bounds of black and odorous water, urban or rural.

        Raises:
            InvalidInput: no such scope.
        """
        found = tuple(row for row in of_day(self.odour, on) if row.scope == scope)
        if not found:
            raise InvalidInput(f"there is no scope {scope!r}", field="scope", remedy="use urban or rural")
        return found

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def soil_limits(self, land: str, on: date | None = None) -> tuple[SoilLimit, ...]:
        """Screening and control values of farmland or construction land.

        Raises:
            InvalidInput: no such land.
        """
        found = tuple(row for row in of_day(self.soil, on) if row.land == land)
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
        rows = [row for row in of_day(self.noise, on) if row.place == place and row.region == region]
        for row in rows:
            if (row.zone, row.period) == (zone, period):
                return row
        zones = ", ".join(dict.fromkeys(row.zone for row in rows)) or "ambient or boundary as place"
        raise InvalidInput(
            f"no noise limit for {place} {zone} {period}", field="zone", remedy=f"use {zones}; day or night"
        )

    def noise_rule(self, on: date | None = None) -> NoiseRule:
        """How noise levels are formed."""
        return one_of_day(self.noise_rules, on)

    def tax_equivalents(self, on: date | None = None) -> tuple[TaxEquivalent, ...]:
        """Kilograms per pollution equivalent, by item."""
        return of_day(self.tax, on)

    def tax_rule(self, on: date | None = None) -> TaxRule:
        """Which items are taxed and how the tax is reduced."""
        return one_of_day(self.tax_rules, on)

    def tax_rate(self, scope: str, on: date | None = None) -> TaxRate:
        """The span of rates of a scope: air, water or hazardous_waste.

        Raises:
            InvalidInput: no such scope.
        """
        for row in of_day(self.tax_rates, on):
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


def one_of_day(rows: tuple[Row, ...], on: date | None) -> Row:
    """The one row in force.

    Raises:
        InvalidInput: none is.
    """
    found = of_day(rows, on)
    if not found:
        raise InvalidInput(f"no {rows[0].standard} is in force on {on}", field="on", remedy="see docs/packs.md")
    return found[0]


def read_media(folder: Path) -> MediaTables:
    """Read and check the tables of a folder.

    Raises:
        ConfigurationError: names the file, the row, the field, the reason and the remedy.
    """
    surface, ground = (_quality(folder, name) for name in ("surface_water_limits.csv", "groundwater_limits.csv"))
    return MediaTables(
        surface=surface,
        ground=ground,
        statuses=_table(
            folder, "water_status.csv", schema.WaterStatusRow, WaterStatus, lambda row: (row.scope, row.rank)
        ),
        water_rules=_rules(folder, "water_evaluation.json", schema.WaterRuleRow, WaterRule),
        trophic=_trophic(folder),
        water_indices=_rules(folder, "water_quality_index.json", schema.WaterIndexRow, WaterIndexRule),
        odour=_table(
            folder,
            "black_odour.csv",
            schema.OdourLimitRow,
            OdourLimit,
            lambda row: (row.scope, row.item, row.grade, row.op),
        ),
        soil=_table(
            folder,
            "soil_limits.csv",
            schema.SoilLimitRow,
            SoilLimit,
            lambda row: (row.land, row.item, row.level, row.use, row.ph_above),
        ),
        noise=_table(
            folder,
            "noise_limits.csv",
            schema.NoiseLimitRow,
            NoiseLimit,
            lambda row: (row.place, row.zone, row.period),
        ),
        noise_rules=_rules(folder, "noise_rule.json", schema.NoiseRuleRow, NoiseRule),
        tax=_table(
            folder, "tax_equivalents.csv", schema.TaxEquivalentRow, TaxEquivalent, lambda row: (row.medium, row.item)
        ),
        tax_rates=_table(folder, "tax_rates.csv", schema.TaxRateRow, TaxRate, lambda row: (row.scope, row.db_from)),
        tax_rules=_tax_rules(folder),
    )


def _quality(folder: Path, name: str) -> tuple[QualityLimit, ...]:
    rows = _table(
        folder,
        name,
        schema.QualityLimitRow,
        QualityLimit,
        lambda row: (row.item, row.water_body, row.category, row.measure, row.op),
    )
    for key, group in groupby(rows, key=lambda row: (row.key, row.valid_from, row.region)):
        if not loosens(sorted(group, key=lambda row: row.category.rank)):
            raise ConfigurationError(
                f"the limits of {key[0]} get stricter from a class to the next",
                field=f"{name}:limit",
                remedy="mend them",
            )
    return rows


def _table(folder: Path, name: str, model: type[BaseModel], make: type[Row], key: Key[Row]) -> tuple[Row, ...]:
    rows = tuple(make(**row.model_dump()) for row in read_csv(folder, name, model))
    refuse_overlaps(name, rows, key)
    return rows


def _rules(folder: Path, name: str, model: type[BaseModel], make: type[Row]) -> tuple[Row, ...]:
    return _lone(name, (make(**row.model_dump()) for row in read_json(folder, name, model)))


def _lone(name: str, rows: Iterable[Row]) -> tuple[Row, ...]:
    found = tuple(rows)
    if not found:
        raise ConfigurationError("has no row", field=name, remedy="restore the pack from the release")
    refuse_overlaps(name, found, lambda _: ("rule",))
    refuse_gaps(name, found, lambda _: ("rule",))
    return found


def _trophic(folder: Path) -> tuple[TrophicRule, ...]:
    name, rules = "trophic_index.json", []
    for row in read_json(folder, name, schema.TrophicRow):
        parts = tuple(TrophicPart(**part.model_dump()) for part in row.parts)
        grades = tuple(TrophicGrade(**grade.model_dump()) for grade in row.grades)
        rules.append(TrophicRule(**{**row.model_dump(), "parts": parts, "grades": grades}))
    return _lone(name, rules)


def _tax_rules(folder: Path) -> tuple[TaxRule, ...]:
    name, rules = "tax_rule.json", []
    for row in read_json(folder, name, schema.TaxRuleRow):
        reductions = tuple(TaxReduction(**one.model_dump()) for one in row.reductions)
        largest = MappingProxyType(dict(row.largest))
        rules.append(TaxRule(**{**row.model_dump(), "reductions": reductions, "largest": largest}))
    return _lone(name, rules)
