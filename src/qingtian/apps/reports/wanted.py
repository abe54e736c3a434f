"""What a report is asked for, and the rows that it may rest on: all visible to the actor and known by its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property

from django.db.models import Q, QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.scope import region_prefix
from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.domain.indicators.periods import Period
from qingtian.domain.reports import ReportKind, Words, words
from qingtian.runtime.clock import SHANGHAI, day_start

PERCENT = Decimal(100)
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Wanted:
    """What a report is about.

    Args:
        at: city time; nothing that became known later is in the report.
        period: legal days; of a case or an enterprise from its beginning to now.
    """

    actor: Actor
    at: datetime
    kind: ReportKind
    region: str
    period: Period
    case: Case | None = None
    enterprise: RegistryObject | None = None

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
        """End of the period, or now if that is earlier."""
        return min(self.end, self.at)

    @property
    def last_day(self) -> date:
        """Last day of the period that has begun."""
        return min(self.period.last, self.at.astimezone(SHANGHAI).date())

    @property
    def complete(self) -> bool:
        """Whether the period had ended."""
        return self.at >= self.end

    @cached_property
    def region_names(self) -> dict[str, Words]:
        """Names of the regions on the register."""
        rows = RegistryObject.objects.filter(type=ObjectType.REGION).values_list("code", "name", "name_en")
        return {code: words(zh, en or zh) for code, zh, en in rows}

    def region_name(self, code: str) -> Words:
        """Name of a region; its code where the register does not have it."""
        return self.region_names.get(code, words(code, code))

    def judgements(self) -> QuerySet[Judgement]:
        """Answers about periods that begin in this one, as they were known."""
        rows = Judgement.objects.visible_to(self.actor).known_on(self.at)
        return rows.filter(self._here("object__"), period_start__gte=self.start, period_start__lt=self.until)

    def findings(self) -> QuerySet[Finding]:
        """Findings raised in the period."""
        rows = Finding.objects.visible_to(self.actor).filter(self._here("object__"))
        return rows.filter(raised_at__gte=self.start, raised_at__lt=self.until)

    def cases(self) -> QuerySet[Case]:
        """Cases of the place, duplicates left out."""
        rows = Case.objects.visible_to(self.actor).filter(duplicate_of=None)
        if self.enterprise is not None:
            return rows.filter(enterprise_code=self.enterprise.code)
        return rows.filter(region_code__startswith=region_prefix(self.region))

    def occurrences(self) -> QuerySet[Occurrence]:
        """Dated duties that were due in the period so far."""
        rows = Occurrence.objects.visible_to(self.actor).filter(self._here("object__"))
        return rows.filter(due_at__gte=self.start, due_at__lt=self.until)

    def _here(self, path: str) -> Q:
        if self.enterprise is not None:
            return Q(**{f"{path}enterprise_code": self.enterprise.code}) | Q(**{f"{path}code": self.enterprise.code})
        return Q(**{f"{path}region_code__startswith": region_prefix(self.region)})


def percent(part: int, whole: int) -> Decimal | None:
    """A share in per cent to a tenth, rounded half to even (GB/T 8170); None of nothing.

    >>> percent(1, 8), percent(0, 0)
    (Decimal('12.5'), None)
    """
    if not whole:
        return None
    return (Decimal(part) * PERCENT / Decimal(whole)).quantize(TENTH, ROUND_HALF_EVEN)


def of(part: int, whole: int) -> str:
    """A coverage in words that every language reads: `29/30`."""
    return f"{part}/{whole}"


def day_text(moment: datetime) -> str:
    """A day of city time."""
    return moment.astimezone(SHANGHAI).date().isoformat()


def minute_text(moment: datetime | None) -> str | None:
    """A moment of city time to the minute."""
    return None if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
