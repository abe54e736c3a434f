"""Days, months and years of every site: when they are over, and again when late or withdrawn parts touched them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache

from qingtian.apps.registry.models import ObjectType
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.roll_up_hours import rolled_notes
from qingtian.duties.sites import Site, read_sites
from qingtian.runtime.postgres import ensure_postgres
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.cluster.spread import DaskSpread, StoreAddress, spread_roll_up
from qingtian.telemetry.store.lake import folder_of
from qingtian.telemetry.store.periods import next_period, period_of
from qingtian.telemetry.store.port import AppendResult, Cycle, Store

LONGER = (Cycle.MONTH, Cycle.YEAR)
# Kind of a site as the validity rules of the pack name it; sites of another medium have no rule.
KINDS = {"waste_water": "water_outlet", "water": "water_outlet", "flue_gas": "cems", "air": "cems"}


def roll_up_periods(context: DutyContext) -> DutyReport:
    """Roll up what ended since the last run, and older days, months and years that late rows touched."""
    rule = rules_on(context.now)["late_data"]
    media = media_of(read_sites(context.now).by_code.values())
    start = period_of(Cycle.DAY, context.now - timedelta(days=rule.whole("lookback_d")))
    since = context.since - rule.hours("overlap_h")
    touched = {one.period_start for one in context.store.arrived(Cycle.DAY, start, context.now, since=since)}
    report = DutyReport()
    for cycle, periods in plan(touched | set(_ended(context)), context.now).items():
        done = [roll_up(context.store, cycle, at, media) for at in periods]
        report.notes += rolled_notes(cycle.value, done)
    return report


def roll_up(store: Store, cycle: Cycle, at: datetime, media: Mapping[str, str]) -> AppendResult:
    """One period of every site: in this process, or on the workers of the cluster."""
    spread = _workers()
    if spread is None:
        return store.roll_up(cycle, at, next_period(cycle, at), media=media)
    return spread_roll_up(spread, cycle, at, next_period(cycle, at), sites=sorted(read_sites(at).by_code), media=media)


@cache
def _workers() -> DaskSpread | None:
    settings = get_settings()
    if not settings.dask_scheduler:
        return None
    return DaskSpread(settings.dask_scheduler, StoreAddress(ensure_postgres(settings), str(folder_of(settings))))


def media_of(sites: Iterable[Site]) -> dict[str, str]:
    """Kind of each site for the validity rules, from the medium or the kind of outlet that the register states."""
    found = {site.code: _kind(site) for site in sites}
    return {code: kind for code, kind in found.items() if kind is not None}


def _kind(site: Site) -> str | None:
    medium = str(site.attributes.get("medium") or "")
    if site.object.type == ObjectType.STATION:
        return "air_station" if medium in ("", "ambient") else None
    return KINDS.get(medium or str(site.attributes.get("kind") or ""))


def plan(days: Iterable[datetime], now: datetime) -> Mapping[Cycle, list[datetime]]:
    """The days to roll up, and the months and years that they lie in, as far as they are over."""
    found: dict[Cycle, set[datetime]] = {Cycle.DAY: set(days)}
    for cycle in LONGER:
        found[cycle] = {period_of(cycle, day) for day in found[Cycle.DAY]}
    return {
        cycle: sorted(at for at in starts if next_period(cycle, at) <= now) for cycle, starts in found.items() if starts
    }


def _ended(context: DutyContext) -> Iterator[datetime]:
    # A day's last hour arrives when the day is over: yesterday is always looked at.
    at = period_of(Cycle.DAY, min(context.since, context.now) - timedelta(days=1))
    while at < context.now:
        yield at
        at = next_period(Cycle.DAY, at)
