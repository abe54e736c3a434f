"""The typed syntax tree of a formula. Positions do not take part in comparison: a printed formula reads back equal."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


class PeriodName(StrEnum):
    """Which period of an input is meant; without a word it is this one."""

    THIS = "this"
    LAST_YEAR = "last_year"
    PREVIOUS = "previous"
    BASELINE = "baseline"


class Function(StrEnum):
    """Functions of single values."""

    RATIO = "ratio"
    ABS = "abs"
    LEAST = "least"
    GREATEST = "greatest"
    CLIP = "clip"
    MISSING = "missing"


class Statistic(StrEnum):
    """Functions over the rows of a table."""

    SUM = "sum"
    MEAN = "mean"
    COUNT = "count"
    DISTINCT = "distinct"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    SHARE = "share"


KEYWORDS = frozenset({"and", "or", "not", "in", "where", "of", "if", "true", "false"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit; an empty unit is a plain number."""

    value: Decimal
    unit: str = ""
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""

    value: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """An input, another indicator, or inside of a table function a field of its rows."""

    name: str
    period: PeriodName = PeriodName.THIS
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `not x`."""

    op: str
    operand: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`x op y` with an arithmetic, comparing or logical operator."""

    op: str
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Among:
    """`x in {a, b}` or `x not in {a, b}`."""

    operand: Node
    members: tuple[Number | Text, ...]
    negated: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """`if(condition, then, otherwise)`."""

    condition: Node
    then: Node
    otherwise: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of single values."""

    function: Function
    args: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function over the rows of a table.

    Args:
        value: taken from each row; None where whole rows are counted.
        where: rows for which this holds.
        args: what comes after: the percentage of a percentile.
    """

    statistic: Statistic
    table: str
    period: PeriodName = PeriodName.THIS
    value: Node | None = None
    where: Node | None = None
    args: tuple[Node, ...] = ()
    at: int = field(default=0, compare=False)


Node: TypeAlias = Number | Text | Truth | Ref | Unary | Binary | Among | Choice | Call | Aggregate


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911  one answer per kind of node
    """The nodes directly below a node, in reading order."""
    match node:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Among(operand=operand, members=members):
            return (operand, *members)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Call(args=args):
            return args
        case Aggregate(value=value, where=where, args=args):
            return (*(one for one in (value, where) if one is not None), *args)
        case _:
            return ()
