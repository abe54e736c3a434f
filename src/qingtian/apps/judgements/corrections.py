"""Reads: answers that were changed by late, corrected or withdrawn data, and the findings that rest on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.findings.queries import visible_finding
from qingtian.apps.judgements.models import Judgement

Subject = tuple[int, str, datetime]  # object, item, period


def corrections(actor: Actor, *, since: datetime, until: datetime | None = None) -> QuerySet[Judgement]:
    """Answers that superseded another one, newest first; `supersedes` is the answer before.

    Args:
        since, until: when they were changed: since <= computed_at < until.
    """
    rows = Judgement.objects.visible_to(actor).filter(supersedes__isnull=False, computed_at__gte=since)
    if until is not None:
        rows = rows.filter(computed_at__lt=until)
    return rows.select_related("object", "supersedes").order_by("-computed_at", "-id")


def corrections_of(actor: Actor, finding_id: int) -> QuerySet[Judgement]:
    """Changed answers about the periods in which a finding hit, oldest period first.

    Raises:
        NotVisible: there is no such finding.
    """
    finding = visible_finding(actor, finding_id)
    periods = FindingHit.objects.filter(finding=finding).values("period_start")
    rows = Judgement.objects.filter(
        supersedes__isnull=False, object_id=finding.object_id, item=finding.parameter or "", period_start__in=periods
    )
    return rows.select_related("object", "supersedes").order_by("period_start", "version")


def findings_on(actor: Actor, rows: Iterable[Judgement]) -> dict[Subject, list[Finding]]:
    """Findings of the actor's sight that hit in the periods of some answers: two queries, whatever their number."""
    answers = list(rows)
    hits = FindingHit.objects.filter(
        finding__object_id__in={row.object_id for row in answers},
        finding__parameter__in={row.item for row in answers},
        period_start__in={row.period_start for row in answers},
    ).values_list("finding_id", "period_start")
    known = {one.pk: one for one in Finding.objects.visible_to(actor).filter(pk__in={finding for finding, _ in hits})}
    found: dict[Subject, list[Finding]] = {}
    for finding_id, start in hits:
        finding = known.get(finding_id)
        if finding is not None and finding.object_id is not None:
            found.setdefault((finding.object_id, finding.parameter, start), []).append(finding)
    return found
