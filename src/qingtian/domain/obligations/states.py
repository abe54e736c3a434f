"""What became of a dated duty: a closed set of states and the steps between them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from qingtian.domain.errors import Conflict


class State(StrEnum):
    """Where an occurrence stands."""

    PLANNED = "planned"  # not done yet, and not late
    DONE = "done"  # done by its last moment
    LATE = "late"  # done after it
    MISSED = "missed"  # its last moment passed and nothing was done
    WAIVED = "waived"  # need not be done, with a reason


OPEN = (State.PLANNED, State.MISSED)
SETTLED = (State.DONE, State.LATE)


def completed(state: State, at: datetime, due_at: datetime) -> State:
    """The state after the duty was done.

    Args:
        at: when it was done; due_at: the first moment at which it is late.
    Raises:
        Conflict: it was done before, or is waived.

    >>> from datetime import UTC
    >>> due = datetime(2026, 2, 10, tzinfo=UTC)
    >>> [completed(State.PLANNED, when, due).value for when in (datetime(2026, 2, 9, tzinfo=UTC), due)]
    ['done', 'late']
    """
    _refuse_unless(state, OPEN, "done")
    return State.DONE if at < due_at else State.LATE


def missed(state: State, now: datetime, due_at: datetime) -> State:
    """The state at a moment: what is planned is missed once its last moment has passed."""
    return State.MISSED if state is State.PLANNED and now >= due_at else state


def waived(state: State) -> State:
    """The state after it was said that it need not be done.

    Raises:
        Conflict: it was done, or is waived already.
    """
    _refuse_unless(state, OPEN, "waived")
    return State.WAIVED


def refused(state: State, now: datetime, due_at: datetime) -> State:
    """The state after the proof was refused: open again.

    Raises:
        Conflict: nothing was done that could be refused.
    """
    _refuse_unless(state, SETTLED, "refused")
    return missed(State.PLANNED, now, due_at)


def _refuse_unless(state: State, allowed: tuple[State, ...], verb: str) -> None:
    if state not in allowed:
        raise Conflict(
            f"it is {state} and cannot be {verb}", field="state", remedy="reload: somebody may have dealt with it"
        )
