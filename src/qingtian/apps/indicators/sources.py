"""Where the platform takes inputs of indicators from: one function a source, a table for a period and a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.rates import (
    Span as CaseSpan,
)
from qingtian.apps.cases.rates import (
    called_complaints,
    due_cases,
    kept_clocks,
    replied_complaints,
    truth,
    unreachable,
    watched_cases,
)
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Status
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import DECIDED, Question, Verdict
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.streams import hours_due, shutdowns, within
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.indicators.periods import Period
from qingtian.domain.indicators.values import Row, Table
from qingtian.domain.obligations import SETTLED, State
from qingtian.domain.standards.numbers import round_fraction
from qingtian.runtime.clock import SHANGHAI, day_start

DAY_HOURS = 24
SATISFIED = {"yes": True, "no": False}
PLACES = 12  # of a kept day mean; the fraction is exact, its division need not end
AIR_FIELDS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}
SIMULATED = "simulated"
PUBLICATION, TRAINING = "PUB", "TRAIN"  # templates that have rates of their own


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an input is wanted for.

    Args:
        period: legal days; region: place; at: city time, after which nothing is known.
    """

    period: Period
    region: str
    at: datetime

    @property
    def start(self) -> datetime:
        """First moment of the period."""
        return day_start(self.period.first)

    @property
    def end(self) -> datetime:
        """First moment after the period."""
        return day_start(self.period.last, after=1)

    @property
    def until(self) -> datetime:
        """The end of the period, or now if that is earlier."""
        return min(self.end, self.at)

    def here(self, path: str = "object__") -> Q:
        """Rows whose object lies in the place."""
        return Q(**{f"{path}region_code__startswith": region_prefix(self.region)})


@dataclass(frozen=True, slots=True)
class Found:
    """What a source gave.

    Args:
        table: None where there is nothing to take; why says so in both languages.
        simulated: whether a row rests on simulated data.
    """

    table: Table | None
    why: str = ""
    known_at: datetime | None = None
    simulated: bool = False


def air_days(wanted: Wanted) -> Found:
    """Judged days of the city: index and valid day means (HJ 633, HJ 663); a day without a row is expected too."""
    city = RegistryObject.objects.filter(type=ObjectType.REGION, code=wanted.region).first()
    if city is None:
        return Found(None, f"region {wanted.region} is not on the register / 登记簿中没有该区域")
    judged = list(
        Judgement.objects.current()
        .filter(question=Question.AIR_DAY, object=city, period_start__gte=wanted.start, period_start__lt=wanted.until)
        .order_by("period_start")
    )
    if not judged:
        return Found(None, "no day of this period is judged / 本期没有已评价的日")
    rows = [Row(_day(one.period_start).isoformat(), _air_values(one)) for one in judged]
    return Found(
        Table(rows, expected=wanted.period.days, note=f"air_day of {wanted.region}"),
        known_at=max(one.known_at for one in judged),
        simulated=any(one.simulated for one in judged),
    )


def outlet_days(wanted: Wanted) -> Found:
    """Hours of every outlet and permitted pollutant of a day: how many were valid, how many should have been sent.

    `running_*` are the same without the hours of an approved shutdown, on both sides.
    """
    hours = Judgement.objects.current().filter(
        wanted.here(),
        question=Question.EMISSION_LIMIT,
        period_start__gte=wanted.start,
        period_start__lt=wanted.until,
    )
    # Hours before the outlet was registered were not due, so they do not count as received either.
    counted = Q(verdict__in=DECIDED, period_start__gte=F("object__recorded_at"))
    grouped = (
        hours.annotate(day=TruncDate("period_start", tzinfo=SHANGHAI))
        .values("object__code", "object__recorded_at", "item", "day")
        .annotate(received=Count("period_start", distinct=True, filter=counted))
        .order_by("object__code", "item", "day")
    )
    got = {(one["object__code"], one["item"], one["day"]): one["received"] for one in grouped}
    pairs = {(one["object__code"], one["item"]): one["object__recorded_at"] for one in grouped}
    off = _Shutdowns(wanted, hours.filter(counted))
    if not pairs:
        return Found(None, "no outlet hour of this period is judged / 本期没有已评价的排放小时")
    rows = []
    for (code, item), since in sorted(pairs.items()):
        for day in wanted.period:
            due = _hours_due(day, since, wanted.until)
            if due:
                received = got.get((code, item, day), 0)
                values: dict[str, Any] = {"received": Decimal(received), "due": Decimal(due)}
                values["running_received"] = Decimal(received - off.received(code, item, day))
                values["running_due"] = Decimal(due - off.due(code, day, since))
                rows.append(Row(f"{code} {item} {day}", values))
    return Found(Table(rows), simulated=hours.filter(simulated=True).exists())


