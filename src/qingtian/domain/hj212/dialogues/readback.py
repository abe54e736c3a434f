"""What a device tells in answer to a read: clock, intervals, serials, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from qingtian.domain.hj212.dialogues.masking import mask_text, mask_values
from qingtian.domain.hj212.grammar import is_real_time
from qingtian.domain.hj212.model import Decoded

READ_CLOCK = "1011"
LONGEST_TEXT = 1000  # characters of one value; a log of 3020 has at most 890 bytes (HJ 212-2017 table of limits)
MOST_ITEMS = 200


def read_values(decoded: Decoded, received_at: datetime, offset_minutes: int = 480) -> dict[str, Any]:
    """Values of one data frame as plain data, secrets hidden.

    Args:
        decoded: the frame.
        received_at: arrival in city time, aware.
        offset_minutes: time zone of the device against UTC.
    Returns:
        `params`, `items`, and for 1011 `clock_offset_s`: how far the device is ahead (positive) or behind, s.
    """
    values: dict[str, Any] = {}
    if decoded.params:
        values["params"] = {name: _short(value) for name, value in mask_values(decoded.params).items()}
    if decoded.items:
        listed = list(decoded.items.items())[:MOST_ITEMS]
        values["items"] = {code: {name: _text(mask_text(text)) for name, text in one.items()} for code, one in listed}
    if decoded.cn == READ_CLOCK:
        offset = clock_offset(decoded.params.get("SystemTime"), received_at, offset_minutes)
        if offset is not None:
            values["clock_offset_s"] = offset
    return values


def merge_values(known: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Values of several parts of one answer; a later part adds to the earlier ones.

    >>> merge_values({"params": {"A": "1"}}, {"params": {"B": "2"}, "clock_offset_s": 3})
    {'params': {'A': '1', 'B': '2'}, 'clock_offset_s': 3}
    """
    merged = dict(known)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def clock_offset(text: str | list[str] | None, received_at: datetime, offset_minutes: int = 480) -> int | None:
    """How far a device's clock is ahead of the city's (negative: behind), whole seconds; None when unreadable.

    >>> from datetime import UTC
    >>> clock_offset("20240601080005", datetime(2024, 6, 1, tzinfo=UTC))
    5
    """
    told = text[0] if isinstance(text, list) else text
    if told is None or not is_real_time(told):
        return None
    zone = timezone(timedelta(minutes=offset_minutes))
    device = datetime.strptime(told[:14], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    return round((device - received_at).total_seconds())


def _short(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return [_text(one) for one in value[:MOST_ITEMS]]
    return _text(value)


def _text(value: str) -> str:
    return value[:LONGEST_TEXT].replace("\x00", "?")  # no database keeps it
