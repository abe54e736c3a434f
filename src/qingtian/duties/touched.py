"""Which hours must be judged: those with rows that arrived since the last run, however old the hours are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qingtian.duties.duty import DutyContext, rules_on
from qingtian.telemetry.store.port import Cycle, Observation

HOUR = timedelta(hours=1)
WATERMARK = "arrived_until"
SiteHour = tuple[str, datetime]
StillOpen = Callable[[Sequence[Observation]], Iterable[Observation]]


@dataclass(frozen=True, slots=True)
class TouchedHours:
    """Hours that late or new data touched, with every row of those hours.

    Args:
        rows: rows by pollutant, by site and hour.
        state: what the next run needs: the newest arrival that was seen.
    """

    rows: dict[SiteHour, dict[str, Observation]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)


def touched_hours(
    context: DutyContext,
    sites: Collection[str],
    pollutants: Collection[str],
    *,
    still_open: StillOpen | None = None,
) -> TouchedHours:
    """Complete hours of some sites that have rows which arrived since the last run.

    The mark of the last run is the newest arrival in the store, not the clock: rows may reach the store later than
    they arrived. A stretch before it is looked at again; judging the same again changes nothing.

    Args:
        sites: codes of the sites to judge.
        pollutants: codes that a judgement rests on; others are not read.
        still_open: picks the rows whose hours need judging out of those that arrived.
    """
    rule = rules_on(context.now)["late_data"]
    mark = context.moment(WATERMARK)
    since = None if mark is None else mark - rule.hours("overlap_h")
    start = context.now - timedelta(days=rule.whole("lookback_d"))
    if not sites or not pollutants:
        return TouchedHours(state=dict(context.state))
    codes, used = sorted(sites), sorted(pollutants)
    arrived = context.store.window(Cycle.HOUR, start, context.now, sites=codes, pollutants=used, received_since=since)
    complete = [row for row in arrived if row.period_start + HOUR <= context.now]
    keys = {(row.site, row.period_start) for row in (still_open(complete) if still_open else complete)}
    newest = max((row.received_at for row in arrived if row.received_at <= context.now), default=mark)
    state = {WATERMARK: newest.isoformat()} if newest is not None else {}
    rows = _complete(context, keys, used) if since is not None else _grouped(arrived, keys)
    return TouchedHours(rows, state)


def stretches(hours: Iterable[datetime], *, reach: timedelta = 3 * HOUR) -> list[tuple[datetime, datetime]]:
    """Periods [start, end) that cover some hours without long gaps, so that few queries read them all.

    >>> day = datetime(2025, 11, 24)
    >>> [(a.hour, b.hour) for a, b in stretches([day, day + HOUR, day + 9 * HOUR])]
    [(0, 2), (9, 10)]
    """
    found: list[tuple[datetime, datetime]] = []
    for hour in sorted(set(hours)):
        if found and hour - found[-1][1] <= reach:
            found[-1] = (found[-1][0], hour + HOUR)
        else:
            found.append((hour, hour + HOUR))
    return found


def _complete(
    context: DutyContext, keys: Collection[SiteHour], pollutants: Sequence[str]
) -> dict[SiteHour, dict[str, Observation]]:
    rows: dict[SiteHour, dict[str, Observation]] = {}
    for start, end in stretches(hour for _, hour in keys):
        sites = sorted({site for site, hour in keys if start <= hour < end})
        found = context.store.window(Cycle.HOUR, start, end, sites=sites, pollutants=pollutants)
        rows |= _grouped(found, keys)
    return rows


def _grouped(rows: Sequence[Observation], keys: Collection[SiteHour]) -> dict[SiteHour, dict[str, Observation]]:
    grouped: dict[SiteHour, dict[str, Observation]] = {}
    for row in rows:
        key = (row.site, row.period_start)
        if key in keys:
            grouped.setdefault(key, {})[row.pollutant] = row
    return grouped
