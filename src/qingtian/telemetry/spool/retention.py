"""Retention of the raw frames: whole segments go after their time, what evidence rests on stays in its place."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from qingtian.domain.errors import InvalidInput
from qingtian.runtime.durability import sync_folder
from qingtian.telemetry.spool.chain import ending_of
from qingtian.telemetry.spool.folder import (
    index_path,
    packed_path,
    read_durable,
    segment_path,
    segments,
)
from qingtian.telemetry.spool.format import SpoolRecord, from_micros
from qingtian.telemetry.spool.index import open_index
from qingtian.telemetry.spool.packing import Group, archive_lock, groups_of, pack_segment, repack_without
from qingtian.telemetry.spool.reader import start_position, walk_source
from qingtian.telemetry.spool.source import PackedSource, open_source
from qingtian.telemetry.spool.trims import Trim, note_trims, trimmed
from qingtian.telemetry.store.port import SpoolPosition

Linked = Callable[[], Collection[str]]  # SHA-256 (hex) of the frames that evidence rests on
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Trimmed:
    """What a pass did, or (dry) would do.

    Args:
        dropped: segments that are gone as a whole.
        thinned: segments of which only groups with linked frames are left.
        frames: frames that went.
        kept: frames that stay in thinned segments.
        freed: bytes on the disk.
        waiting: segments that are old enough and not yet in the store.
    """

    dropped: list[str] = field(default_factory=list)
    thinned: list[str] = field(default_factory=list)
    frames: int = 0
    kept: int = 0
    freed: int = 0
    waiting: list[str] = field(default_factory=list)


def trim(
    folder: Path,
    now: datetime,
    *,
    keep_days: int,
    stored: SpoolPosition | None,
    linked: Linked,
    first: str = "",
    dry: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Trimmed:
    """Drop what is older than the policy, durable in the store, and no evidence.

    Args:
        folder: the spool.
        now: city time.
        keep_days: a frame is kept so many days after its arrival at least.
        stored: everything before this place is durable in the store (`Store.durable_progress`).
        linked: which frames are kept for ever; asked after the segments were chosen.
        first: segments with lower names stay, whatever their age.
        dry: say what would go, and change nothing.
    Raises:
        InvalidInput: keep_days is not positive.
        Conflict: another process works on the archive.
    """
    if keep_days < 1:
        raise InvalidInput(f"{keep_days} is no number of days", field="keep_days", remedy="give 1 or more; 0 keeps all")
    done = Trimmed()
    with archive_lock(folder):
        names = _old_enough(folder, now - timedelta(days=keep_days), stored, done, first)
        hashes = frozenset(linked()) if names else frozenset()
        for number, name in enumerate(names):
            _trim_segment(folder, name, hashes, done, now=now, keep_days=keep_days, dry=dry)
            progress(number + 1, len(names))
    return done


def _old_enough(folder: Path, before: datetime, stored: SpoolPosition | None, done: Trimmed, first: str) -> list[str]:
    """Closed segments whose last frame arrived before a moment; those the store does not have yet are named."""
    durable, thinned, chosen = read_durable(folder), trimmed(folder), []
    for name in segments(folder)[:-1]:
        if durable is not None and name >= durable.segment:
            break
        if name < first:
            continue
        last = last_arrival(folder, name)
        if (name in thinned and _settled(folder, thinned[name])) or (last is not None and last >= before):
            continue
        if stored is None or name >= stored.segment:
            done.waiting.append(name)
        else:
            chosen.append(name)
    return chosen


def _settled(folder: Path, line: Trim) -> bool:
    """Whether what the journal says of a segment was done: a process may die behind the line."""
    if line.kept == line.records:
        return line.records > 0
    with open_source(folder, line.segment) as source:
        return bool(line.kept) and isinstance(source, PackedSource) and bool(source.about["dropped"])


def last_arrival(folder: Path, segment: str) -> datetime | None:
    """When the last frame of a segment arrived; None when it holds none."""
    with open_index(folder, segment) as index:
        if index is not None:
            return from_micros(index.last_us) if len(index.hashes) else None
    last = None
    with open_source(folder, segment) as source:
        for item in walk_source(source, start_position(segment)):
            if isinstance(item, SpoolRecord) and (last is None or item.received_at > last):
                last = item.received_at
    return last


def _trim_segment(
    folder: Path, segment: str, linked: frozenset[str], done: Trimmed, *, now: datetime, keep_days: int, dry: bool
) -> None:
    before = _size_on_disk(folder, segment)
    with open_source(folder, segment) as source:
        groups = list(groups_of(source, segment))
    wanted = [group for group in groups if not linked.isdisjoint(group.hashes)]
    going = [group for group in groups if group.linked and linked.isdisjoint(group.hashes)]
    thinned = bool(wanted)
    gone = going if thinned else groups
    frames, every = sum(len(group.hashes) for group in gone), sum(len(group.hashes) for group in groups)
    done.frames += frames
    done.kept += every - frames
    (done.thinned if thinned else done.dropped).append(segment)
    if dry:
        done.freed += 0 if thinned else before
        return
    if packed_path(folder, segment).exists() is False:
        pack_segment(folder, segment)  # its SHA-256 and its times come from there
    note_trims(folder, [_line(folder, segment, every, every - frames, now, keep_days)])
    if thinned:
        _thin(folder, segment, going)
    else:
        for path in (index_path(folder, segment), packed_path(folder, segment), segment_path(folder, segment)):
            path.unlink(missing_ok=True)
        sync_folder(folder)
    done.freed += before - _size_on_disk(folder, segment)


def _thin(folder: Path, segment: str, going: list[Group]) -> None:
    if going:
        repack_without(folder, segment, going)


def _line(folder: Path, segment: str, records: int, kept: int, now: datetime, keep_days: int) -> Trim:
    with open_source(folder, segment) as source, open_index(folder, segment) as index:
        assert isinstance(source, PackedSource) and index is not None  # noqa: S101  it was packed just now
        times = [from_micros(at).isoformat() if records else "" for at in (index.first_us, index.last_us)]
        return Trim(
            segment=segment,
            records=records,
            kept=kept,
            bytes=source.size,
            sha256=str(source.about["sha256"]),
            first_at=times[0],
            last_at=times[1],
            trimmed_at=now.isoformat(),
            keep_days=keep_days,
            ending=ending_of(folder, segment),
        )


def _size_on_disk(folder: Path, segment: str) -> int:
    paths = (segment_path(folder, segment), packed_path(folder, segment), index_path(folder, segment))
    return sum(path.stat().st_size for path in paths if path.exists())
