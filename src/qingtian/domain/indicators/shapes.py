"""What the inputs of a formula look like: single values and tables, each field with kind and unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from qingtian.domain.indicators.units import ONE, Unit


class Sort(StrEnum):
    """Kinds of values."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"


class MissingRule(StrEnum):
    """What becomes of a row (or a value) that is not there."""

    EXCLUDE = "exclude"  # left out and listed
    ZERO = "zero"  # counts as nothing; recorded
    BLOCK = "block"  # no result


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a row or of an input.

    Args:
        unit: of numbers.
        missing: what a missing value does.
    """

    sort: Sort = Sort.NUMBER
    unit: Unit = ONE
    missing: MissingRule = MissingRule.EXCLUDE


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table: its fields by name."""

    fields: Mapping[str, Field] = field(default_factory=dict)


Shape: TypeAlias = Field | TableShape
Schema: TypeAlias = Mapping[str, Shape]
