"""Verbs: open and acknowledge lines of one's inbox."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.record import record, writing
from qingtian.apps.notices.models import Notice, Receipt
from qingtian.apps.notices.queries import to_answer
from qingtian.apps.notices.states import Ending
from qingtian.apps.notices.visibility import ReceiptQuerySet
from qingtian.domain.errors import InvalidInput, NotVisible
from qingtian.runtime.live import Topic, publish

AT_ONCE = 10_000
LISTED = 100


def mark_read(actor: Actor, at: datetime, notice_ids: Collection[int] | None = None) -> int:
    """Note that lines were opened: some, or all that wait. A bundle of thousands is one call.

    No event: that somebody looked changes nothing for others.

    Returns:
        how many were unread.
    Raises:
        NotVisible: one is not in the actor's inbox.
    """
    with writing():
        rows = _own(actor, notice_ids).filter(read_at=None)
        changed = rows.update(read_at=at)
        if changed and actor.user_id is not None:
            publish(Topic.NOTICES, [actor.user_id], at)
    return changed


def acknowledge(actor: Actor, at: datetime, notice_ids: Collection[int] | None = None) -> int:
    """Say that one has seen to it: the first answer of anybody ends the escalation for all.

    Args:
        notice_ids: some lines; None: all of the inbox that want an answer.
    Returns:
        how many notices are answered by this.
    Raises:
        NotVisible: one is not in the actor's inbox; InvalidInput: too many are named.
    """
    with writing():
        own = _own(actor, notice_ids)
        meant = to_answer(own) if notice_ids is None else own
        rows = Receipt.objects.filter(pk__in=list(meant.values_list("pk", flat=True)))
        rows.filter(acknowledged_at=None).update(acknowledged_at=at)
        rows.filter(read_at=None).update(read_at=at)
        open_rows = rows.filter(notice__closed_at=None).order_by("notice_id")
        found = list(open_rows.values_list("notice_id", flat=True))
        if not found:
            return 0
        Notice.objects.filter(pk__in=found).update(
            closed_at=at, closed_by=actor.username, closed_why=Ending.ACKNOWLEDGED, next_step_at=None
        )
        payload = {"count": len(found), "notices": found[:LISTED]}
        record(actor, at, "notice.acknowledged", ("notice", str(found[0])), payload)
        people = Receipt.objects.filter(notice_id__in=found).values_list("user_id", flat=True).distinct()
        publish(Topic.NOTICES, sorted(people), at)
    return len(found)


def _own(actor: Actor, notice_ids: Collection[int] | None) -> ReceiptQuerySet:
    rows = Receipt.objects.visible_to(actor)
    if notice_ids is None:
        return rows
    wanted = set(notice_ids)
    if not 0 < len(wanted) <= AT_ONCE:
        raise InvalidInput(f"name 1 to {AT_ONCE} notices", field="notices", remedy="leave it out for all")
    rows = rows.filter(notice_id__in=wanted)
    if missing := wanted - set(rows.values_list("notice_id", flat=True)):
        raise NotVisible(f"there is no notice {min(missing)}", field="notices", remedy="choose from your inbox")
    return rows
