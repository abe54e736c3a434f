"""A value as quality control sees it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

JUDGED_MARKS = frozenset(("N", ""))  # a value that its device marks as bad needs no further doubt


class Measured(Protocol):
    """A value as the store keeps it, with its six decimals; `qc_facts` holds the doubts that it was stored with."""

    @property
    def pollutant(self) -> str:
        """Code."""
        ...

    @property
    def value(self) -> Decimal | None:
        """Mean or instant."""
        ...

    @property
    def minimum(self) -> Decimal | None:
        """Minimum of the period."""
        ...

    @property
    def maximum(self) -> Decimal | None:
        """Maximum of the period."""
        ...

    @property
    def total(self) -> Decimal | None:
        """Accumulated amount."""
        ...

    @property
    def converted(self) -> Decimal | None:
        """Value at the reference oxygen."""
        ...

    @property
    def unit(self) -> str:
        """Unit of the values."""
        ...

    @property
    def mark(self) -> str:
        """Data mark."""
        ...

    @property
    def period_start(self) -> datetime:
        """Start of the period, aware."""
        ...

    @property
    def period_s(self) -> int:
        """Length of the period, s."""
        ...

    @property
    def sampled_at(self) -> datetime | None:
        """Time of the sample, where the device tells it."""
        ...

    @property
    def qc(self) -> tuple[str, ...]:
        """Causes of doubt."""
        ...

    @property
    def qc_facts(self) -> str:
        """Their figures."""
        ...


def plain(value: Decimal) -> str:
    """A figure without trailing zeros and without exponent.

    >>> plain(Decimal("12.500000")), plain(Decimal("1E+3"))
    ('12.5', '1000')
    """
    return format(value.normalize() + 0, "f")


def last_place(value: Decimal) -> Decimal:
    """The step of a value's last digit that is not zero: the finest resolution that it proves.

    >>> last_place(Decimal("23.40")), last_place(Decimal("120.000000")) == 10
    (Decimal('0.1'), True)
    """
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
