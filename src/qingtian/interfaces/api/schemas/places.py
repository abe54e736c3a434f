"""Stations, enterprises, outlets and the points of the map."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Page, Schema
from qingtian.interfaces.api.schemas.quality import QualityMark

PlaceStatus = Literal["normal", "exceeding", "late", "no_data"]


class PlaceOut(Schema):
    """A registered object in short."""

    type: str
    code: str
    name: str
    name_en: str
    region_code: str
    region_name: str
    region_name_en: str
    enterprise_code: str
    enterprise_name: str
    lon: float | None
    lat: float | None
    simulated: bool


class LimitOut(Schema):
    """A limit with the rule that sets it."""

    pollutant: str
    name_zh: str
    name_en: str
    cycle: str = Field(description="averaging period that the limit is for")
    value: DecimalText
    unit: str
    converted: bool = Field(False, description="compares the value converted to the reference oxygen")
    standard: str
    clause: str
    source: str
    confidence: str = Field(description="how sure the pack is of this row")
    rule_row: str


class AqiOut(Schema):
    """A judged air quality index of one period."""

    id: int = Field(description="the judgement, for GET /judgements/{id}")
    value: int | None
    category: str | None
    category_en: str | None
    level: int | None = Field(description="1 best to 6 worst")
    colour: str | None = Field(description="#rrggbb of the category, from the standard")
    primary: list[str] = Field(description="codes of the primary pollutants")
    primary_zh: list[str]
    primary_en: list[str]
    verdict: str
    standard: str
    clause: str
    rule_row: str
    period_start: CityTime
    published: str | None = Field(description="the index that the source of the data published for this hour")
    coverage: DecimalText | None = Field(description="share of the required inputs that were valid, 0 to 1")


class StationValue(Schema):
    """One pollutant at a station, newest hour."""

    pollutant: str
    name_zh: str
    name_en: str
    value: DecimalText | None
    unit: str
    mark: str
    valid: bool
    qc: list[QualityMark] = Field(description="causes of doubt, mostly none")
    iaqi: int | None
    period_start: CityTime | None


class StationOut(Schema):
    """A station with its newest hour."""

    code: str
    name: str
    name_en: str
    lon: float | None
    lat: float | None
    region: str
    region_name: str
    region_name_en: str
    level: str = Field(description="national, micro, ...")
    control: bool = Field(description="a clean-background control station, kept out of the city's mean")
    simulated: bool
    source: str
    source_zh: str
    source_en: str
    aqi: AqiOut | None
    values: list[StationValue]
    age_minutes: int | None = Field(description="city minutes since the end of the newest period")
    stale: bool
    open_findings: int


class NeighbourOut(Schema):
    """A near station."""

    code: str
    name: str
    name_en: str
    distance_km: DecimalText
    aqi: AqiOut | None


class UptimeCell(Schema):
    """Whether an hour arrived."""

    t: CityTime
    received: bool


class StationDetail(StationOut):
    """A station page."""

    neighbours: list[NeighbourOut]
    uptime: list[UptimeCell]


class StationPage(Page[StationOut]):
    """A page of stations."""


class MapPoint(Schema):
    """One mark of the map."""

    kind: Literal["station", "outlet"]
    code: str
    name: str
    name_en: str
    lon: float
    lat: float
    region_code: str
    enterprise_code: str
    station_level: str = Field(description="national or micro for stations, empty for outlets")
    value: str | None
    category: str | None
    category_en: str | None
    level: int | None
    colour: str | None
    status: PlaceStatus
    open_findings: int
    worst_severity: int | None
    simulated: bool


class DeviceOut(Schema):
    """A device as a page shows it; its password never leaves the server."""

    mn: str
    name: str
    site: str
    edition: int
    protocol: str
    expects: list[str]
    last_received_at: CityTime | None
    online: bool
    simulated: bool


class OutletValue(Schema):
    """One pollutant at an outlet, newest period of a cycle, with its limit and judgement."""

    pollutant: str
    name_zh: str
    name_en: str
    cycle: str
    period_start: CityTime
    value: DecimalText | None
    converted: DecimalText | None
    unit: str
    mark: str
    valid: bool
    qc: list[QualityMark] = Field(description="causes of doubt, mostly none")
    verdict: str | None = Field(description="within, exceeds, invalid, insufficient; null before it is judged")
    judgement: int | None = Field(description="the judgement, for GET /judgements/{id}")
    limit: LimitOut | None
    frame: str | None = Field(description="the raw frame that brought it; null for roll-ups")


class OutletOut(Schema):
    """An outlet in a list."""

    code: str
    name: str
    name_en: str
    kind: str = Field(description="air or water")
    lon: float | None
    lat: float | None
    status: PlaceStatus
    last_received_at: CityTime | None
    open_findings: int
    limits: list[LimitOut]
    values: list[OutletValue]
    simulated: bool


class OutletDetail(OutletOut):
    """An outlet page."""

    place: PlaceOut
    devices: list[DeviceOut]
    reference_o2: DecimalText | None


class EnterpriseOut(Schema):
    """An enterprise in a list."""

    code: str
    name: str
    name_en: str
    region_code: str
    region_name: str
    region_name_en: str
    lon: float | None
    lat: float | None
    industry: str
    industry_zh: str
    industry_en: str
    permit_class: str
    outlets: int
    open_findings: int
    open_cases: int
    worst_severity: int | None
    simulated: bool


class EnterprisePage(Page[EnterpriseOut]):
    """A page of enterprises."""


class RegionOut(Schema):
    """A region of the city."""

    code: str
    name: str
    name_en: str
    lon: float | None
    lat: float | None
