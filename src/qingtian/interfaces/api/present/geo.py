"""Distances on the ground."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0088  # mean radius (IUGG)


def distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Great-circle distance (haversine).

    Args:
        lon_a, lat_a, lon_b, lat_b: degrees, WGS 84.

    >>> round(distance_km(114.3, 30.6, 114.3, 30.6), 3)
    0.0
    """
    d_lat, d_lon = radians(lat_b - lat_a), radians(lon_b - lon_a)
    half = sin(d_lat / 2) ** 2 + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(d_lon / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))
