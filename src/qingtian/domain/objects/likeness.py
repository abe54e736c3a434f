"""Whether two registered objects may be one: shared identifiers, names without their legal forms, nearness."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
NEAR_M = 200  # decision of this project: two gates of one works lie within it
LIKELY = 60  # points from which a pair is shown to a person
LEGAL_FORMS = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|分公司|总厂|公司|集团|厂|co\.?|ltd\.?|limited|inc\.?|company|works|plant)"
)
PUNCTUATION = re.compile(r"[\s()（）·,，.。\-—_\"'“”]+")


class Sign(StrEnum):
    """Why two objects may be one."""

    SAME_IDENTIFIER = "same_identifier"
    SAME_NAME = "same_name"
    NAME_WITHOUT_FORM = "name_without_form"
    NEAR = "near"


POINTS: Mapping[Sign, int] = {  # decision of this project; a person decides, the points only order the list
    Sign.SAME_IDENTIFIER: 100,
    Sign.SAME_NAME: 60,
    Sign.NAME_WITHOUT_FORM: 45,
    Sign.NEAR: 30,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of an object.

    Args:
        identifiers: value by scheme.
        lon: degrees east, WGS 84.
        lat: degrees north, WGS 84.
    """

    name: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two objects are.

    Args:
        points: 0 to 100.
        signs: why.
        distance_m: between their points; None when one has none.
    """

    points: int
    signs: tuple[Sign, ...]
    distance_m: int | None


def likeness(one: Facts, other: Facts) -> Likeness:
    """How much speaks for two objects being one.

    >>> likeness(Facts("武汉某化工有限公司"), Facts("武汉某化工（股份有限公司）")).signs
    (<Sign.NAME_WITHOUT_FORM: 'name_without_form'>,)
    """
    signs: list[Sign] = []
    shared = set(one.identifiers.items()) & set(other.identifiers.items())
    if any(value for _, value in shared):
        signs.append(Sign.SAME_IDENTIFIER)
    if _plain(one.name) == _plain(other.name):
        signs.append(Sign.SAME_NAME)
    elif core(one.name) and core(one.name) == core(other.name):
        signs.append(Sign.NAME_WITHOUT_FORM)
    distance = distance_m(one, other)
    if distance is not None and distance <= NEAR_M and signs:
        signs.append(Sign.NEAR)
    return Likeness(min(100, sum(POINTS[sign] for sign in signs)), tuple(signs), distance)


def core(name: str) -> str:
    """A name without legal forms, blanks and marks."""
    return LEGAL_FORMS.sub("", _plain(name))


def _plain(name: str) -> str:
    return PUNCTUATION.sub("", unicodedata.normalize("NFKC", name).casefold())


def distance_m(one: Facts, other: Facts) -> int | None:
    """Great-circle distance, m; None when a point is missing."""
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return round(ground_m((one.lon, one.lat), (other.lon, other.lat)))


def ground_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance (haversine), m.

    Args:
        one, other: lon and lat, degrees, WGS 84.

    >>> round(ground_m((114.3, 30.6), (114.31, 30.6)))
    957
    """
    lat1, lat2 = math.radians(one[1]), math.radians(other[1])
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(other[0] - one[0]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))
