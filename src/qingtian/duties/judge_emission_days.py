"""Outlets with day limits: each whole day once it is over, and again when its rows change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.states import Question
from qingtian.apps.registry.models import ObjectType
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.emission_day import DAY, DayRows, day_pollutants, day_rows, day_start, judge_outlet_day
from qingtian.duties.judge_emission_hours import emission_settling
from qingtian.duties.settling import record_and_settle
from qingtian.duties.sites import Site, read_sites
from qingtian.duties.touched import WATERMARK
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store.port import Cycle, Observation, Store

DAYS_UNTIL = "days_until"
GRACE = timedelta(minutes=30)  # the last hour of a day needs a moment to arrive
SiteDay = tuple[str, date]


def judge_emission_days(context: DutyContext) -> DutyReport:
    """Judge every outlet day that is over and has rows which arrived since the last run."""
    outlets = outlets_with_day_limits(context)
    if not outlets:
        return DutyReport()
    rule = rules_on(context.now)["late_data"]
    today = (context.now - GRACE).astimezone(SHANGHAI).date()
    floor = today - timedelta(days=rule.whole("lookback_d"))
    since = context.moment(WATERMARK)
    used = frozenset[str]().union(*(day_pollutants(site) for site in outlets.values()))
    arrived = _rows(
        context.store, floor, today, outlets, used, since=None if since is None else since - rule.hours("overlap_h")
    )
    keys = {key for key in day_rows(*arrived) if key[1] < today} | _newly_over(context, outlets, floor, today)
    batch = [one for part in _judged(context.store, outlets, keys, used) for one in part]
    newest = max((row.received_at for rows in arrived for row in rows), default=since)
    state = {DAYS_UNTIL: today.isoformat()} | ({WATERMARK: newest.isoformat()} if newest else {})
    report = DutyReport(state=state)
    work = emission_settling(rules_on(context.now)["exceedance_day"], Question.EMISSION_DAY, outlets.values())
    record_and_settle(context.now, work, batch, report)
    return report


def outlets_with_day_limits(context: DutyContext) -> dict[str, Site]:
    """Outlets whose permit limits a day mean, by code."""
    sites = read_sites(context.now).of_type(ObjectType.OUTLET)
    return {site.code: site for site in sites if day_pollutants(site)}


def read_days(
    store: Store, sites: Collection[str], pollutants: Collection[str], first: date, last: date
) -> dict[SiteDay, DayRows]:
    """Rows of some sites for the days first..last."""
    return day_rows(*_rows(store, first, last + DAY, sites, pollutants))


def _rows(
    store: Store, first: date, end: date, sites: Collection[str], pollutants: Collection[str], **more: object
) -> tuple[list[Observation], list[Observation]]:
    asked = {"sites": sorted(sites), "pollutants": sorted(pollutants)}
    start, stop = day_start(first), day_start(end)
    received = {"received_since": more["since"]} if more.get("since") else {}
    hours = store.window(Cycle.HOUR, start, stop, **asked, **received)  # type: ignore[arg-type]
    return hours, store.window(Cycle.DAY, start, stop, **asked, **received)  # type: ignore[arg-type]


def _newly_over(context: DutyContext, outlets: Collection[str], floor: date, today: date) -> set[SiteDay]:
    # Rows of a day may all have arrived before the day was over.
    told = context.state.get(DAYS_UNTIL)
    first = max(date.fromisoformat(told), floor) if told else floor
    days = [first + number * DAY for number in range((today - first).days)]
    return {(code, day) for code in outlets for day in days}


def _judged(
    store: Store, outlets: dict[str, Site], keys: Collection[SiteDay], used: Collection[str]
) -> Iterator[list[Judged]]:
    packs = load_packs()
    for day in sorted({day for _, day in keys}):
        sites = [code for code, one in keys if one == day]
        found = read_days(store, sites, used, day, day)
        yield [
            judged
            for (code, _), rows in sorted(found.items())
            for judged in judge_outlet_day(packs, outlets[code], day, rows)
        ]
