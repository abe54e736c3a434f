"""The spool of a gateway in a cluster: a copy of what the shards hold, which goes once they hold it.

What lay in the spool before the host joined the cluster is no copy but the archive of that machine: values name places
in it. A mark says where the copies begin.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qingtian.domain.errors import Conflict, QingtianError
from qingtian.telemetry.cluster.forwarder import MARK, consumed_position
from qingtian.telemetry.cluster.marks import read_mark, write_mark
from qingtian.telemetry.spool.folder import segment_name, segments
from qingtian.telemetry.spool.packing import pack_closed
from qingtian.telemetry.spool.retention import Trimmed, trim

COPIES = "copies"
PACK_EVERY_S = 5.0
TRIM_EVERY_S = 600.0
_log = logging.getLogger(__name__)


def note_where_copies_begin(folder: Path) -> str:
    """Write down, once, behind which segments everything is a copy; to be called before the first round goes out.

    Returns:
        Name of the first segment that is a copy as a whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = read_mark(folder / COPIES)
    if not known:
        held = segments(folder)
        # A forwarder of an older release wrote no such mark: what it has not forwarded by now may still be of before.
        forwarded = read_mark(folder / MARK).get("start") if held else None
        newest = str(forwarded[0]) if forwarded else (held[-1] if held else segment_name(0))
        known = {"first": segment_name(int(newest) + 1)}
        write_mark(folder / COPIES, known)
    return str(known["first"])


def trim_copies(folder: Path, now: datetime, keep_days: int) -> Trimmed:
    """Drop the copies that are past their time and that the shards hold.

    Args:
        folder: the spool of the gateway.
        now: city time.
        keep_days: setting `cluster_copy_days`.
    Raises:
        Conflict: another process works on the spool.
    """
    first = note_where_copies_begin(folder)
    held = consumed_position(folder)
    return trim(folder, now, keep_days=keep_days, stored=held, linked=frozenset, first=first)


@dataclass(slots=True)
class CopyKeeper:
    """Compresses and trims the spool of a gateway in a cluster.

    Args:
        folder: the spool.
        keep_days: setting `cluster_copy_days`; 0 keeps every copy.
        now: city time.
    """

    folder: Path
    keep_days: int
    now: Callable[[], datetime]
    dropped_frames: int = 0
    _trim_at: float = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        while not stop.wait(PACK_EVERY_S):
            try:
                self.step(stop)
            except Conflict:
                _log.debug("the archive is in use; the next pass goes on")
            except (QingtianError, OSError) as error:
                _log.warning("the spool cannot be kept: %s", error)

    def step(self, stop: threading.Event) -> None:
        """Compress what is closed; now and then drop what the shards hold."""
        pack_closed(self.folder, go_on=lambda: not stop.is_set())
        if self.keep_days and time.monotonic() >= self._trim_at:
            self.dropped_frames += trim_copies(self.folder, self.now(), self.keep_days).frames
            self._trim_at = time.monotonic() + TRIM_EVERY_S
