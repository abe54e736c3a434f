"""Causes of doubt on a value."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import Schema


class QualityMark(Schema):
    """One cause that quality control found when the value arrived; value and mark are as the device sent them."""

    cause: str = Field(description="closed code, see docs/telemetry.md")
    label_zh: str
    label_en: str
    text_zh: str = Field(description="explanation with the figures that fired")
    text_en: str
    remedy_zh: str
    remedy_en: str
    excluded: bool = Field(description="whether a pack rule keeps the value out of means and judgements for it")
    rule_row: str = Field(description="pack row that it rests on")
    confidence: str = Field(description="how sure that row is")
    facts: dict[str, str] = Field(description="the figures, by name")
