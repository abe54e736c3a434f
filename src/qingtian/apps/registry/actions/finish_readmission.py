"""Verb of the worker: note what a pass over held frames has done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.journal.record import record, writing
from qingtian.apps.registry.models import FrameReadmission, ReadmissionState


def finish_pass(
    order_id: int,
    at: datetime,
    *,
    passed_at: datetime,
    frames: int,
    taken: int,
    values_new: int,
    still_out: Mapping[str, int],
    last: bool,
) -> FrameReadmission:
    """Add one pass to an order; the last one ends it and goes into the journal.

    Args:
        at: city time.
        passed_at: machine time of the pass.
        last: the register has got around by now: nothing is held any more that should not be.
    """
    with writing():
        row = FrameReadmission.objects.get(pk=order_id)
        row.first_pass_at = row.first_pass_at or passed_at
        row.frames = max(row.frames, frames + row.taken)
        row.taken += taken
        row.values_new += values_new
        row.still_out = dict(still_out)
        row.error = ""
        if last:
            row.state, row.ended_at = ReadmissionState.DONE, at
        row.save()
        if last:
            told = {"mn": row.mn, "taken": row.taken, "values_new": row.values_new, "still_out": row.still_out}
            record(SYSTEM_ACTOR, at, "frames.readmitted", row.device, told)
    return row


def note_failure(order_id: int, error: str) -> None:
    """A pass failed; it is made again."""
    FrameReadmission.objects.filter(pk=order_id).update(error=error[:500])
