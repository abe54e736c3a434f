"""Records that came in several frames (拆分包).

In the standard every part is a complete data area with its own QN and the same DataTime: parts are merged by
(MN, CN, DataTime), never by QN. Some devices cut one text in the middle instead: a part without DataTime joins the
record of its device and command with the same QN, and then the texts are joined in the order of PNO before they are
read. Where the pieces have different QNs they are joined at the time-out, and only if there is one way to do it: a
guess could put the end of one number behind the start of another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

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
        repeats: frames that came again under a number that was there, or were replaced by one.
    """

    key: MergeKey
    expected: int
    parts: tuple[Decoded, ...]
    items: Items
    params: Params
    conflicts: frozenset[str]
    complete: bool
    repeats: tuple[Decoded, ...] = ()


class _Slot(NamedTuple):
    """Where a record waits: by its time, or by its QN as long as only pieces without a time came."""

    mn: str
    cn: str
    data_time: str
    qn: str = ""


@dataclass(slots=True)
class _Open:
    expected: int
    touched_s: float
    keep_s: float
    parts: dict[int, Decoded] = field(default_factory=dict)
    repeats: list[Decoded] = field(default_factory=list)
    differing: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        return len(self.parts) >= self.expected and all(number in self.parts for number in range(1, self.expected + 1))


