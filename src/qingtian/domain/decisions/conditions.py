"""Conditions of a decision table: any value, ranges of numbers, sets of words, or that nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

Fact: TypeAlias = Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Every value, and none."""

    def holds(self, fact: Fact) -> bool | None:
        """Always."""
        return True


@dataclass(frozen=True, slots=True)
class Absent:
    """No value is given."""

    def holds(self, fact: Fact) -> bool | None:
        """Whether there is none."""
        return fact is None


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of numbers; an end of None is open to infinity.

    >>> band = Interval(Decimal(10), Decimal(25), low_open=True)
    >>> [band.has(Decimal(n)) for n in (10, 11, 25)]
    [False, True, True]
    """

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    def has(self, value: Decimal) -> bool:
        """Whether a number lies in it."""
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return above and below

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True, slots=True)
class Ranges:
    """A number in one of some ranges.

    Args:
        absent: whether no number will do as well.
    """

    intervals: tuple[Interval, ...]
    absent: bool = False

    def holds(self, fact: Fact) -> bool | None:
        """Whether it lies in one; None for an unknown number."""
        if fact is None:
            return True if self.absent else None
        return isinstance(fact, Decimal) and any(one.has(fact) for one in self.intervals)


@dataclass(frozen=True, slots=True)
class Members:
    """One of some words (or true, or false); or none of them."""

    values: tuple[str | bool, ...]
    negated: bool = False

    def holds(self, fact: Fact) -> bool | None:
        """Whether it is one of them; None for an unknown word."""
        if fact is None:
            return None
        return (fact in self.values) is not self.negated


Condition: TypeAlias = AnyValue | Absent | Ranges | Members
