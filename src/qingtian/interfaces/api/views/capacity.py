"""Reckonings: capacity, replacement, splits, carbon. They advise; nothing is kept."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from qingtian.interfaces.api.present import capacity as present
from qingtian.interfaces.api.present.decisions import today
from qingtian.interfaces.api.responses import writes
from qingtian.interfaces.api.schemas.capacity import (
    CapacityIn,
    CapacityOut,
    CarbonIn,
    CarbonOut,
    ReplacementIn,
    ReplacementOut,
    SplitIn,
    SplitOut,
)
from qingtian.runtime.clock import current_clock

router = Router(tags=["reckonings"])


@router.post("/reckonings/capacity", response=writes(CapacityOut), summary="Atmospheric capacity by the A-value method")
def reckon_capacity(request: HttpRequest, data: CapacityIn) -> CapacityOut:
    """GB/T 3840; the area that shares the air must be given. It advises: a ledger takes only an approved decision."""
    return present.reckon_capacity(data, today(current_clock().now()))


@router.post("/reckonings/replacement", response=writes(ReplacementOut), summary="What a need takes from a reserve")
def reckon_replacement(request: HttpRequest, data: ReplacementIn) -> ReplacementOut:
    """By the replacement factor of the area; what is lacking is named."""
    return present.reckon_replacement(data, today(current_clock().now()))


@router.post("/reckonings/split", response=writes(SplitOut), summary="Split an amount by weights, exactly")
def reckon_split(request: HttpRequest, data: SplitIn) -> SplitOut:
    """Largest remainders get what rounding left; ties go by account."""
    return present.reckon_split(data)


@router.post("/reckonings/carbon", response=writes(CarbonOut), summary="The carbon account of a power plant")
def reckon_carbon(request: HttpRequest, data: CarbonIn) -> CarbonOut:
    """Emission, allowance, shortfall, and the span of the fine for a late surrender."""
    return present.reckon_carbon(data, today(current_clock().now()))
