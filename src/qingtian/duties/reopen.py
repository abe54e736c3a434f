"""Days that are judged again because old rows came late, or because an import was taken back, however old they are.

The judging duties look back some days by themselves. What lies further back, and every period of a withdrawn import, is
noted here, rolled up again and judged again day by day, a slice of time a run, so that other duties get their turn.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.queries import AQI
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.recompute import adopt
from qingtian.duties.rejudging import Basis, Places, places, rejudge_day
from qingtian.duties.roll_up_periods import media_of
from qingtian.duties.sites import read_sites, region_object
from qingtian.packs import load_packs
from qingtian.runtime.clock import SHANGHAI, day_start
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.periods import next_period, period_of
from qingtian.telemetry.store.port import Cycle, Touched

SLICE_S = 8.0  # wall time that a run works on: other duties wait meanwhile
FIRST = datetime(2000, 1, 1, tzinfo=SHANGHAI)
DAYS = ("first", "next", "last")
WITHDRAWN = {
    "code": "withdrawn",
    "zh": "数据来自已撤回的导入，不再用于评价",
    "en": "the data came with an import that was withdrawn",
}


@dataclass(frozen=True, slots=True)
class Work:
    """Days to judge again.

    Args:
        first, last: the days; next: the first one that is left.
        sites: codes.
        pollutants: of a withdrawal: what it took back.
        withdrawn: whether an import was withdrawn; else rows came late.
    """

    first: date
    next: date
    last: date
    sites: tuple[str, ...]
    pollutants: tuple[str, ...] = ()
    withdrawn: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the state of the duty."""
        days = {name: getattr(self, name).isoformat() for name in DAYS}
        return days | {"sites": self.sites, "pollutants": self.pollutants, "withdrawn": self.withdrawn}

    @staticmethod
    def of_json(raw: Mapping[str, Any]) -> Work:
        """From the state of the duty."""
        first, following, last = (date.fromisoformat(raw[name]) for name in DAYS)
        return Work(first, following, last, tuple(raw["sites"]), tuple(raw["pollutants"]), bool(raw["withdrawn"]))


def reopen(context: DutyContext) -> DutyReport:
    """Note what was touched since the last run, then work on the days that are left for a slice of time."""
    queue = [Work.of_json(raw) for raw in context.state.get("queue", ())]
    late, handled = _late(context)
    queue += [*late, *_withdrawn(context.store.withdrawn(context.since))]
    report, until, days = DutyReport(), time.monotonic() + SLICE_S, 0
    while queue and time.monotonic() < until:
        work = queue.pop(0)
        _one_day(context, work, report)
        days += 1
        if work.next < work.last:
            queue.insert(0, replace(work, next=work.next + timedelta(days=1)))
        else:
            _longer(context, work)
    report.state = {"queue": [one.as_json() for one in queue], "handled": handled}
    left = sum((one.last - one.next).days + 1 for one in queue)
    if days or left:
        report.notes.append(f"{days} days judged again, {left} left")
    return report


def _late(context: DutyContext) -> tuple[list[Work], dict[str, str]]:
    """Days before the reach of the judging duties whose rows arrived since the last run, and their newest arrivals.

    Rows may reach the store later than they arrived, so a stretch is looked at again; days without a newer arrival
    than last time were handled then.
    """
    rule, known = rules_on(context.now)["late_data"], context.state.get("handled", {})
    horizon = period_of(Cycle.DAY, context.now - timedelta(days=rule.whole("lookback_d")))
    since = context.since - rule.hours("overlap_h")
    sites: dict[date, set[str]] = {}
    newest: dict[str, str] = {}
    for cycle in (Cycle.DAY, Cycle.HOUR):
        for one in context.store.arrived(cycle, FIRST, horizon, since=since):
            day = one.period_start.astimezone(SHANGHAI).date()
            sites.setdefault(day, set()).add(one.site)
            newest[day.isoformat()] = max(newest.get(day.isoformat(), ""), one.newest.isoformat())
    fresh = {
        day: sorted(found) for day, found in sites.items() if newest[day.isoformat()] > known.get(day.isoformat(), "")
    }
    return list(_runs(fresh)), newest


