"""Live updates: one PostgreSQL NOTIFY channel for every process of a deployment."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

CHANNEL = "qingtian_live"
MAX_IDS = 200  # NOTIFY carries at most 8,000 bytes; more ids mean "reload"


class Topic(StrEnum):
    """What changed."""

    OBSERVATIONS = "observations"
    JUDGEMENTS = "judgements"
    FINDINGS = "findings"
    CASES = "cases"
    COMMANDS = "commands"
    NOTICES = "notices"
    CLOCK = "clock"


def message(topic: Topic, ids: Iterable[object], at: datetime) -> str:
    """The NOTIFY payload of a change.

    >>> from datetime import UTC
    >>> message(Topic.CASES, [7], datetime(2025, 11, 22, tzinfo=UTC))
    '{"topic": "cases", "ids": ["7"], "at": "2025-11-22T00:00:00+00:00"}'
    """
    listed = [str(one) for one in ids]
    return json.dumps({"topic": topic.value, "ids": listed[:MAX_IDS], "at": at.isoformat()})


def publish(topic: Topic, ids: Iterable[object], at: datetime) -> None:
    """Tell listeners of a change; delivered when the current transaction commits."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message(topic, ids, at)])
