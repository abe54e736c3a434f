"""Verb: put many objects on the register at once (imports, the demo city)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.actions.register_object import ObjectDraft, build
from qingtian.apps.registry.models import RegistryObject, RegistryRevision
from qingtian.apps.registry.revisions import snapshot
from qingtian.apps.registry.rules import check_object
from qingtian.domain.errors import InvalidInput

Key = tuple[str, str]


def register_many(actor: Actor, at: datetime, drafts: Iterable[ObjectDraft]) -> list[RegistryObject]:
    """Register objects in order, parents before children; all or none, one journal event.

    Objects that are registered already are left as they are, so that a repeated import changes nothing.

    Returns:
        Every object of the drafts, in their order.
    Raises:
        NotPermitted, InvalidInput: as for one object; the field names the draft.
    """
    with writing():
        require(actor, Verb.REGISTER_OBJECT)
        known = {(row.type, row.code): row for row in RegistryObject.objects.select_related("parent")}
        rows: list[RegistryObject] = []
        new: list[RegistryObject] = []
        for index, draft in enumerate(drafts):
            key = (draft.type, draft.code.strip())
            row = known.get(key)
            if row is None:
                row = _checked(draft, known, at, index)
                row.save(force_insert=True)  # children need its key at once
                known[key] = row
                new.append(row)
            rows.append(row)
        _keep(actor, at, new)
    return rows


def _checked(draft: ObjectDraft, known: dict[Key, RegistryObject], at: datetime, index: int) -> RegistryObject:
    parent = None
    if draft.parent is not None:
        parent = known.get(draft.parent)
        if parent is None:
            raise InvalidInput(
                f"{draft.parent[0]} {draft.parent[1]} is not registered",
                field=f"drafts[{index}].parent",
                remedy="put it before its children",
            )
    row = build(draft, parent, at)
    try:
        check_object(row)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=f"drafts[{index}].{error.field}", remedy=error.remedy) from error
    return row


def _keep(actor: Actor, at: datetime, new: list[RegistryObject]) -> None:
    if not new:
        return
    RegistryRevision.objects.bulk_create(
        RegistryRevision(object=row, recorded_at=at, valid_from=row.valid_from, snapshot=snapshot(row)) for row in new
    )
    payload = {"count": len(new), "objects": [snapshot(row) for row in new]}
    record(actor, at, "objects.registered", ("registry", "bulk"), payload)
