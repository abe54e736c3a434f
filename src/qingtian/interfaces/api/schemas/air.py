"""Evaluation of ambient air over a period."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from qingtian.interfaces.api.schemas.base import DecimalText, Schema


class AirDayValue(Schema):
    """One value of a day."""

    item: str
    value: DecimalText | None
    unit: str
    valid: bool
    have: int = Field(description="valid hours; of O3 valid 8-hour windows; of a city valid points")
    need: int
    reason: str
    iaqi: int | None


class AirDayOut(Schema):
    """One day of a place."""

    day: date
    aqi: int | None
    level: int | None
    category_zh: str
    category_en: str
    colour: str
    primary: list[str]
    standard: str
    reason: str = Field(description="why there is no index")
    values: list[AirDayValue]


class ShortPeriod(Schema):
    """What is short of its number of days."""

    period: str
    have: int
    need: int


class AirStatisticOut(Schema):
    """One statistic of the day values."""

    item: str
    use: str = Field(description="compliance or composite")
    statistic: str = Field(description="mean or percentile")
    percent: DecimalText | None
    value: DecimalText | None
    unit: str
    have: int
    days: int
    valid: bool | None = Field(description="null: no rule says how many days are needed")
    short: list[ShortPeriod]
    standard: str
    clause: str
    rule_row: str
    confidence: str


class AirLimitTest(Schema):
    """One statistic against its limit."""

    statistic: str
    percent: DecimalText | None
    value: DecimalText
    limit: DecimalText
    unit: str
    single_index: DecimalText
    multiple: DecimalText | None = Field(description="how far over the limit; null within")
    met: bool
    valid: bool | None
    standard: str
    clause: str
    rule_row: str
    confidence: str


class AirItemAttainment(Schema):
    """One item against one level."""

    item: str
    met: bool
    tests: list[AirLimitTest]


class AirAttainmentOut(Schema):
    """A level of GB 3095."""

    category: str
    met: bool | None = Field(description="null: an item has no value and none fails")
    standard: str
    failing: list[str]
    missing: list[str]
    largest: str
    items: list[AirItemAttainment]


class NamedCount(Schema):
    """How many days."""

    name: str
    days: int


class GoodDaysOut(Schema):
    """Good days of the period."""

    good: int
    valid: int
    days: int
    ratio_percent: DecimalText | None
    without: list[date] = Field(description="days without a published index")
    by_category: list[NamedCount]
    by_primary: list[NamedCount]
    standards: list[str]
    clause: str
    confidence: str


class CompositeOut(Schema):
    """The composite index of one edition; figures of two editions are never compared."""

    standard: str
    value: DecimalText | None
    reason: str
    clause: str
    rule_row: str
    confidence: str
    shares: dict[str, DecimalText]


class ComparedFigureOut(Schema):
    """A figure beside that of the earlier period, both under one standard."""

    figure: str = Field(description="an item for its mean or percentile, good_days, composite")
    statistic: str
    unit: str
    now: DecimalText
    base: DecimalText
    change: DecimalText | None
    kind: str = Field(description="relative: percent; points: percentage points")
    reason: str


class ComparisonOut(Schema):
    """The period against an earlier one, judged again under the standard of this one."""

    start: date
    end: date
    valid_days: int
    standard: str = Field(description="standard that both periods were judged under here")
    own_standards: list[str] = Field(description="standards in force in the earlier period")
    figures: list[ComparedFigureOut]


class AirEvaluationOut(Schema):
    """A place over a period."""

    place: str
    place_zh: str
    place_en: str
    start: date
    end: date
    standard: str = Field(description="index standard in force at the end of the period")
    simulated: bool
    days: list[AirDayOut]
    statistics: list[AirStatisticOut]
    attainments: list[AirAttainmentOut]
    good: GoodDaysOut
    composites: list[CompositeOut]
    comparison: ComparisonOut
