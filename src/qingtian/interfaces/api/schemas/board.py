"""The weekly board of rates and the cases behind its figures."""

from __future__ import annotations

from datetime import date

from ninja import Schema as QuerySchema
from pydantic import Field

from qingtian.apps.cases.rates import Rate
from qingtian.apps.command.board import By, Part
from qingtian.interfaces.api.filters import ExportOptions
from qingtian.interfaces.api.paging import PageQuery
from qingtian.interfaces.api.schemas.base import CityTime, DecimalText, Page, Schema

FIRST_DAY, LAST_DAY = date(1990, 1, 8), date(2199, 12, 1)


class RateQuery(QuerySchema):
    """Which week, grouped by what."""

    day: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY, description="any day of the week; this week without it")
    by: By = By.ORG
    template: str | None = Field(None, max_length=20, description="code of a procedure, such as T1")
    region: str | None = Field(None, max_length=12, description="GB/T 2260 code; a city contains its districts")


class RateBoardExport(RateQuery, ExportOptions):
    """Which week, and options of the file."""


class RateThingFilters(RateQuery, PageQuery):
    """The cases behind one figure."""

    rate: Rate
    key: str | None = Field(
        None, max_length=100, description="of the group; all groups without it; empty: nobody named"
    )
    part: Part = Part.ALL


class RateThingExport(RateThingFilters, ExportOptions):
    """The cases behind one figure, and options of the file."""


class RateRuleOut(Schema):
    """What a rate is, by the packs."""

    rate: Rate
    code: str = Field(description="code of the indicator")
    name_zh: str
    name_en: str
    formula: str
    counts_zh: str = Field(description="what is counted")
    counts_en: str
    unit: str
    direction: str = Field(description="higher, lower: which way is better")
    note: str
    source: str
    clause: str
    confidence: str
    rule_row: str


class RateFigureOut(Schema):
    """A rate of one group: what holds, what does not, what cannot be said yet."""

    rate: Rate
    yes: int
    no: int
    missing: int = Field(description="left out: it cannot be said yet")
    value: DecimalText | None = Field(description="yes / (yes + no); null of nothing")
    coverage: DecimalText | None = Field(description="(yes + no) / all, in per cent; null of nothing")
    before: DecimalText | None = Field(description="of the week before, as known now")
    before_yes: int
    before_no: int
    change: DecimalText | None = Field(description="percentage points since the week before")


class RateGroupOut(Schema):
    """One organisation, leader or place, or all of them together."""

    key: str = Field(description="code or name; empty: nobody is named")
    name: str
    name_en: str
    figures: list[RateFigureOut]
    unreachable: int = Field(description="complainants who could not be reached, listed apart")


class RateBoardOut(Schema):
    """The board of a week."""

    by: By
    first: date
    last: date
    running: bool = Field(description="the week is not over: figures go up to now")
    before_first: date
    before_last: date
    as_of: CityTime
    rates: list[RateRuleOut]
    groups: list[RateGroupOut]
    total: RateGroupOut


class RateThing(Schema):
    """One case, or one period of a case, behind a figure."""

    case_id: int
    number: str
    title: str
    title_en: str
    template: str
    state_zh: str
    state_en: str
    severity: int
    org: str
    org_name: str
    leader: str
    region_code: str
    region_name: str
    region_name_en: str
    clock_zh: str = Field(description="the period that counts; empty where the case itself does")
    clock_en: str
    due_on: date | None
    ended_on: date | None = Field(description="when the period stopped, or the problem was written off")
    part: Part
    simulated: bool


class RateThingPage(Page[RateThing]):
    """A page of the cases behind a figure."""
