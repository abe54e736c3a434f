"""Limits with the rules that set them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.errors import QingtianError
from qingtian.domain.standards import AirLimit, RuleRow
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.numbers import text
from qingtian.interfaces.api.schemas.places import LimitOut
from qingtian.packs import load_packs
from qingtian.packs.detection import load_detection_rules
from qingtian.telemetry.store import Cycle

PERIODS: Mapping[Cycle, tuple[str, ...]] = {Cycle.HOUR: ("1h", "24h"), Cycle.DAY: ("24h",)}


def permit_limits(outlet: RegistryObject) -> list[LimitOut]:
    """Limits of the permit of an outlet."""
    return [_of_permit(raw) for raw in outlet.attributes.get("permit_limits", ())]


def limits_for(site: RegistryObject, pollutant: str, cycle: Cycle, on: date) -> list[LimitOut]:
    """Limits that a series is seen against.

    For an outlet those of its permit; for a station the ambient limits of the day, those for the period of the
    series first: where the standard has none for an hour, the one for 24 hours, named as such.
    """
    if site.type == ObjectType.OUTLET:
        return [one for one in permit_limits(site) if one.pollutant == pollutant]
    row = law.pollutant(pollutant)
    if site.type != ObjectType.STATION or row is None or not row.symbol:
        return []
    found = law.air_limits(row.symbol, on)
    for period in PERIODS.get(cycle, ()):
        if matching := [_ambient(one, pollutant) for one in found if one.period == period]:
            return matching
    return []


def pack_row(row_id: str) -> RuleRow | None:
    """A row of the packs, of the standards or of the detection rules; None when it is not there (any more)."""
    try:
        return load_packs().row(row_id)
    except QingtianError:
        return next((rule for rule in load_detection_rules() if rule.row_id == row_id), None)


def _of_permit(raw: Mapping[str, Any]) -> LimitOut:
    row, name = pack_row(str(raw.get("rule_row", ""))), law.pollutant_name(str(raw["pollutant"]))
    return LimitOut(
        pollutant=str(raw["pollutant"]),
        name_zh=name.zh,
        name_en=name.en,
        cycle=str(raw.get("cycle", "hour")),
        value=str(raw["limit"]),
        unit=str(raw.get("unit", "")),
        converted=bool(raw.get("converted", False)),
        standard=str(raw.get("standard", row.standard if row else "")),
        clause=row.clause if row else "",
        source=row.source if row else "permit",
        confidence=row.confidence if row else "",
        rule_row=str(raw.get("rule_row", "")),
    )


def _ambient(row: AirLimit, pollutant: str) -> LimitOut:
    name = law.pollutant_name(pollutant)
    return LimitOut(
        pollutant=pollutant,
        name_zh=name.zh,
        name_en=name.en,
        cycle=row.period,
        value=text(row.limit) or "",
        unit=row.unit,
        converted=False,
        standard=row.standard,
        clause=row.clause,
        source=row.source,
        confidence=row.confidence,
        rule_row=row.row_id,
    )
