"""Verb: one root for all evidence of a day and the journal until then."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require_in_city
from qingtian.apps.evidence.models import DailyRoot, EvidenceItem
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.domain.evidence import GENESIS, merkle_root, next_hash


def make_daily_root(actor: Actor, at: datetime) -> DailyRoot | None:
    """Make the root of the day before `at`, over every item that no root stands for yet.

    Args:
        at: city time; items of its own day wait for the next root.
    Returns:
        None when that day has a root already, or city time was set back before it.
    Raises:
        NotPermitted.
    """
    role = require_in_city(actor, Verb.ANCHOR_EVIDENCE)
    day = at.astimezone(SHANGHAI).date() - timedelta(days=1)
    with writing():
        last = DailyRoot.objects.order_by("-number").first()
        if last is not None and last.day >= day:
            return None
        items = _waiting(day)
        root = _made(at, day, last, items)
        payload = {"number": root.number, "day": day.isoformat(), "items": root.items, "root": root.root}
        payload |= {"hash": root.hash}
        record(actor, at, "evidence.anchored", ("daily_root", str(root.number)), payload, role=role)
    return root


def _waiting(day: date) -> list[EvidenceItem]:
    covered = DailyRoot.objects.exclude(last_item=None).order_by("-number").values_list("last_item", flat=True).first()
    midnight = datetime.combine(day + timedelta(days=1), time.min, SHANGHAI)
    found: list[EvidenceItem] = []
    for item in EvidenceItem.objects.filter(pk__gt=covered or 0).order_by("pk").iterator():
        if item.added_at >= midnight:
            break  # what follows waits too, so that a root stands for a stretch without holes
        found.append(item)
    return found


def _made(at: datetime, day: date, last: DailyRoot | None, items: list[EvidenceItem]) -> DailyRoot:
    head = Event.objects.order_by("-seq").values_list("seq", "hash").first()
    record: dict[str, Any] = {
        "number": last.number + 1 if last else 1,
        "day": day.isoformat(),
        "items": len(items),
        "first": {"id": items[0].pk, "hash": items[0].hash} if items else None,
        "last": {"id": items[-1].pk, "hash": items[-1].hash} if items else None,
        "root": merkle_root([one.hash for one in items]),
        "journal_seq": head[0] if head else 0,
        "journal_head": head[1] if head else GENESIS,
        "made_at": at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
    }
    prev = last.hash if last else GENESIS
    return DailyRoot.objects.create(
        number=record["number"],
        day=day,
        first_item=items[0].pk if items else None,
        last_item=items[-1].pk if items else None,
        items=len(items),
        root=record["root"],
        record=record,
        prev_hash=prev,
        hash=next_hash(prev, record),
        made_at=at,
    )