class SplitBuffer:
    """Waits for the missing parts of records; what it holds is bounded, whatever is sent.

    Args:
        keep_s: seconds after the last new part that a record is waited for: OverTime x ReCount of the device.
        most_parts: parts held at a time; beyond it the oldest record comes out incomplete.
    """

    def __init__(self, keep_s: float = 30.0, most_parts: int = 20_000) -> None:
        self._keep_s, self._most = keep_s, most_parts
        self._open: dict[_Slot, _Open] = {}  # in the order of their first part
        self._of_device: dict[tuple[str, str], list[_Slot]] = {}
        self._held = 0
        self._pushed_out: list[MergedRecord] = []
        self._done: dict[_Again, float] = {}  # parts of complete records, until when a repeat is known

    @property
    def pending(self) -> int:
        """Records that wait for parts."""
        return len(self._open)

    def is_repeat(self, part: Decoded) -> bool:
        """Whether a part belongs to a record that was complete a moment ago: its answer was lost and it came again."""
        return _again(part) in self._done

    def add(self, part: Decoded, now_s: float, keep_s: float | None = None) -> MergedRecord | None:
        """Take a part; returns the record when it is complete.

        Args:
            part: a good frame with `split`; a repeat of a part that is done changes nothing.
            now_s: a clock that never goes back, in seconds.
            keep_s: how long this device's records are waited for, s.
        """
        if part.pnum is None or part.pno is None or self.is_repeat(part):
            return None
        slot = self._slot_of(part)
        record = self._open.get(slot) or self._put_in(slot, _Open(part.pnum, now_s, keep_s or self._keep_s))
        record.expected = max(record.expected, part.pnum, part.pno)
        self._held += 1
        known = record.parts.get(part.pno)
        record.parts[part.pno] = part
        if known is None:
            record.touched_s = now_s  # repeats keep nothing waiting for ever
        elif known.cp != part.cp:  # the same part with other content: the last one wins, unfit for statistics
            record.differing |= _differing(known.items, part.items)
            record.repeats.append(known)
        else:
            record.parts[part.pno] = known
            record.repeats.append(part)
        if record.complete:
            return self._finish(slot, now_s)
        if self._held > self._most:
            self._pushed_out.append(self._close(next(iter(self._open))))
        return None

    def expire(self, now_s: float) -> list[MergedRecord]:
        """Give up waiting for what is too old; the records come out incomplete, or joined where that is certain."""
        self._done = {part: until for part, until in self._done.items() if until > now_s}
        old = [slot for slot, record in self._open.items() if now_s - record.touched_s >= record.keep_s]
        return self._give_up(old)

    def drain(self) -> list[MergedRecord]:
        """Give up waiting for everything."""
        return self._give_up(list(self._open))

    def _give_up(self, slots: list[_Slot]) -> list[MergedRecord]:
        pushed_out, self._pushed_out = self._pushed_out, []
        pairs = dict(pair for slot in slots if (pair := self._only_pair(slot)) is not None)
        for head, tail in pairs.items():
            self._join(head, tail)
        return pushed_out + [self._close(slot) for slot in dict.fromkeys([*slots, *pairs]) if slot in self._open]

    def _only_pair(self, slot: _Slot) -> tuple[_Slot, _Slot] | None:
        """Head and tail of a text that was cut, if each fits the other alone."""
        partners = self._partners(slot)
        if len(partners) != 1 or self._partners(partners[0]) != [slot]:
            return None
        return (slot, partners[0]) if slot.data_time else (partners[0], slot)

    def _partners(self, slot: _Slot) -> list[_Slot]:
        """Records of the same device and command that would make this one whole; only one of the two has a time."""
        record = self._open[slot]
        return [
            other
            for other in self._of_device[slot[:2]]
            if bool(other.data_time) is not bool(slot.data_time)
            and self._open[other].expected == record.expected
            and not self._open[other].parts.keys() & record.parts.keys()
            and len(self._open[other].parts) + len(record.parts) == record.expected
        ]

    def _join(self, head: _Slot, tail: _Slot) -> None:
        record, pieces = self._open[head], self._take_out(tail)
        record.parts.update(pieces.parts)
        record.repeats += pieces.repeats
        record.differing |= pieces.differing

    def _slot_of(self, part: Decoded) -> _Slot:
        if part.data_time:
            own = _Slot(part.mn, part.cn, part.data_time)
            pieces = _Slot(part.mn, part.cn, "", part.qn or "")
            if own not in self._open and self._fits(pieces, part):  # the head of a cut text may come after its tail
                self._put_in(own, self._take_out(pieces))
            return own
        own = _Slot(part.mn, part.cn, "", part.qn or "")
        fitting = [
            slot
            for slot in self._of_device.get((part.mn, part.cn), ())
            if self._fits(slot, part) and any(known.qn == part.qn for known in self._open[slot].parts.values())
        ]
        return max(fitting, key=lambda slot: self._open[slot].touched_s, default=own)

    def _fits(self, slot: _Slot, part: Decoded) -> bool:
        record = self._open.get(slot)
        if record is None or record.expected != part.pnum:
            return False
        known = record.parts.get(part.pno or 0)
        return known is None or (known.cp == part.cp and known.qn == part.qn)

    def _put_in(self, slot: _Slot, record: _Open) -> _Open:
        self._open[slot] = record
        self._of_device.setdefault(slot[:2], []).append(slot)
        return record

    def _take_out(self, slot: _Slot) -> _Open:
        slots = self._of_device[slot[:2]]
        slots.remove(slot)
        if not slots:
            del self._of_device[slot[:2]]
        return self._open.pop(slot)

    def _finish(self, slot: _Slot, now_s: float) -> MergedRecord:
        until = now_s + self._open[slot].keep_s
        merged = self._close(slot)
        for part in merged.parts:
            if part.data_time or part.qn:  # a piece of text without either may rightly come again
                self._done[_again(part)] = until
        while len(self._done) > self._most:
            del self._done[next(iter(self._done))]
        return merged

    def _close(self, slot: _Slot) -> MergedRecord:
        record = self._take_out(slot)
        self._held -= len(record.parts) + len(record.repeats)
        parts = tuple(record.parts[number] for number in sorted(record.parts))
        cut = any(part.data_time is None for part in parts) and any(part.data_time for part in parts)
        items, params, conflicts = _join_texts(parts) if cut else _join_parts(parts)
        return MergedRecord(
            MergeKey(*slot[:3]),
            record.expected,
            parts,
            items,
            params,
            frozenset(conflicts | record.differing),
            record.complete,
            tuple(record.repeats),
        )


_Again: TypeAlias = tuple[str, str, str, int, str]


def _again(part: Decoded) -> _Again:
    """What a part has in common with its own repeat: its time, or where a text was cut the QN, and its content."""
    return part.mn, part.cn, part.data_time or f"QN {part.qn}", part.pno or 0, part.cp


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
