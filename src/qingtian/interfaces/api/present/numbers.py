"""Decimals as the text that people and machines read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def text(value: Decimal | None) -> str | None:
    """A decimal as plain text; no exponent, no zeros that the column added.

    >>> text(Decimal("75.000000")), text(Decimal("1E+2")), text(None)
    ('75', '100', None)
    """
    return None if value is None else format(value.normalize(), "f")


def share(part: int, whole: int) -> str | None:
    """A share from 0 to 1 with two digits; None of nothing.

    >>> share(3, 4), share(0, 0)
    ('0.75', None)
    """
    if not whole:
        return None
    return format((Decimal(part) / Decimal(whole)).quantize(Decimal("0.01")), "f")


def said(detail: dict[str, Any], name: str) -> str | None:
    """A value that a rule wrote into a finding, as text."""
    value = detail.get(name)
    return None if value is None or value == "" else str(value)


def plain(value: Decimal) -> str:
    """A decimal as plain text.

    >>> plain(Decimal("48.0")), plain(Decimal("1E+3"))
    ('48', '1000')
    """
    return format(value.normalize(), "f")
