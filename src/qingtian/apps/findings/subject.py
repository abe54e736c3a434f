"""A finding as the subject of a chain of evidence."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.subjects import SubjectFacts, of_finding
from qingtian.apps.findings.models import Finding
from qingtian.apps.findings.queries import OPEN_STATUSES, visible_finding
from qingtian.domain.errors import Conflict
from qingtian.runtime.live import Topic


class FindingSubject:
    """Answers for findings."""

    topic: Topic | None = Topic.FINDINGS

    def facts(self, actor: Actor, subject_id: int, *, lock: bool = False) -> SubjectFacts:
        """What the chain knows of a finding."""
        finding = visible_finding(actor, subject_id, lock=lock)
        return SubjectFacts(
            subject=of_finding(finding.pk),
            number=finding.number,
            title_zh=f"{finding.object.name} {finding.kind}",
            title_en=f"{finding.object.name_en or finding.object.name} {finding.kind}",
            region_code=finding.object.region_code,
            enterprise_code=finding.object.enterprise_code,
            object=finding.object,
            simulated=finding.simulated,
            row=finding,
        )

    def visible_ids(self, actor: Actor) -> QuerySet[Any, Any]:
        """Primary keys of the findings that the actor may see."""
        return Finding.objects.visible_to(actor).values("pk")

    def may_add(self, facts: SubjectFacts) -> None:
        """Refuse a finding that is judged: what proves it then belongs to its case, or comes too late."""
        if facts.row.status not in OPEN_STATUSES:
            raise Conflict(
                f"{facts.number} is {facts.row.status}", field="finding", remedy="add it to the case of the finding"
            )
