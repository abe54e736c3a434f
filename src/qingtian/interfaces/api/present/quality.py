"""Causes of doubt beside a value: in words for pages, as codes for tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qingtian.domain.quality import unpack_doubts
from qingtian.interfaces.api.present.doubts import doubts_of
from qingtian.interfaces.api.schemas.quality import QualityMark
from qingtian.packs.quality import quality_rules
from qingtian.runtime.clock import SHANGHAI
from qingtian.telemetry.store import Observation

STATE_FACTS = ("sound", "sound_at")  # what the next value is compared with; no figure of this one


def quality_marks(row: Observation) -> list[QualityMark]:
    """The causes of doubt of a row, in both languages; empty for most rows."""
    if not row.qc:
        return []
    rules = quality_rules(row.period_start.astimezone(SHANGHAI).date())
    facts = {one.cause.value: one for one in unpack_doubts(row.qc_facts)}
    words = dict(doubts_of(row))
    found = []
    for code in row.qc:
        cause = next((rule for rule in rules.causes.values() if rule.cause.value == code), None)
        if cause is None:
            continue
        doubt, told = facts.get(code), words.get(code)
        rule = (rules.row(doubt.row_id) if doubt else None) or cause
        found.append(
            QualityMark(
                cause=code,
                label_zh=cause.label_zh,
                label_en=cause.label_en,
                text_zh=told.text.zh if told else OF_MINUTES.format(label=cause.label_zh),
                text_en=told.text.en if told else OF_MINUTES_EN.format(label=cause.label_en),
                remedy_zh=cause.remedy_zh,
                remedy_en=cause.remedy_en,
                excluded=cause.excludes,
                rule_row=rule.row_id,
                confidence=rule.confidence,
                facts={name: text for name, text in doubt.facts.items() if name not in STATE_FACTS} if doubt else {},
            )
        )
    return found


# A mean of ours names the causes of the values that it was made from.
OF_MINUTES = "小时均值所用的分钟值中有：{label}。"
OF_MINUTES_EN = "Among the values of this mean: {label}."


def qc_codes(marks: Iterable[QualityMark]) -> str:
    """Codes for a table cell."""
    return " ".join(one.cause for one in marks)


def qc_reason(marks: Sequence[QualityMark]) -> str:
    """Explanations for a table cell, Chinese and English."""
    return " ".join(f"{one.text_zh} {one.text_en}" for one in marks)
