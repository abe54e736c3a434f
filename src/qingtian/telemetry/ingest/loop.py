"""The ingest loop: spool batches become observations, each exactly once, in the order of their arrival."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from qingtian.domain.errors import QingtianError, Unavailable
from qingtian.domain.hj212 import Decoded, Fault
from qingtian.telemetry.devices import DeviceDirectory, DeviceProfile
from qingtian.telemetry.ingest.express import Express, Sorted
from qingtian.telemetry.ingest.mapping import CYCLE_OF, Mapped, map_frame, quarantine
from qingtian.telemetry.ingest.quality import QualityScreen
from qingtian.telemetry.ingest.splits import PartWaiter, Ready
from qingtian.telemetry.reading import read_registered
from qingtian.telemetry.rejects.reasons import read_reason
from qingtian.telemetry.spool.folder import read_durable
from qingtian.telemetry.spool.format import SpoolRecord, Verdict
from qingtian.telemetry.spool.reader import read_batch
from qingtian.telemetry.store.columns import FrameBlock
from qingtian.telemetry.store.port import AppendResult, FrameStore, SpoolPosition, Store, Superseded
from qingtian.telemetry.store.rows import time_of

BATCH_FRAMES = 16_000
POLL_S = 0.2  # a quiet spool is looked at so often; a frame waits at most this long for its batch
RETRY_S = 1.0
REFRESH_S = 5.0
AMBIENT = "ambient"  # medium of stations
_log = logging.getLogger(__name__)

Publish = Callable[[Sequence[str], datetime], None]  # sites that changed, newest arrival
UnitOf = Callable[[str], str]
Placed = tuple[SpoolRecord, Mapped]


@dataclass(slots=True)
class IngestCounters:
    """What the loop did since its start."""

    frames: int = 0
    express: int = 0  # of these, frames that went as columns
    rows: int = 0
    new: int = 0
    duplicate: int = 0
    corrected: int = 0
    quarantined: int = 0
    skews: int = 0
    batches: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """What became of frames that were taken again.

    Args:
        result: what the store did with their rows.
        rows: observations that they gave.
        refused: reason by place of frames that went back to quarantine.
        waiting: places of parts whose record is not complete yet.
    """

    result: AppendResult
    rows: int
    refused: Mapping[SpoolPosition, str]
    waiting: frozenset[SpoolPosition]


@lru_cache(maxsize=4096)
def pack_unit(code: str, *, ambient: bool = False) -> str:
    """Default unit of a pollutant code in the code table; empty for a private code.

    Args:
        ambient: in practice at stations of ambient air and water, where some gases are told in ug/m3.
    """
    from qingtian.packs import load_packs

    try:
        row = load_packs().pollutant(code)
    except (KeyError, QingtianError):
        return ""
    return str(row.ambient_unit or row.unit) if ambient else str(row.unit)


def units_of(profile: DeviceProfile) -> UnitOf:
    """Default units of what a device measures, where its register states none."""
    return partial(pack_unit, ambient=profile.medium == AMBIENT)


class IngestLoop:
    """Reads the spool and feeds the store; one per store.

    Args:
        store: where rows go; it also remembers the position.
        folder: the spool.
        directory: devices.
        publish: tells listeners which sites changed.
        unit_of: default unit per pollutant code; None takes those of the code table for what the device measures.
        batch_frames: most frames per transaction.
        may_work: raises `Unavailable` while nothing may be written (a full disk, a clock in doubt).
        shared: sites that others write, too; asked whenever the register was read.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        directory: DeviceDirectory,
        *,
        publish: Publish = lambda _sites, _at: None,
        unit_of: UnitOf | None = None,
        batch_frames: int = BATCH_FRAMES,
        may_work: Callable[[], None] = lambda: None,
        shared: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._may_work = may_work
        self._shared, self._shared_sites = shared, frozenset[str]()
        self._store, self._folder, self._directory = store, folder, directory
        self._publish, self._unit_of, self._limit = publish, unit_of, batch_frames
        self._position = store.progress()
        self._parts = PartWaiter()
        self._media: dict[str, str] = {}
        self._screen = QualityScreen(lambda site: self._media.get(site, ""))
        self._express = Express(directory, lambda profile: unit_of or units_of(profile), self._screen)
        self._frames = store if isinstance(store, FrameStore) else None
        self._generation = 0  # of the store, as this loop last wrote
        self._refreshed_at = -1e9
        self._looked_again = False  # at the register, for a frame of this batch
        self._moved = threading.Condition()
        self.newest_arrival: datetime | None = None  # of the newest frame that was taken
        self.counters = IngestCounters()

    @property
    def position(self) -> SpoolPosition | None:
        """Where the next batch starts."""
        return self._position

    def step(self) -> int:
        """Take one batch into the store.

        Returns:
            Frames read; 0 when the spool has nothing new.
        Raises:
            Unavailable: the database is away; the same batch is tried again by the next step.
        """
        records, position = read_batch(self._folder, self._position, self._limit)
        overdue = self._parts.expire(time.monotonic())
        if position is None or not (records or overdue or position != self._position):
            if self._frames is not None:
                self._frames.settle()
            return 0
        if records or overdue:
            self._looked_again = False
            self._refresh_directory()
            self._store_batch(records, overdue, position)
        if records:
            self.newest_arrival = records[-1].received_at
        with self._moved:
            self._position = position
            self._moved.notify_all()
        return len(records)

    def take_again(self, records: Sequence[SpoolRecord], at: datetime, *, last: bool) -> Again:
        """Take frames that were held into the store, by the register as it is now; safe to repeat.

        The city comes to know the values now: `received_at` of the rows is the moment of taking them in, so that what
        was judged before stays as it was known, and later judgements see the periods as touched.

        Args:
            records: frames whose sender, password and check code are right by now, oldest first.
            at: city time.
            last: no more follow, so parts of split records are waited for no longer.
        """
        self._looked_again = False
        mapped: list[Placed] = []
        for record in records:
            mapped.extend(self._map(replace(record, verdict=Verdict.ACCEPTED)))
        if last:
            mapped.extend((ready.record, self._map_ready(ready)) for ready in self._parts.expire(math.inf))
        told = [replace(one, rows=tuple(replace(row, received_at=at) for row in one.rows)) for _, one in mapped]
        result = self._append(told, None)
        refused = [one.quarantined for one in told if one.quarantined is not None]
        rows = [row for one in told for row in one.rows]
        if rows:
            self._publish(sorted({row.site for row in rows}), at)
        return Again(
            result,
            len(rows),
            {SpoolPosition(one.segment, one.frame_offset): one.reason for one in refused},
            self._parts.waiting,
        )

    def drain(self) -> int:
        """Take everything that is durable now into the store; returns frames read."""
        total = 0
        while (count := self.step()) > 0:
            total += count
        return total

    def wait_until(self, position: SpoolPosition, timeout_s: float = 30.0) -> bool:
        """Wait (from another thread) until everything before a position is in the store."""

        def reached() -> bool:
            return self._position is not None and self._position >= position

        with self._moved:
            return self._moved.wait_for(reached, timeout_s)

    def lag_bytes(self) -> int | None:
        """Bytes of the active segment that are durable and not yet in the store; None when unknown."""
        durable = read_durable(self._folder)
        if durable is None:
            return None
        if self._position is None or self._position.segment != durable.segment:
            return durable.offset
        return max(0, durable.offset - self._position.offset)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                self._may_work()
                count = self.step()
            except Exception as error:
                self.counters.last_error = str(error)
                _log.warning("ingest stands still and tries again: %s", error)
                stop.wait(RETRY_S)
                continue
            self.counters.last_error = ""
            if count < self._limit:
                stop.wait(POLL_S)

    def _store_batch(self, records: Sequence[SpoolRecord], overdue: Sequence[Ready], position: SpoolPosition) -> None:
        parted = Sorted(rest=list(records))
        if self._frames is not None:
            parted = self._express.part(records, self._sites(overdue) | self._shared_sites)
        try:
            self._store_parted(records, parted, overdue, position)
        except BaseException:
            self._express.clear()  # what it remembers was not written
            raise
        self._express.adopt(parted.lanes)

    def _store_parted(
        self, records: Sequence[SpoolRecord], parted: Sorted, overdue: Sequence[Ready], position: SpoolPosition
    ) -> None:
        mapped = [(ready.record, self._map_ready(ready)) for ready in overdue]
        for record in parted.rest:
            mapped.extend(self._map(record))
        # Waiting parts are read again after a restart: the stored position stays before them.
        waiting = self._parts.oldest
        progress = position if waiting is None else min(position, waiting)
        try:
            if parted.blocks and self._express.owns(row for _, one in mapped for row in one.rows):
                raise Superseded  # a frame was read otherwise than its header looked: nothing is taken for certain
            result = self._append([one for _, one in mapped], progress, parted.blocks)
        except Unavailable:
            raise
        except Superseded:
            mapped = [*self._as_objects(records, parted), *mapped]
            result = self._append([one for _, one in mapped], progress)
        except Exception:
            _log.exception("a batch could not be stored; its frames are stored one by one")
            mapped = [*self._as_objects(records, parted), *mapped]
            result = self._append_one_by_one(mapped, progress)
        self._generation = result.generation
        self._count(mapped, len(records), result, parted.blocks)
        self._tell(mapped, parted.blocks)

    def _as_objects(self, records: Sequence[SpoolRecord], parted: Sorted) -> list[Placed]:
        """The frames of the blocks for the other way; of a line they come before those that are there already."""
        self._express.clear()
        there = {id(record) for record in parted.rest}
        blocks, parted.blocks = bool(parted.blocks), []
        if not blocks:
            return []
        return [placed for record in records if id(record) not in there for placed in self._map(record)]

    def _tell(self, mapped: Sequence[Placed], blocks: Sequence[FrameBlock]) -> None:
        sites = {row.site for _, one in mapped for row in one.rows}
        arrivals = [row.received_at for _, one in mapped for row in one.rows]
        for block in blocks:
            sites.update(block.sites)
            arrivals.append(time_of(int(block.received_us.max())))
        if sites:
            self._publish(sorted(sites), max(arrivals))

    def _sites(self, overdue: Sequence[Ready]) -> set[str]:
        profiles = (self._directory.get(ready.decoded.mn.strip()) for ready in overdue)
        return {profile.site for profile in profiles if profile is not None}

    def _append(
        self, mapped: Sequence[Mapped], progress: SpoolPosition | None, blocks: Sequence[FrameBlock] = ()
    ) -> AppendResult:
        self._media.update((one.rows[0].site, one.medium) for one in mapped if one.rows)
        rows = [row for one in mapped for row in one.rows]
        options: dict[str, Any] = {
            "progress": progress,
            "quarantined": [one.quarantined for one in mapped if one.quarantined is not None],
            "skews": [one.skew for one in mapped if one.skew is not None],
            "screen": self._screen,
        }
        if self._frames is None:
            return self._store.append(rows, **options)
        return self._frames.append(rows, frames=blocks, generation=self._generation, **options)

    def _append_one_by_one(self, mapped: Sequence[Placed], progress: SpoolPosition) -> AppendResult:
        """Isolate a frame that the engine refuses; it goes to quarantine and the others are kept."""
        results = []
        for record, one in mapped:
            try:
                results.append(self._append([one], None))
            except Unavailable:
                raise
            except Exception as error:
                refused = quarantine(record, "", "refused_by_store", str(error)[:500])
                results.append(self._store.append((), quarantined=[refused]))
        self._store.append((), progress=progress)
        return AppendResult(
            new=sum(result.new for result in results),
            duplicate=sum(result.duplicate for result in results),
            corrected=sum(result.corrected for result in results),
            generation=max((result.generation for result in results), default=self._generation),
        )

    def _map(self, record: SpoolRecord) -> list[Placed]:
        """What a stored frame becomes now; nothing yet for a part that waits for others."""
        try:
            decoded, profile = self._read(record)
            if record.verdict is not Verdict.ACCEPTED:
                reason, detail = read_reason(record.verdict, record.reason)
                return [(record, Mapped(quarantined=quarantine(record, decoded.mn.strip(), reason.value, detail)))]
            ready = [Ready(decoded, record)]
            if decoded.split and decoded.cn in CYCLE_OF:
                keep_s = None if profile is None else profile.wire.keep_parts_s
                ready = self._parts.add(decoded, record, time.monotonic(), keep_s)
        except Exception as error:  # one frame must never stop the others
            return [(record, _unreadable(record, error))]
        return [(one.record, self._map_ready(one)) for one in ready]

    def _read(self, record: SpoolRecord) -> tuple[Decoded, DeviceProfile | None]:
        """The frame as its device means it.

        What the gateway accepted and we cannot read shows that its copy of the register is newer than ours (a device
        was just registered, a key was just replaced). The frames of a batch were durable before they were read, so one
        look at the register a batch knows all that the gateway knew.
        """
        decoded, profile = read_registered(record.raw, self._directory)
        strange = profile is None or decoded.fault is not Fault.NONE
        if not strange or self._looked_again or record.verdict is not Verdict.ACCEPTED:
            return decoded, profile
        self._looked_again = True
        self._read_register()
        return read_registered(record.raw, self._directory)

    def _map_ready(self, ready: Ready) -> Mapped:
        record, mn = ready.record, ready.decoded.mn.strip()
        if ready.reason:
            return Mapped(quarantined=quarantine(record, mn, "incomplete_split", ready.reason))
        profile = self._directory.get(mn)
        if profile is None:
            return Mapped(quarantined=quarantine(record, mn, "unknown_device", "not in the register any more"))
        try:
            return map_frame(ready.decoded, record, profile, self._unit_of or units_of(profile))
        except Exception as error:  # one frame must never stop the others
            return _unreadable(record, error)

    def _refresh_directory(self) -> None:
        due = time.monotonic() - self._refreshed_at >= REFRESH_S
        if due and not self._read_register() and self._refreshed_at < 0:
            raise Unavailable("the device register cannot be read", remedy="it is tried again")

    def _read_register(self) -> bool:
        """Read it, and with it which sites others write, too; False when there is no copy at all."""
        if not self._directory.refresh():
            return False
        self._refreshed_at = time.monotonic()
        self._shared_sites = frozenset(self._shared())
        return True

    def _count(self, mapped: Sequence[Placed], frames: int, result: AppendResult, blocks: Sequence[FrameBlock]) -> None:
        counters = self.counters
        counters.batches += 1
        counters.frames += frames
        counters.rows += sum(len(one.rows) for _, one in mapped) + sum(block.rows for block in blocks)
        counters.express += sum(len(block) for block in blocks)
        counters.new += result.new
        counters.duplicate += result.duplicate
        counters.corrected += result.corrected
        counters.quarantined += sum(one.quarantined is not None for _, one in mapped)
        counters.skews += sum(one.skew is not None for _, one in mapped)


def _unreadable(record: SpoolRecord, error: Exception) -> Mapped:
    _log.warning("frame %s cannot be mapped: %r", record.sha256, error)
    return Mapped(quarantined=quarantine(record, "", "cannot_be_read", repr(error)[:500]))
