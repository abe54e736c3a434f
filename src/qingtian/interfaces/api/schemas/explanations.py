"""Why a figure is what it is."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Schema


class ExplainedInput(Schema):
    """One value that a judgement used."""

    name: str
    name_zh: str
    name_en: str
    at: str | None = Field(description="hour of the day, where a day rests on its hours")
    value: DecimalText | None
    unit: str
    mark: str
    mark_zh: str
    mark_en: str
    version: int | None
    sub_index: int | None = Field(description="its sub-index, in a judgement of air")
    role: str = Field(description="measured, oxygen, converted or published")


class ExplainedRule(Schema):
    """A rule that decided."""

    row_id: str
    role_zh: str
    role_en: str
    title_zh: str
    title_en: str
    standard: str
    clause: str
    source: str
    valid_from: date | None
    valid_to: date | None
    region: str
    confidence: str
    unverified: bool
    known: bool = Field(description="whether the row is in the packs; the limit of a permit stands in the register")


class ExplainedVersion(Schema):
    """One version of the answer."""

    id: int
    version: int
    verdict: str
    value: DecimalText | None
    limit: DecimalText | None
    index: int | None
    computed_at: CityTime
    known_at: CityTime
    current: bool


class ExplanationOut(Schema):
    """A judged figure with everything that it rests on."""

    id: int
    question: str
    object: str
    object_name: str
    object_name_en: str
    object_type: str
    item: str
    item_zh: str
    item_en: str
    cycle: str
    period_start: CityTime
    period_end: CityTime
    value: DecimalText | None
    unit: str
    limit: DecimalText | None
    index: int | None
    published: int | None
    category: str
    verdict: str
    text_zh: str
    text_en: str
    inputs: list[ExplainedInput]
    have: int | None
    need: int | None
    missing: list[str]
    coverage_zh: str
    coverage_en: str
    rounding_zh: str
    rounding_en: str
    rules: list[ExplainedRule]
    versions: list[ExplainedVersion]
    computed_at: CityTime
    known_at: CityTime
    version: int
    simulated: bool
