"""What the permits of an enterprise ask its self-monitoring for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import InvalidInput
from qingtian.domain.obligations import MonitoringPlan, PlanLine, Requirement, Rhythm, RhythmKind, Scope, parse_rhythm

WHOLE = {
    "boundary_noise": Scope.BOUNDARY_NOISE,
    "surroundings": Scope.SURROUNDINGS,
    "groundwater": Scope.GROUNDWATER,
}


@dataclass(slots=True)
class Demand:
    """Requirements of the permits of one enterprise.

    Args:
        issued_on: day of the newest permit; recorded_at: when the register knew the newest state of one.
        faults: lines that could not be read, with place, reason and remedy.
    """

    requirements: list[Requirement] = field(default_factory=list)
    issued_on: date | None = None
    recorded_at: datetime | None = None
    faults: list[str] = field(default_factory=list)


def demand_of(permits: Iterable[RegistryObject]) -> Demand:
    """Everything that some permits ask for; a line that cannot be read leaves the others."""
    found = Demand()
    for permit in permits:
        for where, one in _read(permit, found):
            if one is not None:
                found.requirements.append(one)
            else:
                found.faults.append(where)
        issued = _day(permit.attributes.get("issued_on"))
        found.issued_on = max((day for day in (found.issued_on, issued) if day is not None), default=None)
        found.recorded_at = max(found.recorded_at or permit.recorded_at, permit.recorded_at)
    return found


def permits_on(day: date, enterprise_codes: Iterable[str] | None = None) -> dict[str, list[RegistryObject]]:
    """Permits that hold on a day, by code of their enterprise.

    Args:
        enterprise_codes: only of these; None takes every enterprise.
    """
    rows = RegistryObject.objects.valid_on(day).filter(type=ObjectType.PERMIT).exclude(enterprise_code="")
    if enterprise_codes is not None:
        rows = rows.filter(enterprise_code__in=set(enterprise_codes))
    found: dict[str, list[RegistryObject]] = {}
    for row in rows.order_by("code"):
        found.setdefault(row.enterprise_code, []).append(row)
    return found


def plan_of(made_on: date, channel: str, lines: Iterable[Mapping[str, Any]]) -> MonitoringPlan:
    """A submitted plan as the check reads it.

    Raises:
        InvalidInput: a line that is none, by its place.
    """
    return MonitoringPlan(made_on, channel, tuple(_line(number, one) for number, one in enumerate(lines)))


def _line(number: int, raw: Mapping[str, Any]) -> PlanLine:
    try:
        scope = Scope(str(raw.get("scope") or Scope.OUTLET))
    except ValueError as error:
        raise InvalidInput(
            f"{raw.get('scope')!r} is nothing that is monitored",
            field=f"lines.{number}.scope",
            remedy=f"use {', '.join(Scope)}",
        ) from error
    automatic = raw.get("automatic") is True
    text = "continuous" if automatic and not raw.get("frequency") else str(raw.get("frequency") or "")
    rhythm = parse_rhythm(text, field=f"lines.{number}.frequency")
    place, parameter = str(raw.get("place") or "").strip(), str(raw.get("parameter") or "").strip()
    if scope is Scope.OUTLET and not (place and parameter):
        raise InvalidInput(
            "a line of an outlet names outlet and parameter",
            field=f"lines.{number}.{'parameter' if place else 'place'}",
            remedy="name both by their codes",
        )
    return PlanLine(scope, place, parameter, rhythm, str(raw.get("method") or "").strip(), automatic)


def _read(permit: RegistryObject, found: Demand) -> Iterator[tuple[str, Requirement | None]]:
    known = permit.attributes
    for number, line in enumerate(known.get("monitoring") or ()):
        where = f"permit {permit.code} monitoring[{number}]"
        if not isinstance(line, Mapping) or not line.get("outlet") or not line.get("parameter"):
            yield f"{where}: names no outlet and parameter; mend the permit", None
            continue
        automatic = line.get("automatic") is True
        rhythm = _rhythm(where, line, found, automatic)
        if rhythm is not None:
            yield where, Requirement(Scope.OUTLET, str(line["outlet"]), str(line["parameter"]), rhythm, automatic)
    for name, scope in WHOLE.items():
        part = known.get(name)
        if not isinstance(part, Mapping) or not part:
            continue
        rhythm = _rhythm(f"permit {permit.code} {name}", part, found, automatic=False)
        if rhythm is not None:
            for parameter in part.get("parameters") or ("",):
                yield name, Requirement(scope, "", str(parameter), rhythm)


def _rhythm(where: str, line: Mapping[str, Any], found: Demand, automatic: bool) -> Rhythm | None:
    if automatic:
        return Rhythm(RhythmKind.CONTINUOUS)
    try:
        return parse_rhythm(str(line.get("frequency") or ""))
    except InvalidInput as error:
        found.faults.append(f"{where}: {error.message}; {error.remedy}")
        return None


def _day(raw: object) -> date | None:
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        return None
