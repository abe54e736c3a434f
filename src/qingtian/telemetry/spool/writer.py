"""The append side of the spool: many frames share one fdatasync, and only then their senders hear of it.

Every start opens a new segment, so an offset is never used twice and a torn tail is left as it was found: nothing in
it was acknowledged.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from qingtian.domain.errors import Conflict, Unavailable
from qingtian.runtime.clock import real_now
from qingtian.runtime.durability import sync_folder
from qingtian.telemetry.spool.chain import GENESIS, NOTHING, group_head, last_ending, open_head
from qingtian.telemetry.spool.folder import (
    DURABLE,
    pack_durable,
    read_head,
    segment_name,
    segment_path,
    segments,
)
from qingtian.telemetry.spool.format import Ending, Verdict, pack_group_link, pack_header, pack_open_link, pack_record
from qingtian.telemetry.store.port import SpoolPosition
from qingtian.telemetry.timing import Histogram

MIB = 1024 * 1024
MAX_GROUP_BYTES = 4 * MIB
SPACE_CHECK_S = 1.0
SYNC_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_log = logging.getLogger(__name__)

Done = Callable[[SpoolPosition | None, Exception | None], None]
Dispatch = Callable[[Callable[[], None]], object]


class SegmentFile(Protocol):
    """An append-only file that can be synced."""

    def write(self, data: bytes) -> None:
        """Append all of the bytes."""
        ...

    def sync(self) -> None:
        """Return when everything written is on the disk."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class DiskSegment:
    """A segment on the disk."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o640)

    def write(self, data: bytes) -> None:
        """Append all of the bytes, whatever the kernel takes at once."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]

    def sync(self) -> None:
        """fdatasync."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Close the handle."""
        os.close(self._handle)


@dataclass(slots=True)
class _Entry:
    data: bytes
    done: Done


