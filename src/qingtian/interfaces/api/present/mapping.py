"""Points of the map, and the regions."""

from __future__ import annotations

from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Verdict
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.interfaces.api.present.freshness import station_is_stale
from qingtian.interfaces.api.present.judgements import aqi_out, newest_aqi
from qingtian.interfaces.api.present.outlets import SiteStates, site_states
from qingtian.interfaces.api.present.stations import heard_at, newest_hours
from qingtian.interfaces.api.schemas.places import MapPoint, PlaceStatus, RegionOut


def points(actor: Actor, now: datetime) -> list[MapPoint]:
    """Stations and outlets that have a place."""
    states = site_states(actor)
    return [*_stations(actor, now, states), *_outlets(actor, states)]


def regions(actor: Actor) -> list[RegionOut]:
    """Registered regions by code."""
    return [
        RegionOut(code=row.code, name=row.name, name_en=row.name_en or row.name, lon=row.lon, lat=row.lat)
        for row in objects_of(actor, ObjectType.REGION)
    ]


def _stations(actor: Actor, now: datetime, states: SiteStates) -> list[MapPoint]:
    rows = list(objects_of(actor, ObjectType.STATION))
    indices, hours = newest_aqi(actor, now, [row.pk for row in rows]), newest_hours([row.code for row in rows])
    found = []
    for row in rows:
        if row.lon is None or row.lat is None:
            continue
        heard = heard_at(hours.get(row.code, ()))
        found.append(_station(row, indices.get(row.pk), heard, states, now))
    return found


def _station(
    row: RegistryObject, judged: Judgement | None, heard: datetime | None, states: SiteStates, now: datetime
) -> MapPoint:
    index = aqi_out(judged)
    status: PlaceStatus = "normal"
    if heard is None:
        status = "no_data"
    elif station_is_stale(heard, now):
        status = "late"
    elif judged is not None and judged.verdict == Verdict.EXCEEDS:
        status = "exceeding"
    return MapPoint(
        kind="station",
        code=row.code,
        name=row.name,
        name_en=row.name_en or row.name,
        lon=row.lon or 0.0,
        lat=row.lat or 0.0,
        region_code=row.region_code,
        enterprise_code="",
        station_level=str(row.attributes.get("level", "")),
        value=None if index is None or index.value is None else str(index.value),
        category=index.category if index else None,
        category_en=index.category_en if index else None,
        level=index.level if index else None,
        colour=index.colour if index else None,
        status=status,
        open_findings=states.load(row).count,
        worst_severity=states.load(row).worst or None,
        simulated=row.simulated,
    )


def _outlets(actor: Actor, states: SiteStates) -> list[MapPoint]:
    return [
        MapPoint(
            kind="outlet",
            code=row.code,
            name=row.name,
            name_en=row.name_en or row.name,
            lon=row.lon,
            lat=row.lat,
            region_code=row.region_code,
            enterprise_code=row.enterprise_code,
            station_level="",
            value=None,
            category=None,
            category_en=None,
            level=None,
            colour=None,
            status=states.status(row),
            open_findings=states.load(row).count,
            worst_severity=states.load(row).worst or None,
            simulated=row.simulated,
        )
        for row in objects_of(actor, ObjectType.OUTLET)
        if row.lon is not None and row.lat is not None
    ]
