"""What a kept value shows of its inputs: every read with its period, every row that was left out, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qingtian.apps.indicators.gathering import Gathered
from qingtian.domain.indicators.computing import Result
from qingtian.domain.indicators.definition import Indicator
from qingtian.domain.indicators.evaluation import Read, Use
from qingtian.domain.indicators.syntax import PeriodName
from qingtian.domain.indicators.values import Plain
from qingtian.domain.standards.numbers import plain, round_fraction

MAX_LISTED = 200  # rows of a list; the count is always whole
MAX_SAMPLE = 400  # rows of a table that are kept to look at


def said_value(value: Decimal | bool | None) -> str:
    """A value as text; empty where there is none."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else plain(value)


def evidence_of(indicator: Indicator, result: Result, found: Gathered) -> dict[str, Any]:
    """Inputs of a value as they are kept beside it."""
    return {
        "periods": {name: [one.first.isoformat(), one.last.isoformat()] for name, one in sorted(found.periods.items())},
        "singles": [_read(indicator, one) for one in result.reads],
        "tables": [_use(indicator, one) for one in result.uses],
        "rows": {
            f"{name}.{period}": [
                {"id": row.id, **{key: _said(value) for key, value in row.values.items()}}
                for row in table.rows[:MAX_SAMPLE]
            ]
            for (name, period), table in sorted(found.tables.items())
        },
        "missing": [
            {"input": one.name, "label_zh": one.label_zh, "label_en": one.label_en, "why": found.why[one.name]}
            for one in indicator.inputs
            if one.name in found.why
        ],
    }


def _read(indicator: Indicator, one: Read) -> dict[str, Any]:
    zh, en = _labels(indicator, one.name)
    return {
        "input": one.name,
        "label_zh": zh,
        "label_en": en,
        "period": one.period.value,
        "value": _said(one.value),
        "unit": one.unit,
        "note": one.note,
    }


def _use(indicator: Indicator, one: Use) -> dict[str, Any]:
    zh, en = _labels(indicator, one.table)
    return {
        "input": one.table,
        "label_zh": zh,
        "label_en": en,
        "period": PeriodName(one.period).value,
        "statistic": one.statistic,
        "rows": one.rows,
        "expected": one.expected,
        "used": one.used,
        "filtered": one.filtered,
        "excluded": [{"row": row, "field": field} for row, field in one.excluded[:MAX_LISTED]],
        "excluded_count": len(one.excluded),
        "counted_as_zero": list(one.replaced[:MAX_LISTED]),
        "coverage": None if one.coverage is None else str(round_fraction(one.coverage * 100, 2)),
        "note": one.note,
    }


def _labels(indicator: Indicator, name: str) -> tuple[str, str]:
    return next(((one.label_zh, one.label_en) for one in indicator.inputs if one.name == name), (name, name))


def _said(value: Plain) -> Any:
    return plain(value) if isinstance(value, Decimal) else value