def _runs(by_day: Mapping[date, list[str]]) -> Iterator[Work]:
    """Consecutive days with the same sites as one piece of work."""
    run: Work | None = None
    for day, sites in sorted(by_day.items()):
        if run is not None and day == run.last + timedelta(days=1) and tuple(sites) == run.sites:
            run = replace(run, last=day)
            continue
        if run is not None:
            yield run
        run = Work(day, day, day, tuple(sites))
    if run is not None:
        yield run


def _withdrawn(touched: Iterable[Touched]) -> list[Work]:
    spans: dict[tuple[date, date], tuple[set[str], set[str]]] = {}
    for one in touched:
        days = (one.first.astimezone(SHANGHAI).date(), one.last.astimezone(SHANGHAI).date())
        sites, pollutants = spans.setdefault(days, (set(), set()))
        sites.add(one.site)
        pollutants.add(one.pollutant)
    return [
        Work(first, first, last, tuple(sorted(sites)), tuple(sorted(pollutants)), withdrawn=True)
        for (first, last), (sites, pollutants) in sorted(spans.items())
    ]


def _one_day(context: DutyContext, work: Work, report: DutyReport) -> None:
    start, end, sites = day_start(work.next), day_start(work.next, after=1), list(work.sites)
    media = media_of(read_sites(context.now).by_code.values())
    if end <= context.now:
        if not work.withdrawn:  # what devices sent cannot be withdrawn
            context.store.roll_up(Cycle.HOUR, start, end, sites=sites)
        taken = context.now if work.withdrawn else None
        context.store.roll_up(Cycle.DAY, start, end, media=media, sites=sites, withdrawn_at=taken)
    basis = Basis(load_packs(), context.now)
    where = _only(places(basis, work.next), work.sites)
    answers = rejudge_day(context.store, basis, work.next, where)
    if work.withdrawn:
        for one in _voided(context.now, work, where, {one.key for group in answers.values() for one in group}):
            answers[one.question].append(one)
    adopt(context.now, answers, where, report)


def _only(where: Places, sites: Collection[str]) -> Places:
    """The touched outlets; of the stations all or none, since the day of the city rests on every one."""
    outlets = {code: site for code, site in where.outlets.items() if code in sites}
    return Places(where.stations if any(code in sites for code in where.stations) else {}, outlets)


def _longer(context: DutyContext, work: Work) -> None:
    media = media_of(read_sites(context.now).by_code.values())
    for cycle in (Cycle.MONTH, Cycle.YEAR):
        end = next_period(cycle, period_of(cycle, day_start(work.last)))
        start = period_of(cycle, day_start(work.first))
        taken = context.now if work.withdrawn else None
        context.store.roll_up(
            cycle, start, min(end, context.now), media=media, sites=list(work.sites), withdrawn_at=taken
        )


def _voided(now: datetime, work: Work, where: Places, answered: Collection[tuple[Any, ...]]) -> Iterator[Judged]:
    """Answers that rest on nothing any more: their rows were withdrawn and none is left to judge by."""
    found = {site.object.pk for code, site in (*where.stations.items(), *where.outlets.items()) if code in work.sites}
    city = region_object(get_settings().city_code) if where.stations else None
    rows = Judgement.objects.current().filter(
        object_id__in=found | ({city.pk} if city is not None else set()),
        period_start__gte=day_start(work.next),
        period_start__lt=day_start(work.next, after=1),
        item__in=(AQI, *work.pollutants),
    )
    for row in rows:
        key = (row.object_id, row.question, row.item, row.cycle, row.period_start)
        if key not in answered:
            yield _void(row, now)


def _void(row: Judgement, now: datetime) -> Judged:
    return Judged(
        object_id=row.object_id,
        question=Question(row.question),
        item=row.item,
        cycle=row.cycle,
        period_start=row.period_start,
        verdict=Verdict.INSUFFICIENT,
        standard=row.standard,
        clause=row.clause,
        rule_row=row.rule_row,
        confidence=row.confidence,
        known_at=now,
        unit=row.unit,
        limit=row.limit,
        inputs={"reason": WITHDRAWN},
        coverage={"have": 0, "reason": WITHDRAWN["code"]} | {k: v for k, v in row.coverage.items() if k == "need"},
        simulated=row.simulated,
    )
