"""The district of a point, from outlines that the deployment gives; a suggestion, never a decision on jurisdiction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shapely import STRtree
from shapely.errors import ShapelyError
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from qingtian.apps.registry.geometry import inner_point
from qingtian.apps.registry.models import ObjectType, RegionSource, RegistryObject
from qingtian.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Region:
    """A region with its GB/T 2260 code."""

    code: str
    name: str


class RegionIndex:
    """Outlines of regions, searchable by point."""

    def __init__(self, regions: list[Region], outlines: list[BaseGeometry]) -> None:
        self._regions = regions
        self._tree = STRtree(outlines)

    def region_of(self, lon: float, lat: float) -> Region | None:
        """The region that holds a point; on a shared border the one with the lower code.

        Args:
            lon: degrees east, WGS 84.
            lat: degrees north, WGS 84.
        """
        found = self._tree.query(Point(lon, lat), predicate="intersects")
        return min((self._regions[int(index)] for index in found), key=lambda one: one.code, default=None)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region of the file."""
        return tuple(self._regions)

    @property
    def outlines(self) -> tuple[tuple[Region, BaseGeometry], ...]:
        """Every region with its outline, to draw it."""
        return tuple(zip(self._regions, self._tree.geometries, strict=True))


def read_regions(path: Path) -> RegionIndex:
    """Read a GeoJSON FeatureCollection with the properties `adcode` (or `code`) and `name`.

    Raises:
        ConfigurationError: if the file is missing or is something else.
    """
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        regions = [_region(feature["properties"]) for feature in features]
        outlines = [shape(feature["geometry"]) for feature in features]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise ConfigurationError(
            f"{path} holds no region outlines: {error!r}", field="regions_file", remedy="give a GeoJSON of polygons"
        ) from error
    return RegionIndex(regions, outlines)


@lru_cache(maxsize=4)
def region_index(path: Path) -> RegionIndex:
    """The outlines of a file, read once per process."""
    return read_regions(path)


def suggest_region(lon: float | None, lat: float | None) -> str:
    """Code of the district of a point by the outlines of this deployment; empty if unknown."""
    from qingtian.runtime.settings import get_settings

    path = get_settings().regions_file
    if path is None or lon is None or lat is None:
        return ""
    region = region_index(path).region_of(lon, lat)
    return region.code if region else ""


def region_of(row: RegistryObject) -> tuple[str, str]:
    """Code of the region of an object and how it was found: its place, else what it is part of."""
    if row.type == ObjectType.REGION:
        return row.code, ""
    point = (row.lon, row.lat) if row.lon is not None else inner_point(row.geometry) or (None, None)
    if suggested := suggest_region(*point):
        return suggested, RegionSource.POINT
    inherited = row.parent.region_code if row.parent else ""
    return inherited, RegionSource.PARENT if inherited else ""


def _region(properties: dict[str, object]) -> Region:
    return Region(str(properties.get("adcode") or properties["code"]), str(properties["name"]))
