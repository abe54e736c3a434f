"""A dated duty as the subject of a chain of evidence."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.evidence.subjects import SubjectFacts, of_occurrence
from qingtian.apps.obligations.models import Occurrence
from qingtian.apps.obligations.naming import occurrence_title
from qingtian.apps.obligations.queries import visible_occurrence
from qingtian.domain.errors import Conflict
from qingtian.domain.obligations.states import State
from qingtian.runtime.live import Topic


class OccurrenceSubject:
    """Answers for dated duties."""

    topic: Topic | None = None

    def facts(self, actor: Actor, subject_id: int, *, lock: bool = False) -> SubjectFacts:
        """What the chain knows of an occurrence."""
        row = visible_occurrence(actor, subject_id, lock=lock)
        title = occurrence_title(row)
        return SubjectFacts(
            subject=of_occurrence(row.pk),
            number=row.number,
            title_zh=title.zh,
            title_en=title.en,
            region_code=row.object.region_code,
            enterprise_code=row.object.enterprise_code,
            object=row.object,
            simulated=row.simulated,
            row=row,
        )

    def visible_ids(self, actor: Actor) -> QuerySet[Any, Any]:
        """Primary keys of the occurrences that the actor may see."""
        return Occurrence.objects.visible_to(actor).values("pk")

    def may_add(self, facts: SubjectFacts) -> None:
        """Refuse proof for what need not be done."""
        if facts.row.state == State.WAIVED:
            raise Conflict(
                f"{facts.number} is waived", field="occurrence", remedy="nothing is to be proved; ask the approver"
            )
