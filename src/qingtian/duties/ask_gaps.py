"""Missing data are asked for: what devices are bound to send against what the store holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices.actions.record_gaps import ask_for_gaps, record_gaps
from qingtian.apps.devices.calendar import Duty as Owed
from qingtian.apps.devices.calendar import duties, known_since, living_devices, pauses
from qingtian.apps.devices.queries import open_gaps
from qingtian.domain.hj212.dialogues import Block, missing_blocks
from qingtian.duties.duty import DutyContext, DutyReport
from qingtian.runtime.clock import SHANGHAI
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Cycle, Origin, Store

HEARD_WITHIN = timedelta(hours=1)  # who is silent for longer is not asked; the gap stays open until it is back


def ask_gaps(context: DutyContext) -> DutyReport:
    """Find missing periods, keep them as gaps, ask for them within the budget; the same run again changes nothing."""
    settings, now = get_settings(), context.now.astimezone(SHANGHAI)
    if not settings.backfill_auto:
        return DutyReport(notes=["asking for missing data is switched off (backfill_auto)"])
    devices = living_devices(now)
    heard = context.store.last_seen()
    owed = [
        one for one in duties(devices, timedelta(days=settings.backfill_reach_days)) if one.site in heard
    ]  # a device that never sent anything has nothing to fill
    since = known_since(one.device for one in owed)
    known = open_gaps()
    found = filled = given_up = 0
    for cycle in Cycle:
        of_cycle = [one for one in owed if one.cycle is cycle]
        came = _came(context.store, of_cycle, now)
        for one in of_cycle:
            begin = max(now - one.reach, since[one.device.pk].astimezone(SHANGHAI))
            blocks = _missing(one, begin, now, came.get(one.site, ()))
            if not blocks and (one.device.pk, one.cn) not in known:
                continue  # most devices, most of the time
            report = record_gaps(SYSTEM_ACTOR, context.now, one.device, one.cn, blocks, since=begin)
            found, filled, given_up = found + report.found, filled + report.filled, given_up + report.given_up
    reachable = {one.device.pk: one.device for one in owed if now - heard[one.site] <= HEARD_WITHIN}
    asked = ask_for_gaps(SYSTEM_ACTOR, context.now, reachable)
    return DutyReport(
        notes=[f"gaps: {found} found, {filled} filled, {given_up} given up, {len(asked)} requests ordered"]
    )


def _missing(owed: Owed, begin: datetime, now: datetime, came: Sequence[datetime]) -> list[Block]:
    return missing_blocks(begin, now - owed.grace, owed.period, came, block=owed.block, pauses=pauses(owed.device))


def _came(store: Store, owed: Sequence[Owed], now: datetime) -> dict[str, list[datetime]]:
    """Periods that each site sent, by one pollutant that it sends: a frame carries all of them."""
    if not owed:
        return {}
    cycle, sites = owed[0].cycle, sorted({one.site for one in owed})
    marker = _markers(store, sites, cycle)
    begin = now - max(one.reach for one in owed)
    rows = store.window(cycle, begin - timedelta(days=1), now, sites=sites, pollutants=sorted(set(marker.values())))
    came: dict[str, list[datetime]] = {}
    for row in rows:
        if row.origin is not Origin.ROLLUP and row.pollutant == marker.get(row.site):
            came.setdefault(row.site, []).append(row.period_start.astimezone(SHANGHAI))
    return came


def _markers(store: Store, sites: Sequence[str], cycle: Cycle) -> Mapping[str, str]:
    """The pollutant by which a site's periods are counted: that of its newest row, the first by code."""
    newest: dict[str, tuple[datetime, str]] = {}
    for row in store.latest(sites, cycle):
        if row.origin is Origin.ROLLUP:
            continue
        known = newest.get(row.site)
        if known is None or row.period_start > known[0] or (row.period_start == known[0] and row.pollutant < known[1]):
            newest[row.site] = (row.period_start, row.pollutant)
    return {site: pollutant for site, (_, pollutant) in newest.items()}
