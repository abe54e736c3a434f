"""The register as the duties need it: every watched site with its devices, read once per run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.runtime.clock import SHANGHAI

WATCHED = (ObjectType.OUTLET, ObjectType.STATION, ObjectType.POWER_METER, ObjectType.FACILITY)
CYCLE_INTERVAL = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
DEFAULT_SECONDS = {"realtime": ("realtime_interval_s", 60), "minute": ("minute_interval_s", 600)}


@dataclass(frozen=True, slots=True)
class Site:
    """A watched object.

    Args:
        object: its row of the register.
        devices: the devices that measure it.
    """

    object: RegistryObject
    devices: tuple[RegistryObject, ...] = ()

    @property
    def code(self) -> str:
        """Site code of its observations."""
        return self.object.code

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Attributes of the object."""
        return self.object.attributes

    @property
    def interval(self) -> timedelta | None:
        """Shortest interval at which one of its devices is bound to send; None when nothing is expected."""
        found = [_interval(device, cycle) for device in self.devices for cycle in device.attributes.get("expects", ())]
        return min(found, default=None)


@dataclass(frozen=True, slots=True)
class Sites:
    """Every watched site by code."""

    by_code: Mapping[str, Site] = field(default_factory=dict)

    def of_type(self, kind: ObjectType) -> list[Site]:
        """Sites of one type, by code."""
        return [site for site in self.by_code.values() if site.object.type == kind]

    def get(self, code: str) -> Site | None:
        """A site; None when the register has none of that code."""
        return self.by_code.get(code)


def read_sites(now: datetime) -> Sites:
    """Sites and devices that exist on the day of `now`: two queries, whatever their number."""
    day = now.astimezone(SHANGHAI).date()
    rows = RegistryObject.objects.valid_on(day)
    devices: dict[int, list[RegistryObject]] = {}
    for device in rows.filter(type=ObjectType.DEVICE):
        if device.parent_id is not None:
            devices.setdefault(device.parent_id, []).append(device)
    watched = rows.filter(type__in=WATCHED).order_by("code")
    return Sites({row.code: Site(row, tuple(devices.get(row.pk, ()))) for row in watched})


def region_object(code: str) -> RegistryObject | None:
    """The region of the city on the register."""
    return RegistryObject.objects.filter(type=ObjectType.REGION, code=code).first()


def by_enterprise(sites: Iterable[Site]) -> dict[str, list[Site]]:
    """Sites grouped by the enterprise they are part of."""
    groups: dict[str, list[Site]] = {}
    for site in sites:
        groups.setdefault(site.object.enterprise_code, []).append(site)
    return groups


def _interval(device: RegistryObject, cycle: str) -> timedelta:
    if cycle in CYCLE_INTERVAL:
        return CYCLE_INTERVAL[cycle]
    name, default = DEFAULT_SECONDS[cycle]
    return timedelta(seconds=int(device.attributes.get(name, default)))
