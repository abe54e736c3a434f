"""Reckonings: capacity, replacement, splits, carbon. Nothing is kept; a ledger takes only an approved decision."""

from __future__ import annotations

from pydantic import Field

from qingtian.interfaces.api.schemas.base import DecimalText, Input, Schema

Figure = str


class CapacityIn(Input):
    """A-value method of GB/T 3840."""

    target: Figure = Field(max_length=60, description="concentration aimed at, mg/m3")
    background: Figure = Field(max_length=60, description="concentration without the sources, mg/m3")
    area: Figure = Field(max_length=60, description="area that the mass is for, km2")
    allocation_area: Figure = Field(max_length=60, description="sum of all areas that share the air, km2")
    region: str | None = Field(None, max_length=6, description="GB/T 2260 code for the A of its zone; the city's")
    a_value: Figure | None = Field(None, max_length=60, description="A, 10^4 km2/a, instead of that of the zone")


class CapacityOut(Schema):
    """Mass of a year; it advises and is no quota."""

    tons: DecimalText = Field(description="t/a, rounded once to one place")
    a_value: DecimalText
    ventilation: DecimalText = Field(description="what A stands for, m2/s")
    rise: DecimalText = Field(description="target less background, mg/m3")
    warnings_zh: list[str]
    warnings_en: list[str]
    standard: str
    clause: str
    rule_row: str | None
    unverified: bool


class ReplacementIn(Input):
    """A need for a discharge quota."""

    reserve: Figure = Field(max_length=60, description="what the reserve holds, t/a")
    need: Figure = Field(max_length=60, description="t/a")
    item: str = Field(max_length=40, description="pollutant code")
    area: str = Field(max_length=20, description="attained or over_standard")


class ReplacementOut(Schema):
    """What the need takes, and what is left or lacking."""

    factor: DecimalText
    takes: DecimalText
    granted: bool
    left: DecimalText
    shortfall: DecimalText
    rule_row: str
    unverified: bool


class SplitIn(Input):
    """An amount to split by weights."""

    pool: Figure = Field(max_length=60)
    weights: dict[str, Figure] = Field(min_length=1, max_length=1000)
    digits: int = Field(2, ge=0, le=12)


class SplitPartOut(Schema):
    """What one account gets."""

    account: str
    amount: DecimalText
    extra: bool = Field(description="got one of the units that rounding left")


class SplitOut(Schema):
    """Parts that sum up exactly to the pool."""

    parts: list[SplitPartOut]
    total: DecimalText


class FuelIn(Input):
    """Fuel that was burnt."""

    amount: Figure = Field(max_length=60, description="t")
    carbon: Figure = Field(max_length=60, description="carbon as received, t/t; by energy, tC/GJ, where heat is given")
    oxidised: Figure = Field(max_length=60, description="share, 0..1")
    heat: Figure | None = Field(None, max_length=60, description="GJ/t")


class OutputIn(Input):
    """What was produced."""

    amount: Figure = Field(max_length=60, description="MWh, or GJ of heat")
    benchmark: Figure = Field(max_length=60, description="tCO2 per unit")
    correction: Figure = Field("1", max_length=60)


class CarbonIn(Input):
    """A year of a power plant; factors are given, none is guessed."""

    fuels: list[FuelIn] = Field(max_length=100)
    purchased_mwh: Figure = Field("0", max_length=60)
    grid_factor: Figure = Field(max_length=60, description="tCO2/MWh")
    outputs: list[OutputIn] = Field(max_length=100)
    mean_price: Figure | None = Field(None, max_length=60, description="CNY/t, for the fine of a late surrender")


class CarbonOut(Schema):
    """The account of the year, tCO2e, rounded once to whole tons."""

    burnt: DecimalText
    purchased: DecimalText
    emission: DecimalText
    allowance: DecimalText
    shortfall: DecimalText
    surplus: DecimalText
    must_take_part: bool
    fine_low: DecimalText | None = Field(description="CNY")
    fine_high: DecimalText | None
    rule_rows: list[str]
