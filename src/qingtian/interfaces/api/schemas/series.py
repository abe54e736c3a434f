"""A series of values with its limits and its coverage."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Schema
from qingtian.interfaces.api.schemas.places import LimitOut
from qingtian.interfaces.api.schemas.quality import QualityMark


class SeriesPoint(Schema):
    """One period."""

    t: CityTime = Field(description="start of the period")
    value: DecimalText | None
    mark: str
    valid: bool = Field(description="whether it may enter a mean or a judgement")
    minimum: DecimalText | None
    maximum: DecimalText | None
    converted: DecimalText | None
    version: int
    origin: str = Field(description="device, import or rollup")
    qc: list[QualityMark] = Field(description="causes of doubt, mostly none")
    frame: str | None = Field(description="the raw frame that brought it; null for imports and roll-ups")


class CoverageOut(Schema):
    """How much of the asked time has values."""

    expected: int
    present: int
    valid: int
    share: DecimalText | None = Field(description="valid / expected, 0 to 1")
    doubted: int = Field(description="values with a cause of doubt")
    excluded: int = Field(description="values that a pack rule keeps out of means for such a cause")


class SeriesOut(Schema):
    """Values of one pollutant at one site; empty periods are left out, never joined."""

    site: str
    site_name: str
    site_name_en: str
    pollutant: str
    name_zh: str
    name_en: str
    unit: str
    cycle: str
    start: CityTime
    end: CityTime
    as_of: CityTime | None
    label: str = Field(description="which end of the period labels a value: start")
    points: list[SeriesPoint]
    limits: list[LimitOut]
    coverage: CoverageOut | None = Field(description="null when only some points are given")
    sampled: bool = Field(description="whether points were left out, because `points` was given")
    simulated: bool
    source: str
    source_zh: str
    source_en: str
