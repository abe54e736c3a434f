"""Lines and areas of objects: GeoJSON in WGS 84, checked before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects import Shape

MOST_POINTS = 50_000  # of one object: what a browser still draws
AREAS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
KINDS: Mapping[Shape, tuple[str, ...]] = {
    Shape.NONE: (),
    Shape.POINT: (),
    Shape.AREA: AREAS,
    Shape.ANY: (*AREAS, *LINES),
}
WORLD = (-180.0, -90.0, 180.0, 90.0)


def check_geometry(geometry: Mapping[str, Any] | None, shape_allowed: Shape) -> None:
    """Refuse a geometry that the type does not have, that is not on Earth, or that crosses itself.

    Raises:
        InvalidInput: says which.
    """
    if geometry is None:
        return
    kind = str(geometry.get("type"))
    if kind not in KINDS[shape_allowed]:
        allowed = ", ".join(KINDS[shape_allowed]) or "no line or area: its point goes into lon and lat"
        raise _wrong(f"an object of this type has no {kind}", f"this type takes {allowed}")
    outline = _read(geometry)
    west, south, east, north = outline.bounds
    if not (WORLD[0] <= west and WORLD[1] <= south and east <= WORLD[2] and north <= WORLD[3]):
        raise _wrong("the geometry is not on Earth", "give degrees in WGS 84, longitude first")
    if not outline.is_valid:
        raise _wrong("the outline crosses itself", "repair it in the program it was drawn with")


def inner_point(geometry: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """A point in a line or area, (lon, lat) in degrees: where a marker stands and which region it belongs to."""
    if geometry is None:
        return None
    point = _read(geometry).representative_point()
    return round(point.x, 6), round(point.y, 6)


def _read(geometry: Mapping[str, Any]) -> BaseGeometry:
    try:
        found = shape(dict(geometry))
        points = _count(geometry["coordinates"])
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise _wrong(f"this is no GeoJSON geometry: {error}", "give type and coordinates") from error
    if found.is_empty or points > MOST_POINTS:
        raise _wrong(f"the geometry has {points} points", f"give 2 to {MOST_POINTS}")
    return found


def _count(coordinates: Any) -> int:
    if isinstance(coordinates, list | tuple) and coordinates and isinstance(coordinates[0], list | tuple):
        return sum(_count(one) for one in coordinates)
    return 1


def _wrong(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(reason, field="geometry", remedy=remedy)
