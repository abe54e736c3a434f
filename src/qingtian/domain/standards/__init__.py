"""Assessment by standards: rounding, air quality index, emission limits, data validity."""

from __future__ import annotations

from qingtian.domain.standards.air_index import AirIndex, SubIndex, air_index, iaqi
from qingtian.domain.standards.air_tables import AqiTables, Category, Report
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
from qingtian.domain.standards.numbers import exact, plain, round_gb8170
from qingtian.domain.standards.provenance import RuleRow, region_chain

__all__ = [
    "AirIndex",
    "AirLimit",
    "AqiTables",
    "Category",
    "Comparison",
    "DataMark",
    "EmissionLimit",
    "MarkEffect",
    "Pollutant",
    "ReferenceOxygen",
    "Report",
    "RuleRow",
    "SubIndex",
    "ValidityRule",
    "air_index",
    "exact",
    "iaqi",
    "plain",
    "region_chain",
    "round_gb8170",
]
