"""Capacity, replacement and carbon by the rows of the pack; what a pack does not hold is asked for, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qingtian.domain.analysis.capacity import a_from_ventilation, capacity
from qingtian.domain.errors import InvalidInput
from qingtian.packs import load_packs
from qingtian.packs.balances import capacity_zone, carbon_rule, carbon_value, replacement_rule

PACKS = load_packs()


def test_a_of_the_two_zones():
    assert str(capacity_zone(PACKS, "510100").a_value) == "2.94"
    assert str(capacity_zone(PACKS, "420100").a_value) == "3.64"
    assert capacity_zone(PACKS, "420100").unverified
    assert round(a_from_ventilation(Decimal(1052)), 2) == capacity_zone(PACKS, "510100").a_value


def test_e_c1_with_the_zone_of_the_pack():
    found = capacity(
        a_value=capacity_zone(PACKS, "510100").a_value,
        target=Decimal("0.038"),
        background=Decimal("0.033"),
        area=Decimal("5.65"),
        allocation_area=Decimal(564),
    )
    assert str(found.rounded()) == "35.0"


def test_replacement_is_one_or_two():
    assert replacement_rule(PACKS, "attained", "a21002").factor == 1
    assert replacement_rule(PACKS, "over_standard", "a21002").factor == 2
    with pytest.raises(InvalidInput, match="no replacement rule"):
        replacement_rule(PACKS, "elsewhere", "a21002")


def test_figures_of_the_carbon_market():
    assert carbon_rule(PACKS, "entry_threshold").value == 26_000
    assert [carbon_rule(PACKS, f"late_multiple_{end}").value for end in ("low", "high")] == [5, 10]
    with pytest.raises(InvalidInput, match="no power_benchmark of 2025") as caught:
        carbon_rule(PACKS, "power_benchmark", year=2025)
    assert caught.value.remedy == "give power_benchmark yourself"
    assert carbon_value(PACKS, "grid_factor", Decimal("0.5")) == Decimal("0.5")


@pytest.mark.parametrize("region", ["110100", "CN"])
def test_a_place_without_a_zone_is_told_so(region):
    with pytest.raises(InvalidInput, match="no zone") as caught:
        capacity_zone(PACKS, region)
    assert caught.value.field == "region"
