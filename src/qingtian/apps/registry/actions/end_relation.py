"""Verb: end a relation of two registered objects."""

from __future__ import annotations

from datetime import date, datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.registry.models import Relation
from qingtian.apps.registry.queries import visible_object
from qingtian.domain.errors import Conflict, InvalidInput, NotVisible


def end_relation(
    actor: Actor, at: datetime, relation_id: int, *, reason: str, valid_to: date | None = None
) -> Relation:
    """Record from which day on a relation no longer holds.

    Args:
        valid_to: first day without it; today by default.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: no reason, or an end before the beginning.
        Conflict: it has ended.
    """
    if not reason.strip():
        raise InvalidInput("an end needs a reason", field="reason", remedy="say why")
    with writing():
        relation = Relation.objects.select_for_update().filter(pk=relation_id).first()
        if relation is None:
            raise NotVisible(f"there is no relation {relation_id}", field="relation", remedy="choose one of the object")
        source = visible_object(actor, relation.from_object_id)
        role = require(
            actor, Verb.UPDATE_OBJECT, region_code=source.region_code, enterprise_code=source.enterprise_code
        )
        if relation.valid_to is not None:
            raise Conflict("the relation has ended", field="relation", remedy="nothing is left to do")
        end = valid_to or at.astimezone(SHANGHAI).date()
        if end < relation.valid_from:
            raise InvalidInput("the end lies before the beginning", field="valid_to", remedy="give a later day")
        relation.valid_to = end
        relation.save()
        payload = {
            "kind": relation.kind,
            "to": relation.to_object.code,
            "valid_to": end.isoformat(),
            "reason": reason.strip(),
        }
        record(actor, at, "relation.ended", source, payload, role=role)
    return relation
