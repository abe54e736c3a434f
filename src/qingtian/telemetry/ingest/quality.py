"""Quality control on the way into the store: each new row is looked at once, with the rows that were there before it.

The causes of a row depend on the stored rows up to its period and on nothing else: not on the size of batches, not on
restarts. In memory there is only the end of each line; it is made again from the store whenever it may be wrong.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

from qingtian.domain.quality import QualityRules, SiteState, causes_of, fold, pack_doubts, screen, unpack_doubts
from qingtian.domain.quality.plans import FramePlan
from qingtian.packs.quality import quality_rules
from qingtian.telemetry.ingest.history import Folding, Line, MediumOf, read_pasts, read_states
from qingtian.telemetry.store.port import Observation, SeriesKey, Store
from qingtian.telemetry.store.rows import legal_day

MOST_LINES = 60_000  # ends kept in memory; one that is dropped is read again when its site speaks again
DAYS_KEPT = 64
Spans = dict[Line, tuple[datetime, datetime, bool]]
Group = tuple[Line, datetime, int, int]  # line, period, first and last position in the batch


class QualityScreen:
    """Marks new rows with causes of doubt; one per store and process.

    Args:
        medium_of: what a site measures (`domain.quality.Medium`); empty when unknown.
        rules_of: rules for data of a day.
    """

    def __init__(self, medium_of: MediumOf, rules_of: Callable[[date], QualityRules] = quality_rules) -> None:
        self._medium_of = medium_of
        self._load_rules = rules_of
        self._rules: dict[date, QualityRules] = {}
        self._folding = Folding(self._rules_of, medium_of)
        self._live: OrderedDict[Line, SiteState] = OrderedDict()

    def marked(self, rows: Sequence[Observation], store: Store) -> list[Observation]:
        """The same rows with their causes."""
        groups = _groups(rows)
        self._know(groups, store)
        spans = self._late(groups, rows)
        pasts = read_pasts(store, spans, self._folding) if spans else {}
        marked: list[Observation] = []
        for line, start, first, last in groups:
            own, past = rows[first:last], pasts.get(line)
            if past is not None and past.covers(start):
                done, _ = self._screened(line, past.before(start, own), own)
                past.add(done)
            else:
                state = self._live[line]
                done, plan = self._screened(line, state, own)
                fold(state, done, plan.plans, plan.conversion)
            marked.extend(done)
        self._drop(line for line, past in pasts.items() if past.touches_end)
        return marked

    def reconcile(self, newest: Mapping[SeriesKey, datetime]) -> None:
        """Forget the lines whose end is not where the store says it is."""
        self._drop([line for line, state in self._live.items() if not _agrees(line, state, newest)])

    def forget(self) -> None:
        """Begin again from the store."""
        self._live.clear()

    def held(self, line: Line) -> SiteState | None:
        """What is remembered of a line; None when it is not in memory."""
        return self._live.get(line)

    def drop(self, lines: Iterable[Line]) -> None:
        """Forget lines: they are read again from the store."""
        self._drop(lines)

    def rules_at(self, start: datetime) -> tuple[QualityRules, date]:
        """Rules for data of a moment, and their day."""
        day = legal_day(start)
        return self._rules_of(day), day

    # -- inside --------------------------------------------------------------------------------------------------

    def _screened(
        self, line: Line, state: SiteState, rows: Sequence[Observation]
    ) -> tuple[Sequence[Observation], FramePlan]:
        rules = self._rules_of(legal_day(rows[0].period_start))
        plan = rules.frame_plan(self._medium_of(line[0]), line[1], tuple([(row.pollutant, row.unit) for row in rows]))
        found = screen(rules, plan, rows, state, line[1])
        if not found:
            return rows, plan
        done = list(rows)
        for place, doubts in found.items():
            every = [*unpack_doubts(done[place].qc_facts), *doubts]
            done[place] = replace(done[place], qc=causes_of(every), qc_facts=pack_doubts(every))
        return done, plan

    def _rules_of(self, day: date) -> QualityRules:
        held = self._rules.get(day)
        if held is None:
            if len(self._rules) >= DAYS_KEPT:
                self._rules.clear()
            held = self._rules[day] = self._load_rules(day)
        return held

    def _know(self, groups: Sequence[Group], store: Store) -> None:
        """Have the end of every line of the batch in memory."""
        firsts: dict[Line, datetime] = {}
        for line, start, *_ in groups:
            held = firsts.get(line)
            firsts[line] = start if held is None or start < held else held
        unknown = [line for line in firsts if line not in self._live]
        if unknown:
            self._live.update(read_states(store, unknown, firsts, self._folding))
        for line in firsts:
            self._live.move_to_end(line)
        while len(self._live) > max(MOST_LINES, len(firsts)):
            self._live.popitem(last=False)

    def _late(
        self, groups: Sequence[Group], rows: Sequence[Observation]
    ) -> dict[Line, tuple[datetime, datetime, bool]]:
        """Lines with rows that are not beyond their end: which periods, and whether their end changes by them."""
        ends: dict[Line, datetime | None] = {}
        codes: dict[Line, set[str]] = {}  # pollutants of the newest period
        late: dict[Line, list[datetime]] = {}
        for line, start, first, last in groups:
            if line not in ends:
                ends[line], codes[line] = self._live[line].newest, _codes_at_end(self._live[line])
            end = ends[line]
            if end is None or start > end:
                ends[line], codes[line] = start, set()
            elif start < end or any(row.pollutant in codes[line] for row in rows[first:last]):
                late.setdefault(line, []).append(start)
            if start == ends[line]:
                codes[line].update(row.pollutant for row in rows[first:last])
        return {line: self._span(line, starts, groups) for line, starts in late.items()}

    def _span(self, line: Line, late: list[datetime], groups: Sequence[Group]) -> tuple[datetime, datetime, bool]:
        end = self._live[line].newest
        if end is not None and max(late) < end - self._folding.lookback(line[1], end):
            return min(late), max(late), False  # too old to matter for the end
        own = [start for other, start, *_ in groups if other == line]
        return min(own), max(own), True

    def _drop(self, lines: Iterable[Line]) -> None:
        for line in list(lines):
            self._live.pop(line, None)


def medium_of_station(_site: str) -> str:
    """Imports of the national network are ambient air."""
    return "ambient"


def _groups(rows: Sequence[Observation]) -> list[Group]:
    """Neighbours of one frame and period."""
    starts = [0] if rows else []
    for place in range(1, len(rows)):
        one, other = rows[place - 1], rows[place]
        if not (
            one.frame_hash == other.frame_hash
            and one.period_start == other.period_start
            and one.site == other.site
            and one.cycle is other.cycle
            and one.origin is other.origin
        ):
            starts.append(place)
    return [_group(rows, first, last) for first, last in pairwise([*starts, len(rows)])]


def _group(rows: Sequence[Observation], first: int, last: int) -> Group:
    row = rows[first]
    return (row.site, row.cycle.value, row.origin.value), row.period_start, first, last


def _codes_at_end(state: SiteState) -> set[str]:
    return {code for code, one in state.series.items() if one.seen == state.newest}


def _agrees(line: Line, state: SiteState, newest: Mapping[SeriesKey, datetime]) -> bool:
    site, cycle, origin = line
    return all(newest.get((site, code, cycle, origin)) == one.seen for code, one in state.series.items())
