"""What quality control must know of the rows before a row, read from the store."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from qingtian.domain.quality import QualityRules, SiteState, fold
from qingtian.domain.quality.state import copied
from qingtian.telemetry.store.port import Cycle, Observation, Origin, Store
from qingtian.telemetry.store.rows import legal_day

Line = tuple[str, str, str]  # site, cycle, origin
Span = tuple[datetime, datetime]
RulesOf = Callable[[date], QualityRules]
MediumOf = Callable[[str], str]
INSTANT = timedelta(microseconds=1)
FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Folding:
    """How stored rows become a state: the rules of their day and what their site measures."""

    rules_of: RulesOf
    medium_of: MediumOf

    def lookback(self, cycle: str, at: datetime) -> timedelta:
        """How far back a state may reach."""
        return timedelta(seconds=self.rules_of(legal_day(at)).lookback_s(cycle))

    def fold(self, state: SiteState, rows: Sequence[Observation]) -> None:
        """Fold the rows of one stored frame, as the ingest did when they came."""
        first = rows[0]
        rules, medium = self.rules_of(legal_day(first.period_start)), self.medium_of(first.site)
        plans = [rules.plan(medium, first.cycle.value, row.pollutant, row.unit) for row in rows]
        conversion = rules.conversion(medium)
        oxygen = conversion is not None and any(row.pollutant == conversion.oxygen for row in rows)
        fold(state, rows, plans, conversion if oxygen else None)


@dataclass(order=True, slots=True)
class Frame:
    """Stored rows of one frame, in the order in which frames are folded."""

    start: datetime
    received_at: datetime
    offset: int
    number: int
    rows: list[Observation] = field(compare=False)


@dataclass(slots=True)
class Past:
    """A line with late rows: every stored frame from before the first of them to the last.

    Args:
        base: state before `first`.
        first, last: periods of the rows that are looked at in this light.
        frames: stored frames in [first, last], in order.
        touches_end: whether the end of the line that is kept in memory changes by these rows.
    """

    folding: Folding
    base: SiteState
    first: datetime
    last: datetime
    frames: list[Frame]
    touches_end: bool
    _cursor: SiteState | None = None
    _at: datetime | None = None
    _next: int = 0

    def covers(self, start: datetime) -> bool:
        """Whether rows of a period are looked at in this light."""
        return self.first <= start <= self.last

    def before(self, start: datetime, rows: Sequence[Observation]) -> SiteState:
        """The state before some rows of a period; other values of the same period are in it. Not to be changed."""
        if self._cursor is None or self._at is None or start < self._at:
            self._cursor, self._next = copied(self.base), 0
        while self._next < len(self.frames) and self.frames[self._next].start < start:
            self.folding.fold(self._cursor, self.frames[self._next].rows)
            self._next += 1
        self._at = start
        codes = {row.pollutant for row in rows}
        state = self._cursor
        for frame in self.frames[self._next :]:
            if frame.start != start:
                break
            others = [row for row in frame.rows if row.pollutant not in codes]
            if others:
                state = copied(state) if state is self._cursor else state
                self.folding.fold(state, others)
        return state

    def add(self, rows: Sequence[Observation]) -> None:
        """Rows that will be written: they supersede those of the same period and pollutant."""
        start, codes = rows[0].period_start, {row.pollutant for row in rows}
        for frame in self.frames[self._next :]:
            if frame.start == start:
                frame.rows = [row for row in frame.rows if row.pollutant not in codes]
        self.frames[self._next :] = [frame for frame in self.frames[self._next :] if frame.rows]
        insort(self.frames, _frame(rows, len(self.frames)))


def line_of(row: Observation) -> Line:
    """The line that a row belongs to."""
    return row.site, row.cycle.value, row.origin.value


def read_states(
    store: Store, lines: Iterable[Line], firsts: Mapping[Line, datetime], folding: Folding
) -> dict[Line, SiteState]:
    """The end of each line as it is stored.

    Args:
        firsts: earliest period of each line that is looked at.
    """
    states: dict[Line, SiteState] = {line: SiteState() for line in lines}
    for (cycle, origin), own in _by_kind(states).items():
        first = min(firsts[line] for line in own)
        rows = _tails(store, cycle, origin, (first - folding.lookback(cycle, first), first + FAR), own, folding)
        for line, frames in _frames(rows).items():
            for frame in frames:
                folding.fold(states[line], frame.rows)
    return states


def read_pasts(
    store: Store, spans: Mapping[Line, tuple[datetime, datetime, bool]], folding: Folding
) -> dict[Line, Past]:
    """Lines with late rows, each with its stored frames.

    Args:
        spans: first and last period, and whether the end of the line changes.
    """
    pasts: dict[Line, Past] = {}
    buckets: dict[tuple[str, str, date], list[Line]] = {}
    for line, (first, _, _) in spans.items():
        buckets.setdefault((line[1], line[2], legal_day(first)), []).append(line)
    for (cycle, origin, _), lines in buckets.items():
        first = min(spans[line][0] for line in lines)
        last = max(spans[line][1] for line in lines)
        sites = [line[0] for line in lines]
        ends = _tails(store, cycle, origin, (first - folding.lookback(cycle, first), first), lines, folding)
        rows = store.window(Cycle(cycle), first, last + INSTANT, sites=sites, origin=Origin(origin))
        before, between = _frames(ends), _frames(rows)
        for line in lines:
            base = SiteState()
            for frame in before.get(line, ()):
                folding.fold(base, frame.rows)
            own_first, own_last, touches_end = spans[line]
            pasts[line] = Past(folding, base, own_first, own_last, between.get(line, []), touches_end)
    return pasts


def _tails(
    store: Store, cycle: str, origin: str, span: Span, lines: Sequence[Line], folding: Folding
) -> list[Observation]:
    codes, seconds = folding.rules_of(legal_day(span[0])).recent()
    return store.tails(
        Cycle(cycle),
        Origin(origin),
        *span,
        sites=[line[0] for line in lines],
        recent=codes if cycle == Cycle.HOUR else (),
        recent_s=seconds,
    )


def _by_kind(lines: Iterable[Line]) -> dict[tuple[str, str], list[Line]]:
    kinds: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        kinds.setdefault((line[1], line[2]), []).append(line)
    return kinds


def _frames(rows: Iterable[Observation]) -> dict[Line, list[Frame]]:
    """Stored rows as frames, in the order of periods and of arrival within a period."""
    ordered = sorted(
        rows, key=lambda row: (row.site, row.period_start, row.received_at, row.frame_offset, row.frame_hash)
    )
    frames: dict[Line, list[Frame]] = {}
    for _, group in groupby(ordered, key=lambda row: (row.site, row.period_start, row.frame_hash)):
        own = list(group)
        held = frames.setdefault(line_of(own[0]), [])
        held.append(_frame(own, len(held)))
    return frames


def _frame(rows: Sequence[Observation], number: int) -> Frame:
    first = rows[0]
    return Frame(first.period_start, first.received_at, first.frame_offset, number, list(rows))
