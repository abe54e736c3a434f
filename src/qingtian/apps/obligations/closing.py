"""What a missed duty raises, and what ends it."""

from __future__ import annotations

from datetime import datetime, timedelta

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.findings.actions.end_finding import end_finding
from qingtian.apps.findings.actions.raise_finding import Hit, raise_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.states import Activity, Kind, Source
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title
from qingtian.domain.obligations import ObligationTemplate, State
from qingtian.packs import load_packs

REOPENS = timedelta(0)  # a duty missed again after the last one was made good is a new problem


def rule_id(template: str) -> str:
    """Rule of the findings that a missed duty raises.

    >>> rule_id("HOOD")
    'obligation.HOOD'
    """
    return f"obligation.{template}"


def raise_missed(at: datetime, row: Occurrence, template: ObligationTemplate) -> Finding | None:
    """Raise or extend the finding of a missed occurrence; None where the pack wants none."""
    if not template.severity:
        return None
    title = occurrence_title(row)
    pollutant = bool(row.item) and load_packs().has_pollutant(row.item)
    hit = Hit(
        kind=Kind.MISSED_DUTY,
        rule_id=rule_id(row.template),
        rule_version=row.rule_version,
        object=row.object,
        parameter=row.item if pollutant else "",
        about="" if pollutant else row.item,
        severity=template.severity,
        source=Source.MISSED_OBLIGATION,
        period_start=row.due_at,
        window=REOPENS,
        detail={
            "occurrence": row.number,
            "occurrence_id": row.pk,
            "duty_zh": title.zh,
            "duty_en": title.en,
            "due_on": row.due_on.isoformat(),
            "due_text_zh": row.due_text_zh,
            "due_text_en": row.due_text_en,
            "rule_row": template.row_id,
            "standard": template.standard,
            "clause": template.clause,
            "source": template.source,
            "confidence": template.confidence,
            "explanation_zh": f"{title.zh}应于{row.due_on}前完成，逾期未见证明材料。",
            "explanation_en": f"{title.en} was due on {row.due_on}; there is no proof that it was done.",
        },
    )
    return raise_finding(SYSTEM_ACTOR, at, hit)


def end_if_made_good(at: datetime, finding: Finding | None, reason: str) -> bool:
    """End the finding of missed duties once none of them is still missed."""
    if finding is None or Occurrence.objects.filter(finding=finding, state=State.MISSED).exists():
        return False
    fresh = Finding.objects.filter(pk=finding.pk, activity=Activity.ONGOING).first()
    if fresh is None:
        return False
    end_finding(SYSTEM_ACTOR, at, fresh.pk, ended_at=max(at, fresh.first_seen), reason=reason)
    return True
