"""What each device is bound to send, from when on, and when nothing is expected of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Min

from qingtian.apps.registry.models import ObjectType, RegistryObject, RegistryRevision
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.hj212.dialogues import Pause
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SHORT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Duty:
    """One cycle that a device is bound to send.

    Args:
        device: the device.
        cycle: which values.
        cn: history command that asks for them.
        period: length of one period.
        block: at most so much data time is asked for at once.
        grace: how long after its end a period may still come by itself.
        reach: how far back it is looked for.
    """

    device: RegistryObject
    cycle: Cycle
    cn: str
    period: timedelta
    block: timedelta
    grace: timedelta
    reach: timedelta

    @property
    def site(self) -> str:
        """Code of what the device measures."""
        return self.device.parent.code if self.device.parent is not None else ""


def duties(devices: Iterable[RegistryObject], reach: timedelta) -> Iterator[Duty]:
    """What devices are bound to send, as far as it can be asked for afterwards.

    Args:
        devices: with their parents.
        reach: how far back missing data are looked for; minutes and shorter at most two days.
    """
    for device in devices:
        if device.parent is None or device.attributes.get("backfill") is False:
            continue
        profile = device_profile(device)
        minute, realtime = timedelta(seconds=profile.minute_interval_s), timedelta(seconds=profile.realtime_interval_s)
        short = min(reach, 2 * DAY)
        if "minute" in profile.expects:
            block = 2 * HOUR if minute < SHORT else 6 * HOUR
            yield Duty(device, Cycle.MINUTE, "2051", minute, block, max(minute, HOUR / 4), short)
        if "hour" in profile.expects:
            yield Duty(device, Cycle.HOUR, "2061", HOUR, DAY, HOUR / 2, reach)
        if "day" in profile.expects:
            yield Duty(device, Cycle.DAY, "2031", DAY, 30 * DAY, 6 * HOUR, max(reach, 3 * DAY))
        if "realtime" in profile.expects and device.attributes.get("history_realtime"):
            yield Duty(device, Cycle.REALTIME, "2011", realtime, HOUR, max(realtime, HOUR / 4), min(reach, DAY))


def living_devices(now: datetime) -> list[RegistryObject]:
    """Devices that exist on the day of `now`, with their parents."""
    rows = RegistryObject.objects.valid_on(now.astimezone(SHANGHAI).date()).filter(type=ObjectType.DEVICE)
    return list(rows.select_related("parent").order_by("code"))


def known_since(devices: Iterable[RegistryObject]) -> dict[int, datetime]:
    """When each device was registered first, by key: nothing is expected before."""
    listed = list(devices)
    rows = RegistryRevision.objects.filter(object__in=[one.pk for one in listed]).values("object_id")
    first = {row["object_id"]: row["at"] for row in rows.annotate(at=Min("recorded_at")).order_by()}
    return {
        one.pk: max(datetime.combine(one.valid_from, time(), SHANGHAI), first.get(one.pk, one.recorded_at))
        for one in listed
    }


def pauses(device: RegistryObject) -> list[Pause]:
    """Reported shutdowns of a device and of what it measures (attribute `shutdowns`); unreadable ones do not count."""
    told = [*_listed(device.attributes), *(_listed(device.parent.attributes) if device.parent is not None else ())]
    return [pause for one in told if (pause := _pause(one)) is not None]


def _listed(attributes: Mapping[str, Any]) -> list[Any]:
    value = attributes.get("shutdowns", [])
    return value if isinstance(value, list) else []


def _pause(told: Any) -> Pause | None:
    try:
        start = datetime.fromisoformat(str(told["from"]))
        end = datetime.fromisoformat(str(told["to"])) if told.get("to") else None
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        return None
    return Pause(start, end)
