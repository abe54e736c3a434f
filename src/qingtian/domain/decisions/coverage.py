"""Completeness and conflicts of a table, by cutting each input at every bound that a row names.

Between two bounds nothing can change, so one look at each piece covers all values. Pieces that leave the same rows are
looked at once; a table of a hundred rows takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from qingtian.domain.decisions.conditions import Absent, Fact, Interval, Members, Ranges
from qingtian.domain.decisions.table import DecisionInput, DecisionRow, DecisionTable, HitPolicy, InputKind
from qingtian.domain.errors import ConfigurationError
from qingtian.domain.standards.numbers import plain

MAX_LISTED = 20
OTHER = "(any other word)"
NOTHING = "(not given)"
Place: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an input within which no row changes its mind.

    Args:
        text: how a message names it.
        fact: a value of it.
    """

    text: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that apply together somewhere."""

    one: str
    other: str
    place: Place
    agree: bool


@dataclass(frozen=True, slots=True)
class TableReport:
    """What was found.

    Args:
        gaps: places where no row applies, at most MAX_LISTED of them.
        overlaps: pairs of rows, each with one place.
        hidden: rows that never decide, because earlier ones always do, or because nothing can meet them.
    """

    gaps: tuple[Place, ...]
    overlaps: tuple[Overlap, ...]
    hidden: tuple[str, ...]


def review(table: DecisionTable) -> TableReport:
    """Look at every place of a table."""
    walk = _Walk(table)
    walk.down(0, tuple(table.rows), ())
    hidden = tuple(row.row_id for row in table.rows if row.row_id not in walk.deciding)
    return TableReport(tuple(walk.gaps), tuple(walk.overlaps.values()), hidden)


def refuse_faults(table: DecisionTable) -> None:
    """Refuse a table that contradicts itself, leaves a place without an answer, or has a row that never decides.

    Raises:
        ConfigurationError: names the rows and the place.
    """
    found = review(table)
    for overlap in found.overlaps:
        bad = table.policy is HitPolicy.UNIQUE or (table.policy is HitPolicy.ANY and not overlap.agree)
        if bad:
            raise _fault(table, f"{overlap.one} and {overlap.other} both apply at {_shown(overlap.place)}")
    if found.gaps and table.default is None:
        raise _fault(table, f"no row applies at {_shown(found.gaps[0])}, and there is no default")
    if found.hidden:
        raise _fault(table, f"{found.hidden[0]} never decides")


class _Walk:
    def __init__(self, table: DecisionTable) -> None:
        self.table = table
        self.pieces = {one.name: tuple(_pieces(one, table.rows)) for one in table.inputs}
        self.gaps: list[Place] = []
        self.overlaps: dict[tuple[str, str], Overlap] = {}
        self.deciding: set[str] = set()
        self.seen: set[tuple[int, tuple[str, ...]]] = set()

    def down(self, depth: int, rows: tuple[DecisionRow, ...], place: Place) -> None:
        key = (depth, tuple(row.row_id for row in rows))
        if key in self.seen:
            return
        self.seen.add(key)
        if not rows:
            if len(self.gaps) < MAX_LISTED:
                self.gaps.append(place)
        elif depth == len(self.table.inputs):
            self.note(rows, place)
        else:
            given = self.table.inputs[depth]
            for piece in self.pieces[given.name]:
                left = tuple(row for row in rows if row.condition(given.name).holds(piece.fact) is True)
                self.down(depth + 1, left, (*place, (given.name, piece.text)))

    def note(self, rows: tuple[DecisionRow, ...], place: Place) -> None:
        first = self.table.policy is HitPolicy.FIRST
        self.deciding.update(row.row_id for row in (rows[:1] if first else rows))
        for index, one in enumerate(rows):
            for other in rows[index + 1 :]:
                agree = one.outcome == other.outcome
                self.overlaps.setdefault((one.row_id, other.row_id), Overlap(one.row_id, other.row_id, place, agree))


def _pieces(given: DecisionInput, rows: tuple[DecisionRow, ...]) -> Iterator[Piece]:
    conditions = [row.condition(given.name) for row in rows]
    if given.kind is InputKind.NUMBER:
        intervals = [one for found in conditions if isinstance(found, Ranges) for one in found.intervals]
        yield from _numbers(given, intervals)
    elif given.kind is InputKind.TRUTH:
        yield from (Piece(str(value).lower(), value) for value in (True, False))
    else:
        yield from _words(given, [found for found in conditions if isinstance(found, Members)])
    if given.optional or any(isinstance(one, Absent) for one in conditions):
        yield Piece(NOTHING, None)


def _words(given: DecisionInput, found: list[Members]) -> Iterator[Piece]:
    known = [one.value for one in given.choices] or [str(value) for one in found for value in one.values]
    for word in dict.fromkeys(known):
        yield Piece(word, word)
    if not given.choices:
        yield Piece(OTHER, OTHER)


def _numbers(given: DecisionInput, intervals: list[Interval]) -> Iterator[Piece]:
    domain = Interval(given.minimum, given.maximum)
    if not intervals:
        yield Piece("any number", next((one for one in (given.minimum, given.maximum) if one is not None), Decimal(0)))
        return
    cuts = {end for one in (*intervals, domain) for end in (one.low, one.high) if end is not None}
    points = sorted(one for one in cuts if domain.has(one))
    below, above = points[0] - 1, points[-1] + 1
    if domain.has(below):
        yield Piece(f"< {plain(points[0])}", below)
    for index, point in enumerate(points):
        yield Piece(f"= {plain(point)}", point)
        if index + 1 < len(points):
            following = points[index + 1]
            yield Piece(f"({plain(point)}..{plain(following)})", (point + following) / 2)
    if domain.has(above):
        yield Piece(f"> {plain(points[-1])}", above)


def _shown(place: Place) -> str:
    return ", ".join(f"{name} {text}" for name, text in place) or "everything"


def _fault(table: DecisionTable, why: str) -> ConfigurationError:
    return ConfigurationError(f"{table.row_id}: {why}", field=table.row_id, remedy="mend the rows of the table")


def as_mapping(place: Place) -> Mapping[str, str]:
    """A place by input."""
    return dict(place)
