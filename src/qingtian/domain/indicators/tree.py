"""Composite indices: a weighted tree of indicators, each brought to 0..100, with what every child contributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.errors import ConfigurationError
from qingtian.domain.indicators.definition import Direction
from qingtian.domain.standards.numbers import round_fraction
from qingtian.domain.standards.provenance import RuleRow

FULL = 100


class MissingPolicy(StrEnum):
    """What a missing child does to its parent."""

    RENORMALISE = "renormalise"  # the others share its weight
    ZERO = "zero"  # it scores nothing
    BLOCK = "block"  # the parent has no score either


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree: a leaf names an indicator, a branch has children.

    Args:
        weight: relative to its siblings.
        floor: value of the indicator that scores 0.
        target: value that scores 100; below the floor where lower is better.
    """

    code: str
    name_zh: str
    name_en: str
    weight: Decimal
    children: tuple[Node, ...] = ()
    indicator: str = ""
    direction: Direction = Direction.HIGHER
    floor: Decimal = Decimal(0)
    target: Decimal = Decimal(FULL)

    @property
    def leaf(self) -> bool:
        """Whether it stands for an indicator."""
        return not self.children


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeIndex(RuleRow):
    """A composite index of a pack.

    Args:
        missing: recorded with every run.
        digits: of the score.
    """

    code: str
    name_zh: str
    name_en: str
    root: Node
    missing: MissingPolicy
    digits: int
    version: str = "1"

    def __post_init__(self) -> None:
        check_tree(self.row_id, self.root)


@dataclass(frozen=True, slots=True)
class Score:
    """What a node scores.

    Args:
        score: 0..100, exact; None without one.
        share: of the whole index that the node has in this run, after missing siblings.
        contribution: what it adds to the whole index, exact.
        value: of the indicator, for a leaf.
        reason: why there is no score.
    """

    node: Node
    score: Fraction | None
    share: Fraction
    contribution: Fraction
    value: Fraction | None = None
    reason: str = ""
    children: tuple[Score, ...] = ()

    def walk(self) -> Iterator[Score]:
        """The node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def rounded(self, digits: int) -> Decimal | None:
        """The score rounded once, half to even."""
        return None if self.score is None else round_fraction(self.score, digits)


class ChangeKind(StrEnum):
    """What made a contribution change."""

    SAME = "same"
    VALUE = "value"
    WEIGHT = "weight"
    BOTH = "both"
    LOST = "lost"
    RETURNED = "returned"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """How a leaf's contribution changed from one run to the next; the parts add up to the change of the index."""

    code: str
    before: Fraction
    after: Fraction
    kind: ChangeKind

    @property
    def delta(self) -> Fraction:
        """After minus before."""
        return self.after - self.before


def check_tree(row_id: str, root: Node) -> None:
    """Refuse a tree that cannot be scored.

    Raises:
        ConfigurationError: names the node and the fault.
    """
    seen: set[str] = set()
    for node in _nodes(root):
        fault = _fault(node, seen)
        if fault:
            raise ConfigurationError(
                f"{row_id}: {node.code}: {fault}", field=f"{row_id}.{node.code}", remedy="mend the node"
            )
        seen.add(node.code)


def normalise(value: Fraction, node: Node) -> Fraction:
    """`(x - floor) / (target - floor)` x 100, clipped to 0..100; a target below the floor turns it round.

    >>> leaf = Node("PM", "", "", Decimal(1), indicator="PM", floor=Decimal(75), target=Decimal(35),
    ...             direction=Direction.LOWER)
    >>> normalise(Fraction(55), leaf), normalise(Fraction(20), leaf)
    (Fraction(50, 1), Fraction(100, 1))
    """
    floor, target = Fraction(node.floor), Fraction(node.target)
    return min(max((value - floor) / (target - floor), Fraction(0)), Fraction(1)) * FULL


def score(index: CompositeIndex, values: Mapping[str, Fraction | Decimal | None]) -> Score:
    """Score of the index.

    Args:
        values: of the indicators, in their own units; what is absent or None is missing.
    """
    raw = _raw(index.root, index.missing, values)
    return _shared(raw, Fraction(1))


