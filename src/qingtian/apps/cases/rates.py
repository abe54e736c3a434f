"""What the rates of case work count: who is in the count, and what became of each. Counted in the database.

Every population has the columns `outcome` (true, false, or none while it cannot be said yet), `by_org`, `by_leader` and
`by_region`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models import Case as Choose
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left

from qingtian.apps.cases.models import Case, CaseClock
from qingtian.domain.indicators.periods import Period
from qingtian.domain.procedures import EffectKind
from qingtian.packs.procedures import load_procedures
from qingtian.runtime.clock import SHANGHAI, day_start

Rows: TypeAlias = QuerySet[Any]
COMPLAINT = "T2"
NO_TEXT = Value("", output_field=TextField())
DAY = 10  # letters of an ISO day


class Rate(StrEnum):
    """Rates of the weekly board; each is an indicator of the packs."""

    ON_TIME = "on_time"
    WRITE_OFF = "write_off"
    REBOUND = "rebound"
    FOLLOW_UP = "follow_up"
    SATISFACTION = "satisfaction"


@dataclass(frozen=True, slots=True)
class Span:
    """Of which days, as known when.

    Args:
        period: legal days.
        at: city time, after which nothing is known.
    """

    period: Period
    at: datetime

    @property
    def today(self) -> date:
        """The legal day of the moment."""
        return self.at.astimezone(SHANGHAI).date()

    @property
    def last(self) -> date:
        """The last day of the period, or today if that is earlier."""
        return min(self.period.last, self.today)

    @property
    def until(self) -> datetime:
        """The end of the period, or now if that is earlier."""
        return min(day_start(self.period.last, after=1), self.at)


def kept_clocks(cases: QuerySet[Case], span: Span) -> Rows:
    """Binding clocks that stopped in the period, or ran out in it; kept when they stopped by their last day.

    Windows that end by themselves, such as the watch after a write-off, bind nobody and are left out.
    """
    first, last = span.period.first, span.last
    stopped = Q(stopped_on__gte=first, stopped_on__lte=last)
    overrun = Q(due_on__gte=first, due_on__lt=last) & (Q(stopped_on=None) | Q(stopped_on__gt=last))
    rows = CaseClock.objects.filter(stopped | overrun, rule__binding=True, case__in=cases.values("pk"))
    return _grouped(rows.annotate(outcome=truth(Q(stopped_on__isnull=False, stopped_on__lte=F("due_on")))), "case__")


def due_cases(cases: QuerySet[Case], span: Span) -> Rows:
    """Problems whose period to put them right ends in the period: written off by then; not said while it runs."""
    clocks = CaseClock.objects.filter(rule__main=True, due_on__gte=span.period.first, due_on__lte=span.period.last)
    there = cases.filter(template__in=written_off_templates(), duplicate_of=None)
    done = Q(case__written_off_at__lt=span.until)
    open_yet = ~done & Q(due_on__gte=span.today)
    rows = clocks.filter(case__in=there.values("pk")).annotate(outcome=truth(done, unknown=open_yet))
    return _grouped(rows, "case__")


def watched_cases(cases: QuerySet[Case], span: Span) -> Rows:
    """Problems written off before, whose watch has a day in the period: whether they came back by its end."""
    rows = cases.filter(written_off_at__lt=span.until, watch_until__gte=span.period.first, duplicate_of=None)
    back = Case.objects.filter(rebound_of=OuterRef("pk"), opened_at__lt=span.until)
    return _grouped(rows.annotate(outcome=truth(Q(Exists(back)))), "")


def replied_complaints(cases: QuerySet[Case], span: Span) -> Rows:
    """Complaints answered in the period: whether the complainant was called back.

    One who could not be reached counts as not called back, and is listed apart (`unreachable`). It cannot be said yet
    while the time for the call still runs, or while the complaint is open and nothing sets that time.
    """
    rows = _replied(cases, span)
    waiting = CaseClock.objects.filter(case=OuterRef("pk"), code="return_call", stopped_on=None, due_on__lt=span.today)
    called, over = Q(satisfied__in=("yes", "no")), Q(closed_at__isnull=False) | Q(Exists(waiting)) | unreachable()
    return _grouped(rows.annotate(outcome=truth(called, unknown=~called & ~over)), "")


def called_complaints(cases: QuerySet[Case], span: Span) -> Rows:
    """Complaints answered in the period whose complainant was called back: whether satisfied."""
    rows = _replied(cases, span).filter(satisfied__in=("yes", "no"))
    return _grouped(rows.annotate(outcome=truth(Q(satisfied="yes"))), "")


def unreachable() -> Q:
    """Complaints whose complainant was called as often as the procedure asks, in vain; of rows with `satisfied`."""
    found = Q(pk__in=[])
    for (code, version), template in load_procedures().items():
        tries = template.parameters.get("call_tries")
        if tries is not None:
            found |= Q(template=code, template_version=version, fields__call_tries__gte=tries)
    return found & ~Q(satisfied__in=("yes", "no")) & (Q(state="unreachable") | Q(closed_at__isnull=False))


def written_off_templates() -> list[str]:
    """Procedures that write a problem off."""
    return sorted(
        {
            code
            for (code, _), template in load_procedures().items()
            if any(step.has(EffectKind.WRITE_OFF) for step in template.transitions)
        }
    )


POPULATIONS: Mapping[Rate, Callable[[QuerySet[Case], Span], Rows]] = {
    Rate.ON_TIME: kept_clocks,
    Rate.WRITE_OFF: due_cases,
    Rate.REBOUND: watched_cases,
    Rate.FOLLOW_UP: replied_complaints,
    Rate.SATISFACTION: called_complaints,
}


def _replied(cases: QuerySet[Case], span: Span) -> Rows:
    # An answer stops the time to finish: its clock has an index, the day of the answer has none.
    first, last = span.period.first, span.last
    stopped = CaseClock.objects.filter(code="finish", stopped_on__gte=first, stopped_on__lte=last)
    rows: Rows = cases.filter(template=COMPLAINT, duplicate_of=None, pk__in=stopped.values("case"))
    rows = rows.annotate(
        replied_on=Left(KeyTextTransform("replied_at", "fields"), DAY),
        satisfied=Coalesce(KeyTextTransform("satisfied", "fields"), NO_TEXT),
    )
    return rows.filter(replied_on__gte=first.isoformat(), replied_on__lte=last.isoformat())


def truth(yes: Q, *, unknown: Q | None = None) -> Choose:
    """True where a condition holds, false elsewhere, none where it cannot be said."""
    unsaid = [When(unknown, then=Value(None, output_field=BooleanField()))] if unknown is not None else []
    whens = [*unsaid, When(yes, then=Value(True))]
    return Choose(*whens, default=Value(False), output_field=BooleanField(null=True))


def _grouped(rows: Rows, path: str) -> Rows:
    leader = Coalesce(KeyTextTransform("leader", f"{path}fields"), NO_TEXT)
    named: Rows = rows.annotate(by_org=F(f"{path}org"), by_leader=leader, by_region=F(f"{path}region_code"))
    return named
