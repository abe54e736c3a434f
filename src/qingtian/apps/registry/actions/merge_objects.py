"""Verbs: join two registered objects that are one, and part them again; both histories stay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import Verb, require
from qingtian.apps.accounts.roles import Role
from qingtian.apps.journal.models import Event
from qingtian.apps.journal.record import SHANGHAI, record, writing
from qingtian.apps.registry.models import ObjectType, RegistryObject
from qingtian.apps.registry.queries import visible_object
from qingtian.apps.registry.revisions import add_revision
from qingtian.domain.errors import Conflict, InvalidInput

# Values and judgements stand under the code of these; two codes would be one series with two names.
HOLDS_VALUES = frozenset(
    {
        ObjectType.REGION,
        ObjectType.OUTLET,
        ObjectType.STATION,
        ObjectType.SECTION,
        ObjectType.SITE,
        ObjectType.POWER_METER,
        ObjectType.DEVICE,
    }
)


def merge_objects(actor: Actor, at: datetime, survivor_id: int, duplicate_id: int, *, reason: str) -> RegistryObject:
    """Let one object stand for two: the duplicate ends, its parts go over, its history stays readable at both.

    Args:
        survivor_id: the object that goes on.
        duplicate_id: the object that ends.
        reason: why they are one; the journal keeps it.
    Returns:
        The object that goes on.
    Raises:
        NotVisible, NotPermitted.
        InvalidInput: they are the same, of two types, or of a type under whose code values stand.
        Conflict: one of them has ended.
    """
    why = _reason(reason)
    with writing():
        survivor = visible_object(actor, survivor_id, lock=True)
        duplicate = visible_object(actor, duplicate_id, lock=True)
        role = _may(actor, survivor, duplicate)
        _check_pair(survivor, duplicate)
        moved = _move_parts(duplicate.children.all(), survivor, at)
        duplicate.merged_into = survivor
        duplicate.enterprise_code = survivor.enterprise_code
        duplicate.valid_to = _end_of(duplicate, at)
        _keep(duplicate, at)
        payload = {
            "into": f"{survivor.type}:{survivor.code}",
            "duplicate": f"{duplicate.type}:{duplicate.code}",
            "parts": moved,
            "reason": why,
        }
        record(actor, at, "object.merged", duplicate, payload, role=role)
        record(actor, at, "object.took_over", survivor, payload, role=role)
    return survivor


def part_objects(actor: Actor, at: datetime, duplicate_id: int, *, reason: str) -> RegistryObject:
    """Take a merge back: the object goes on by itself, and the parts that still are where the merge put them return.

    Raises:
        NotVisible, NotPermitted, InvalidInput.
        Conflict: it was not merged.
    """
    why = _reason(reason)
    with writing():
        duplicate = visible_object(actor, duplicate_id, lock=True)
        survivor = duplicate.merged_into
        if survivor is None:
            raise Conflict(f"{duplicate.code} was not merged", field="object", remedy="choose a merged object")
        role = _may(actor, survivor, duplicate)
        merge = Event.objects.filter(type="object.merged", object_id=str(duplicate.pk)).order_by("-seq").first()
        parts = survivor.children.filter(pk__in=[one["id"] for one in merge.payload["parts"]] if merge else [])
        duplicate.merged_into, duplicate.valid_to = None, None
        if duplicate.type == ObjectType.ENTERPRISE:
            duplicate.enterprise_code = duplicate.code
        _keep(duplicate, at)
        moved = _move_parts(parts, duplicate, at)
        payload = {"from": f"{survivor.type}:{survivor.code}", "parts": moved, "reason": why}
        record(actor, at, "object.parted", duplicate, payload, role=role)
    return duplicate


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("a merge needs a reason", field="reason", remedy="say why they are one, or why not")
    return reason.strip()


def _may(actor: Actor, *rows: RegistryObject) -> Role:
    roles = [
        require(actor, Verb.UPDATE_OBJECT, region_code=row.region_code, enterprise_code=row.enterprise_code)
        for row in rows
    ]
    return roles[0]


def _check_pair(survivor: RegistryObject, duplicate: RegistryObject) -> None:
    if survivor.pk == duplicate.pk:
        raise InvalidInput("an object cannot be merged into itself", field="duplicate", remedy="choose another one")
    if survivor.type != duplicate.type:
        raise InvalidInput(
            f"a {duplicate.type} and a {survivor.type} are not one", field="duplicate", remedy="choose one of its type"
        )
    if survivor.type in HOLDS_VALUES:
        raise InvalidInput(
            f"values stand under the code of a {survivor.type}",
            field="duplicate",
            remedy="end one of them and let its devices measure the other",
        )
    for row in (survivor, duplicate):
        if row.valid_to is not None:
            raise Conflict(f"{row.code} has ended", field="object", remedy="choose objects that exist")


def _move_parts(parts: Iterable[RegistryObject], owner: RegistryObject, at: datetime) -> list[dict[str, object]]:
    moved: list[dict[str, object]] = []
    for part in list(parts):
        moved.append({"id": part.pk, "type": part.type, "code": part.code})
        part.parent = owner
        _hand_down(part, owner.enterprise_code, at)
    return moved


def _hand_down(row: RegistryObject, enterprise_code: str, at: datetime) -> None:
    """The owner's enterprise holds for all that is part of a part."""
    row.enterprise_code = enterprise_code
    _keep(row, at)
    for part in row.children.all():
        _hand_down(part, enterprise_code, at)


def _keep(row: RegistryObject, at: datetime) -> None:
    row.recorded_at = at
    row.save()
    add_revision(row, at)


def _end_of(row: RegistryObject, at: datetime) -> date:
    # The first day on which it no longer is; an object of today has existed for this one day.
    today = at.astimezone(SHANGHAI).date()
    return max(today, row.valid_from + timedelta(days=1))
