"""Writing the journal: one global chain, extended under one advisory lock."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.domain.errors import InvalidInput
from qingtian.domain.evidence import GENESIS, canonical_json, next_hash

LOCK = 5010_212  # any number that no other advisory lock of the database uses
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLDS = "qingtian_writing"  # attribute of a connection: within how many `writing` blocks it is


@contextmanager
def writing() -> Iterator[None]:
    """One transaction of the governance state; writers take turns.

    Every verb begins with this lock, before it locks a row or draws a number: two verbs can never wait
    for each other. It is held until the outermost transaction ends, so keep transactions short.
    """
    with transaction.atomic():
        depth = _depth()
        if not depth:  # what is rolled back within the outermost block leaves the lock of that block
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        setattr(connection, HOLDS, depth + 1)
        try:
            yield
        finally:
            setattr(connection, HOLDS, depth)


def _depth() -> int:
    return int(getattr(connection, HOLDS, 0))


def record(
    actor: Actor,
    at: datetime,
    type_: str,
    obj: models.Model | tuple[str, str],
    payload: Mapping[str, Any] | None = None,
    *,
    role: Role | None = None,
) -> Event:
    """Append one event.

    Args:
        actor: who did it.
        at: city time, aware.
        type_: what happened, e.g. `finding.raised`.
        obj: the object, or its type and id.
        payload: what changed: strings, integers, decimals, booleans, lists, mappings; no floats.
        role: the role used; the actor's first one otherwise.
    """
    if at.tzinfo is None:
        raise InvalidInput("the time needs an offset", field="at", remedy="give an aware datetime")
    object_type, object_id = obj if isinstance(obj, tuple) else (obj._meta.model_name or "", str(obj.pk))
    # An event has no transaction of its own within a verb: two questions less for each of the most frequent writes.
    with nullcontext() if _depth() else writing():
        last = Event.objects.order_by("-seq").values_list("seq", "hash").first()
        seq, prev = (last[0] + 1, last[1]) if last else (1, GENESIS)
        event = Event(
            seq=seq,
            actor=actor.username,
            role=role or actor.main_role,
            at=at,
            type=type_,
            object_type=object_type,
            object_id=object_id,
            payload=_stored({**(payload or {}), **_stands_in(actor)}),
            prev_hash=prev,
        )
        event.hash = next_hash(prev, event_record(event))
        event.save(force_insert=True)
    return event


def _stands_in(actor: Actor) -> dict[str, str]:
    return {"acting_for": actor.acting_for} if actor.acting_for else {}


def event_record(event: Event) -> dict[str, Any]:
    """What the hash of an event covers."""
    return {
        "seq": event.seq,
        "actor": event.actor,
        "role": str(event.role),
        "at": event.at.astimezone(SHANGHAI).isoformat(timespec="microseconds"),
        "type": event.type,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "payload": event.payload,
    }


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    # What is hashed is what the database gives back: decimals have become strings already.
    stored: dict[str, Any] = json.loads(canonical_json(payload))
    return stored
