"""Take held frames in where somebody ordered it: adopted devices, corrected passwords, keys and clocks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from qingtian.apps.registry.actions.finish_readmission import finish_pass, note_failure
from qingtian.apps.registry.held_frames import waiting_orders
from qingtian.apps.registry.models import FrameReadmission
from qingtian.runtime.clock import real_now
from qingtian.telemetry.rejects.readmitting import Readmitter
from qingtian.telemetry.rejects.reasons import RejectReason

GET_AROUND = timedelta(seconds=15)  # until gateway and ingest know the new register, frames may still be held
_log = logging.getLogger(__name__)


def readmit_ordered(readmitter: Readmitter, now: Callable[[], datetime]) -> int:
    """One pass over every order that waits; returns the frames taken in.

    Each order gets a pass at once and one after the register has got around; both are safe to repeat.
    """
    taken = 0
    for row in waiting_orders():
        passed_at = real_now()
        last = row.first_pass_at is not None and passed_at - row.first_pass_at >= GET_AROUND
        if row.first_pass_at is not None and not last:
            continue
        try:
            taken += _pass(readmitter, row, now(), passed_at, last=last)
        except Exception as error:
            _log.warning("frames of %s could not be taken in and are tried again: %s", row.mn, error)
            note_failure(row.pk, str(error))
    return taken


def _pass(readmitter: Readmitter, row: FrameReadmission, at: datetime, passed_at: datetime, *, last: bool) -> int:
    done = readmitter.run(row.mn, [RejectReason(code) for code in row.reasons], at)
    finish_pass(
        row.pk,
        at,
        passed_at=passed_at,
        frames=done.frames,
        taken=done.taken,
        values_new=done.new,
        still_out=done.still_out,
        last=last,
    )
    return done.taken
