"""The rules in force, as the packs hold them."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Page, Schema


class RuleOut(Schema):
    """A row of a rule pack."""

    row_id: str
    kind: str = Field(description="air_limit, emission_limit, aqi_breakpoint, calendar, detection, procedure, ...")
    title_zh: str
    title_en: str
    standard: str
    clause: str
    source: str
    region: str
    valid_from: date | None
    valid_to: date | None
    confidence: str
    unverified: bool = Field(description="the figure is from memory only; it must be shown as unverified")
    note: str
    values: dict[str, Any]


class RulePage(Page[RuleOut]):
    """A page of rules."""

    kinds: list[str]


class AirCategoryOut(Schema):
    """A category of the air quality index."""

    level: int
    low: int
    high: int
    level_zh: str
    name_zh: str
    name_en: str
    colour: str
    colour_zh: str
    standard: str
    clause: str
    source: str
    confidence: str


class PollutantOut(Schema):
    """A pollutant code with its names."""

    code: str
    name_zh: str
    name_en: str
    symbol: str
    unit: str
    ambient_unit: str
    medium: str
