"""What became of an object over time: each state beside the one before, with who changed it and why."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.journal.models import Event
from qingtian.apps.registry.columns import columns_of
from qingtian.apps.registry.models import RegistryObject
from qingtian.apps.registry.veil import veiled_snapshot
from qingtian.interfaces.api.present.registry import found
from qingtian.interfaces.api.schemas.registry import FieldDifference, ObjectRevisionOut
from qingtian.packs import load_packs
from qingtian.packs.objects import object_fields

OF_ONE = ("object.registered", "object.updated", "object.merged", "object.parted")
LABELS: Mapping[str, tuple[str, str]] = {
    "parent": ("上级", "Part of"),
    "enterprise_code": ("所属单位", "Enterprise"),
    "region_source": ("行政区来源", "Source of the region"),
    "geometry": ("范围", "Geometry"),
    "merged_into": ("并入", "Merged into"),
    "simulated": ("模拟", "Simulated"),
    "type": ("类型", "Type"),
}


def history(actor: Actor, kind: str, code: str) -> list[ObjectRevisionOut]:
    """Every state of an object, the newest first.

    Raises:
        NotVisible: there is no such object.
    """
    row = found(actor, kind, code)
    events = _events(row)
    labels = labels_of(kind)
    states: list[ObjectRevisionOut] = []
    before: Mapping[str, Any] = {}
    for revision in row.revisions.order_by("recorded_at", "id"):
        after = flat(veiled_snapshot(actor, row, revision.snapshot))
        waiting = events.get(revision.recorded_at)
        event = waiting.popleft() if waiting else None
        states.append(
            ObjectRevisionOut(
                recorded_at=revision.recorded_at,
                actor=event.actor if event else "",
                event=event.type if event else "",
                reason=str(event.payload.get("reason", "")) if event else "",
                differences=differences(before, after, labels) if before else [],
            )
        )
        before = after
    return states[::-1]


def _events(row: RegistryObject) -> dict[datetime, deque[Event]]:
    """Events that left a state of the object, by their time, in their order; one of a bulk concerns many objects."""
    own = Event.objects.filter(object_type=RegistryObject._meta.model_name, object_id=str(row.pk))
    moments = list(row.revisions.values_list("recorded_at", flat=True))
    bulk = Event.objects.filter(object_type="registry", at__in=moments)
    found = [one for one in own if one.type in OF_ONE] + [one for one in bulk if _concerns(one, row)]
    events: dict[datetime, deque[Event]] = defaultdict(deque)
    for event in sorted(found, key=lambda one: one.seq):
        events[event.at].append(event)
    return events


def _concerns(event: Event, row: RegistryObject) -> bool:
    told = event.payload
    if event.type == "objects.imported":
        return event.object_id == row.type and (row.code in told["new"] or row.code in told["changed"])
    return any((one["type"], one["code"]) == (row.type, row.code) for one in told.get("objects", ()))


def labels_of(kind: str) -> dict[str, tuple[str, str]]:
    """Words of every property and field of a type."""
    named = {one.name: (one.spec.label_zh, one.spec.label_en) for one in columns_of(kind)}
    fields = {one.name: (one.label_zh, one.label_en) for one in object_fields(load_packs(), kind)}
    return {**LABELS, **fields, **named}


def flat(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Properties and fields side by side."""
    plain = dict(snapshot)
    return {**(plain.pop("attributes", None) or {}), **plain}


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[str, tuple[str, str]]
) -> list[FieldDifference]:
    """What differs between two states; a property that the older one did not know yet is no change."""
    names = [name for name in {**before, **after} if _told(before.get(name)) != _told(after.get(name))]
    return [difference(name, before.get(name), after.get(name), labels) for name in names]


def difference(name: str, before: Any, after: Any, labels: Mapping[str, tuple[str, str]]) -> FieldDifference:
    """One field before and after."""
    zh, en = labels.get(name, (name, name))
    return FieldDifference(field=name, label_zh=zh, label_en=en, before=_told(before), after=_told(after))


def _told(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        return "、".join(_told(one) for one in value)
    return str(value)
