"""Tables of the rules that evaluate periods: statistics and places of air, substitution, marks, incineration."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from qingtian.domain.standards.evaluation import (
    AirStatistic,
    FigurePlaces,
    IncinerationRule,
    MarkingRule,
    SubstitutionRule,
)
from qingtian.packs.schema import Figure, OptionalFigure, OptionalInt, PackRow, Text, Words
from qingtian.packs.tables import Table, one_rule, plainly

Percent = Annotated[Figure, Field(ge=0, le=100)]


class AirStatisticRow(PackRow):
    """air_statistics.csv."""

    item: Text
    use: Literal["compliance", "composite"]
    statistic: Literal["mean", "percentile"]
    percent: OptionalFigure
    of: Literal["day_mean", "daily_max_8h"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.percent is None) == (self.statistic == "percentile"):
            raise ValueError(f"percent and statistic {self.statistic} do not fit together")
        if self.percent is not None and not 0 < self.percent < 100:
            raise ValueError(f"{self.percent} is no percentile")
        return self


class FigurePlacesRow(PackRow):
    """air_places.csv."""

    figure: Literal[
        "period_value",
        "statistic",
        "compliance_value",
        "multiple",
        "rate_percent",
        "index_input",
        "composite_index",
    ]
    item: Text
    digits: Annotated[int, Field(ge=0, le=6)]


class SubstitutionRow(PackRow):
    """emission_substitution.csv."""

    capture_from: Percent
    capture_below: OptionalFigure
    hours_above: Annotated[int, Field(ge=0)]
    hours_to: OptionalInt
    valid_hours: Annotated[int, Field(gt=0)]


class MarkingRow(PackRow):
    """marking_rules.csv."""

    industries: Annotated[Words, Field(min_length=1)]
    effect_zh: Text
    effect_en: Text


class IncinerationRow(PackRow):
    """incineration_rule.csv."""

    items: Annotated[Words, Field(min_length=1)]
    furnace_below: Figure
    low_means_allowed: Annotated[int, Field(ge=0)]


AIR_STATISTICS = Table(
    "air_statistics.csv",
    AirStatisticRow,
    plainly(AirStatistic),
    lambda row: (row.item, row.use, row.statistic),
    "air_statistic",
    continuous=True,
)
AIR_PLACES = Table(
    "air_places.csv", FigurePlacesRow, plainly(FigurePlaces), lambda row: (row.figure, row.item), "air_statistic"
)
SUBSTITUTION = Table(
    "emission_substitution.csv",
    SubstitutionRow,
    plainly(SubstitutionRule),
    lambda row: (row.capture_from, row.hours_above),
    "data_validity",
)
MARKING = Table(
    "marking_rules.csv", MarkingRow, plainly(MarkingRule), lambda row: (row.standard, row.industries), "data_validity"
)
INCINERATION = Table(
    "incineration_rule.csv", IncinerationRow, plainly(IncinerationRule), one_rule, "emission_rule", needed=True
)
TABLES: tuple[Table[Any], ...] = (AIR_STATISTICS, AIR_PLACES, SUBSTITUTION, MARKING, INCINERATION)
