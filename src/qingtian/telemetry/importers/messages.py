"""JSON messages as rows: nested objects become columns with dots, a list of objects becomes several rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from qingtian.domain.errors import InvalidInput
from qingtian.telemetry.importers.tables import SourceRow

MOST_BYTES = 1 << 20
MOST_ROWS = 10_000
DEEPEST = 8
TOPIC = "topic"


def rows_of(payload: bytes, topic: str = "") -> list[SourceRow]:
    """The rows of one message; the levels of its topic are columns topic.1, topic.2, ...

    Args:
        payload: the bytes.
        topic: where it was published.
    Raises:
        InvalidInput: it is no JSON object or list of objects, or too large.

    >>> [row.cells["data.pm25"] for row in rows_of(b'{"t": 1, "data": {"pm25": 35.0}}')]
    ['35.0']
    >>> [dict(row.cells)["v"] for row in rows_of(b'{"mn": "a", "rows": [{"v": 1}, {"v": 2}]}')]
    ['1', '2']
    """
    if len(payload) > MOST_BYTES:
        raise InvalidInput("the message is too large", field="payload", remedy="send smaller ones")
    try:
        # Numbers keep the digits that were sent.
        told = json.loads(payload, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the message is no JSON: {error}", field="payload", remedy="send a JSON object") from error
    levels = {f"{TOPIC}.{place}": level for place, level in enumerate(topic.split("/"), start=1)} if topic else {}
    levels |= {TOPIC: topic} if topic else {}
    found = [levels | cells for cells in _spread(told)]
    if not found or len(found) > MOST_ROWS:
        raise InvalidInput("the message holds no rows, or too many", field="payload", remedy="send a JSON object")
    return [SourceRow(number, cells) for number, cells in enumerate(found, start=1)]


def _spread(told: Any) -> Iterator[dict[str, str]]:
    """Objects as flat rows; the first list of objects that is met is spread, with what stands beside it on each row."""
    for one in told if isinstance(told, list) else [told]:
        if not isinstance(one, dict):
            raise InvalidInput("the message is no JSON object", field="payload", remedy="send a JSON object")
        flat, lists = _flat(one)
        if not lists:
            yield flat
            continue
        name, many = next(iter(lists.items()))
        for each in many[: MOST_ROWS + 1]:
            inner, _ = _flat(each)
            yield flat | {f"{name}.{key}": value for key, value in inner.items()} | inner


def _flat(one: dict[str, Any], before: str = "", depth: int = 0) -> tuple[dict[str, str], dict[str, list[Any]]]:
    cells: dict[str, str] = {}
    lists: dict[str, list[Any]] = {}
    for key, value in one.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and depth < DEEPEST:
            inner, more = _flat(value, f"{name}.", depth + 1)
            cells |= inner
            lists |= more
        elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            lists[name] = value
        else:
            cells[name] = _text(value)
    return cells, lists


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
