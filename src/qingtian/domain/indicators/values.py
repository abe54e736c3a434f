"""The inputs of a computation: tables and single values by name and period, and what a missing one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from qingtian.domain.indicators.syntax import PeriodName

Plain: TypeAlias = Decimal | str | bool | None
Key: TypeAlias = tuple[str, PeriodName]


class Reason(StrEnum):
    """Why there is no value."""

    NO_DATA = "no_data"  # the input was not given
    NO_ROWS = "no_rows"  # the table has no row to take a statistic of
    ALL_EXCLUDED = "all_excluded"  # every row lacks the value
    BLOCKED = "blocked"  # a missing value that blocks the result
    DIVISION_BY_ZERO = "division_by_zero"
    LOW_COVERAGE = "low_coverage"
    BAD_CLIP = "bad_clip"  # the lower bound lies above the upper one


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and why.

    Args:
        what: the input, table or operation.
        at: offset in the formula.
    """

    reason: Reason
    what: str
    at: int = 0


Value: TypeAlias = Fraction | bool | str | Missing


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Args:
        id: names it in lists of excluded rows, such as a date and a station.
        values: by field, numbers in the unit of the field.
    """

    id: str
    values: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one period.

    Args:
        expected: how many rows there should be; None where nobody knows.
        note: where the rows come from, or why there are few.
    """

    rows: Sequence[Row] = ()
    expected: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Single:
    """One value, in the unit of its input; with where it comes from, or why it is missing."""

    value: Plain
    note: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a formula is computed from; a name that is not there is missing, never nothing.

    Args:
        why_missing: reasons for inputs that are not there, by name.
    """

    tables: Mapping[Key, Table] = field(default_factory=dict)
    singles: Mapping[Key, Single] = field(default_factory=dict)
    why_missing: Mapping[str, str] = field(default_factory=dict)