def covered(found: Score) -> Fraction:
    """Share of the weights of the whole tree whose indicators had a value, before missing ones were shared out.

    A score that rests on a small part of its tree says little, however exact it is.
    """
    if found.node.leaf:
        return Fraction(found.value is not None)
    whole = sum((Fraction(child.node.weight) for child in found.children), Fraction(0))
    return sum((Fraction(child.node.weight) / whole * covered(child) for child in found.children), Fraction(0))


def changes(before: Score, after: Score) -> tuple[Change, ...]:
    """What each leaf's contribution did between two runs, the largest change first."""
    old = {one.node.code: one for one in before.walk() if one.node.leaf}
    new = {one.node.code: one for one in after.walk() if one.node.leaf}
    found = [_change(code, old.get(code), new.get(code)) for code in {**old, **new}]
    return tuple(sorted(found, key=lambda one: (-abs(one.delta), one.code)))


def _change(code: str, old: Score | None, new: Score | None) -> Change:
    was = old.contribution if old else Fraction(0)
    now = new.contribution if new else Fraction(0)
    return Change(code, was, now, _kind(old, new))


def _kind(old: Score | None, new: Score | None) -> ChangeKind:
    if old is None:
        return ChangeKind.ADDED
    if new is None:
        return ChangeKind.REMOVED
    if (old.value is None) is not (new.value is None):
        return ChangeKind.LOST if new.value is None else ChangeKind.RETURNED
    value, weight = old.score != new.score, old.share != new.share
    if value and weight:
        return ChangeKind.BOTH
    return ChangeKind.VALUE if value else ChangeKind.WEIGHT if weight else ChangeKind.SAME


def _raw(node: Node, policy: MissingPolicy, values: Mapping[str, Fraction | Decimal | None]) -> Score:
    """Score of a node by itself; its share is set later, from above."""
    nothing = Fraction(0)
    if node.leaf:
        value = values.get(node.indicator)
        if value is None:
            if policy is MissingPolicy.ZERO:
                return Score(node, nothing, nothing, nothing, reason="missing")
            return Score(node, None, nothing, nothing, reason="missing")
        return Score(node, normalise(Fraction(value), node), nothing, nothing, Fraction(value))
    below = tuple(_raw(child, policy, values) for child in node.children)
    lost = [one for one in below if one.score is None]
    if lost and (policy is MissingPolicy.BLOCK or len(lost) == len(below)):
        return Score(node, None, nothing, nothing, reason=f"missing: {lost[0].node.code}", children=below)
    weights = _weights(below)
    total = sum(
        (one.score * weight for one, weight in zip(below, weights, strict=True) if one.score is not None), nothing
    )
    return Score(node, total, nothing, nothing, children=below)


def _weights(below: Sequence[Score]) -> list[Fraction]:
    held = [Fraction(one.node.weight) if one.score is not None else Fraction(0) for one in below]
    whole = sum(held, Fraction(0))
    return [weight / whole if whole else Fraction(0) for weight in held]


def _shared(raw: Score, share: Fraction) -> Score:
    weights = _weights(raw.children)
    below = tuple(_shared(one, share * weight) for one, weight in zip(raw.children, weights, strict=True))
    contribution = Fraction(0) if raw.score is None else raw.score * share
    return Score(raw.node, raw.score, share, contribution, raw.value, raw.reason, below)


def _nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.children:
        yield from _nodes(child)


def _fault(node: Node, seen: set[str]) -> str:
    if node.code in seen:
        return "the code is there twice"
    if node.weight <= 0:
        return "the weight is not above zero"
    if node.leaf is not bool(node.indicator):
        return "a leaf names an indicator, a branch has children"
    return _leaf_fault(node) if node.leaf else ""


def _leaf_fault(node: Node) -> str:
    if node.floor == node.target:
        return "floor and target are the same"
    if node.direction is Direction.NEUTRAL:
        return "a scored indicator needs a direction"
    rising = node.target > node.floor
    if rising is not (node.direction is Direction.HIGHER):
        return f"target {node.target} and floor {node.floor} do not go with {node.direction} is better"
    return ""
