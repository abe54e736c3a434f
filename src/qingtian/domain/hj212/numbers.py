"""Values as sent to numbers: what is no number is null with a reason, never zero."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.hj212.model import Items

NUMERIC_ATTRIBUTES = frozenset({
    "Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "ZsCou", "Ori",
    "Data", "DayData", "NightData", "RT", "SampleRd", "StandardValue", "ValidNum", "TotalNum",
})  # fmt: skip
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")


class NoNumber(StrEnum):
    """Why a value is null."""

    EMPTY = "empty"
    NOT_ANUMBER = "not_a_number"
    SENTINEL = "sentinel"


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as a number.

    Args:
        value: the number; None when there is none.
        reason: why there is none.
    """

    value: Decimal | None
    reason: NoNumber | None = None


def read_number(text: str, sentinels: Set[Decimal] = frozenset()) -> Reading:
    """Number of a value as sent; negative zero is zero.

    Args:
        text: the value.
        sentinels: numbers by which this device says that it has none, such as -9999.

    >>> read_number("1.2E-1").value, read_number("-0.00").value, read_number("--").reason.value
    (Decimal('0.12'), Decimal('0.00'), 'not_a_number')
    >>> read_number("-9999", {Decimal(-9999)})
    Reading(value=None, reason=<NoNumber.SENTINEL: 'sentinel'>)
    """
    text = text.strip()
    if not text:
        return Reading(None, NoNumber.EMPTY)
    if not text.isascii() or not NUMBER.fullmatch(text):
        return Reading(None, NoNumber.NOT_ANUMBER)
    value = Decimal(text)
    if value in sentinels:
        return Reading(None, NoNumber.SENTINEL)
    return Reading(abs(value) if value == 0 else value)


def unusual_numbers(items: Items) -> Iterator[tuple[str, str, Decimal | None]]:
    """Code, attribute and number of each measured value that is not written as a plain decimal.

    >>> list(unusual_numbers({"w01018": {"Rtd": "NaN", "Flag": "N"}, "w01001": {"Rtd": "7.1"}}))
    [('w01018', 'Rtd', None)]
    """
    for code, attributes in items.items():
        for attribute, text in attributes.items():
            if attribute not in NUMERIC_ATTRIBUTES or _is_plain(text):
                continue
            yield code, attribute, read_number(text).value


def _is_plain(text: str) -> bool:
    if not text.isascii() or not _PLAIN.fullmatch(text):
        return False
    return not text.startswith("-") or any(digit in "123456789" for digit in text)
