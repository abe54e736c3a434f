"""Check everything in the spool: every byte of every record, the hash chain, the compressed files and their index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qingtian.telemetry.spool.chain import CHUNK, GENESIS, digest_from, head_of, open_head
from qingtian.telemetry.spool.folder import read_head, segments
from qingtian.telemetry.spool.format import SEGMENT_HEADER, Ending, Link, LinkKind, SpoolRecord, check_header
from qingtian.telemetry.spool.index import IndexBuilder, index_agrees
from qingtian.telemetry.spool.reader import Damage, start_position, walk_source
from qingtian.telemetry.spool.source import DamagedArchive, PackedSource, Source, open_source
from qingtian.telemetry.spool.trims import trimmed
from qingtian.telemetry.store.port import SpoolPosition

Progress = Callable[[int, int], None]  # bytes done, bytes in all


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the hash chain does not hold.

    Args:
        segment, offset: where.
        why: what was found.
    """

    segment: str
    offset: int
    why: str


@dataclass(slots=True)
class VerifyReport:
    """What `verify` found.

    Args:
        segments, packed: segments, and how many of them are compressed.
        records, bytes: frames and their length.
        links: links of the hash chain that hold.
        unchained: segments of a release without links; their records are checked one by one.
        unlinked: frames behind the last link of a segment: written, never acknowledged.
        trimmed: segments that the retention policy dropped or thinned.
        damages: bytes that are no record.
        breaks: where the chain does not hold.
        head: the newest head, hex.
    """

    segments: int = 0
    packed: int = 0
    records: int = 0
    bytes: int = 0
    links: int = 0
    unchained: int = 0
    unlinked: int = 0
    trimmed: int = 0
    damages: list[Damage] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    head: str = ""

    @property
    def ok(self) -> bool:
        """Whether every acknowledged record is whole and in its place (torn tails were never acknowledged)."""
        return not self.breaks and all(damage.torn_tail for damage in self.damages)


def verify(folder: Path, progress: Progress = lambda _done, _total: None) -> VerifyReport:
    """Check header, checksum, hash and place of everything in the spool."""
    return _Verifier(folder, progress).run()


