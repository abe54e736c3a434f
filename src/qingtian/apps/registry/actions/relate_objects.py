"""Verb: relate two registered objects."""

from __future__ import annotations

from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.registry.models import Relation, RelationKind
from qingtian.apps.registry.queries import visible_object
from qingtian.domain.errors import Conflict, InvalidInput


def relate_objects(
    actor: Actor, at: datetime, from_id: int, to_id: int, kind: RelationKind, *, valid_from: date | None = None
) -> Relation:
    """Record that one object stands in a relation to another from a day on.

    Raises:
        NotVisible, NotPermitted, InvalidInput, Conflict.
    """
    if from_id == to_id:
        raise InvalidInput("an object has no relation to itself", field="to_id", remedy="name another object")
    with writing():
        source, target = visible_object(actor, from_id), visible_object(actor, to_id)
        role = require(
            actor, Verb.UPDATE_OBJECT, region_code=source.region_code, enterprise_code=source.enterprise_code
        )
        start = valid_from or at.astimezone(SHANGHAI).date()
        running = Relation.objects.filter(from_object=source, to_object=target, kind=kind, valid_to=None)
        if running.exists():
            raise Conflict("this relation runs already", field="kind", remedy="end it first")
        relation = Relation.objects.create(from_object=source, to_object=target, kind=kind, valid_from=start)
        payload = {"from": source.code, "to": target.code, "kind": kind.value, "valid_from": start.isoformat()}
        record(actor, at, "relation.added", source, payload, role=role)
    return relation
