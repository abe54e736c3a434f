"""Air and water now, near a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.objects.likeness import ground_m
from qingtian.interfaces.api.filters import StationExport
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.exports import stations_csv
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.present.stations import stations_out
from qingtian.interfaces.api.schemas.places import StationOut
from qingtian.interfaces.pages import maps
from qingtian.interfaces.pages.language import reads_english, words_of
from qingtian.interfaces.pages.rendering import by_language, page
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.clock import current_clock
from qingtian.runtime.settings import get_settings

NEAREST = 3
MAP_SIDE = 480
KM = 1000.0


@dataclass(frozen=True, slots=True)
class Place:
    """A place that can be chosen."""

    code: str
    name: str
    point: tuple[float, float]
    region: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The page; `?place=` holds the code of a district or station."""
    english, now = reads_english(request), current_clock().now()
    districts, stations = _districts(english=english), list(objects_of(PUBLIC_ACTOR, ObjectType.STATION))
    shown = stations_out(PUBLIC_ACTOR, now, stations)
    known = [*districts, *_places(stations, english=english)]
    place = next((one for one in known if one.code == request.GET.get("place")), None)
    sections = _sections(place, english=english)
    context = {
        "districts": districts,
        "stations": _places(stations, english=english),
        "place": place,
        "near": [_station(one, place, english=english) for one in _nearest(shown, place)],
        "all": [_station(one, place, english=english) for one in sorted(shown, key=lambda one: one.code)],
        "sections": sections,
        "map": mark_safe(_map(shown, sections, words_of(request)["map_what"], english=english)),  # noqa: S308
    }
    return page(request, "home.html", context, here="home")


@require_safe
def air_file(request: HttpRequest) -> HttpResponse:
    """Every station with the newest hour as a file, one line for each pollutant."""
    return stations_csv(PUBLIC_ACTOR, current_clock().now(), StationExport.model_validate({"bom": True}))


def _districts(*, english: bool) -> list[Place]:
    rows = objects_of(PUBLIC_ACTOR, ObjectType.REGION).exclude(code=get_settings().city_code)
    return _places(list(rows), english=english)


def _places(rows: list[RegistryObject], *, english: bool) -> list[Place]:
    return [
        Place(row.code, by_language(english, row.name, row.name_en), point, _region(row))
        for row in rows
        if (point := _point(row)) is not None
    ]


def _point(row: RegistryObject) -> tuple[float, float] | None:
    # A district is often registered without a point; its outline has one.
    if row.lon is None or row.lat is None:
        return maps.middle_of(row.code) if row.type == ObjectType.REGION else None
    return row.lon, row.lat


def _region(row: RegistryObject) -> str:
    return row.code if row.type == ObjectType.REGION else row.region_code


def _nearest(stations: list[StationOut], place: Place | None) -> list[StationOut]:
    placed = [one for one in stations if one.lon is not None and one.lat is not None and not one.control]
    if place is None:
        return sorted(placed, key=lambda one: one.code)[:NEAREST]
    return sorted(placed, key=lambda one: ground_m(place.point, (one.lon or 0.0, one.lat or 0.0)))[:NEAREST]


def _far(place: Place | None, lon: float | None, lat: float | None) -> str:
    return "" if place is None or lon is None or lat is None else f"{ground_m(place.point, (lon, lat)) / KM:.1f} km"


def _station(one: StationOut, place: Place | None, *, english: bool) -> Mapping[str, Any]:
    index = one.aqi
    return {
        "code": one.code,
        "name": by_language(english, one.name, one.name_en),
        "region": by_language(english, one.region_name, one.region_name_en),
        "far": _far(place, one.lon, one.lat),
        "index": None if index is None else index.value,
        "category": None if index is None else by_language(english, index.category or "", index.category_en or ""),
        "colour": index.colour if index else None,
        "primary": "、".join(index.primary_zh)
        if index and not english
        else ", ".join(index.primary_en if index else ()),
        "hour": index.period_start if index else None,
        "coverage": _percent(index.coverage if index else None),
        "standard": _rule(index.standard, index.clause) if index else "",
        "source": by_language(english, one.source_zh, one.source_en),
        "stale": one.stale,
        "values": [
            {
                "name": by_language(english, value.name_zh, value.name_en),
                "value": value.value,
                "unit": value.unit,
                "valid": value.valid,
            }
            for value in one.values
        ],
    }


def _rule(standard: str, clause: str) -> str:
    return clause if clause.startswith(standard) else f"{standard} {clause}"


def _percent(share: str | None) -> str:
    return "" if share is None else f"{round(float(share) * 100)} %"


def _sections(place: Place | None, *, english: bool) -> list[Mapping[str, Any]]:
    rows = [row for row in objects_of(PUBLIC_ACTOR, ObjectType.SECTION) if row.lon is not None and row.lat is not None]
    if place is not None:
        rows.sort(key=lambda row: ground_m(place.point, (row.lon or 0.0, row.lat or 0.0)))
    rows = rows[:NEAREST]
    values = telemetry_store().latest([row.code for row in rows]) if rows else []
    return [
        {
            "name": by_language(english, row.name, row.name_en),
            "lon": row.lon,
            "lat": row.lat,
            "far": _far(place, row.lon, row.lat),
            "values": [
                {
                    "name": by_language(english, *_pollutant(one.pollutant)),
                    "value": text(one.value),
                    "unit": one.unit,
                    "valid": one.valid,
                    "at": one.period_start,
                }
                for one in values
                if one.site == row.code
            ],
        }
        for row in rows
    ]


def _pollutant(code: str) -> tuple[str, str]:
    name = law.pollutant_name(code)
    return name.zh, name.en


def _map(stations: list[StationOut], sections: list[Mapping[str, Any]], title: str, *, english: bool) -> str:
    marks = [
        maps.Mark(
            one.lon,
            one.lat,
            "circle" if one.level == "national" else "diamond",
            "" if one.aqi is None or one.aqi.value is None else str(one.aqi.value),
            (one.aqi.colour or "") if one.aqi else "",
            _told(one, english=english),
            f"/public/?place={one.code}",
        )
        for one in stations
        if one.lon is not None and one.lat is not None
    ]
    marks += [maps.Mark(one["lon"], one["lat"], "triangle", "", "", str(one["name"])) for one in sections]
    frame = maps.frame_of(side=MAP_SIDE, points=[(one.lon, one.lat) for one in marks])
    return maps.drawn(frame, marks, title)


def _told(one: StationOut, *, english: bool) -> str:
    name = by_language(english, one.name, one.name_en)
    if one.aqi is None or one.aqi.value is None:
        return name
    return f"{name}: {one.aqi.value} {by_language(english, one.aqi.category or '', one.aqi.category_en or '')}"