class SpoolWriter:
    """Appends records from any thread; one writer per folder.

    Args:
        folder: the spool.
        segment_bytes: size at which a segment is closed.
        commit_delay_s: longest wait for company in one fdatasync, used only under load.
        reserve_bytes: below this free space nothing is accepted.
        dispatch: runs the callbacks of a group; a gateway gives its loop's call_soon_threadsafe.
        open_segment: opens a new segment file.
        first_segment: number of the first segment of an empty folder; shards of a cluster have ranges of their own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = 64 * MIB,
        commit_delay_s: float = 0.005,
        reserve_bytes: int = 0,
        dispatch: Dispatch = lambda call: call(),
        open_segment: Callable[[Path], SegmentFile] = DiskSegment,
        first_segment: int = 1,
    ) -> None:
        self._folder, self._first = folder, first_segment
        self._segment_bytes = segment_bytes
        self._delay_s = commit_delay_s
        self._reserve = reserve_bytes
        self._dispatch = dispatch
        self._open = open_segment
        self._queue: deque[_Entry] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._file: SegmentFile | None = None
        self._segment, self._offset, self._head = "", 0, GENESIS
        self._sound = False  # everything written to the open segment is known to have succeeded
        self._last_group = 0
        self._space_checked, self._space_error = -1e9, ""
        self.syncs = 0
        self.sync_times = Histogram(SYNC_BOUNDS_S)
        self.failures = 0
        self.last_error = ""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_folder(folder)
        self._mark = read_head(folder)  # what the last writer stated; of use for the first segment only
        # Emptied: what was longer would stay behind the new mark and make it unreadable.
        self._durable = os.open(folder / DURABLE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            self._roll()
        except OSError as error:  # a full disk refuses frames; it does not keep the gateway from saying so
            self._note_failure(error)
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
        self._thread.start()

    def append(
        self,
        raw: bytes,
        *,
        received_at: datetime,
        peer: str,
        done: Done,
        verdict: Verdict = Verdict.ACCEPTED,
        reason: str = "",
    ) -> int:
        """Queue a frame; `done(position, None)` is called when it is durable, `done(None, error)` when it is not.

        Returns:
            Bytes of the record.
        """
        data = pack_record(received_at, verdict, peer, reason, raw)
        with self._wake:
            if self._stopping:
                raise Unavailable("the spool is closing", remedy="send again")
            self._queue.append(_Entry(data, done))
            self._wake.notify()
        return len(data)

    def append_packed(self, data: bytes, done: Done) -> None:
        """Queue records that are packed already (`pack_bytes`), one behind the other; all or none become durable.

        Args:
            data: the records.
            done: called with the place of the first one, or with the error.
        """
        with self._wake:
            if self._stopping:
                raise Unavailable("the spool is closing", remedy="send again")
            self._queue.append(_Entry(data, done))
            self._wake.notify()

    def append_and_wait(
        self,
        raw: bytes,
        *,
        received_at: datetime,
        peer: str = "",
        verdict: Verdict = Verdict.ACCEPTED,
        reason: str = "",
    ) -> SpoolPosition:
        """Append a frame and return its position once it is durable.

        Raises:
            Unavailable: it could not be stored.
        """
        finished = threading.Event()
        outcome: list[tuple[SpoolPosition | None, Exception | None]] = []

        def done(position: SpoolPosition | None, error: Exception | None) -> None:
            outcome.append((position, error))
            finished.set()

        self.append(raw, received_at=received_at, peer=peer, done=done, verdict=verdict, reason=reason)
        finished.wait()
        position, error = outcome[0]
        if position is None:
            raise Unavailable(f"the frame could not be stored: {error}", remedy="send again later") from error
        return position

    @property
    def position(self) -> SpoolPosition:
        """Where the next record will start."""
        return SpoolPosition(self._segment, self._offset)

    def close(self) -> None:
        """Store what is queued, then close; later appends are refused."""
        with self._wake:
            if self._stopping:
                return
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        self._close_segment()
        os.close(self._durable)
        self._lock.close()

    def _run(self) -> None:
        while True:
            group = self._next_group()
            if not group:
                return
            self._commit(group)

    def _next_group(self) -> list[_Entry]:
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            waiting = len(self._queue)
        # Alone there is nobody to wait for; under load a short wait makes one sync carry many frames.
        if self._delay_s and waiting < self._last_group and not self._stopping:
            time.sleep(self._delay_s)
        group: list[_Entry] = []
        size = 0
        with self._wake:
            while self._queue and size < MAX_GROUP_BYTES:
                group.append(self._queue.popleft())
                size += len(group[-1].data)
        self._last_group = len(group)
        return group

    def _commit(self, group: Sequence[_Entry]) -> None:
        try:
            positions = self._write(group)
        except (OSError, Unavailable) as error:
            self._note_failure(error)
            failed = error
            self._dispatch(lambda: _tell(group, None, failed))
        else:
            self.last_error = ""
            self._dispatch(lambda: _tell(group, positions, None))

    def _write(self, group: Sequence[_Entry]) -> list[SpoolPosition]:
        self._check_space()
        if self._file is None or self._offset >= self._segment_bytes:
            self._roll()
        assert self._file is not None  # noqa: S101  _roll opened it or raised
        data = b"".join([entry.data for entry in group])
        head = group_head(self._head, data)
        link = pack_group_link(self._offset, head)
        self._file.write(data + link)
        started = time.perf_counter()
        self._file.sync()
        self.sync_times.add(time.perf_counter() - started)
        self.syncs += 1
        positions = []
        for entry in group:
            positions.append(SpoolPosition(self._segment, self._offset))
            self._offset += len(entry.data)
        self._offset += len(link)
        self._head = head
        self._publish_durable()
        return positions

    def _roll(self) -> None:
        self._close_segment()
        known = segments(self._folder)
        name = segment_name(int(known[-1]) + 1 if known else self._first)
        path = segment_path(self._folder, name)
        ending, header = self._ending(), pack_header(real_now())
        head = open_head(ending, header)
        start = header + pack_open_link(ending, head)
        file = self._open(path)
        try:
            file.write(start)
            file.sync()
            sync_folder(self._folder)
        except OSError:
            file.close()
            path.unlink(missing_ok=True)  # a full disk must not fill with empty segments
            raise
        self._file, self._segment, self._offset, self._head = file, name, len(start), head
        self._sound, self._mark = True, None
        self._publish_durable()

    def _ending(self) -> Ending:
        """How the segment before ends; it is read again where it may hold more than was acknowledged."""
        if self._sound:
            return Ending(self._segment, self._offset, self._offset, self._head, NOTHING)
        return last_ending(self._folder, self._mark)

    def _publish_durable(self) -> None:
        os.pwrite(self._durable, pack_durable(self.position, self._head.hex()), 0)

    def _check_space(self) -> None:
        now = time.monotonic()
        if now - self._space_checked >= SPACE_CHECK_S:
            self._space_checked = now
            stat = os.statvfs(self._folder)
            free = stat.f_bavail * stat.f_frsize
            self._space_error = (
                "" if free >= self._reserve else f"{free // MIB} MiB free, reserve is {self._reserve // MIB} MiB"
            )
        if self._space_error:
            raise Unavailable(
                f"the disk of the spool is full: {self._space_error}",
                field="disk_reserve_mb",
                remedy="free space or move data_dir; devices keep their frames and send again",
            )

    def _note_failure(self, error: Exception) -> None:
        # After a failed write or sync nothing is known about the segment: it is never appended to again.
        self.failures += 1
        self.last_error = str(error)
        _log.error("spool refuses frames, nothing is acknowledged: %s", error)
        if isinstance(error, OSError):
            self._sound = False
            self._close_segment()

    def _close_segment(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                _log.warning("segment %s did not close cleanly: %s", self._segment, error)
            self._file = None


def _tell(group: Sequence[_Entry], positions: Sequence[SpoolPosition] | None, error: Exception | None) -> None:
    for index, entry in enumerate(group):
        entry.done(positions[index] if positions is not None else None, error)


def _lock_folder(folder: Path) -> IO[str]:
    lock = (folder / "writer.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise Conflict(
            f"another gateway writes to {folder}", field="data_dir", remedy="stop it; one gateway per data_dir"
        ) from error
    return lock
