"""Deciding by a table: which rows apply, which nearly do, which cannot be told, and why; in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from qingtian.domain.decisions.cells import show_cell
from qingtian.domain.decisions.conditions import Fact
from qingtian.domain.decisions.table import DecisionInput, DecisionRow, DecisionTable, HitPolicy
from qingtian.domain.errors import Conflict
from qingtian.domain.standards.numbers import MAX_DIGITS, plain

_WIDE = Context(prec=3 * MAX_DIGITS)  # digits in which a distance stays exact


class Standing(StrEnum):
    """How sure an answer is."""

    DECIDED = "decided"
    DEFAULT = "default"  # no row applies; the default of the table holds
    UNDECIDED = "undecided"  # an input is missing that would matter
    NO_RULE = "no_rule"  # no row applies and the table has no default


class RowsDisagree(Conflict):
    """Two rows of a table apply that may not both apply, or say different things."""

    code = "rows_disagree"


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that fails in exactly one input.

    Args:
        fact: what is, as text with its unit.
        needs: the cell that is not met.
        by: for a single bound, how far the number is from it.
    """

    row: DecisionRow
    given: DecisionInput
    fact: str
    needs: str
    by: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with its grounds.

    Args:
        outcome: by output; empty where nothing could be decided.
        hits: rows that apply; for a collecting table all of them, the deciding one first.
        near: rows that fail in one input only.
        open_rows: rows that would apply if a missing input were right.
        missing: names of the inputs that these rows wait for.
    """

    table: DecisionTable
    facts: Mapping[str, Fact]
    standing: Standing
    outcome: Mapping[str, str]
    hits: tuple[DecisionRow, ...] = ()
    near: tuple[Miss, ...] = ()
    open_rows: tuple[DecisionRow, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def citations(self) -> tuple[str, ...]:
        """Standard and clause of every row that applies."""
        return tuple(dict.fromkeys(f"{row.standard} {row.clause}".strip() for row in self.hits))

    @property
    def unverified(self) -> bool:
        """Whether a row that decides was taken from memory only."""
        return any(row.unverified for row in self.hits)


def decide(table: DecisionTable, given: Mapping[str, object]) -> Decision:
    """What a table says about facts.

    Args:
        given: facts by input, see `DecisionInput.read`.
    Raises:
        InvalidInput: an unknown input or a wrong value, by name.
        RowsDisagree: the rows contradict each other there (a checked table has no such place).
    """
    facts = table.facts(given)
    state = {row.row_id: _state(table, row, facts) for row in table.rows}
    hits = tuple(row for row in table.rows if state[row.row_id] is True)
    waiting = tuple(row for row in table.rows if state[row.row_id] is None)
    near = tuple(miss for row in table.rows if (miss := _miss(table, row, facts)) is not None)
    chosen = _chosen(table, hits)
    if table.policy is HitPolicy.FIRST and chosen:
        waiting = tuple(row for row in waiting if table.rows.index(row) < table.rows.index(chosen[0]))
        chosen = () if waiting else chosen
    if table.policy in (HitPolicy.UNIQUE, HitPolicy.ANY) and chosen:
        waiting = ()
    standing, outcome = _answer(table, chosen, waiting)
    return Decision(table, facts, standing, outcome, chosen, near, waiting, _missing(table, waiting, facts))


def _state(table: DecisionTable, row: DecisionRow, facts: Mapping[str, Fact]) -> bool | None:
    found = [_holds(one, row, facts) for one in table.inputs]
    if False in found:
        return False
    return None if None in found else True


def _holds(given: DecisionInput, row: DecisionRow, facts: Mapping[str, Fact]) -> bool | None:
    # That an optional input is not given is an answer; of another one it is an open question.
    found = row.condition(given.name).holds(facts[given.name])
    return False if found is None and given.optional else found


def _chosen(table: DecisionTable, hits: tuple[DecisionRow, ...]) -> tuple[DecisionRow, ...]:
    if not hits:
        return ()
    match table.policy:
        case HitPolicy.FIRST:
            return hits[:1]
        case HitPolicy.COLLECT:
            return _worst_first(table, hits)
        case HitPolicy.UNIQUE if len(hits) > 1:
            raise _disagreement(table, hits[0], hits[1])
        case HitPolicy.ANY:
            for row in hits[1:]:
                if row.outcome != hits[0].outcome:
                    raise _disagreement(table, hits[0], row)
    return hits


def _worst_first(table: DecisionTable, hits: tuple[DecisionRow, ...]) -> tuple[DecisionRow, ...]:
    if not table.worst_of:
        return hits
    order = [one.value for one in table.output(table.worst_of).choices]
    return tuple(sorted(hits, key=lambda row: -order.index(row.outcome[table.worst_of])))


def _answer(
    table: DecisionTable, chosen: tuple[DecisionRow, ...], waiting: tuple[DecisionRow, ...]
) -> tuple[Standing, Mapping[str, str]]:
    if chosen:
        return Standing.DECIDED, chosen[0].outcome
    if waiting:
        return Standing.UNDECIDED, {}
    if table.default is not None:
        return Standing.DEFAULT, table.default.outcome
    return Standing.NO_RULE, {}


def _missing(table: DecisionTable, waiting: tuple[DecisionRow, ...], facts: Mapping[str, Fact]) -> tuple[str, ...]:
    return tuple(one.name for one in table.inputs if any(_holds(one, row, facts) is None for row in waiting))


def _miss(table: DecisionTable, row: DecisionRow, facts: Mapping[str, Fact]) -> Miss | None:
    failing = [one for one in table.inputs if _holds(one, row, facts) is not True]
    if len(failing) != 1 or facts[failing[0].name] is None:
        return None
    given = failing[0]
    fact, cell = facts[given.name], show_cell(row.condition(given.name))
    return Miss(row, given, shown(given, fact), cell, _distance(fact, cell))


def _distance(fact: Fact, cell: str) -> Decimal | None:
    sign, _, bound = cell.partition(" ")
    if not isinstance(fact, Decimal) or sign not in ("<", "<=", ">", ">=") or ";" in bound:
        return None
    return _WIDE.abs(_WIDE.subtract(fact, Decimal(bound)))


def shown(given: DecisionInput, fact: Fact) -> str:
    """A fact as text with its unit."""
    if isinstance(fact, Decimal):
        return plain(fact) + ("" if given.unit == "1" else f" {given.unit}")
    return "" if fact is None else str(fact).lower() if isinstance(fact, bool) else fact


def _disagreement(table: DecisionTable, one: DecisionRow, other: DecisionRow) -> RowsDisagree:
    return RowsDisagree(
        f"{one.row_id} and {other.row_id} both apply",
        field=table.code,
        remedy="mend the table: `qingtian packs check` names the place",
        rows=[one.row_id, other.row_id],
    )
