"""What later data say about a case: the fact behind the guard `effect_shown_by_data`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.findings.states import Activity, Kind
from qingtian.apps.judgements.models import Judgement
from qingtian.apps.judgements.states import Question, Verdict

MEASURES_REPORTED_AT = "measures_reported_at"  # stamped by the step `self_check`
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
JUDGED = frozenset({Kind.EXCEEDANCE, Kind.AIR_POLLUTION})
INDEX = "aqi"  # item of the judgements that a finding without a pollutant is about


def effect_of(case: Case, at: datetime) -> Mapping[str, Any] | None:
    """Hours since the measures were reported done, counted from stored judgements, never from a form.

    For problems that a limit judges: valid hours within it and hours over it. For the others (silence, frozen values,
    treatment off): hours in which the rule was silent while data kept coming, and hours in which it hit.

    Returns:
        `since`, `valid_hours`, `exceeding_hours`, `basis`, and of judged values `valid_days`, `exceeding_days`; None
        while no measure is reported as done.
    """
    stamp = case.fields.get(MEASURES_REPORTED_AT)
    if not stamp:
        return None
    since = _next_hour(datetime.fromisoformat(stamp))
    if case.kind in JUDGED:
        return {"since": since.isoformat(), "basis": "judgements", **_judged(case, since, at)}
    return {"since": since.isoformat(), "basis": "rule_silent", **_silent(case, since, at)}


def _judged(case: Case, since: datetime, at: datetime) -> dict[str, int]:
    rows = _current(case, since, at).filter(item=case.parameter or INDEX)
    over, within = _starts(rows, Verdict.EXCEEDS), _starts(rows, Verdict.WITHIN)
    days = _days(case, since, at).filter(item=case.parameter)
    days_over, days_within = _starts(days, Verdict.EXCEEDS), _starts(days, Verdict.WITHIN)
    # A day is known by its mean: it stands for its hours where these are not judged themselves.
    lone = [day for day in days_within - days_over if not any(day <= hour < day + DAY for hour in within | over)]
    return {
        "valid_hours": len(within - over) + len(lone) * (DAY // HOUR),
        "exceeding_hours": len(over) + len(days_over) * (DAY // HOUR),
        "valid_days": len(days_within - days_over),
        "exceeding_days": len(days_over),
    }


def _starts(rows: QuerySet[Judgement], verdict: Verdict) -> set[datetime]:
    return set(rows.filter(verdict=verdict).values_list("period_start", flat=True))


def _days(case: Case, since: datetime, at: datetime) -> QuerySet[Judgement]:
    # Only days that began after the measures: of a day in which they ended a part was before them.
    return Judgement.objects.filter(
        object_id=case.object_id,
        question=Question.EMISSION_DAY,
        period_start__gte=since,
        period_start__lt=at,
        superseded_by=None,
    )


def _silent(case: Case, since: datetime, at: datetime) -> dict[str, int]:
    hits = set(
        FindingHit.objects.filter(
            finding__rule_id=case.rule_id,
            finding__object_id=case.object_id,
            finding__parameter=case.parameter,
            period_start__gte=since,
            period_start__lt=at,
        ).values_list("period_start", flat=True)
    )
    # Silence of the rule proves nothing while the same kind goes on at the object, or while its data do not come.
    alarmed = Finding.objects.filter(
        object_id=case.object_id, activity=Activity.ONGOING, kind__in=(case.kind, Kind.LATE_STREAM)
    ).exists()
    valid = 0 if alarmed else len(_hours_with_data(case, since, at) - hits)
    return {"valid_hours": valid, "exceeding_hours": len(hits)}


def _hours_with_data(case: Case, since: datetime, at: datetime) -> set[datetime]:
    if Judgement.objects.filter(object_id=case.object_id).exists():
        useful = _current(case, since, at).exclude(verdict__in=(Verdict.INVALID, Verdict.INSUFFICIENT))
        return set(useful.values_list("period_start", flat=True))
    # A meter is never judged: there the silence alarm itself (above) stands for missing data.
    return {since + number * HOUR for number in range(max(0, (at - since) // HOUR))}


def _current(case: Case, since: datetime, at: datetime) -> QuerySet[Judgement]:
    return Judgement.objects.filter(
        object_id=case.object_id,
        cycle="hour",
        period_start__gte=since,
        period_start__lt=at,
        superseded_by=None,
    )


def _next_hour(moment: datetime) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole if whole == moment else whole + HOUR
