"""Rows of the rule packs, made readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any

from qingtian.apps.registry.listing import Name
from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.procedures import ProcedureTemplate
from qingtian.domain.standards import (
    AirLimit,
    Category,
    DataMark,
    EmissionLimit,
    Pollutant,
    ReferenceOxygen,
    RuleRow,
    ValidityRule,
)
from qingtian.domain.standards.air_tables import Breakpoint
from qingtian.domain.standards.black_odour import OdourLimit
from qingtian.domain.standards.composite import CompositeRule
from qingtian.domain.standards.environmental_tax import TaxEquivalent, TaxRate, TaxRule
from qingtian.domain.standards.noise import NoiseLimit, NoiseRule
from qingtian.domain.standards.quality import QualityLimit
from qingtian.domain.standards.soil import SoilLimit
from qingtian.domain.standards.surface_water import WaterRule, WaterStatus
from qingtian.domain.standards.water_index import TrophicRule, WaterIndexRule
from qingtian.interfaces.api.filters import RuleFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.schemas.rules import AirCategoryOut, PollutantOut, RuleOut, RulePage
from qingtian.packs import load_packs
from qingtian.packs.procedures import load_procedures

KINDS: Mapping[type[RuleRow], str] = {
    AirLimit: "air_limit",
    EmissionLimit: "emission_limit",
    Breakpoint: "aqi_breakpoint",
    Category: "aqi_category",
    ReferenceOxygen: "reference_oxygen",
    ValidityRule: "data_validity",
    DataMark: "data_mark",
    Pollutant: "pollutant",
    DetectionRule: "detection_rule",
    QualityLimit: "water_limit",
    OdourLimit: "water_limit",
    WaterStatus: "water_rule",
    WaterRule: "water_rule",
    TrophicRule: "water_rule",
    WaterIndexRule: "water_rule",
    SoilLimit: "soil_limit",
    NoiseLimit: "noise_limit",
    NoiseRule: "noise_rule",
    TaxEquivalent: "tax_rule",
    TaxRate: "tax_rule",
    TaxRule: "tax_rule",
    CompositeRule: "composite_index",
}
EDITION, CALENDAR, PROCEDURE = "aqi_edition", "calendar", "procedure"
COMMON = frozenset(one.name for one in fields(RuleRow))
SORTS: Mapping[str, Callable[[RuleOut], Any]] = {
    "row_id": lambda one: one.row_id,
    "kind": lambda one: (one.kind, one.row_id),
    "standard": lambda one: (one.standard, one.row_id),
    "valid_from": lambda one: one.valid_from,
    "confidence": lambda one: (one.confidence, one.row_id),
}


def rule_page(filters: RuleFilters) -> RulePage:
    """A page of rows that match."""
    every = all_rules()
    found = sorted_by([one for one in every if _matches(one, filters)], filters.sort, SORTS)
    return RulePage(
        items=paged_list(found, filters),
        total=len(found),
        page=filters.page,
        page_size=filters.page_size,
        kinds=sorted({one.kind for one in every}),
    )


@lru_cache(maxsize=1)
def all_rules() -> tuple[RuleOut, ...]:
    """Every row of the packs of this release."""
    rows = [_rule(row) for row in load_packs().rows()]
    return (*rows, *(_procedure(one) for one in load_procedures().values()))


def air_categories(on: date) -> list[AirCategoryOut]:
    """Categories of the air index in force on a day, best first."""
    return [
        AirCategoryOut(
            level=row.level_number,
            low=row.minimum,
            high=row.maximum,
            level_zh=row.level,
            name_zh=row.name_zh,
            name_en=row.name_en,
            colour=row.hex,
            colour_zh=row.colour_zh,
            standard=row.standard,
            clause=row.clause,
            source=row.source,
            confidence=row.confidence,
        )
        for row in law.categories(on)
    ]


def pollutants() -> list[PollutantOut]:
    """The code table, by code."""
    return [
        PollutantOut(
            code=row.code,
            name_zh=row.name_zh or row.name_en,
            name_en=row.name_en or row.name_zh,
            symbol=row.symbol,
            unit=row.unit,
            ambient_unit=row.ambient_unit,
            medium=row.medium,
        )
        for row in sorted(load_packs().pollutants, key=lambda row: row.code)
    ]


def _rule(row: RuleRow) -> RuleOut:
    own = {one.name: _plain(getattr(row, one.name)) for one in fields(row) if one.name not in COMMON}
    title = _title(row)
    return RuleOut(
        row_id=row.row_id,
        kind=KINDS.get(type(row), CALENDAR if row.row_id.startswith("cal.") else EDITION),
        title_zh=title.zh,
        title_en=title.en,
        standard=row.standard,
        clause=row.clause,
        source=row.source,
        region=row.region,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        confidence=row.confidence,
        unverified=row.unverified,
        note=row.note,
        values=own,
    )


TITLES: Mapping[type[RuleRow], Callable[[Any], Name]] = {
    AirLimit: lambda row: _both(f"{row.item} {row.period} {row.op} {row.limit} {row.unit}"),
    EmissionLimit: lambda row: _both(
        f"{row.item} {row.period} {row.op} {row.limit} {row.unit}, {row.category}".rstrip(", ")
    ),
    Breakpoint: lambda row: _both(f"{row.item} {row.period}: {row.concentration} {row.unit} = {row.index}"),
    Category: lambda row: Name(row.name_zh, row.name_en),
    Pollutant: lambda row: Name(row.name_zh or row.name_en, row.name_en or row.name_zh),
    DataMark: lambda row: Name(f"{row.mark} {row.meaning_zh}", f"{row.mark} {row.meaning_en}"),
    DetectionRule: lambda row: Name(row.label_zh, row.label_en),
    ValidityRule: lambda row: _both(f"{' '.join(row.items)} {row.period}: {row.counts} >= {row.minimum}"),
    ReferenceOxygen: lambda row: _both(f"{row.category}: O2 {row.reference_o2} %"),
    QualityLimit: lambda row: _named(row, row.category, row.measure, _bounds(row), row.unit),
    OdourLimit: lambda row: _named(row, row.scope, row.grade, _bounds(row), row.unit),
    WaterStatus: lambda row: Name(row.status_zh, row.status_en),
    SoilLimit: lambda row: _named(row, row.level, row.use, _acidity(row), f"{row.limit} {row.unit}"),
    NoiseLimit: lambda row: _both(f"{row.place} {row.zone} {row.period}: {row.limit} {row.unit}"),
    TaxEquivalent: lambda row: _both(f"{row.item} ({row.medium}): {row.kg_per_equivalent} kg"),
    TaxRate: lambda row: _both(f"{row.scope}: {row.low}-{row.high} {row.unit}"),
}


def _both(text: str) -> Name:
    return Name(text, text)


def _named(row: QualityLimit | OdourLimit | SoilLimit, *parts: str) -> Name:
    rest = " ".join(part for part in parts if part)
    return Name(f"{row.name_zh} {rest}", f"{row.item} {rest}")


def _bounds(row: QualityLimit | OdourLimit) -> str:
    numbers = " ".join(str(number) for number in (row.limit, row.upper) if number is not None)
    return f"{row.op.value} {numbers}".strip()


def _acidity(row: SoilLimit) -> str:
    above = "" if row.ph_above is None else f"{row.ph_above} < "
    to = "" if row.ph_to is None else f" <= {row.ph_to}"
    return f"{above}pH{to}" if row.needs_ph else ""


def _title(row: RuleRow) -> Name:
    title = TITLES.get(type(row))
    return title(row) if title else _both(row.standard)


def _procedure(row: ProcedureTemplate) -> RuleOut:
    values: dict[str, Any] = {"states": [one.code for one in row.states]}
    values["clocks"] = {spec.code: f"{spec.n} {spec.mode} {spec.unit}" for spec in row.clocks}
    values |= {name: _plain(value) for name, value in row.parameters.items()}
    return RuleOut(
        row_id=f"{row.code}@{row.version}",
        kind=PROCEDURE,
        title_zh=row.name_zh,
        title_en=row.name_en,
        standard=f"{row.code} v{row.version}",
        clause="",
        source=row.source,
        region="CN",
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        confidence="",
        unverified=False,
        note="",
        values=values,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)


def _matches(one: RuleOut, filters: RuleFilters) -> bool:
    word = (filters.q or "").strip().casefold()
    return (
        (filters.kind is None or one.kind == filters.kind)
        and (filters.standard is None or filters.standard.casefold() in one.standard.casefold())
        and (filters.confidence is None or filters.confidence.casefold() in one.confidence.casefold())
        and (filters.unverified is None or one.unverified is filters.unverified)
        and (not word or any(word in text.casefold() for text in (one.row_id, one.title_zh, one.title_en, one.source)))
    )
