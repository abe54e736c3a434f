"""Rows of the rule packs, made readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any

from qingtian.apps.registry.listing import Name
from qingtian.domain.analysis.capacity import CapacityZone
from qingtian.domain.carbon import CarbonRule
from qingtian.domain.decisions.lines import Assignment, DecisionHead, RuleLine
from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.indicators.tree import CompositeIndex
from qingtian.domain.ledgers.balance import ReplacementRule
from qingtian.domain.obligations import Method, ObligationTemplate
from qingtian.domain.obligations.waivers import PlanRule, WaiverReason
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
    region_chain,
)
from qingtian.domain.standards.air_tables import Breakpoint
from qingtian.domain.standards.black_odour import OdourLimit
from qingtian.domain.standards.environmental_tax import TaxEquivalent, TaxRate
from qingtian.domain.standards.noise import NoiseLimit
from qingtian.domain.standards.quality import QualityLimit
from qingtian.domain.standards.soil import SoilLimit
from qingtian.domain.standards.surface_water import WaterStatus
from qingtian.interfaces.api.filters import RuleFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.schemas.rules import AirCategoryOut, PollutantOut, RuleOut, RulePage
from qingtian.packs import Packs, load_packs
from qingtian.packs.catalogue import all_tables
from qingtian.packs.procedures import load_procedures
from qingtian.packs.tables import Table

PROCEDURE = "procedure"
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
    every, found = all_rules(), matching_rules(filters)
    return RulePage(
        items=paged_list(found, filters),
        total=len(found),
        page=filters.page,
        page_size=filters.page_size,
        kinds=sorted({one.kind for one in every}),
    )


def all_rules() -> tuple[RuleOut, ...]:
    """Every row of the packs in use."""
    return _rules_of(load_packs())


@lru_cache(maxsize=2)
def _rules_of(packs: Packs) -> tuple[RuleOut, ...]:
    tables = tables_by_row(packs)
    rows = [_rule(row, tables[row.row_id]) for row in packs.rows()]
    return (*rows, *(_procedure(one) for one in load_procedures().values()))


@lru_cache(maxsize=2)
def tables_by_row(packs: Packs) -> Mapping[str, Table[Any]]:
    """The table of every row."""
    return {row.row_id: table for table in all_tables() for row in packs.of(table)}


def matching_rules(filters: RuleFilters) -> list[RuleOut]:
    """Rows that match, in the order that is asked for."""
    return sorted_by([one for one in all_rules() if _matches(one, filters)], filters.sort, SORTS)


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


def _rule(row: RuleRow, table: Table[Any]) -> RuleOut:
    own = {one.name: _plain(getattr(row, one.name)) for one in fields(row) if one.name not in COMMON}
    title = _title(row)
    return RuleOut(
        row_id=row.row_id,
        kind=table.kind,
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
        file=table.file,
        overrides=list(row.overrides),
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
    Indicator: lambda row: Name(row.name_zh, row.name_en),
    CompositeIndex: lambda row: Name(row.name_zh, row.name_en),
    DecisionHead: lambda row: Name(row.title_zh, row.title_en),
    RuleLine: lambda row: Name(row.text_zh, row.text_en),
    Assignment: lambda row: Name(row.org_zh, row.org_en),
    CapacityZone: lambda row: Name(row.name_zh, row.name_en),
    ObligationTemplate: lambda row: Name(row.name_zh, row.name_en),
    WaiverReason: lambda row: Name(row.label_zh, row.label_en),
    PlanRule: lambda row: Name(row.label_zh, row.label_en),
    Method: lambda row: Name(f"{row.method} {row.name_zh}", f"{row.method} {row.name_en}"),
    ReplacementRule: lambda row: _both(f"{row.area} {row.item}: x {row.factor}"),
    CarbonRule: lambda row: _both(f"{row.name}: {row.value} {row.unit}"),
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
        file=f"procedures/{row.code.lower()}.toml",
        overrides=[],
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
        and (filters.region is None or one.region in region_chain(filters.region))
        and (filters.on is None or _in_force(one, filters.on))
        and (not word or any(word in text.casefold() for text in _searched(one)))
    )


def _searched(one: RuleOut) -> tuple[str, ...]:
    return (one.row_id, one.title_zh, one.title_en, one.standard, one.clause, one.source, one.note)


def _in_force(one: RuleOut, on: date) -> bool:
    return (one.valid_from is None or one.valid_from <= on) and (one.valid_to is None or on <= one.valid_to)
