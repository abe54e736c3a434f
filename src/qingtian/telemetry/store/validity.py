"""The validity rule of an hour, taken from the rule pack."""

from __future__ import annotations

DEFAULT = 2700


def min_valid_seconds_per_hour() -> int:
    """Valid seconds that make an hour valid."""
    return DEFAULT
