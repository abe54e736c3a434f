"""What a snapshot is made of: plain values, so that canonical JSON can be hashed; every block says whence and how much.

A block that shows numbers has a `source` (whence) and a `coverage` (of how much); `lint` of the tests holds this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Words = dict[str, str]
Plain = dict[str, Any]


def words(zh: str, en: str) -> Words:
    """A text in both languages.

    >>> words("甲", "A")
    {'zh': '甲', 'en': 'A'}
    """
    return {"zh": zh, "en": en}


def section(code: str, title: Words, blocks: Sequence[Plain]) -> Plain:
    """A chapter."""
    return {"code": code, "title": title, "blocks": list(blocks)}


def text_block(code: str, text: Words) -> Plain:
    """A paragraph that may be edited; its code names it in templates."""
    return {"type": "text", "code": code, "text": text}


def figure(
    code: str,
    label: Words,
    value: Decimal | int | str | None,
    *,
    unit: str = "",
    source: Words,
    coverage: str,
    note: Words | None = None,
) -> Plain:
    """One number with its unit, its source and its coverage; None is told as "no data", never as nought."""
    shown = None if value is None else str(value)
    return {
        "code": code,
        "label": label,
        "value": shown,
        "unit": unit,
        "source": source,
        "coverage": coverage,
        "note": note or words("", ""),
    }


def figures_block(code: str, title: Words, rows: Sequence[Plain]) -> Plain:
    """Figures under one another."""
    return {"type": "figures", "code": code, "title": title, "rows": list(rows)}


def table_block(
    code: str,
    title: Words,
    columns: Sequence[tuple[str, Words, bool]],
    rows: Sequence[Sequence[object]],
    *,
    source: Words,
    coverage: str,
    total: int | None = None,
) -> Plain:
    """A table.

    Args:
        columns: code, name, whether it holds numbers.
        rows: cells: a text, a number, `words(...)`, or None where there is nothing.
        total: how many rows there are where only the first are shown.
    """
    return {
        "type": "table",
        "code": code,
        "title": title,
        "columns": [{"code": name, "label": label, "number": number} for name, label, number in columns],
        "rows": [[_cell(one) for one in row] for row in rows],
        "source": source,
        "coverage": coverage,
        "total": len(rows) if total is None else total,
    }


def chart_block(
    code: str,
    shape: str,
    title: Words,
    series: Sequence[Mapping[str, Any]],
    *,
    unit: str = "",
    limits: Sequence[Mapping[str, Any]] = (),
    source: Words,
    coverage: str,
) -> Plain:
    """A chart: the numbers, not the picture; the picture is drawn from them each time.

    Args:
        shape: `columns`, `lines` or `bars`.
        series: `{"name": words, "marks": [{"label": words, "value": text or None, "colour": "", "note": words}]}`.
        limits: `{"value": text, "text": words}`.
    """
    return {
        "type": "chart",
        "code": code,
        "shape": shape,
        "title": title,
        "unit": unit,
        "series": [dict(one) for one in series],
        "limits": [dict(one) for one in limits],
        "source": source,
        "coverage": coverage,
    }


def mark(label: Words, value: Decimal | int | None, *, colour: str = "", note: Words | None = None) -> Plain:
    """One value of a series."""
    return {
        "label": label,
        "value": None if value is None else str(value),
        "colour": colour,
        "note": note or words("", ""),
    }


def none_block(text: Words) -> Plain:
    """That there is nothing, and why: not connected is another thing than nothing on record."""
    return {"type": "none", "text": text}


def _cell(value: object) -> object:
    if value is None or isinstance(value, str | dict):
        return value
    return str(value)
