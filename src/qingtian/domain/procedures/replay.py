"""The state of a case as the fold of its events: the journal alone tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qingtian.domain.errors import Conflict


@dataclass(slots=True)
class Told:
    """What the events of a case add up to."""

    template: str = ""
    version: str = ""
    state: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    org: str = ""
    asked_org: str = ""
    responsible: str = ""
    bounces: int = 0
    steps: int = 0


def fold(events: Iterable[tuple[str, Mapping[str, Any]]]) -> Told:
    """The state after a run of events, oldest first.

    Args:
        events: type and payload of each.
    Raises:
        Conflict: a step does not begin where the one before it ended: events are missing.
    """
    told = Told()
    for type_, payload in events:
        match type_:
            case "case.opened":
                _open(told, payload)
            case "case.moved":
                _move(told, payload)
            case "case.recorded":
                told.fields |= dict(payload["fields"])
            case "case.assigned":
                told.responsible = payload["to"]
            case "case.org_changed":
                told.org, told.asked_org = payload["org"], payload["asked_org"]
                told.bounces = int(payload["bounces"])
            case "case.migrated":
                told.version, told.state = payload["to_version"], payload["to"]
    return told


def _open(told: Told, payload: Mapping[str, Any]) -> None:
    told.template, told.version, told.state = payload["template"], payload["template_version"], payload["state"]
    told.fields = dict(payload.get("fields", {}))
    told.org, told.responsible = payload.get("org", ""), payload.get("responsible", "")


def _move(told: Told, payload: Mapping[str, Any]) -> None:
    if payload["from"] != told.state:
        raise Conflict(
            f"a step begins at {payload['from']}, but the case was {told.state}",
            field="events",
            remedy="events of this case are missing: check the journal",
        )
    told.state = payload["to"]
    told.fields |= dict(payload["fields"]) | dict(payload.get("set", {}))
    for name in payload.get("cleared", ()):
        told.fields.pop(name, None)
    told.steps += 1
