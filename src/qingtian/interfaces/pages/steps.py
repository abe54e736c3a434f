"""What the five steps of a report take: plain fields of a form, checked; faults by the name of their words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from qingtian.apps.accounts.actor import PUBLIC_ACTOR
from qingtian.apps.cases.models import Case
from qingtian.apps.citizens.actions.report_problem import COMPLAINT, LONGEST_WORDS
from qingtian.apps.registry.listing import objects_of
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.registry.regions import suggest_region
from qingtian.domain.procedures.parts import Choice
from qingtian.interfaces.pages import maps
from qingtian.packs.procedures import procedure
from qingtian.runtime.clock import SHANGHAI, current_clock
from qingtian.runtime.settings import get_settings

NUL = "\0"
DIGITS = 5  # of a degree: about 1 m
STEPS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step took.

    Args:
        values: to be kept; what is faulty is among them, so that nobody types twice.
        faults: field by key of the words that tell of it.
    """

    values: Mapping[str, Any]
    faults: Mapping[str, str] = field(default_factory=dict)


def text_of(form: QueryDict, name: str) -> str:
    """A field as plain text; PostgreSQL keeps no NUL."""
    return str(form.get(name, "")).replace(NUL, "").strip()


def place_of(form: QueryDict) -> Taken:
    """Step 1: district, place in words, and a point, if any."""
    faults: dict[str, str] = {}
    region, place = text_of(form, "region"), text_of(form, "place")
    if region not in region_codes():
        region, faults["region"] = "", "e_region"
    if not place or len(place) > (Case._meta.get_field("place").max_length or 0):
        faults["place"] = "e_place"
    typed = text_of(form, "lon"), text_of(form, "lat")
    lon, lat = (_degrees(one) for one in typed)
    if (lon is None) != (lat is None) or any(one and _degrees(one) is None for one in typed):
        faults["lon"] = "e_lon"
    elif lon is not None and lat is not None and not maps.in_city(lon, lat):
        faults["lon"] = "e_outside"
    return Taken({"region": region, "place": place, "lon": lon, "lat": lat}, faults)


def clicked(form: QueryDict) -> Taken | None:
    """Step 1, where the map was clicked: everything as it was typed, and the point; None where it was not clicked.

    The map is a button of the form: it gives the pixel, and 0, 0 when it was pressed by the keyboard.
    """
    try:
        x, y = float(text_of(form, "map.x")), float(text_of(form, "map.y"))
    except ValueError:
        return None
    values = {"region": text_of(form, "region"), "place": text_of(form, "place")}
    if values["region"] not in region_codes():
        values["region"] = ""
    frame = maps.frame_of(text_of(form, "frame"))
    if not (0 <= x <= frame.width and 0 <= y <= frame.height) or not (x or y):
        return Taken(values, {"lon": "e_outside"})
    lon, lat = frame.point(x, y)
    if not maps.in_city(lon, lat):
        return Taken(values, {"lon": "e_outside"})
    values["region"] = values["region"] or _district(lon, lat)
    return Taken(values | {"lon": lon, "lat": lat})


def category_of(form: QueryDict) -> Taken:
    """Step 3."""
    chosen = text_of(form, "category")
    known = chosen in {one.value for one in categories()}
    return Taken({"category": chosen if known else ""}, {} if known else {"category": "e_category"})


def problem_of(form: QueryDict) -> Taken:
    """Step 4, without the photos."""
    said = text_of(form, "problem")
    fits = bool(said) and len(said) <= LONGEST_WORDS
    return Taken({"problem": said}, {} if fits else {"problem": "e_problem"})


def open_step(form: Mapping[str, Any]) -> int:
    """The first step that still asks for something; the second asks for nothing."""
    if not form.get("region") or not form.get("place"):
        return 1
    if not form.get("category"):
        return 3
    return 5 if form.get("problem") else 4


def categories() -> tuple[Choice, ...]:
    """Kinds of problems, as the procedure of complaints names them today."""
    fields = procedure(COMPLAINT, on=current_clock().now().astimezone(SHANGHAI).date()).fields()
    return tuple(fields["category"].choices)


def region_codes() -> frozenset[str]:
    """Districts that can be chosen."""
    rows = objects_of(PUBLIC_ACTOR, ObjectType.REGION).exclude(code=get_settings().city_code)
    return frozenset(rows.values_list("code", flat=True))


def _district(lon: float, lat: float) -> str:
    found = suggest_region(lon, lat)
    return found if found in region_codes() else ""


def _degrees(typed: str) -> float | None:
    try:
        value = float(typed)
    except ValueError:
        return None
    return round(value, DIGITS) if math.isfinite(value) else None
