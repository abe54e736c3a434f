"""What a finding stands for: the findings that were merged into it, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable

from qingtian.apps.findings.models import Finding, FindingHit
from qingtian.apps.findings.states import Status

DEEPEST = 20


def members(finding_ids: Iterable[int]) -> set[int]:
    """Primary keys of everything that some findings stand for, without themselves; a query for each level."""
    found: set[int] = set()
    layer = set(finding_ids)
    begun = set(layer)
    for _ in range(DEEPEST):
        rows = Finding.objects.filter(merged_into_id__in=layer, status=Status.MERGED_INTO)
        layer = set(rows.values_list("pk", flat=True)) - found - begun
        if not layer:
            break
        found |= layer
    return found


def own_severity(finding: Finding) -> int:
    """Worst severity of its own hits and of those of its members."""
    rows = FindingHit.objects.filter(finding_id__in={finding.pk, *members([finding.pk])})
    return max(rows.values_list("severity", flat=True), default=finding.severity)
