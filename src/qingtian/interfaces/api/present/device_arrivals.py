"""What a device was bound to send, hour by hour, against what arrived."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.models import ObjectType
from qingtian.apps.registry.queries import device_profile, object_by_code
from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.api.device_filters import ArrivalQuery
from qingtian.interfaces.api.schemas.devices import ArrivalCell, ArrivalsOut
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.ingest.mapping import CYCLE_OF
from qingtian.telemetry.store import Cycle, Origin

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COMMAND_OF = {cycle.value: cn for cn, cycle in CYCLE_OF.items()}


def arrivals(actor: Actor, now: datetime, mn: str, query: ArrivalQuery) -> ArrivalsOut:
    """One cell per hour (per day for daily data): periods that were due and periods that came.

    Raises:
        NotVisible: there is no such device.
        InvalidInput: the device is not bound to send such data.
    """
    row = object_by_code(actor, ObjectType.DEVICE, mn)
    profile = device_profile(row)
    bound = [one for one in profile.expects if one in ("minute", "hour", "day")]
    if query.cycle is None and not bound:
        return ArrivalsOut(cycle="", cycles=[], command="", period_s=0, cells=[], simulated=row.simulated)
    cycle = query.cycle or bound[0]
    if cycle not in bound:
        raise InvalidInput(
            f"the device is not bound to send {cycle} data",
            field="cycle",
            remedy=f"one of {', '.join(bound)}" if bound else "tick what it must send in its settings",
        )
    cell = DAY if cycle == "day" else HOUR
    period = {"minute": timedelta(seconds=profile.minute_interval_s), "hour": HOUR, "day": DAY}[cycle]
    end = _floor(now, cell)
    # Before it was registered nothing was due.
    since = datetime.combine(row.valid_from, datetime.min.time(), SHANGHAI)
    start = max(end - timedelta(days=query.days), _floor(since, cell))
    came: dict[datetime, set[datetime]] = defaultdict(set)
    for one in telemetry_store().window(Cycle(cycle), start, end, sites=[profile.site]) if start < end else ():
        if one.origin is Origin.DEVICE:
            came[_floor(one.period_start, cell)].add(one.period_start)
    due = max(1, int(cell / period))
    count = max(0, int((end - start) / cell))
    times = [start + index * cell for index in range(count)]
    return ArrivalsOut(
        cycle=cycle,
        cycles=bound,
        command=COMMAND_OF[cycle],
        period_s=int(period.total_seconds()),
        cells=[ArrivalCell(t=t, due=due, received=min(due, len(came[t]))) for t in times],
        simulated=row.simulated,
    )


def _floor(at: datetime, length: timedelta) -> datetime:
    local = at.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (local - midnight) // length * length
