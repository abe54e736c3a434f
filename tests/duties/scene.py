"""A small city for the duties: objects on the register and rows for the store, one line each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from qingtian.apps.findings.models import Finding
from qingtian.apps.registry.models import RegistryObject
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle, Observation, Origin

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T0 = datetime(2025, 11, 24, 0, 0, tzinfo=SHANGHAI)  # a Monday; HJ 633-2012 is in force
REGISTERED = T0 - 30 * DAY
NOX, SO2, PM, OXYGEN, FLOW = "a21002", "a21026", "a34013", "a19001", "a00000"
SPECIAL_NOX = "gb13223-2011.coal-boiler-special-limits-table-2.nox.hour"  # 100 mg/m3
UNITS = {NOX: "mg/m3", SO2: "mg/m3", PM: "mg/m3", OXYGEN: "%", FLOW: "m3/h", "power_kw": "kW"}


def register(type_: str, code: str, parent: RegistryObject | None = None, **attributes: Any) -> RegistryObject:
    """An object; what belongs to an enterprise is simulated."""
    enterprise = code if type_ == "enterprise" else parent.enterprise_code if parent is not None else ""
    return RegistryObject.objects.create(
        type=type_,
        code=code,
        name=code,
        name_en=code,
        region_code="420107",
        parent=parent,
        enterprise_code=enterprise,
        attributes=attributes,
        simulated=bool(enterprise),
        valid_from=date(2020, 1, 1),
        recorded_at=REGISTERED,
    )


def limit(pollutant: str = NOX, value: str = "100", **more: Any) -> dict[str, Any]:
    """A permit limit by the hour."""
    return {"pollutant": pollutant, "cycle": "hour", "limit": value, "unit": "mg/m3"} | more


def outlet(number: int = 1, *, limits: list[dict[str, Any]] | None = None, **attributes: Any) -> RegistryObject:
    """An enterprise with one air outlet and a device that sends minutes and hours."""
    works = register("enterprise", f"E-{number:03}")
    limits = [limit()] if limits is None else limits
    stack = register("outlet", f"O-{number:03}-01", works, kind="air", permit_limits=limits, **attributes)
    register("device", f"MN{number:06}", stack, expects=["minute", "hour"], minute_interval_s=600)
    return stack


def station(code: str = "1325A") -> RegistryObject:
    """A national station: hours come by import."""
    return register("station", code, level="national")


def hour(site: RegistryObject, start: datetime, value: object, code: str = NOX, **more: Any) -> Observation:
    """An hour row that arrived two minutes after its end."""
    fields: dict[str, Any] = {
        "mark": "N",
        "unit": UNITS.get(code, "ug/m3"),
        "received_at": start + HOUR + 2 * MINUTE,
        "simulated": site.simulated,
        "period_s": 3600,
        "frame_hash": f"{site.code}{code}{start.isoformat()}{value}",
    }
    number = None if value is None else Decimal(str(value))
    return Observation(site.code, code, Cycle.HOUR, start, number, **fields | more)


def hours(
    site: RegistryObject, start: datetime, values: list[object], code: str = NOX, **more: Any
) -> list[Observation]:
    """Consecutive hour rows; None leaves a gap."""
    pairs = ((start + index * HOUR, value) for index, value in enumerate(values))
    return [hour(site, at, value, code, **more) for at, value in pairs if value is not None]


CLEAN_AIR = {"pm25": 20, "pm10": 40, "so2": 5, "no2": 20, "o3": 30, "co": "0.5"}
AIR = {"pm25": "a34004", "pm10": "a34002", "so2": "a21026", "no2": "a21004", "o3": "a05024", "co": "a21005"}


def air(
    site: RegistryObject, start: datetime, *, aqi: int | None = None, mark: str = "N", **values: object
) -> list[Observation]:
    """One imported station hour, half an hour after its end."""
    common = {"mark": mark, "origin": Origin.import_, "received_at": start + 90 * MINUTE}
    rows = [
        hour(site, start, value, AIR[name], **common | {"unit": "mg/m3" if name == "co" else "ug/m3"})
        for name, value in values.items()
    ]
    return rows if aqi is None else [*rows, hour(site, start, aqi, "aqi", **common | {"unit": "1"})]


def power(site: RegistryObject, start: datetime, values: list[object], **more: Any) -> list[Observation]:
    """Five-minute power of a meter, kW."""
    step = 5 * MINUTE
    return [
        Observation(
            site.code, "power_kw", Cycle.MINUTE, start + index * step, Decimal(str(value)), unit="kW", period_s=300,
            **{"mark": "N", "simulated": True, "received_at": start + (index + 1) * step} | more,
        )
        for index, value in enumerate(values)
        if value is not None
    ]  # fmt: skip


def findings(kind: str | None = None) -> list[Finding]:
    """Findings in the order of their first hit."""
    rows = Finding.objects.select_related("object").order_by("first_seen", "object__code", "parameter")
    return list(rows if kind is None else rows.filter(kind=kind))
