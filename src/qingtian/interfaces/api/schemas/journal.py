"""The journal: events and the check of their chain."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, Page, Schema


class EventOut(Schema):
    """One thing that happened."""

    seq: int
    at: CityTime
    type: str
    actor: str
    actor_name: str
    role: str
    object_type: str
    object_id: str
    payload: dict[str, Any]
    hash: str


class EventPage(Page[EventOut]):
    """A page of the journal."""


class ChainOut(Schema):
    """What a check of a hash chain found."""

    intact: bool
    count: int
    head: str = Field(description="hash of the last link")
    broken_at: int | None = Field(description="first link that does not fit")
    reason: str
