"""Maps as SVG, made here: outlines of districts, marks with their values; no tiles, no script, no inline style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from math import cos, radians
from pathlib import Path

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from qingtian.apps.registry.regions import region_index
from qingtian.runtime.settings import get_settings

GROUND, LAND, CHOSEN, LINE, INK, PIN = "#e4ebf1", "#f8fafb", "#dbe9f6", "#8796a3", "#333333", "#0b62c4"
NO_COLOUR = "none"
SIDE = 320  # pixels of the map that is clicked: fits a phone of 360
MARGIN = 0.04
TOLERANCE_DEG = 0.0008  # about 80 m: finer than a pixel of these maps
FALLBACK_DEG = 0.15  # half a side, where there are no outlines


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of the ground, degrees WGS 84."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a map.

    Args:
        shape: circle, diamond, triangle or pin.
        value: written into or beside it; empty for none.
        colour: fill; empty = hollow, nothing is known.
        words: what it is, for readers and for the pointer.
        link: address; empty for none.
    """

    lon: float
    lat: float
    shape: str
    value: str
    colour: str
    words: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """How a box lies on so many pixels: equirectangular, true to scale in the middle.

    Args:
        width, height: pixels.
    """

    box: Box
    width: float
    height: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Pixels of a point."""
        x = (lon - self.box.west) / (self.box.east - self.box.west) * self.width
        y = (self.box.north - lat) / (self.box.north - self.box.south) * self.height
        return round(x, 1), round(y, 1)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The point under a pixel."""
        lon = self.box.west + x / self.width * (self.box.east - self.box.west)
        lat = self.box.north - y / self.height * (self.box.north - self.box.south)
        return round(lon, 5), round(lat, 5)


def frame_of(region_code: str = "", *, side: float = SIDE, points: Sequence[tuple[float, float]] = ()) -> Frame:
    """The square that holds a district, or the whole city.

    Args:
        side: pixels.
        points: what must be on it where there are no outlines.
    """
    shapes = [outline for code, outline in _outlines() if not region_code or code == region_code]
    shapes = shapes or [outline for _, outline in _outlines()]
    if shapes:
        bounds = [one.bounds for one in shapes]
        box = Box(
            min(one[0] for one in bounds),
            min(one[1] for one in bounds),
            max(one[2] for one in bounds),
            max(one[3] for one in bounds),
        )
    else:
        box = _around(points)
    return Frame(_square(box), side, side)


def has_outlines() -> bool:
    """Whether this deployment has outlines of districts."""
    return bool(_outlines())


def middle_of(region_code: str) -> tuple[float, float] | None:
    """A point well inside a district, lon and lat; None where there is no outline of it."""
    shape = next((outline for code, outline in _outlines() if code == region_code), None)
    if shape is None:
        return None
    point = shape.representative_point()
    return round(point.x, 5), round(point.y, 5)


def in_city(lon: float, lat: float) -> bool:
    """Whether a point lies in a district; always where there are no outlines."""
    path = get_settings().regions_file
    return path is None or region_index(path).region_of(lon, lat) is not None


def drawn(frame: Frame, marks: Iterable[Mark], title: str, *, chosen: str = "", inline: bool = True) -> str:
    """The map as one SVG element; every word in it is escaped.

    Args:
        title: what a reader is told.
        chosen: district that stands out.
        inline: without the attribute that a file of its own needs.
    """
    width, height, listed = round(frame.width), round(frame.height), list(marks)
    space = "" if inline else ' xmlns="http://www.w3.org/2000/svg"'
    size = f'viewBox="0 0 {width} {height}"' + ("" if inline else f' width="{width}" height="{height}"')
    # A picture has no links in it: with links it is a group, named by its title.
    role = "group" if any(one.link for one in listed) else "img"
    parts = [f'<svg{space} {size} role="{role}" font-family="sans-serif"><title>{escape(title)}</title>']
    parts.append(f'<rect width="{width}" height="{height}" fill="{GROUND}"/>')
    for code, outline in _outlines():
        fill = CHOSEN if code == chosen else LAND
        parts.append(f'<path d="{_path(frame, outline)}" fill="{fill}" stroke="{LINE}" stroke-width="1"/>')
    parts += [_mark(frame, one) for one in listed]
    return "".join([*parts, "</svg>"])


def _outlines() -> tuple[tuple[str, BaseGeometry], ...]:
    path = get_settings().regions_file
    return () if path is None else _outlines_in(path)


@lru_cache(maxsize=4)
def _outlines_in(path: Path) -> tuple[tuple[str, BaseGeometry], ...]:
    return tuple((region.code, outline.simplify(TOLERANCE_DEG)) for region, outline in region_index(path).outlines)


def _path(frame: Frame, outline: BaseGeometry) -> str:
    rings = []
    for part in outline.geoms if isinstance(outline, MultiPolygon) else [outline]:
        if isinstance(part, Polygon):
            points = [frame.at(lon, lat) for lon, lat, *_ in part.exterior.coords]
            rings.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z")
    return "".join(rings)


def _mark(frame: Frame, mark: Mark) -> str:
    x, y = frame.at(mark.lon, mark.lat)
    body = f"<title>{escape(mark.words)}</title>{_shape(mark, x, y)}"
    if mark.value:
        body += (
            f'<text x="{x:g}" y="{y - 9:g}" font-size="12" text-anchor="middle" fill="{INK}" stroke="{LAND}" '
            f'stroke-width="3" paint-order="stroke">{escape(mark.value)}</text>'
        )
    return f'<a href="{escape(mark.link)}">{body}</a>' if mark.link else f"<g>{body}</g>"


def _shape(mark: Mark, x: float, y: float) -> str:
    paint = f'fill="{escape(mark.colour) if mark.colour else NO_COLOUR}" stroke="{INK}" stroke-width="1.5"'
    match mark.shape:
        case "diamond":
            return f'<path d="M{x:g} {y - 6:g}L{x + 6:g} {y:g}L{x:g} {y + 6:g}L{x - 6:g} {y:g}Z" {paint}/>'
        case "triangle":
            return f'<path d="M{x:g} {y - 6:g}L{x + 6:g} {y + 5:g}L{x - 6:g} {y + 5:g}Z" {paint}/>'
        case "pin":
            return (
                f'<path d="M{x:g} {y:g}L{x - 7:g} {y - 16:g}A8 8 0 1 1 {x + 7:g} {y - 16:g}Z" fill="{PIN}" '
                f'stroke="#ffffff" stroke-width="1.5"/>'
            )
        case _:
            return f'<circle cx="{x:g}" cy="{y:g}" r="6" {paint}/>'


def _around(points: Sequence[tuple[float, float]]) -> Box:
    if not points:
        return Box(113.0, 29.5, 116.0, 31.5)
    lons, lats = [one[0] for one in points], [one[1] for one in points]
    half = FALLBACK_DEG
    return Box(min(lons) - half, min(lats) - half, max(lons) + half, max(lats) + half)


def _square(box: Box) -> Box:
    """The box with a margin, widened so that a degree has the same length on both sides of a square."""
    lon, lat = (box.west + box.east) / 2, (box.south + box.north) / 2
    narrow = cos(radians(lat))
    half = max((box.east - box.west) / 2 * narrow, (box.north - box.south) / 2) * (1 + MARGIN)
    return Box(lon - half / narrow, lat - half, lon + half / narrow, lat + half)
