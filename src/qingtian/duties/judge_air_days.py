"""Days of ambient air: each station and the city by HJ 663 and HJ 633, again whenever a late hour changes a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.judgements.actions.record_judgements import record_judgements
from qingtian.apps.judgements.air_days import good_limit, kept_inputs
from qingtian.apps.judgements.judged import Judged
from qingtian.apps.judgements.queries import AQI
from qingtian.apps.judgements.states import Question, Verdict
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.standards.air_day import DayValue
from qingtian.domain.standards.air_evaluation import ITEMS, AirDay, AirRules, air_day, city_day
from qingtian.domain.standards.air_period import city_value
from qingtian.domain.standards.air_rules import AirParameter
from qingtian.duties.duty import DutyContext, DutyReport, rules_on
from qingtian.duties.sites import Site, read_sites, region_object
from qingtian.duties.touched import WATERMARK
from qingtian.packs import Packs, load_packs
from qingtian.packs.air_evaluation import air_rules
from qingtian.runtime.clock import SHANGHAI, day_start
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.store.port import Cycle, Observation

DAY_HOURS = 24
PART_DAYS = 31


@dataclass(slots=True)
class StationDay:
    """What is known of one station day.

    Args:
        day: judged; rows: the observations that it rests on.
    """

    site: Site
    day: AirDay
    known_at: datetime
    simulated: bool


@dataclass
class AirWork:
    """What judging days needs everywhere.

    Args:
        region: of the city; city: its object on the register, None where it has none.
        rules_on: day whose rules judge; None for the day of the data.
    """

    packs: Packs
    region: str
    city: RegistryObject | None = None
    rules_on: date | None = None
    rules: dict[date, AirRules] = field(default_factory=dict)

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """Item by pollutant code."""
        return {self.packs.pollutant_by_symbol(item).code: item for item in ITEMS}

    def on(self, day: date) -> AirRules:
        """The rules that judge data of a day."""
        on = self.rules_on or day
        if on not in self.rules:
            self.rules[on] = air_rules(self.packs, on, region=self.region)
        return self.rules[on]


def judge_air_days(context: DutyContext) -> DutyReport:
    """Judge every complete day of a station that has hours which arrived since the last run, and the city's day."""
    region = get_settings().city_code
    work = AirWork(load_packs(), region, region_object(region))
    stations = {site.code: site for site in read_sites(context.now).of_type(ObjectType.STATION)}
    days, state = touched_days(context, stations, work)
    report = DutyReport(state=state)
    for part in _parts(sorted(days)):
        first, last = day_start(part[0]), day_start(part[-1], after=1)
        rows = context.store.window(Cycle.HOUR, first, last, sites=sorted(stations), pollutants=sorted(work.codes))
        batch = [answer for day in part for answer in judge_day(work, stations, day, rows)]
        report.judged += len(record_judgements(SYSTEM_ACTOR, context.now, batch).created)
    return report


def judge_day(work: AirWork, stations: Mapping[str, Site], day: date, rows: Iterable[Observation]) -> list[Judged]:
    """The answers about one day: every station that has an hour at all, and the city.

    Args:
        stations: by code.
        rows: hours of stations; those of other days are left out.
    """
    first, last = day_start(day), day_start(day, after=1)
    by_site: dict[str, list[Observation]] = {}
    for row in rows:
        if first <= row.period_start < last and row.site in stations and row.pollutant in work.codes:
            by_site.setdefault(row.site, []).append(row)
    judged = [_station_day(stations[site], day, found, work) for site, found in sorted(by_site.items())]
    answers = [_judged(one.site.object, one.day, work, [one]) for one in judged]
    city = _city(day, judged, work)
    return answers if city is None else [*answers, city]


