"""Where and when something was taken."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.domain.fieldwork import Heard


@dataclass(frozen=True, slots=True)
class Spot:
    """A position that a phone measured.

    Args:
        lon, lat: degrees, WGS 84.
        accuracy_m: radius within which the phone believes itself, metres.
    """

    lon: Decimal
    lat: Decimal
    accuracy_m: Decimal

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidInput("this is no place on earth", field="lon", remedy="degrees, WGS 84")
        if self.accuracy_m < 0:
            raise InvalidInput("the accuracy is below zero", field="accuracy_m", remedy="metres")


def told_of(spot: Spot | None, heard: Heard, told_at: str) -> dict[str, Any]:
    """What the hash of an item covers about place and clock.

    Args:
        told_at: the time as the phone told it.
    """
    place = None
    if spot is not None:
        place = {"lon": str(spot.lon), "lat": str(spot.lat), "accuracy_m": str(spot.accuracy_m)}
    offset = Decimal(round(heard.offset.total_seconds() * 1000)) / 1000
    return {"place": place, "told_at": told_at, "clock_offset_s": str(offset)}
