"""The rules in force, as the packs hold them."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Input, Moment, Page, Schema


class RuleOut(Schema):
    """A row of a rule pack."""

    row_id: str
    kind: str = Field(description="air_limit, emission_limit, aqi_breakpoint, calendar, detection, procedure, ...")
    title_zh: str
    title_en: str
    standard: str
    clause: str
    source: str
    region: str
    valid_from: date | None
    valid_to: date | None
    confidence: str
    unverified: bool = Field(description="the figure is from memory only; it must be shown as unverified")
    note: str
    values: dict[str, Any]
    file: str = Field(description="file of the pack")
    overrides: list[str] = Field(description="rows of a wider region that do not hold where this one does")


class UseOut(Schema):
    """A kind of result that rests on a row."""

    code: str
    zh: str
    en: str


class RuleEditionOut(Schema):
    """Another row that decides the same: an earlier or later edition, or that of another region."""

    row_id: str
    standard: str
    region: str
    valid_from: date | None
    valid_to: date | None
    title_zh: str
    title_en: str


class RuleUseCount(Schema):
    """How often something on record cites a row."""

    what: str = Field(description="judgements.<question>, findings or permits")
    count: int


class RuleDetail(RuleOut):
    """A row with its meaning, what it overrides, and what rests on it."""

    meaning_zh: str
    meaning_en: str
    uses: list[UseOut]
    used_by: list[RuleUseCount]
    editions: list[RuleEditionOut]
    overridden_by: list[str]
    tryable: bool = Field(description="whether `try` can tell what would change if the row were another one")


class RulePage(Page[RuleOut]):
    """A page of rules."""

    kinds: list[str]


class AirCategoryOut(Schema):
    """A category of the air quality index."""

    level: int
    low: int
    high: int
    level_zh: str
    name_zh: str
    name_en: str
    colour: str
    colour_zh: str
    standard: str
    clause: str
    source: str
    confidence: str


class PollutantOut(Schema):
    """A pollutant code with its names."""

    code: str
    name_zh: str
    name_en: str
    symbol: str
    unit: str
    ambient_unit: str
    medium: str


class TryIn(Input):
    """A row with other cells, tried in memory."""

    cells: dict[str, str] = Field(min_length=1, description="new text by column; inside another with dots")
    first_day: date
    last_day: date


class RecomputeIn(Input):
    """Which stored periods to judge again, and how."""

    first_day: date
    last_day: date
    as_known: Moment | None = Field(None, description="only what was known then; everything when left out")
    rules_on: date | None = Field(None, description="by the rules of this day; of the day of the data when left out")
    dry_run: bool = False


class RecomputationOut(Schema):
    """A recomputation with its progress."""

    number: str
    mode: str = Field(description="adopt, beside, dry_run or try_row")
    state: str = Field(description="waiting, running, done, cancelled or failed")
    first_day: date
    last_day: date
    as_known: CityTime | None
    rules_on: date | None
    row_id: str
    cells: dict[str, Any]
    days: int
    days_done: int
    counts: dict[str, int]
    asked_by: str
    asked_at: CityTime
    finished_at: CityTime | None
    error: str
    allowed_actions: list[str] = Field(description="cancel, resume")


class TouchedFindingOut(Schema):
    """A finding that rests on periods which are answered otherwise."""

    id: int
    number: str
    object: str
    object_name: str
    parameter: str
    parameter_zh: str
    parameter_en: str
    status: str
    periods: int
    no_longer_over: int


class TouchedCaseOut(Schema):
    """A case that rests on such a finding."""

    id: int
    number: str
    title: str
    title_en: str
    state: str


class RecomputationDetail(RecomputationOut):
    """A recomputation with what it touches."""

    findings: list[TouchedFindingOut]
    cases: list[TouchedCaseOut]


class RecomputationPage(Page[RecomputationOut]):
    """A page of recomputations."""


class RecomputedOut(Schema):
    """An answer that differs from the current one."""

    object: str
    object_name: str
    question: str
    item: str
    item_zh: str
    item_en: str
    cycle: str
    period_start: CityTime
    was: str | None = Field(description="verdict of the current answer; null where there was none")
    verdict: str
    value_was: DecimalText | None
    value: DecimalText | None
    limit_was: DecimalText | None
    limit: DecimalText | None
    unit: str
    index: int | None
    standard: str
    clause: str
    rule_row: str
    rule_row_was: str
    judgement: int | None = Field(description="the answer that it was held against")


class RecomputedPage(Page[RecomputedOut]):
    """A page of answers."""
