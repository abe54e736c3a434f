"""Values as loggers and files write them, as numbers that the store can hold."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal

from qingtian.domain.hj212 import read_number
from qingtian.domain.hj212.wire import DEFAULT_SENTINELS
from qingtian.telemetry.store.rows import exact, storable

SHORT = len("0.123456")
SENTINELS = frozenset(map(Decimal, DEFAULT_SENTINELS))


def number(text: str | None, sentinels: Set[Decimal] = SENTINELS) -> Decimal | None:
    """A value as sent; None for empty, NaN, `--` and the sentinels of loggers.

    Args:
        text: the value as sent.
        sentinels: numbers that mean "no value" (of a device: `profile.wire.sentinel_numbers`).

    >>> number("-0.00"), number("--"), number("-9999.0"), number(" 12.50 ")
    (Decimal('0.00'), None, None, Decimal('12.50'))
    """
    value = read_number(text or "", sentinels).value
    if value is None or not storable(value):
        return None
    # What is looked at on the way must be what the store will hold; a short plain text has no seventh decimal.
    return value if text is not None and len(text) <= SHORT and "e" not in text.lower() else exact(value)
