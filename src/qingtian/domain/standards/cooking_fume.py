"""Cooking fume of catering (GB 18483): size of a kitchen, mean of the samples, conversion by stoves, removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from qingtian.domain.errors import InvalidInput
from qingtian.domain.standards.media_rules import MediaParameter, MediaParameters

ALL = 100  # percent


class KitchenSize(StrEnum):
    """Size of a kitchen by its reference stoves."""

    BELOW = "below"  # fewer stoves than the smallest size
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class FumeMean:
    """Mean of the samples of one measurement.

    Args:
        value: mg/m3, of the samples that were kept.
        kept: their numbers; dropped: those below a quarter of the largest.
        enough: whether as many were taken as the rule asks for.
    """

    value: Fraction
    kept: tuple[int, ...]
    dropped: tuple[int, ...]
    enough: bool


def reference_stoves(
    parameters: MediaParameters, *, heat_j_h: Decimal | None = None, hood_area_m2: Decimal | None = None
) -> Fraction:
    """Reference stoves of a kitchen: heat over 1.67e8 J/h, or projected area of the hoods over 1.1 m2.

    Args:
        heat_j_h: heat of all stoves; goes before the area where both are known.
    Raises:
        InvalidInput: neither is given, or one is negative.
    """
    known = (
        ("heat_j_h", heat_j_h, MediaParameter.STOVE_HEAT),
        ("hood_area_m2", hood_area_m2, MediaParameter.STOVE_HOOD_AREA),
    )
    for field, value, parameter in known:
        if value is None:
            continue
        if value < 0:
            raise InvalidInput(f"{value} is negative", field=field, remedy="give the size of the kitchen")
        return Fraction(value) / Fraction(parameters.number(parameter))
    raise InvalidInput("neither heat nor hood area is given", field="heat_j_h", remedy="give one of the two")


def kitchen_size(parameters: MediaParameters, stoves: Fraction) -> KitchenSize:
    """Size of a kitchen: small from 1, medium from 3, large from 6 reference stoves."""
    steps = (
        (MediaParameter.LARGE_FROM_STOVES, KitchenSize.LARGE),
        (MediaParameter.MEDIUM_FROM_STOVES, KitchenSize.MEDIUM),
        (MediaParameter.SMALL_FROM_STOVES, KitchenSize.SMALL),
    )
    return next((size for step, size in steps if stoves >= parameters.number(step)), KitchenSize.BELOW)


def fume_mean(parameters: MediaParameters, samples: Sequence[Decimal]) -> FumeMean:
    """Mean of the samples, without those below a quarter of the largest.

    Args:
        samples: mg/m3, each of ten minutes at the peak of business.
    Raises:
        InvalidInput: no sample, or a negative one.
    """
    if not samples:
        raise InvalidInput("there is no sample", field="samples", remedy="give the samples of the peak")
    if min(samples) < 0:
        raise InvalidInput(f"{min(samples)} is negative", field="samples", remedy="give concentrations")
    bound = Fraction(max(samples)) * Fraction(parameters.number(MediaParameter.FUME_KEPT_SHARE))
    kept = tuple(number for number, value in enumerate(samples) if value >= bound)
    dropped = tuple(number for number in range(len(samples)) if number not in kept)
    mean = sum((Fraction(samples[number]) for number in kept), Fraction(0)) / len(kept)
    return FumeMean(mean, kept, dropped, len(samples) >= parameters.number(MediaParameter.FUME_SAMPLES))


def fume_at_reference_flow(
    parameters: MediaParameters, measured: Decimal | Fraction, flow_m3_h: Decimal, stoves: Decimal | Fraction
) -> Fraction:
    """Concentration at the reference flow: `c Q / (n q)` with q = 2,000 m3/h for each working stove.

    Args:
        measured: mg/m3; flow_m3_h: dry flow at 273 K; stoves: reference stoves that work.
    Raises:
        InvalidInput: no stove, or something negative.
    """
    if stoves <= 0:
        raise InvalidInput("no stove works", field="stoves", remedy="measure while the kitchen works")
    if measured < 0 or flow_m3_h < 0:
        field = "measured" if measured < 0 else "flow_m3_h"
        raise InvalidInput("is negative", field=field, remedy="treat it as an invalid value")
    return (
        Fraction(measured)
        * Fraction(flow_m3_h)
        / (Fraction(stoves) * Fraction(parameters.number(MediaParameter.STOVE_FLOW)))
    )


def removal_percent(before: Decimal, before_flow: Decimal, after: Decimal, after_flow: Decimal) -> Fraction:
    """Removal of a purifier: `P = (c1 Q1 - c2 Q2) / (c1 Q1)`, in percent.

    Args:
        before, after: mg/m3; before_flow, after_flow: m3/h.
    Raises:
        InvalidInput: nothing enters the purifier, or something is negative.

    >>> removal_percent(Decimal(8), Decimal(5000), Decimal(1), Decimal(5000))
    Fraction(175, 2)
    """
    for field, value in (
        ("before", before),
        ("before_flow", before_flow),
        ("after", after),
        ("after_flow", after_flow),
    ):
        if value < 0:
            raise InvalidInput(f"{value} is negative", field=field, remedy="treat it as an invalid value")
    enters, leaves = Fraction(before) * Fraction(before_flow), Fraction(after) * Fraction(after_flow)
    if not enters:
        raise InvalidInput("nothing enters the purifier", field="before", remedy="measure while the kitchen works")
    return ALL * (enters - leaves) / enters
