"""Assessment by standards: rounding, air quality index, emission limits, data validity."""

from __future__ import annotations

from qingtian.domain.standards.air_index import AirIndex, SubIndex, air_index, iaqi
from qingtian.domain.standards.air_tables import AqiTables, Category, Report
from qingtian.domain.standards.composite import CompositeIndex, CompositePart, CompositeRule, composite_index
from qingtian.domain.standards.emission import (
    AppliedLimit,
    EmissionVerdict,
    MeasuredPeriod,
    Verdict,
    judge_emission,
    stricter,
    to_reference_oxygen,
)
from qingtian.domain.standards.limits import (
    AirLimit,
    Comparison,
    DataMark,
    EmissionLimit,
    MarkEffect,
    Pollutant,
    ReferenceOxygen,
    ValidityRule,
)
from qingtian.domain.standards.numbers import exact, plain, round_fraction, round_gb8170
from qingtian.domain.standards.provenance import RuleRow, region_chain
from qingtian.domain.standards.statistics import energy_mean, percentile

__all__ = [
    "AirIndex",
    "AirLimit",
    "AppliedLimit",
    "AqiTables",
    "Category",
    "Comparison",
    "CompositeIndex",
    "CompositePart",
    "CompositeRule",
    "DataMark",
    "EmissionLimit",
    "EmissionVerdict",
    "MarkEffect",
    "MeasuredPeriod",
    "Pollutant",
    "ReferenceOxygen",
    "Report",
    "RuleRow",
    "SubIndex",
    "ValidityRule",
    "Verdict",
    "air_index",
    "composite_index",
    "energy_mean",
    "exact",
    "iaqi",
    "judge_emission",
    "percentile",
    "plain",
    "region_chain",
    "round_fraction",
    "round_gb8170",
    "stricter",
    "to_reference_oxygen",
]