class _Shutdowns:
    """Hours of approved shutdowns at the outlets of a place."""

    def __init__(self, wanted: Wanted, hours: QuerySet[Judgement]) -> None:
        rows = list(RegistryObject.objects.filter(wanted.here(""), type=ObjectType.OUTLET))
        spans = shutdowns(rows, wanted.start, wanted.until)
        self._until = wanted.until
        self._spans = {row.code: spans[row.pk] for row in rows if row.pk in spans}
        self._received: dict[tuple[str, str, date], int] = {}
        inside = hours.filter(object__code__in=self._spans).values_list("object__code", "item", "period_start")
        for code, item, start in inside.distinct() if self._spans else ():
            if within(start, self._spans[code]):
                key = (code, item, _day(start))
                self._received[key] = self._received.get(key, 0) + 1

    def due(self, code: str, day: date, since: datetime) -> int:
        """Hours of a day that a shutdown excuses."""
        spans = self._spans.get(code)
        return sum(within(hour, spans) for hour in hours_due(day, since, self._until)) if spans else 0

    def received(self, code: str, item: str, day: date) -> int:
        """Valid hours that came all the same."""
        return self._received.get((code, item, day), 0)


def due_occurrences(wanted: Wanted) -> Found:
    """Dated duties whose last day lies in the period, decided and not waived (domain model, section 6)."""
    rows = _occurrences(wanted).exclude(template=PUBLICATION)
    return _occurrence_table(rows, lambda one: {"state": one.state})


def due_publications(wanted: Wanted) -> Found:
    """Results that were to be published by a day of the period: whether they were."""
    rows = _occurrences(wanted).filter(template=PUBLICATION)
    return _occurrence_table(rows, lambda one: {"published": one.state in SETTLED, "state": one.state})


def training_sessions(wanted: Wanted) -> Found:
    """Training sessions that were held in the period, with how many came."""
    return _occurrence_table(_sessions(wanted), lambda one: {"attended": Decimal(str(one.fields.get("attended") or 0))})


def training_attendances(wanted: Wanted) -> Found:
    """Everybody on the lists of those sessions; a session without a list has no rows."""
    found = list(_sessions(wanted))
    rows = [
        Row(f"{one.number} {number}", {"person": person})
        for one in found
        for number, person in enumerate(one.fields.get("persons") or (), start=1)
    ]
    return Found(Table(rows), simulated=any(one.simulated for one in found))


def _occurrences(wanted: Wanted) -> QuerySet[Occurrence]:
    last = min(wanted.period.last, _day(wanted.at))
    rows = Occurrence.objects.filter(wanted.here(), due_on__gte=wanted.period.first, due_on__lte=last)
    return rows.filter(due_at__lte=wanted.at, state__in=(*SETTLED, State.MISSED)).order_by("number")


def _sessions(wanted: Wanted) -> QuerySet[Occurrence]:
    held = Occurrence.objects.filter(wanted.here(), template=TRAINING, state__in=SETTLED)
    return held.filter(event_at__gte=wanted.start, event_at__lt=wanted.until).order_by("number")


def _occurrence_table(rows: QuerySet[Occurrence], values: Callable[[Occurrence], dict[str, Any]]) -> Found:
    found = list(rows)
    known = max((one.told_at for one in found if one.told_at is not None), default=None)
    return Found(Table([Row(one.number, values(one)) for one in found]), "", known, any(one.simulated for one in found))


def decided_findings(wanted: Wanted) -> Found:
    """Findings raised in the period that became a case or were dismissed."""
    rows = _findings(wanted).filter(status__in=(Status.CASED, Status.DISMISSED))
    return _finding_table(rows, lambda one: {"status": one.status, "kind": one.kind})


def raised_findings(wanted: Wanted) -> Found:
    """Findings raised in the period: whether somebody decided on them."""
    waiting = (Status.NEW, Status.TRIAGED)
    return _finding_table(_findings(wanted), lambda one: {"decided": one.status not in waiting})


def case_clocks(wanted: Wanted) -> Found:
    """Clocks that stopped in the period, or ran out in it: kept when they stopped by their last day."""
    return _counted(kept_clocks(_everywhere(wanted), _days(wanted)), "on_time", "case__", "code")


def due_problems(wanted: Wanted) -> Found:
    """Problems whose period to put them right ends in the period: whether they are written off."""
    return _counted(due_cases(_everywhere(wanted), _days(wanted)), "written_off", "case__", "code")


def watched_problems(wanted: Wanted) -> Found:
    """Problems written off before, whose watch has a day in the period: whether they came back."""
    return _counted(watched_cases(_everywhere(wanted), _days(wanted)), "rebounded")


