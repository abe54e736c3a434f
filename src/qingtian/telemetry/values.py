"""Numbers as loggers and files write them."""

from __future__ import annotations

import re
from decimal import Decimal

from qingtian.telemetry.store.rows import storable

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")
SENTINELS = frozenset({Decimal(-99), Decimal(-999), Decimal(-9999)})  # what loggers write for "no value"


def number(text: str | None) -> Decimal | None:
    """A value as sent; None for empty, NaN, `--` and the sentinels of loggers.

    >>> number("-0.00"), number("--"), number("-9999.0"), number(" 12.50 ")
    (Decimal('0.00'), None, None, Decimal('12.50'))
    """
    text = (text or "").strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    if value in SENTINELS or not storable(value):
        return None
    return abs(value) if value == 0 else value
