"""Closed lists of notices."""

from __future__ import annotations

from enum import StrEnum


class Ending(StrEnum):
    """Why nobody need answer a notice any more."""

    ACKNOWLEDGED = "acknowledged"
    SETTLED = "settled"  # what it is about was dealt with


class Reason(StrEnum):
    """Why somebody got a notice."""

    NAMED = "named"
    ROLE = "role"
    ON_DUTY = "on_duty"
    ESCALATED = "escalated"


class DeliveryState(StrEnum):
    """How far a word to the outside is."""

    SENDING = "sending"  # handed to the channel; its answer is not known yet
    SENT = "sent"
    RETRY = "retry"  # it failed and is tried again
    DEAD = "dead"  # given up; shown until somebody sends it again or lays it aside
    LAID_ASIDE = "laid_aside"
