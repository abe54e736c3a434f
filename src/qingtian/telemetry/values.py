"""Values as loggers and files write them, as numbers that the store can hold."""

from __future__ import annotations

from decimal import Decimal

from qingtian.domain.hj212 import read_number
from qingtian.telemetry.store.rows import storable

SENTINELS = frozenset({Decimal(-99), Decimal(-999), Decimal(-9999)})  # what loggers write for "no value"


def number(text: str | None) -> Decimal | None:
    """A value as sent; None for empty, NaN, `--` and the sentinels of loggers.

    >>> number("-0.00"), number("--"), number("-9999.0"), number(" 12.50 ")
    (Decimal('0.00'), None, None, Decimal('12.50'))
    """
    value = read_number(text or "", SENTINELS).value
    return value if value is not None and storable(value) else None
