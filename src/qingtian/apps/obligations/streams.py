"""The expected-reporting calendar: hours of every stream that should come, that came valid, that were excused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, FloatField, Q
from django.db.models.functions import TruncDate

from qingtian.apps.findings.models import MaintenanceWindow
from qingtian.apps.findings.windows import windows_over
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import DECIDED, Question
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.indicators.periods import Period
from qingtian.domain.obligations import Transmission
from qingtian.runtime.clock import SHANGHAI, day_start
from qingtian.telemetry.store.port import Cycle, Store

HOUR = timedelta(hours=1)
DAY_HOURS = 24
SHUTDOWN = "shutdown"
STREAM_TYPES = (ObjectType.OUTLET, ObjectType.STATION, ObjectType.POWER_METER)
QUESTIONS = (Question.EMISSION_LIMIT, Question.AIR_INDEX)
ANY_ITEM = ""  # a stream that no standard judges: whatever the site sends by the hour
AQI = "aqi"
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class StreamDay:
    """A day of a stream."""

    day: date
    hours: Transmission


@dataclass(slots=True)
class Stream:
    """A month of one pollutant at one site.

    Args:
        delays: median and 95th percentile of the time from the end of an hour to the arrival of its value, minutes.
    """

    object: RegistryObject
    item: str
    days: list[StreamDay] = field(default_factory=list)
    delays: tuple[float, float] | None = None

    @property
    def total(self) -> Transmission:
        """The whole period."""
        return sum((one.hours for one in self.days), Transmission(0, 0))


class _Percentile(Aggregate):
    """`percentile_cont` of PostgreSQL: k = 1 + (n - 1) p, the rule of HJ 663 too."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM %(expressions)s))"


def streams(sites: Sequence[RegistryObject], period: Period, now: datetime, store: Store | None = None) -> list[Stream]:
    """Streams of some sites over some days: a fixed number of queries, whatever the number of sites.

    Args:
        period: legal days; hours that begin after `now` are not due yet.
        store: for sites that no standard judges; without it they are left out.
    """
    start, end = day_start(period.first), min(day_start(period.last, after=1), now)
    judged = [one for one in sites if one.type in (ObjectType.OUTLET, ObjectType.STATION)]
    counts = _judged_days(judged, start, end)
    excused = shutdowns(sites, start, end)
    inside = _received_inside(judged, excused, start, end)
    delays = _delays(judged, start, end)
    found = []
    for site in judged:
        for item in _items(site, counts):
            key = (site.pk, item)
            rows = counts.get(key, {})
            stream = Stream(site, item, delays=delays.get(key))
            stream.days = [
                _day(site, day, rows.get(day, 0), excused.get(site.pk, []), inside.get((*key, day), 0), now)
                for day in period
            ]
            found.append(stream)
    others = [one for one in sites if one.type not in (ObjectType.OUTLET, ObjectType.STATION)]
    return [*found, *_unjudged(others, period, start, end, now, excused, store)]


def expected_sites(rows: Iterable[RegistryObject]) -> list[RegistryObject]:
    """Sites of which something is expected, in order of their codes."""
    return [row for row in rows if row.type in STREAM_TYPES]


def shutdowns(sites: Iterable[RegistryObject], start: datetime, end: datetime) -> dict[int, list[Span]]:
    """Approved shutdowns of some sites, by primary key."""
    if start >= end:
        return {}
    found = windows_over(sites, start, end)
    return {pk: spans for pk, own in found.items() if (spans := [_span(one) for one in own if one.kind == SHUTDOWN])}


def hours_due(day: date, since: datetime, until: datetime) -> list[datetime]:
    """Starts of the hours of a day that are over by now and began after a site was registered."""
    first = max(day_start(day), _full_hour(since))
    last = min(day_start(day, after=1), until)
    hours = []
    while first + HOUR <= last:
        hours.append(first)
        first += HOUR
    return hours


def within(hour: datetime, spans: Iterable[Span]) -> bool:
    """Whether a whole hour lies in an approved shutdown; an hour that is cut by one is due."""
    return any(start <= hour and hour + HOUR <= end for start, end in spans)


def _day(site: RegistryObject, day: date, received: int, spans: list[Span], inside: int, now: datetime) -> StreamDay:
    due = hours_due(day, site.recorded_at, now)
    off = sum(within(hour, spans) for hour in due)
    got = min(received, len(due))
    return StreamDay(day, Transmission(len(due), got, off, min(inside, off, got)))


