"""Verb of the house: what notices are about was dealt with; silence about them brings in nobody any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.record import record, writing
from qingtian.apps.notices.models import Notice, Receipt
from qingtian.apps.notices.states import Ending
from qingtian.runtime.live import Topic, publish


def settle_notices(at: datetime, subject_kind: str, numbers: Collection[str], *, by: str = "system") -> int:
    """Close the notices about some subjects.

    Args:
        by: username of who dealt with it.
    Returns:
        how many were open.
    """
    with writing():
        rows = Notice.objects.filter(subject_kind=subject_kind, subject_number__in=list(numbers), closed_at=None)
        found = list(rows.values_list("pk", flat=True))
        if not found:
            return 0
        Notice.objects.filter(pk__in=found).update(
            closed_at=at, closed_by=by, closed_why=Ending.SETTLED, next_step_at=None
        )
        people = Receipt.objects.filter(notice_id__in=found).values_list("user_id", flat=True).distinct()
        payload = {"subject": subject_kind, "count": len(found), "by": by}
        record(SYSTEM_ACTOR, at, "notice.settled", ("notice", str(found[0])), payload)
        publish(Topic.NOTICES, sorted(people), at)
    return len(found)
