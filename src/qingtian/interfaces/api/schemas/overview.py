"""The figures of the command screen."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Schema


class KpiOut(Schema):
    """One tile."""

    code: str
    value: str | None
    unit: str
    label_key: str
    severity: int = Field(description="0 nothing to see, 1 notice to 4 severe")
    detail: str
    judgements: list[int] = Field(description="the judged figures that it is made of, for GET /judgements/{id}")


class CategoryCount(Schema):
    """Stations in one air category."""

    level: int
    category: str
    category_en: str
    colour: str
    count: int


class DistrictOut(Schema):
    """A district with its worst station of the hour."""

    code: str
    name: str
    name_en: str
    stations: int
    worst_station: str | None
    aqi: int | None
    category: str | None
    category_en: str | None
    level: int | None
    colour: str | None
    open_findings: int
    open_cases: int


class OpenFindings(Schema):
    """Findings that somebody must still look at."""

    total: int
    unconfirmed: int
    ongoing: int
    by_severity: dict[str, int] = Field(description="severity 1..4 -> count")


class CaseCounts(Schema):
    """Cases by urgency."""

    open: int
    due_soon: int
    overdue: int
    to_verify: int
    watching: int
    closed: int
    rebounds: int


class TrendPoint(Schema):
    """One hour: the mean of the 24 hours up to its end, over the stations that count."""

    t: CityTime
    value: DecimalText | None
    coverage: DecimalText


class TrendLimit(Schema):
    """The limit line of the trend."""

    value: DecimalText
    unit: str
    standard: str
    clause: str
    source: str
    confidence: str
    averaging: str


class TrendOut(Schema):
    """Seven days of one pollutant in the city."""

    pollutant: str
    name_zh: str
    name_en: str
    unit: str
    averaging: str
    stations: int
    points: list[TrendPoint]
    limit: TrendLimit | None


class OverviewOut(Schema):
    """The command screen."""

    now: CityTime
    data_time: CityTime | None = Field(description="end of the newest hour of the stations")
    stations_online: int
    stations_total: int
    outlets_online: int
    outlets_total: int
    kpis: list[KpiOut]
    aqi_by_category: list[CategoryCount]
    districts: list[DistrictOut]
    open_findings: OpenFindings
    cases: CaseCounts
    trend: TrendOut
    simulated: bool
