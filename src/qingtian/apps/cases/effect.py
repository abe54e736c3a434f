"""What later data say about a case: the fact behind the guard `effect_shown_by_data`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps

from qingtian.apps.cases.models import Case
from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.findings.states import Activity, Kind

MEASURES_REPORTED_AT = "measures_reported_at"  # stamped by the step `self_check`
JUDGED = frozenset({Kind.EXCEEDANCE, Kind.AIR_POLLUTION})


def effect_of(case: Case, at: datetime) -> Mapping[str, Any] | None:
    """Hours since the measures were reported done, counted from stored judgements, never from a form.

    For problems that a limit judges: valid hours within it and hours over it. For the others (silence, frozen values,
    treatment off): hours in which the rule was silent while data kept coming, and hours in which it hit.

    Returns:
        `since`, `valid_hours`, `exceeding_hours`, `basis`; None while no measure is reported as done.
    """
    stamp = case.fields.get(MEASURES_REPORTED_AT)
    if not stamp:
        return None
    since = _next_hour(datetime.fromisoformat(stamp))
    if case.kind in JUDGED:
        return {"since": since.isoformat(), "basis": "judgements", **_judged(case, since, at)}
    return {"since": since.isoformat(), "basis": "rule_silent", **_silent(case, since, at)}


def _judged(case: Case, since: datetime, at: datetime) -> dict[str, int]:
    rows = apps.get_model("judgements", "Judgement")._default_manager.filter(
        object_id=case.object_id,
        item=case.parameter,
        cycle="hour",
        period_start__gte=since,
        period_start__lt=at,
        superseded_by=None,
    )
    over = set(rows.filter(verdict="exceeds").values_list("period_start", flat=True))
    within = set(rows.filter(verdict="within").values_list("period_start", flat=True))
    return {"valid_hours": len(within - over), "exceeding_hours": len(over)}


def _silent(case: Case, since: datetime, at: datetime) -> dict[str, int]:
    hits = FindingHit.objects.filter(
        finding__rule_id=case.rule_id,
        finding__object_id=case.object_id,
        finding__parameter=case.parameter,
        period_start__gte=since,
        period_start__lt=at,
    ).count()
    # Silence of the rule proves nothing while the object is in alarm or its data do not come.
    alarmed = Finding.objects.filter(object_id=case.object_id, activity=Activity.ONGOING).exists()
    hours = max(0, int((at - since) / timedelta(hours=1)))
    return {"valid_hours": 0 if alarmed else max(0, hours - hits), "exceeding_hours": hits}


def _next_hour(moment: datetime) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(hours=1)