def answered_complaints(wanted: Wanted) -> Found:
    """Complaints answered in the period: whether the complainant was called back, was unreachable, is satisfied."""
    rows = replied_complaints(_everywhere(wanted), _days(wanted)).annotate(lost=truth(unreachable()))
    found = [
        (Row(number, {"called": called, "unreachable": lost, "satisfied": SATISFIED.get(said)}), simulated)
        for number, called, lost, said, simulated in rows.order_by("number").values_list(
            "number", "outcome", "lost", "satisfied", "simulated"
        )
    ]
    return Found(Table([row for row, _ in found]), simulated=any(simulated for _, simulated in found))


def satisfied_complaints(wanted: Wanted) -> Found:
    """Complaints answered in the period whose complainant was called back: whether satisfied."""
    return _counted(called_complaints(_everywhere(wanted), _days(wanted)), "satisfied")


def opened_cases(wanted: Wanted) -> Found:
    """Cases opened in the period, duplicates left out: whether they are written off by now."""
    rows = _cases(wanted).filter(opened_at__gte=wanted.start, opened_at__lt=wanted.until)
    return _case_table(rows, lambda one: {"written_off": _before(one.written_off_at, wanted.at)})


def written_off_cases(wanted: Wanted) -> Found:
    """Cases written off in the period: calendar days used, and whether the problem came back."""
    rows = _cases(wanted).filter(written_off_at__gte=wanted.start, written_off_at__lt=wanted.until)
    back = set(
        Case.objects.filter(rebound_of__in=rows, opened_at__lte=wanted.at).values_list("rebound_of_id", flat=True)
    )

    def values(one: Case) -> dict[str, Any]:
        assert one.written_off_at is not None  # noqa: S101  the filter has seen to it
        used = (_day(one.written_off_at) - _day(one.opened_at)).days
        return {"days": Decimal(used), "rebounded": one.pk in back}

    return _case_table(rows, values)


Source = Callable[[Wanted], Found]
SOURCES: Mapping[str, Source] = {
    "air_days": air_days,
    "outlet_days": outlet_days,
    "due_occurrences": due_occurrences,
    "due_publications": due_publications,
    "training_sessions": training_sessions,
    "training_attendances": training_attendances,
    "decided_findings": decided_findings,
    "raised_findings": raised_findings,
    "case_clocks": case_clocks,
    "due_problems": due_problems,
    "watched_problems": watched_problems,
    "replied_complaints": answered_complaints,
    "called_complaints": satisfied_complaints,
    "opened_cases": opened_cases,
    "written_off_cases": written_off_cases,
}


def _air_values(row: Judgement) -> dict[str, Any]:
    kept = row.inputs.get("values", {})
    good = row.verdict == Verdict.WITHIN if row.verdict in DECIDED else None
    values: dict[str, Any] = {"aqi": None if row.index is None else Decimal(row.index), "good": good}
    for name, item in AIR_FIELDS.items():
        value = kept.get(item) or {}
        exact = value.get("exact") if value.get("valid") else None
        values[name] = None if exact is None else round_fraction(Fraction(str(exact)), PLACES)
    return values


def _hours_due(day: date, since: datetime, until: datetime) -> int:
    start, end = max(day_start(day), since), min(day_start(day, after=1), until)
    return max(0, min(DAY_HOURS, int((end - start) / timedelta(hours=1))))


def _findings(wanted: Wanted) -> QuerySet[Finding]:
    return Finding.objects.filter(wanted.here(), raised_at__gte=wanted.start, raised_at__lt=wanted.until)


def _finding_table(rows: QuerySet[Finding], values: Callable[[Finding], dict[str, Any]]) -> Found:
    found = list(rows.order_by("number"))
    return Found(Table([Row(one.number, values(one)) for one in found]), simulated=any(one.simulated for one in found))


def _cases(wanted: Wanted) -> QuerySet[Case]:
    return Case.objects.filter(wanted.here(""), duplicate_of=None)


def _case_table(rows: QuerySet[Case], values: Callable[[Case], dict[str, Any]]) -> Found:
    found = list(rows.order_by("number"))
    return Found(Table([Row(one.number, values(one)) for one in found]), simulated=any(one.simulated for one in found))


def _everywhere(wanted: Wanted) -> QuerySet[Case]:
    return Case.objects.filter(wanted.here(""))


def _days(wanted: Wanted) -> CaseSpan:
    return CaseSpan(wanted.period, wanted.at)


def _counted(rows: QuerySet[Any], name: str, path: str = "", *more: str) -> Found:
    """A population of case work as a table with one field: what became of each."""
    columns = (f"{path}number", *more)
    found = list(rows.order_by(*columns, "pk").values_list("outcome", f"{path}simulated", *columns))
    table = [Row(" ".join(names), {name: outcome}) for outcome, _, *names in found]
    return Found(Table(table), simulated=any(simulated for _, simulated, *_ in found))


def _before(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
