"""Stations, enterprises, outlets, the map."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from qingtian.interfaces.api.auth import actor
from qingtian.interfaces.api.filters import EnterpriseFilters, StationFilters
from qingtian.interfaces.api.present import enterprises, mapping, outlets, stations
from qingtian.interfaces.api.responses import reads
from qingtian.interfaces.api.schemas.enterprise import EnterpriseDetail
from qingtian.interfaces.api.schemas.places import (
    EnterprisePage,
    MapPoint,
    OutletDetail,
    RegionOut,
    StationDetail,
    StationPage,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["places"])


@router.get("/stations", response=reads(StationPage), summary="Air stations with their newest hour")
def list_stations(request: HttpRequest, filters: Query[StationFilters]) -> StationPage:
    """Sort by code, name, aqi, age, open_findings."""
    return stations.station_page(actor(request), current_clock().now(), filters)


@router.get("/stations/{code}", response=reads(StationDetail), summary="One station")
def one_station(request: HttpRequest, code: str) -> StationDetail:
    """Value, category, age, neighbours, and which hours of the last seven days arrived."""
    return stations.station_detail(actor(request), current_clock().now(), code)


@router.get("/map/points", response=reads(list[MapPoint]), summary="Every mark of the map")
def map_points(request: HttpRequest) -> list[MapPoint]:
    """Stations and outlets with category or status as the server judged them."""
    return mapping.points(actor(request), current_clock().now())


@router.get("/regions", response=reads(list[RegionOut]), summary="Districts of the city")
def list_regions(request: HttpRequest) -> list[RegionOut]:
    """Regions by code, for filters."""
    return mapping.regions(actor(request))


@router.get("/enterprises", response=reads(EnterprisePage), summary="Enterprises")
def list_enterprises(request: HttpRequest, filters: Query[EnterpriseFilters]) -> EnterprisePage:
    """Sort by code, name, outlets, open_findings, open_cases, severity."""
    return enterprises.enterprise_page(actor(request), filters)


@router.get("/enterprises/{code}", response=reads(EnterpriseDetail), summary="One enterprise, one file")
def one_enterprise(request: HttpRequest, code: str) -> EnterpriseDetail:
    """Outlets, devices, limits, findings and cases."""
    return enterprises.enterprise_detail(actor(request), current_clock().now(), code)


@router.get("/outlets/{code}", response=reads(OutletDetail), summary="One outlet")
def one_outlet(request: HttpRequest, code: str) -> OutletDetail:
    """Newest values with limit and judgement, devices, state."""
    return outlets.outlet_detail(actor(request), current_clock().now(), code)
