"""Taking rejected frames in after all, once the register says what they are: a device, a password, a key, a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from qingtian.domain.errors import NotVisible
from qingtian.telemetry.archive import FrameArchive
from qingtian.telemetry.devices import DeviceDirectory
from qingtian.telemetry.gateway.judge import FrameJudge
from qingtian.telemetry.ingest.loop import IngestLoop
from qingtian.telemetry.rejects.journal import Reject, Wanted
from qingtian.telemetry.rejects.reasons import RejectReason, read_reason
from qingtian.telemetry.spool.format import SpoolRecord, Verdict
from qingtian.telemetry.store.port import Quarantined, SpoolPosition, Store

CHUNK = 1000
MOST_FRAMES = 5_000_000
LOST = "not_in_the_archive"


@dataclass(slots=True)
class Readmitted:
    """What one pass did.

    Args:
        frames: looked at.
        taken: frames that are settled now.
        rows: observations that they gave.
        new: of these, how many the series did not have.
        still_out: frames that stay out, by reason.
    """

    frames: int = 0
    taken: int = 0
    rows: int = 0
    new: int = 0
    still_out: Counter[str] = field(default_factory=Counter)


class Readmitter:
    """Takes frames again. A pass that was interrupted is simply made again: nothing is doubled.

    Args:
        store: holds the journal and the series.
        loop: maps and stores; not the one that follows the spool.
        archive: the raw frames.
        directory: the register.
    """

    def __init__(self, store: Store, loop: IngestLoop, archive: FrameArchive, directory: DeviceDirectory) -> None:
        self._store, self._journal = store, store.rejects
        self._loop, self._archive, self._directory = loop, archive, directory

    def run(self, mn: str, reasons: Sequence[RejectReason], at: datetime) -> Readmitted:
        """One pass over the held frames of a device.

        Args:
            mn: its number; frames under its aliases are taken along.
            reasons: only frames that are held for one of these; empty = for any.
            at: city time.
        """
        self._directory.refresh()
        profile = self._directory.get(mn)
        names = {mn} if profile is None else {mn, profile.mn, *profile.aliases}
        done = Readmitted()
        judge = FrameJudge(self._directory)
        for name in sorted(names):
            held = self._journal.each(Wanted(reasons=tuple(reasons), mn=name, settled=False), most=MOST_FRAMES)
            waiting: dict[SpoolPosition, Reject] = {}
            for chunk, last in _chunks(held):
                waiting |= self._take(chunk, waiting, judge, at, done=done, last=last)
        return done

    def _take(
        self,
        chunk: Sequence[Reject],
        waiting: dict[SpoolPosition, Reject],
        judge: FrameJudge,
        at: datetime,
        *,
        done: Readmitted,
        last: bool,
    ) -> dict[SpoolPosition, Reject]:
        records: list[SpoolRecord] = []
        ready: dict[SpoolPosition, Reject] = {}
        filed_anew: list[tuple[Reject, str, str]] = []
        for reject in chunk:
            done.frames += 1
            record, reason, detail = self._now(reject, judge)
            if record is not None:
                records.append(record)
                ready[reject.place] = reject
            elif reason not in (reject.reason.value, LOST):
                filed_anew.append((reject, reason, detail))
            if reason:
                done.still_out[reason] += 1
        again = self._loop.take_again(records, at, last=last)
        done.rows += again.rows
        done.new += again.result.new
        candidates = {**waiting, **ready}
        out = again.refused.keys() | again.waiting
        settled = [one for place, one in candidates.items() if place not in out]
        done.taken += len(settled)
        done.still_out.update(again.refused[place] for place in candidates if place in again.refused)
        self._file_anew(filed_anew)
        # What has another reason by now is listed under that one; the line with the old one is closed.
        moved = [one for place, one in candidates.items() if again.refused.get(place, one.reason) != one.reason]
        self._journal.settle([*settled, *moved, *(reject for reject, _, _ in filed_anew)], at)
        for place in [place for place in waiting if place not in again.waiting]:
            del waiting[place]
        return {place: one for place, one in ready.items() if place in again.waiting}

    def _now(self, reject: Reject, judge: FrameJudge) -> tuple[SpoolRecord | None, str, str]:
        """The frame when it is right by now, else why it is not."""
        try:
            record = self._archive.read(reject.place.segment, reject.place.offset)
        except NotVisible:
            return None, LOST, ""
        judged = judge.judge_whole(record.raw)
        if judged.verdict is Verdict.ACCEPTED:
            return record, "", ""
        reason, detail = read_reason(judged.verdict, judged.reason)
        return None, reason.value, detail

    def _file_anew(self, frames: Sequence[tuple[Reject, str, str]]) -> None:
        rows = [
            Quarantined(
                mn=one.mn,
                reason=reason,
                detail=detail,
                received_at=one.received_at,
                frame_hash=one.frame_hash,
                segment=one.place.segment,
                frame_offset=one.place.offset,
                peer=one.peer,
            )
            for one, reason, detail in frames
        ]
        if rows:
            self._store.append((), quarantined=rows)


def _chunks(held: Iterator[Reject]) -> Iterator[tuple[list[Reject], bool]]:
    """Chunks, and whether each is the last one."""
    chunk = list(islice(held, CHUNK))
    while chunk:
        following = list(islice(held, CHUNK))
        yield chunk, not following
        chunk = following
