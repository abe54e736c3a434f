"""Why a value is doubted: a closed list of causes, and the figures that gave rise to each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from qingtian.domain.standards.provenance import RuleRow


class Cause(StrEnum):
    """Causes that ingest and imports find; none of them changes a value or its mark."""

    SENTINEL = "sentinel"
    UNREADABLE = "unreadable"
    CONFLICTING_VALUES = "conflicting_values"
    CLOCK_ERROR = "clock_error"
    RECORD_INCOMPLETE = "record_incomplete"
    STALE_SAMPLE = "stale_sample"
    COLUMN_SHIFT = "column_shift"
    UNIT_SLIP = "unit_slip"
    O3_SWAPPED = "o3_swapped"
    OUT_OF_RANGE = "out_of_range"
    NEGATIVE_RUN = "negative_run"
    ZERO_RUN = "zero_run"
    JUMP = "jump"
    PERSISTENCE = "persistence"
    PM25_ABOVE_PM10 = "pm25_above_pm10"
    EXTREMES_DISORDERED = "extremes_disordered"
    TOTAL_FALLS = "total_falls"
    TOTAL_MISMATCH = "total_mismatch"
    CONVERSION_MISMATCH = "conversion_mismatch"
    BELOW_DETECTION = "below_detection"


Facts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One cause on one value.

    Args:
        cause: what was found.
        row_id: the pack row that it rests on.
        facts: the figures that fired, as text, by name.
    """

    cause: Cause
    row_id: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRule(RuleRow):
    """What a cause means, and what follows from it.

    Args:
        label_zh, label_en: name of the cause.
        text_zh, text_en: explanation with {figures} of the doubt.
        remedy_zh, remedy_en: what a data steward can do.
        excludes: whether a value with this cause stays out of means and judgements.
        device_fault: whether it shows a fault of the device, which may become a finding.
    """

    cause: Cause
    label_zh: str
    label_en: str
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str
    excludes: bool
    device_fault: bool


def pack_doubts(doubts: Sequence[Doubt]) -> str:
    """Doubts as one line of JSON, in the order of the causes; empty for none.

    >>> pack_doubts([Doubt(Cause.ZERO_RUN, "q.zero", {"hours": "24"})])
    '{"zero_run":{"row":"q.zero","hours":"24"}}'
    """
    if not doubts:
        return ""
    return json.dumps(
        {one.cause.value: {"row": one.row_id, **one.facts} for one in _ordered(doubts)},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def unpack_doubts(text: str) -> tuple[Doubt, ...]:
    """Doubts from their line of JSON; a cause that this release does not know is left out.

    >>> unpack_doubts('{"zero_run":{"row":"q.zero","hours":"24"}}')[0].facts
    {'hours': '24'}
    """
    if not text:
        return ()
    known = {cause.value: cause for cause in Cause}
    return tuple(
        Doubt(known[name], facts.get("row", ""), {key: value for key, value in facts.items() if key != "row"})
        for name, facts in json.loads(text).items()
        if name in known
    )


def causes_of(doubts: Iterable[Doubt]) -> tuple[str, ...]:
    """Codes of the causes, in the order of the list, each once."""
    return tuple(dict.fromkeys(one.cause.value for one in _ordered(doubts)))


_RANK = {cause: rank for rank, cause in enumerate(Cause)}


def _ordered(doubts: Iterable[Doubt]) -> list[Doubt]:
    return sorted(doubts, key=lambda one: _RANK[one.cause])
