"""Records that came in several frames: wait for every part, and know how far the spool must be read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qingtian.domain.hj212 import Decoded, MergedRecord, SplitBuffer
from qingtian.telemetry.spool.format import SpoolRecord
from qingtian.telemetry.store.port import SpoolPosition

_Fingerprint = tuple[str, str, str, int, str]
KEEP_S = 30.0  # OverTime 10 s x ReCount 3, the defaults of HJ 212-2017
INCOMPLETE = "record_incomplete"  # warning on the parts of a record whose other parts never came


@dataclass(frozen=True, slots=True)
class Ready:
    """A frame that can be mapped.

    Args:
        decoded: its content; for a text that was cut over frames, the joined content.
        record: where the (first) frame is stored.
        reason: why it cannot be mapped after all; empty when it can.
    """

    decoded: Decoded
    record: SpoolRecord
    reason: str = ""


class PartWaiter:
    """Holds parts until their record is complete or too old.

    Args:
        keep_s: seconds after its last part that a record is waited for.
    """

    def __init__(self, keep_s: float = KEEP_S) -> None:
        self._buffer = SplitBuffer(keep_s)
        self._records: dict[_Fingerprint, SpoolRecord] = {}

    def add(self, decoded: Decoded, record: SpoolRecord, now_s: float, keep_s: float | None = None) -> list[Ready]:
        """Take a part; returns the frames that became ready. A repeat adds nothing.

        Args:
            decoded: a part.
            record: where it is stored.
            now_s: a clock that never goes back, s.
            keep_s: how long its device's records are waited for, s.
        """
        if self._buffer.is_repeat(decoded):
            return []
        self._records.setdefault(_fingerprint(decoded), record)
        merged = self._buffer.add(decoded, now_s, keep_s)
        return self._ready([] if merged is None else [merged])

    def expire(self, now_s: float) -> list[Ready]:
        """Frames of records that are waited for no longer."""
        return self._ready(self._buffer.expire(now_s))

    @property
    def oldest(self) -> SpoolPosition | None:
        """Where the first waiting part is stored: a restart must read from there."""
        return min((record.position for record in self._records.values()), default=None)

    @property
    def waiting(self) -> frozenset[SpoolPosition]:
        """Where the waiting parts are stored."""
        return frozenset(record.position for record in self._records.values())

    def _ready(self, records: Sequence[MergedRecord]) -> list[Ready]:
        ready: list[Ready] = []
        for merged in records:
            stored = [self._records.pop(_fingerprint(part)) for part in merged.parts]
            for part in merged.repeats:  # they hold the stored position back no longer
                self._records.pop(_fingerprint(part), None)
            ready += _frames(merged, stored)
        return ready


def _fingerprint(part: Decoded) -> _Fingerprint:
    return part.mn, part.cn, part.qn or "", part.pno or 0, part.cp


def _frames(merged: MergedRecord, records: Sequence[SpoolRecord]) -> Iterator[Ready]:
    if all(part.data_time for part in merged.parts):  # as the standard wants: each part stands for itself
        missing = () if merged.complete else (INCOMPLETE,)
        for part, record in zip(merged.parts, records, strict=True):
            told = replace(part, conflicts=part.conflicts | merged.conflicts, warnings=(*part.warnings, *missing))
            yield Ready(told, record)
    elif merged.complete:
        data_time = next((part.data_time for part in merged.parts if part.data_time), None)
        whole = replace(
            merged.parts[0],
            items=merged.items,
            params=merged.params,
            conflicts=merged.conflicts,
            data_time=data_time,
        )
        yield Ready(whole, records[0])
    else:
        reason = f"{len(merged.parts)} of {merged.expected} parts came, and the text was cut between them"
        for part, record in zip(merged.parts, records, strict=True):
            yield Ready(part, record, reason)
