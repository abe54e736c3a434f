"""Air stations with their newest hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.search import Load, load_by_object
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import object_by_code
from qingtian.interfaces.api.filters import StationFilters
from qingtian.interfaces.api.paging import paged_list, sorted_by
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.freshness import HOUR, age_minutes, station_is_stale
from qingtian.interfaces.api.present.geo import distance_km
from qingtian.interfaces.api.present.judgements import aqi_out, newest_aqi, sub_indices
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.present.places import PlaceNames
from qingtian.interfaces.api.present.provenance import provenance
from qingtian.interfaces.api.present.quality import quality_marks
from qingtian.interfaces.api.schemas.places import (
    NeighbourOut,
    StationDetail,
    StationOut,
    StationPage,
    StationValue,
    UptimeCell,
)
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.telemetry.store import Cycle, Observation

NEIGHBOURS = 5
UPTIME = timedelta(days=7)
NOTHING_OPEN = Load(0, 0)
SORTS: Mapping[str, Callable[[StationOut], Any]] = {
    "code": lambda one: one.code,
    "name": lambda one: one.name,
    "aqi": lambda one: one.aqi.value if one.aqi else None,
    "age": lambda one: one.age_minutes,
    "open_findings": lambda one: one.open_findings,
}


def station_page(actor: Actor, now: datetime, filters: StationFilters) -> StationPage:
    """A page of stations."""
    found = matching_stations(actor, now, filters)
    return StationPage(
        items=paged_list(found, filters), total=len(found), page=filters.page, page_size=filters.page_size
    )


def matching_stations(actor: Actor, now: datetime, filters: StationFilters) -> list[StationOut]:
    """Every station that matches, in the order asked for."""
    rows = objects_of(actor, ObjectType.STATION, region_code=filters.region or "", text=filters.q or "")
    found = [one for one in stations_out(actor, now, rows) if _matches(one, filters)]
    return sorted_by(found, filters.sort, SORTS)


def stations_out(actor: Actor, now: datetime, rows: Iterable[RegistryObject]) -> list[StationOut]:
    """Stations with values, index and age, in a fixed number of queries."""
    listed = list(rows)
    values = newest_hours([row.code for row in listed])
    indices = newest_aqi(actor, now, [row.pk for row in listed])
    loads, names = load_by_object(actor), PlaceNames(listed)
    return [
        StationOut(**_fields(row, values[row.code], indices.get(row.pk), loads.get(row.pk, NOTHING_OPEN), names, now))
        for row in listed
    ]


def newest_hours(codes: list[str]) -> dict[str, list[Observation]]:
    """Rows of the newest hour of each site."""
    by_site: dict[str, list[Observation]] = defaultdict(list)
    for row in telemetry_store().latest(codes, Cycle.HOUR) if codes else ():
        by_site[row.site].append(row)
    for site, rows in by_site.items():
        newest = max(row.period_start for row in rows)
        by_site[site] = [row for row in rows if row.period_start == newest]
    return by_site


def heard_at(rows: Iterable[Observation]) -> datetime | None:
    """Arrival of the newest of some rows."""
    return max((row.received_at for row in rows), default=None)


def station_detail(actor: Actor, now: datetime, code: str) -> StationDetail:
    """A station page.

    Raises:
        NotVisible: there is no such station.
    """
    row = object_by_code(actor, ObjectType.STATION, code)
    station = stations_out(actor, now, [row])[0]
    return StationDetail(
        **station.model_dump(),
        neighbours=neighbours(actor, now, row, but=row.pk),
        uptime=_uptime(code, now),
    )


def neighbours(actor: Actor, now: datetime, place: RegistryObject, *, but: int | None = None) -> list[NeighbourOut]:
    """The nearest stations of a place with their newest index."""
    if place.lon is None or place.lat is None:
        return []
    near = [
        (distance_km(place.lon, place.lat, row.lon, row.lat), row)
        for row in objects_of(actor, ObjectType.STATION)
        if row.pk != but and row.lon is not None and row.lat is not None
    ]
    nearest = sorted(near, key=lambda pair: pair[0])[:NEIGHBOURS]
    indices = newest_aqi(actor, now, [row.pk for _, row in nearest])
    return [
        NeighbourOut(
            code=row.code,
            name=row.name,
            name_en=row.name_en or row.name,
            distance_km=f"{km:.1f}",
            aqi=aqi_out(indices.get(row.pk)),
        )
        for km, row in nearest
    ]


def _fields(
    row: RegistryObject,
    values: list[Observation],
    judged: Judgement | None,
    load: Load,
    names: PlaceNames,
    now: datetime,
) -> dict[str, Any]:
    newest = max((one.period_start for one in values), default=None)
    region, known = names.region(row.region_code), provenance(row)
    return {
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en or row.name,
        "lon": row.lon,
        "lat": row.lat,
        "region": row.region_code,
        "region_name": region.zh,
        "region_name_en": region.en,
        "level": str(row.attributes.get("level", "")),
        "control": bool(row.attributes.get("control", False)),
        "simulated": row.simulated,
        "source": known.code,
        "source_zh": known.zh,
        "source_en": known.en,
        "aqi": aqi_out(judged),
        "values": _values(values, judged, newest),
        "age_minutes": None if newest is None else age_minutes(newest + HOUR, now),
        "stale": station_is_stale(heard_at(values), now),
        "open_findings": load.count,
    }


def _values(rows: list[Observation], judged: Judgement | None, newest: datetime | None) -> list[StationValue]:
    # A sub-index belongs to the hour that was judged; beside another hour it would mislead.
    indices = sub_indices(judged) if judged is not None and judged.period_start == newest else {}
    shown = []
    for row in sorted(rows, key=lambda one: one.pollutant):
        if row.pollutant == "aqi":
            continue
        name = law.pollutant_name(row.pollutant)
        shown.append(
            StationValue(
                pollutant=row.pollutant,
                name_zh=name.zh,
                name_en=name.en,
                value=text(row.value),
                unit=row.unit,
                mark=row.mark,
                valid=row.valid,
                qc=quality_marks(row),
                iaqi=indices.get(row.pollutant),
                period_start=row.period_start,
            )
        )
    return shown


def _uptime(code: str, now: datetime) -> list[UptimeCell]:
    end = now.replace(minute=0, second=0, microsecond=0)
    hours = [end - HOUR * back for back in range(int(UPTIME / HOUR), 0, -1)]
    rows = telemetry_store().window(Cycle.HOUR, hours[0], end, sites=[code])
    there = {row.period_start for row in rows if row.value is not None}
    return [UptimeCell(t=hour, received=hour in there) for hour in hours]


def _matches(one: StationOut, filters: StationFilters) -> bool:
    level = one.aqi.level if one.aqi else None
    return (
        (filters.level is None or one.level == filters.level)
        and (filters.stale is None or one.stale == filters.stale)
        and (filters.min_level is None or (level is not None and level >= filters.min_level))
    )
