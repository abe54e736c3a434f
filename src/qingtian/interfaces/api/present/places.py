"""Registered objects as places with their names."""

from __future__ import annotations

from collections.abc import Iterable

from qingtian.apps.cases.models import Case
from qingtian.apps.registry.listing import NAMELESS, Name, enterprise_names, region_names
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.veil import told_point
from qingtian.interfaces.api.schemas.places import PlaceOut


class PlaceNames:
    """Names of regions and enterprises for one answer, read once.

    Args:
        objects: what the answer shows.
    """

    def __init__(self, objects: Iterable[RegistryObject | Case]) -> None:
        self._regions = region_names()
        self._enterprises = enterprise_names(row.enterprise_code for row in objects)

    def region(self, code: str) -> Name:
        """Names of a region; empty when it is not registered."""
        return self._regions.get(code, NAMELESS)

    def place(self, row: RegistryObject) -> PlaceOut:
        """An object in short."""
        region = self.region(row.region_code)
        lon, lat = told_point(row)
        return PlaceOut(
            type=row.type,
            code=row.code,
            name=row.name,
            name_en=row.name_en or row.name,
            region_code=row.region_code,
            region_name=region.zh,
            region_name_en=region.en,
            enterprise_code=row.enterprise_code,
            enterprise_name=self._enterprises.get(row.enterprise_code, NAMELESS).zh,
            lon=lon,
            lat=lat,
            simulated=row.simulated,
        )

    def somewhere(self, row: Case) -> PlaceOut:
        """Where a case without an object belongs: its place in words, or its region."""
        region, enterprise = self.region(row.region_code), self._enterprises.get(row.enterprise_code, NAMELESS)
        return PlaceOut(
            type="place",
            code="",
            name=row.place or enterprise.zh or region.zh,
            name_en=row.place or enterprise.en or region.en,
            region_code=row.region_code,
            region_name=region.zh,
            region_name_en=region.en,
            enterprise_code=row.enterprise_code,
            enterprise_name=enterprise.zh,
            lon=row.lon,
            lat=row.lat,
            simulated=row.simulated,
        )