def touched_days(context: DutyContext, stations: Mapping[str, Site], work: AirWork) -> tuple[set[date], dict[str, str]]:
    """Complete days with an hour that arrived since the last run, and what the next run needs to know."""
    rule = rules_on(context.now)["late_data"]
    mark = context.moment(WATERMARK)
    since = None if mark is None else mark - rule.hours("overlap_h")
    if not stations:
        return set(), dict(context.state)
    start = context.now - timedelta(days=rule.whole("lookback_d"))
    arrived = context.store.window(
        Cycle.HOUR, start, context.now, sites=sorted(stations), pollutants=sorted(work.codes), received_since=since
    )
    today = context.now.astimezone(SHANGHAI).date()
    days = {row.period_start.astimezone(SHANGHAI).date() for row in arrived}
    # A day is judged when it has ended; its own hours arrived before that, so it is remembered until then.
    first = start.astimezone(SHANGHAI).date()
    newest = max((row.received_at for row in arrived if row.received_at <= context.now), default=mark)
    state = {WATERMARK: newest.isoformat()} if newest is not None else {}
    open_day = context.state.get("open_day")
    if open_day:
        days.add(date.fromisoformat(open_day))
    return {day for day in days if first < day < today}, state | {"open_day": today.isoformat()}


def _station_day(site: Site, day: date, rows: list[Observation], work: AirWork) -> StationDay:
    hours: dict[str, list[Decimal | None]] = {item: [None] * DAY_HOURS for item in ITEMS}
    for row in rows:
        if row.valid and row.value is not None and row.value >= 0:
            hours[work.codes[row.pollutant]][row.period_start.astimezone(SHANGHAI).hour] = row.value
    known_at = max(row.received_at for row in rows)
    return StationDay(site, air_day(day, hours, work.on(day)), known_at, any(row.simulated for row in rows))


def _city(day: date, judged: list[StationDay], work: AirWork) -> Judged | None:
    points = [one for one in judged if _evaluates(one.site)]
    if not points or work.city is None:
        return None
    rules = work.on(day)
    values = {item: _city_item(item, points, rules) for item in ITEMS}
    hours = {one.site.code: one.day.ozone_hour for one in points}
    ozone_hour, _ = city_value(hours, rules.parameters)
    return _judged(work.city, city_day(day, values, ozone_hour, rules), work, points)


def _evaluates(site: Site) -> bool:
    """Whether a station counts for the city: national points, without the control point in clean air."""
    return site.attributes.get("level") == "national" and not site.attributes.get("control")


def _city_item(item: str, points: list[StationDay], rules: AirRules) -> DayValue:
    found: dict[str, Fraction | None] = {}
    for one in points:
        value = one.day.values.get(item)
        found[one.site.code] = None if value is None else value.usable
    mean, missing = city_value(found, rules.parameters)
    share = rules.parameters.row(AirParameter.CITY_POINTS_PERCENT)
    have, need = len(found) - len(missing), -(-int(share.value) * len(found) // 100)
    reason = "" if mean is not None else f"{have} of {need} points"
    return DayValue(item, mean, mean is not None, have, need, (share,), reason)


def _judged(place: RegistryObject, day: AirDay, work: AirWork, rests_on: list[StationDay]) -> Judged:
    rules, index = work.on(day.day), day.index
    over = index.aqi is not None and index.aqi > good_limit(rules)
    decided = Verdict.EXCEEDS if over else Verdict.WITHIN
    return Judged(
        object_id=place.pk,
        question=Question.AIR_DAY,
        item=AQI,
        cycle="day",
        period_start=day_start(day.day),
        verdict=Verdict.INSUFFICIENT if index.aqi is None else decided,
        standard=index.standard,
        clause=index.clause,
        rule_row=index.edition_row,
        confidence=rules.tables.edition.confidence,
        known_at=max(one.known_at for one in rests_on),
        value=None if index.aqi is None else Decimal(index.aqi),
        unit="1",
        limit=good_limit(rules),
        index=index.aqi,
        category=index.category.name_zh if index.category else "",
        primary=index.primary,
        inputs=kept_inputs(day, rules),
        coverage={"have": index.have, "need": index.need, "missing": list(index.missing), "reason": index.reason}
        | ({} if place.type == ObjectType.STATION else {"points": sorted(one.site.code for one in rests_on)}),
        simulated=any(one.simulated for one in rests_on),
    )


def _parts(days: list[date]) -> Iterable[list[date]]:
    return (days[at : at + PART_DAYS] for at in range(0, len(days), PART_DAYS))