def _items(site: RegistryObject, counts: Mapping[tuple[int, str], Any]) -> list[str]:
    seen = {item for pk, item in counts if pk == site.pk}
    if site.type == ObjectType.STATION:
        return sorted(seen | {AQI})
    limits = site.attributes.get("permit_limits") or ()
    return sorted(seen | {str(one["pollutant"]) for one in limits if one.get("cycle") == "hour"})


def _judged_days(
    sites: Sequence[RegistryObject], start: datetime, end: datetime
) -> dict[tuple[int, str], dict[date, int]]:
    grouped = (
        _rows(sites, start, end)
        .annotate(day=TruncDate("period_start", tzinfo=SHANGHAI))
        .values("object_id", "item", "day")
        .annotate(n=Count("period_start", distinct=True))
        .order_by()
    )
    found: dict[tuple[int, str], dict[date, int]] = {}
    for one in grouped:
        found.setdefault((one["object_id"], one["item"]), {})[one["day"]] = one["n"]
    return found


def _rows(sites: Sequence[RegistryObject], start: datetime, end: datetime) -> Any:
    # Hours before the registration were not due, so they do not count as received either.
    return Judgement.objects.current().filter(
        Q(period_start__gte=F("object__recorded_at")),
        object__in=[one.pk for one in sites],
        question__in=QUESTIONS,
        verdict__in=DECIDED,
        period_start__gte=start,
        period_start__lt=end,
    )


def _received_inside(
    sites: Sequence[RegistryObject], excused: Mapping[int, list[Span]], start: datetime, end: datetime
) -> dict[tuple[int, str, date], int]:
    """Valid hours within an approved shutdown, by site, item and day; asked only of sites that have one."""
    own = [one for one in sites if one.pk in excused]
    found: dict[tuple[int, str, date], int] = {}
    if not own:
        return found
    for pk, item, hour in _rows(own, start, end).values_list("object_id", "item", "period_start").distinct():
        if within(hour, excused[pk]):
            key = (pk, item, hour.astimezone(SHANGHAI).date())
            found[key] = found.get(key, 0) + 1
    return found


def _delays(
    sites: Sequence[RegistryObject], start: datetime, end: datetime
) -> dict[tuple[int, str], tuple[float, float]]:
    """Delay of the first version of every hour: a correction is no late upload."""
    late = ExpressionWrapper(F("known_at") - F("period_start") - HOUR, output_field=DurationField())
    rows = Judgement.objects.filter(
        object__in=[one.pk for one in sites],
        question__in=QUESTIONS,
        version=1,
        period_start__gte=start,
        period_start__lt=end,
    )
    grouped = (
        rows.values("object_id", "item")
        .annotate(
            median=_Percentile(late, share="0.5", output_field=FloatField()),
            high=_Percentile(late, share="0.95", output_field=FloatField()),
        )
        .order_by()
    )
    return {
        (one["object_id"], one["item"]): (max(0.0, one["median"]) / 60, max(0.0, one["high"]) / 60) for one in grouped
    }


def _unjudged(
    sites: Sequence[RegistryObject],
    period: Period,
    start: datetime,
    end: datetime,
    now: datetime,
    excused: Mapping[int, list[Span]],
    store: Store | None,
) -> list[Stream]:
    if store is None or not sites or start >= end:
        return []
    hours: dict[str, set[datetime]] = {}
    for one in store.window(Cycle.HOUR, start, end, sites=[site.code for site in sites]):
        if one.valid:
            hours.setdefault(one.site, set()).add(one.period_start)
    found = []
    for site in sites:
        got, spans = hours.get(site.code, set()), excused.get(site.pk, [])
        stream = Stream(site, ANY_ITEM)
        for day in period:
            due = hours_due(day, site.recorded_at, now)
            own = [hour for hour in due if hour in got]
            off = sum(within(hour, spans) for hour in due)
            inside = sum(within(hour, spans) for hour in own)
            stream.days.append(StreamDay(day, Transmission(len(due), len(own), off, inside)))
        found.append(stream)
    return found


def _span(one: MaintenanceWindow) -> Span:
    return one.starts_at, one.ends_at


def _full_hour(moment: datetime) -> datetime:
    local = moment.astimezone(SHANGHAI)
    full = local.replace(minute=0, second=0, microsecond=0)
    return full if full == local else full + HOUR
