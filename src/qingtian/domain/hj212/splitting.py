"""Records that came in several frames (拆分包).

In the standard every part is a complete data area with its own QN and the same DataTime: parts are merged by
(MN, CN, DataTime), never by QN. Some devices cut one text in the middle instead: a part without DataTime joins the
open record of its device and command, and then the texts are joined in the order of PNO before they are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from qingtian.domain.hj212.grammar import read_data_area
from qingtian.domain.hj212.model import Decoded, Items, Params


class MergeKey(NamedTuple):
    """What parts of one record share; `data_time` is empty while only cut parts without one came."""

    mn: str
    cn: str
    data_time: str


@dataclass(frozen=True, slots=True)
class MergedRecord:
    """A record, complete or not.

    Args:
        key: device, command, time.
        expected: number of parts announced.
        parts: the frames in the order of PNO.
        items: all items.
        params: all parameters.
        conflicts: codes that came with different values; kept first, unfit for statistics.
        complete: every part came.
    """

    key: MergeKey
    expected: int
    parts: tuple[Decoded, ...]
    items: Items
    params: Params
    conflicts: frozenset[str]
    complete: bool


@dataclass(slots=True)
class _Open:
    expected: int
    touched_s: float
    parts: dict[int, Decoded] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)


class SplitBuffer:
    """Waits for the missing parts of records.

    Args:
        keep_s: seconds after the last part that a record is waited for: OverTime x ReCount of the device.
    """

    def __init__(self, keep_s: float = 30.0) -> None:
        self._keep_s = keep_s
        self._open: dict[MergeKey, _Open] = {}

    @property
    def pending(self) -> int:
        """Records that wait for parts."""
        return len(self._open)

    def add(self, part: Decoded, now_s: float) -> MergedRecord | None:
        """Take a part; returns the record when it is complete.

        Args:
            part: a good frame with `split`.
            now_s: a clock that never goes back, in seconds.
        """
        if part.pnum is None or part.pno is None:
            return None
        key = self._key_of(part)
        record = self._open.setdefault(key, _Open(part.pnum, now_s))
        record.expected, record.touched_s = max(record.expected, part.pnum), now_s
        known = record.parts.setdefault(part.pno, part)
        if known.cp != part.cp:  # the same part again with other content: the last one wins, unfit for statistics
            record.differing |= _differing(known.items, part.items)
            record.parts[part.pno] = part
        if len(record.parts) < record.expected:
            return None
        return self._close(key)

    def expire(self, now_s: float) -> list[MergedRecord]:
        """Give up waiting for what is too old; the records come out incomplete."""
        old = [key for key, record in self._open.items() if now_s - record.touched_s >= self._keep_s]
        return [self._close(key) for key in old]

    def drain(self) -> list[MergedRecord]:
        """Give up waiting for everything."""
        return [self._close(key) for key in list(self._open)]

    def _key_of(self, part: Decoded) -> MergeKey:
        own = MergeKey(part.mn, part.cn, part.data_time or "")
        if own in self._open:
            return own
        if part.data_time:  # the head of a cut text may come after its tail
            tail = own._replace(data_time="")
            if tail in self._open and self._fits(tail, part):
                self._open[own] = self._open.pop(tail)
            return own
        fitting = [key for key in self._open if key[:2] == own[:2] and self._fits(key, part)]
        same_qn = [key for key in fitting if part.qn in {known.qn for known in self._open[key].parts.values()}]
        return [*same_qn, *fitting, own][0]

    def _fits(self, key: MergeKey, part: Decoded) -> bool:
        record = self._open[key]
        return record.expected == part.pnum and part.pno not in record.parts

    def _close(self, key: MergeKey) -> MergedRecord:
        record = self._open.pop(key)
        parts = tuple(record.parts[number] for number in sorted(record.parts))
        cut = any(part.data_time is None for part in parts) and any(part.data_time for part in parts)
        items, params, conflicts = _join_texts(parts) if cut else _join_parts(parts)
        complete = len(parts) >= record.expected
        return MergedRecord(
            key, record.expected, parts, items, params, frozenset(conflicts | record.differing), complete
        )


def _differing(known: Items, again: Items) -> set[str]:
    return {code for code in {*known, *again} if known.get(code) != again.get(code)}


def _join_parts(parts: tuple[Decoded, ...]) -> tuple[Items, Params, set[str]]:
    items: dict[str, dict[str, str]] = {}
    params: dict[str, str | list[str]] = {}
    conflicts: set[str] = set()
    for part in parts:
        conflicts |= part.conflicts
        for name, value in part.params.items():
            params.setdefault(name, value)
        for code, attributes in part.items.items():
            merged = items.setdefault(code, {})
            conflicts |= {code for name, value in attributes.items() if merged.setdefault(name, value) != value}
    return items, params, conflicts


def _join_texts(parts: tuple[Decoded, ...]) -> tuple[Items, Params, set[str]]:
    text = ""
    for part in parts:
        text = join_cut(text, part.cp)
    area = read_data_area(text)
    return area.items, area.params, area.conflicts


def join_cut(left: str, right: str) -> str:
    """Join two pieces of a cut data area; a separator is put in only where both sides hold a whole item.

    >>> join_cut("w01018-Rtd=2", "1.4"), join_cut("w01018-Flag=N", "w21003-Rtd=1")
    ('w01018-Rtd=21.4', 'w01018-Flag=N;w21003-Rtd=1')
    """
    if not left or left.count("//") % 2:
        return left + right
    last, first = left.replace(",", ";").rpartition(";")[2], right.replace(",", ";").partition(";")[0]
    return f"{left};{right}" if "=" in last and "=" in first else left + right
