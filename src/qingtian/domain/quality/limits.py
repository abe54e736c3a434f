"""Rows of the quality pack: limits of one pollutant, and relations between the values of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qingtian.domain.standards.provenance import RuleRow

ANY = "any"
EVERY_POLLUTANT = "*"


class LimitKind(StrEnum):
    """What a limit of one pollutant bounds."""

    RANGE = "range"
    RATE = "rate"
    PERSISTENCE = "persistence"
    ZERO_RUN = "zero_run"
    NEGATIVE_RUN = "negative_run"
    UNIT_SLIP = "unit_slip"


class RelationKind(StrEnum):
    """What ties values of one moment together."""

    NOT_ABOVE = "not_above"
    MAXIMUM_OF_DAY = "maximum_of_day"
    MEAN_OF_HOURS = "mean_of_hours"
    TOTAL = "total"
    CONVERSION = "conversion"
    COLUMN_ORDER = "column_order"


class Medium(StrEnum):
    """What is measured: the same code has other limits in the air of a street than in a stack."""

    AMBIENT = "ambient"
    FLUE_GAS = "flue_gas"
    WASTE_WATER = "waste_water"
    SURFACE_WATER = "surface_water"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLimit(RuleRow):
    """A limit of one pollutant.

    Args:
        rule: what it bounds.
        pollutant: code, or * for every concentration.
        medium: one of Medium, or any.
        cycle: realtime, minute, hour, day or any.
        unit: unit of low, high and step.
        low, high: range: the bounds. rate: `high` is the largest step between neighbours. unit_slip: what is usual in
            the stated unit. negative_run: what lies under `low` is negative.
        step: persistence: resolution of the instrument.
        steps_from: persistence: the row holds from a value of so many steps on.
        hours: longest run that proves nothing; none = a run of any length proves nothing.
        factor: rate: and the larger value is at least so many times the smaller one. unit_slip: by how much a value in
            the wrong unit is too large.
        band: unit_slip: how many times the mended value may differ from the last sound one.
    """

    rule: LimitKind
    pollutant: str
    medium: str
    cycle: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None
    steps_from: Decimal | None = None
    hours: Decimal | None = None
    factor: Decimal | None = None
    band: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenRelation(RuleRow):
    """A relation between the values of one site at one moment.

    Args:
        relation: which.
        medium: one of Medium, or any.
        items: codes, in the order that the relation needs.
        low, high: bounds of the relation (see the module of the check).
        tolerance: what rounding and instruments explain.
        apart: from where on it is proof.
        least: how many values it needs.
        constant: a constant of the formula.
    """

    relation: RelationKind
    medium: str
    items: tuple[str, ...]
    low: Decimal | None = None
    high: Decimal | None = None
    tolerance: Decimal | None = None
    apart: Decimal | None = None
    least: int | None = None
    constant: Decimal | None = None
