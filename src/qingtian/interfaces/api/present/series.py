"""Series of values with limits and coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.registry.listing import devices_at, visible_site
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.queries import device_profile
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.interfaces.api.filters import SeriesQuery
from qingtian.interfaces.api.present import law
from qingtian.interfaces.api.present.limits import limits_for
from qingtian.interfaces.api.present.numbers import share, text
from qingtian.interfaces.api.present.provenance import frame_id, provenance
from qingtian.interfaces.api.present.quality import quality_marks
from qingtian.interfaces.api.schemas.series import CoverageOut, SeriesOut, SeriesPoint
from qingtian.interfaces.telemetry import telemetry_store
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import Cycle, Observation
from qingtian.telemetry.store.periods import CALENDAR, FIXED, periods

USUAL = timedelta(days=1)
# What one request may ask for; longer spans go in parts.
LONGEST: Mapping[Cycle, timedelta] = {
    Cycle.REALTIME: timedelta(days=3),
    Cycle.MINUTE: timedelta(days=31),
    Cycle.HOUR: timedelta(days=400),
    Cycle.FOUR_HOUR: timedelta(days=1600),
    Cycle.DAY: timedelta(days=4000),
    Cycle.MONTH: timedelta(days=20_000),
    Cycle.YEAR: timedelta(days=20_000),
    Cycle.SAMPLE: timedelta(days=20_000),
}

SAMPLED_LONGER = 5  # a span of so many times the length may be asked for in few points


@dataclass(frozen=True, slots=True)
class Span:
    """The asked time: start <= t < end."""

    start: datetime
    end: datetime


def series(actor: Actor, now: datetime, query: SeriesQuery) -> SeriesOut:
    """One series.

    Raises:
        NotVisible: there is no such site.
        InvalidInput: the span is turned round or too long.
    """
    site = visible_site(actor, query.site)
    if site is None:
        raise NotVisible(f"there is no site {query.site}", field="site", remedy="choose a registered station or outlet")
    span = span_of(query, now)
    rows, sampled = _rows(query, span)
    name, known = law.pollutant_name(query.pollutant), provenance(site)
    return SeriesOut(
        site=site.code,
        site_name=site.name,
        site_name_en=site.name_en or site.name,
        pollutant=query.pollutant,
        name_zh=name.zh,
        name_en=name.en,
        unit=rows[-1].unit if rows else _usual_unit(query.pollutant),
        cycle=query.cycle.value,
        start=span.start,
        end=span.end,
        as_of=query.as_of,
        label="start",
        points=points_out(rows),
        limits=limits_for(site, query.pollutant, query.cycle, _law_day(span, now)),
        coverage=_coverage(rows, _expected(actor, site, query.cycle, span, now), sampled),
        sampled=sampled,
        simulated=site.simulated,
        source=known.code,
        source_zh=known.zh,
        source_en=known.en,
    )


def _rows(query: SeriesQuery, span: Span) -> tuple[list[Observation], bool]:
    """The rows of a series, all or as many as were asked for; whether some were left out."""
    asked = (query.site, query.pollutant, query.cycle, span.start, span.end)
    if query.points is None:
        return telemetry_store().series(*asked, as_of=query.as_of), False
    found = telemetry_store().sampled(*asked, points=query.points, as_of=query.as_of)
    return found.rows, found.of + found.gaps > len(found.rows)


def span_of(query: SeriesQuery, now: datetime) -> Span:
    """The asked time, with what was left out filled in.

    Raises:
        InvalidInput: the span is turned round or too long.
    """
    end = query.end or now
    start = query.start or end - USUAL
    if start >= end:
        raise InvalidInput("start is not before end", field="start", remedy="give an earlier start")
    longest = LONGEST[query.cycle] * (1 if query.points is None else SAMPLED_LONGER)
    if end - start > longest:
        raise InvalidInput(
            f"more than {longest.days} days of {query.cycle} values", field="start", remedy="ask for it in parts"
        )
    return Span(start.astimezone(SHANGHAI), end.astimezone(SHANGHAI))


def points_out(rows: Iterable[Observation]) -> list[SeriesPoint]:
    """Rows of the store as points."""
    return [
        SeriesPoint(
            t=row.period_start,
            value=text(row.value),
            mark=row.mark,
            valid=row.valid,
            minimum=text(row.minimum),
            maximum=text(row.maximum),
            converted=text(row.converted),
            version=row.version,
            origin=row.origin.value,
            frame=frame_id(row),
            qc=quality_marks(row),
        )
        for row in rows
    ]


def _law_day(span: Span, now: datetime) -> date:
    # Limits in force at the end of what is shown; the future has none yet.
    return min(span.end, now).astimezone(SHANGHAI).date()


def _usual_unit(pollutant: str) -> str:
    row = law.pollutant(pollutant)
    return row.unit if row else ""


def _expected(actor: Actor, site: RegistryObject, cycle: Cycle, span: Span, now: datetime) -> int | None:
    until = max(min(span.end, now), span.start)
    if cycle is Cycle.SAMPLE:  # nobody promised a number of samples
        return None
    if cycle in CALENDAR:
        return sum(1 for _ in periods(cycle, span.start, until))
    return int((until - span.start) / (FIXED.get(cycle) or _interval(actor, site, cycle)))


def _interval(actor: Actor, site: RegistryObject, cycle: Cycle) -> timedelta:
    device = devices_at(actor, [site]).first()
    if device is None:
        return timedelta(minutes=10) if cycle is Cycle.MINUTE else timedelta(minutes=1)
    profile = device_profile(device)
    return timedelta(seconds=profile.minute_interval_s if cycle is Cycle.MINUTE else profile.realtime_interval_s)


def _coverage(rows: list[Observation], promised: int | None, sampled: bool) -> CoverageOut | None:
    if sampled:  # counted from some of the points it would be wrong
        return None
    expected = len(rows) if promised is None else promised
    valid = sum(row.valid for row in rows)
    return CoverageOut(
        expected=expected,
        present=sum(row.value is not None for row in rows),
        valid=valid,
        share=share(min(valid, expected), expected),
        doubted=sum(bool(row.qc) for row in rows),
        excluded=sum(row.excluded for row in rows),
    )
