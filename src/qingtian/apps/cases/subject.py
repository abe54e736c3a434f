"""A case as the subject of a chain of evidence."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.cases.models import Case
from qingtian.apps.cases.queries import visible_case
from qingtian.apps.cases.rights import may_work
from qingtian.apps.evidence.subjects import SubjectFacts, of_case
from qingtian.runtime.live import Topic


class CaseSubject:
    """Answers for cases."""

    topic: Topic | None = Topic.CASES

    def facts(self, actor: Actor, subject_id: int, *, lock: bool = False) -> SubjectFacts:
        """What the chain knows of a case."""
        case = visible_case(actor, subject_id, lock=lock)
        return SubjectFacts(
            subject=of_case(case.pk),
            number=case.number,
            title_zh=case.title,
            title_en=case.title_en,
            region_code=case.region_code,
            enterprise_code=case.enterprise_code,
            case_type=case.template,
            object=case.object,
            simulated=case.simulated,
            row=case,
        )

    def visible_ids(self, actor: Actor) -> QuerySet[Any, Any]:
        """Primary keys of the cases that the actor may see."""
        return Case.objects.visible_to(actor).values("pk")

    def may_add(self, facts: SubjectFacts) -> None:
        """Refuse a closed case and a duplicate."""
        may_work(facts.row)
