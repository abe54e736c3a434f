"""Which devices are heard: newest arrival of each, and what the rule on silence says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.detection.rule import DetectionRule
from qingtian.domain.detection.silence import allowance
from qingtian.interfaces.api.present.frames import archive, names_of
from qingtian.interfaces.api.present.freshness import HOUR, LATE_STREAM
from qingtian.interfaces.api.schemas.devices import DeviceState
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.packs import load_packs
from qingtian.telemetry.devices import DeviceProfile
from qingtian.telemetry.store import ClockSkew, Quarantined

REACH = timedelta(days=1)
CYCLE_LENGTH = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the city has heard of one device.

    Args:
        last: newest arrival, also of refused frames; None when nothing ever came.
        refused: its frames of the last day that gave no values, newest first.
        skew: its newest clock error of the last day.
    """

    last: datetime | None
    refused: Sequence[Quarantined] = ()
    skew: ClockSkew | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a device is silent, by the rule in force.

    Args:
        state: online, late, silent or never.
        minutes: city minutes since the newest arrival.
        allowed: after so many minutes it is late; None when nothing is expected of it.
    """

    state: DeviceState
    minutes: int | None
    allowed: int | None


def interval_of(profile: DeviceProfile) -> timedelta | None:
    """Shortest interval at which a device is bound to send; None when nothing is expected of it."""
    lengths = {
        **CYCLE_LENGTH,
        "realtime": timedelta(seconds=profile.realtime_interval_s),
        "minute": timedelta(seconds=profile.minute_interval_s),
    }
    return min((lengths[one] for one in profile.expects if one in lengths), default=None)


def hear(rows: Iterable[RegistryObject], now: datetime) -> dict[str, Heard]:
    """What was heard of each device, in a fixed number of questions for all of them together.

    A place tells when it was heard last; where several devices share one, each is looked up in the archive.
    """
    listed = list(rows)
    store = telemetry_store()
    by_site, refused, skews = store.last_seen(), _refused(now), _skews(now)
    sharing = Counter(row.parent_id for row in RegistryObject.objects.filter(type=ObjectType.DEVICE).only("parent_id"))
    found = {}
    for row in listed:
        mine = [one for name in names_of(row) for one in refused.get(name, ())]
        arrivals = [one.received_at for one in mine]
        if row.parent is not None:
            alone = sharing[row.parent_id] == 1
            arrivals += [by_site[row.parent.code]] if alone and row.parent.code in by_site else _archived(row, alone)
        found[row.code] = Heard(max((min(at, now) for at in arrivals), default=None), mine, skews.get(row.code))
    return found


def silence(row: RegistryObject, last: datetime | None, now: datetime) -> Silence:
    """The state of a device by the rule on late streams."""
    interval = interval_of(device_profile(row))
    rule = load_packs().detection_rules(now.date()).get(LATE_STREAM)
    station = row.parent is not None and row.parent.type == ObjectType.STATION
    allowed = None if rule is None else allowance(rule, interval or timedelta(0), station=station)
    told = None if allowed is None or interval is None else int(allowed / timedelta(minutes=1))
    if last is None:
        return Silence("never", None, told)
    passed = now - last
    return Silence(_state(rule, passed, allowed), int(passed / timedelta(minutes=1)), told)


def _state(rule: DetectionRule | None, passed: timedelta, allowed: timedelta | None) -> DeviceState:
    if rule is None or allowed is None or passed <= allowed:
        return "online"
    return "silent" if rule.graded(Decimal(passed / HOUR)) > rule.severity else "late"


def _archived(row: RegistryObject, alone: bool) -> list[datetime]:
    if alone:
        return []
    return [record.received_at for record in archive().newest(names_of(row), limit=1).records]


def _refused(now: datetime) -> Mapping[str, list[Quarantined]]:
    found: dict[str, list[Quarantined]] = {}
    for one in reversed(telemetry_store().quarantined(now - REACH)):
        found.setdefault(one.mn, []).append(one)
    return found


def _skews(now: datetime) -> dict[str, ClockSkew]:
    return {one.mn: one for one in telemetry_store().clock_skews(now - REACH)}