class _Verifier:
    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder, self._progress = folder, progress
        self._report = VerifyReport()
        self._trims = trimmed(folder)
        self._before: Ending | None = None  # how the segment before ended; None: there is none
        self._chained = False  # a segment with links was seen: from then on all have some
        self._done = self._total = 0

    def run(self) -> VerifyReport:
        report, stated = self._report, read_head(self._folder)
        names = segments(self._folder)
        report.trimmed = len(self._trims)
        self._total = sum(self._size(name) for name in names)
        for name in names:
            report.segments += 1
            self._skip_trimmed(name)
            try:
                with open_source(self._folder, name) as source:
                    report.packed += isinstance(source, PackedSource)
                    self._segment(source, name, stated_offset=_mark_in(stated, name))
            except DamagedArchive as error:
                self._break(name, 0, f"the compressed file is damaged: {error}")
                self._before = None
        if stated is not None and stated[1]:
            self._check_mark(stated[0].segment, stated[0].offset, stated[1], names)
        return report

    def _segment(self, source: PackedSource | Source, name: str, *, stated_offset: int | None) -> None:
        header = source.read(0, SEGMENT_HEADER.size)
        if not check_header(header):
            torn = source.size <= SEGMENT_HEADER.size
            self._report.damages.append(Damage(name, 0, len(header), torn_tail=torn))
        index = IndexBuilder(name)
        linked_end, head, since, chained, empty = SEGMENT_HEADER.size, GENESIS, 0, False, True
        self._at_mark = ""
        for item in walk_source(source, start_position(name)):
            if isinstance(item, Link):
                self._link(source, name, item, linked_end, head, header)
                chained = chained or item.kind is LinkKind.OPEN
                linked_end, head, since = item.next_offset, item.head, 0
                if item.next_offset == stated_offset:
                    self._at_mark = item.head.hex()
                self._tell(item.next_offset)
            elif isinstance(item, Damage):
                self._report.damages.append(item)
                empty = empty and item.torn_tail
            else:
                empty, since = False, since + 1
                self._record(item)
                index.add(item)
        self._finish(source, name, index, chained=chained, empty=empty and not chained)
        if chained:
            self._report.unlinked += since
            self._report.head = head.hex()
        if chained or not empty:
            self._before = Ending(name, linked_end, source.size, head, digest_from(source, linked_end))
        self._done += source.size

    def _record(self, record: SpoolRecord) -> None:
        if hashlib.sha256(record.raw).hexdigest() == record.sha256:
            self._report.records += 1
            self._report.bytes += len(record.raw)
            return
        place = record.position
        self._report.damages.append(
            Damage(place.segment, place.offset, record.next_offset - place.offset, torn_tail=False)
        )

    def _link(self, source: Source, name: str, link: Link, linked_end: int, head: bytes, header: bytes) -> None:
        if link.ending is not None:
            self._open(name, link, link.ending, header)
            return
        if link.start != linked_end:
            self._break(name, link.offset, f"the link covers from {link.start}, the one before it ends at {linked_end}")
            return
        digest = _group_digest(source, link)
        if digest is None or head_of(head, digest) != link.head:
            self._break(name, link.start, "the records up to the next link are not those that were written")
        else:
            self._report.links += 1

    def _open(self, name: str, link: Link, stated: Ending, header: bytes) -> None:
        before = self._before
        if link.offset != SEGMENT_HEADER.size or open_head(stated, header) != link.head:
            self._break(name, link.offset, "the first link was changed")
        elif stated.segment != ("" if before is None else before.segment):
            self._break(name, link.offset, f"segment {stated.segment or '(none)'} is missing before it")
        elif before is None:
            self._report.links += 1
        elif before != stated:
            self._break(name, link.offset, f"segment {stated.segment} does not end as it did when this one began")
        else:
            self._report.links += 1

    def _skip_trimmed(self, name: str) -> None:
        """Go on behind segments that were dropped as a whole, as the policy's own journal states their end."""
        for trim in sorted(self._trims.values(), key=lambda one: one.segment):
            if trim.segment < name and (self._before is None or trim.segment > self._before.segment):
                self._before = trim.ending
                self._chained = self._chained or trim.ending.head != GENESIS

    def _finish(
        self, source: PackedSource | Source, name: str, index: IndexBuilder, *, chained: bool, empty: bool
    ) -> None:
        if not chained and not empty:
            self._report.unchained += 1
            if self._chained:
                self._break(name, 0, "it holds no links, and segments before it do")
        self._chained = self._chained or chained
        if not isinstance(source, PackedSource):
            return
        if not source.about["dropped"] and digest_from(source, 0).hex() != source.about["sha256"]:
            self._break(name, 0, "the compressed bytes are not those that were written")
        if not index_agrees(self._folder, name, index):
            self._break(name, 0, "its index does not agree: `qingtian spool archive --reindex` writes it anew")

    def _check_mark(self, segment: str, offset: int, head: str, names: list[str]) -> None:
        if not names or segment != names[-1]:
            if segment not in names:
                self._break(segment, offset, "the newest segment is missing")
            return
        if self._at_mark != head:
            self._break(segment, offset, "the records up to the durable mark are not those that were acknowledged")

    def _break(self, segment: str, offset: int, why: str) -> None:
        self._report.breaks.append(Break(segment, offset, why))

    def _tell(self, offset: int) -> None:
        self._progress(self._done + offset, self._total)

    def _size(self, name: str) -> int:
        try:
            with open_source(self._folder, name) as source:
                return source.size
        except OSError:
            return 0


def _group_digest(source: Source, link: Link) -> bytes | None:
    """SHA-256 of the records that a link covers, or what stands for them where they were dropped."""
    if isinstance(source, PackedSource) and source.gap(link.start):
        return next(
            (bytes.fromhex(digest) for start, _, digest in source.about["dropped"] if start == link.start), None
        )
    digest, at = hashlib.sha256(), link.start
    while at < link.offset:
        data = source.read(at, min(CHUNK, link.offset - at))
        if not data:
            return None
        digest.update(data)
        at += len(data)
    return digest.digest()


def _mark_in(stated: tuple[SpoolPosition, str] | None, name: str) -> int | None:
    return stated[0].offset if stated is not None and stated[0].segment == name else None
