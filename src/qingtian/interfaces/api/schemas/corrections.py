"""Figures that were changed, and what rests on them."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Page, Schema


class ChangedFigureOut(Schema):
    """One version of an answer."""

    judgement: int
    version: int
    value: DecimalText | None
    verdict: str
    computed_at: CityTime


class ChangedFindingOut(Schema):
    """A finding that hit in the period of a changed answer."""

    id: int
    number: str
    status: str


class JudgementChangeOut(Schema):
    """An answer that late, corrected or withdrawn data changed; both figures are kept."""

    object: str
    object_name: str
    object_name_en: str
    item: str
    item_zh: str
    item_en: str
    question: str
    cycle: str
    period_start: CityTime
    unit: str
    limit: DecimalText | None
    was: ChangedFigureOut
    now: ChangedFigureOut
    cause: str = Field(
        description="withdrawn: an import was taken back; data: late or corrected values, or other rules"
    )
    findings: list[ChangedFindingOut] = Field(description="findings that rest on the period")


class JudgementChangePage(Page[JudgementChangeOut]):
    """A page of changed answers, newest first."""
