"""From candidates to findings: raise, extend, end; one event is one finding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.detection import Candidate, DetectionRule
from qingtian.duties.duty import DutyReport

Subject = tuple[int, str]  # object id, parameter


def ongoing(rule_id: str) -> dict[Subject, Finding]:
    """Findings of a rule that go on, by subject."""
    rows = Finding.objects.filter(rule_id=rule_id, activity=Activity.ONGOING).select_related("object")
    return {(row.object_id, row.parameter): row for row in rows}


def hit(
    at: datetime,
    rule: DetectionRule,
    obj: RegistryObject,
    *,
    period_start: datetime,
    severity: int,
    detail: Mapping[str, Any],
    report: DutyReport,
    parameter: str = "",
    kind: str | None = None,
    corrects: bool = False,
) -> Finding:
    """Raise or extend the finding of (rule, object, parameter) and count it.

    Args:
        corrects: the period may have hit before with other figures, which these replace.
    """
    finding = raise_finding(
        SYSTEM_ACTOR,
        at,
        Hit(
            kind=kind or rule.code,
            rule_id=rule.code,
            rule_version=rule.version,
            object=obj,
            parameter=parameter,
            severity=severity,
            period_start=period_start,
            detail=citation(rule) | dict(detail),
            window=rule.hours("window_h"),
            corrects=corrects,
        ),
    )
    if finding.hits == 1 and finding.raised_at == at:
        report.raised += 1
    else:
        report.extended += 1
    return finding


def raise_candidate(
    at: datetime,
    candidate: Candidate,
    obj: RegistryObject,
    report: DutyReport,
    *,
    parameter: str = "",
    kind: str | None = None,
) -> Finding:
    """Raise the finding of a candidate: a hit where it began, and one where it was seen last.

    The start makes `first_seen` true; when the finding is known already only the newest period is added.
    """
    detail = {
        **candidate.values,
        "period_start": candidate.start.isoformat(),
        "period_end": candidate.end.isoformat(),
        "explanation_zh": candidate.explanation_zh,
        "explanation_en": candidate.explanation_en,
    }

    def add(period_start: datetime) -> Finding:
        return hit(
            at,
            candidate.rule,
            obj,
            period_start=period_start,
            severity=candidate.severity,
            detail=detail,
            report=report,
            parameter=parameter,
            kind=kind,
        )

    finding = _known(candidate, obj, parameter) or add(candidate.start)
    return add(candidate.last) if candidate.last > finding.last_seen else finding


def _known(candidate: Candidate, obj: RegistryObject, parameter: str) -> Finding | None:
    same = Finding.objects.filter(rule_id=candidate.rule.code, object=obj, parameter=parameter)
    going = same.filter(activity=Activity.ONGOING).first()
    return going or same.filter(hit_rows__period_start=candidate.start).order_by("-id").first()


def end(at: datetime, finding: Finding, report: DutyReport, *, ended_at: datetime, reason: str) -> None:
    """End a finding and count it."""
    end_finding(SYSTEM_ACTOR, at, finding.pk, ended_at=max(ended_at, finding.first_seen), reason=reason)
    report.ended += 1


def citation(rule: DetectionRule) -> dict[str, str]:
    """What a finding cites of its rule."""
    return {
        "rule_row": rule.row_id,
        "rule_label_zh": rule.label_zh,
        "rule_label_en": rule.label_en,
        "standard": rule.standard,
        "clause": rule.clause,
        "source": rule.source,
        "confidence": rule.confidence,
    }


def later(one: datetime, hours: int = 1) -> datetime:
    """Some hours later."""
    return one + timedelta(hours=hours)
